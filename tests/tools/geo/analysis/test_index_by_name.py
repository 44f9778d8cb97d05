import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import (
    SHARED,
    aoi_payload,
    context,
    record,
    scene,
    scenes_payload,
    utm_box,
    write_tif,
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis.formulas import catalogue
from terragate.tools.geo.analysis.index_by_name import INDEX_OF
from terragate.tools.geo.analysis.index_by_name_words import WORDS, find_formula, index_spans
from terragate.tools.geo.catalog import PixelRule, Scene
from terragate.tools.records import ArtifactRef, ToolResult

AREA = utm_box((0, 40), (0, 40))
REFLECTANCE = np.random.default_rng(4).integers(300, 6000, (6, 40, 40)).astype("uint16")


def stored(folder: Path, name: str = "a.tif", cloud: np.ndarray | None = None) -> Path:
    mask = np.zeros((40, 40), "uint16") if cloud is None else cloud.astype("uint16")
    return write_tif(folder / name, np.concatenate([REFLECTANCE, mask[None]]))


def compute(folder: Path, index: str, scenes: list[Scene], area: object = AREA) -> ToolResult:
    records = [record("s", scenes=scenes_payload(scenes)), record("a", aoi=aoi_payload(area))]
    return INDEX_OF(context(folder, records), {"index": index, "scenes": "s", "aoi": "a"})


def pixels(folder: Path, result: ToolResult) -> np.ndarray:
    ref = ArtifactRef.model_validate(result.outputs["raster"]["artifact"])
    with rasterio.open(folder / "run" / ref.path) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        return source.read(1)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NDVI", "NDVI"), ("ndvi", "NDVI"), (" msavi ", "MSAVI"), ("BaI", "BaI"), ("BAI", "BAI"),
        ("Normalised Difference Vegetation Index", "NDVI"), ("normalized burn ratio", "NBR"),
        ("soil adjusted vegetation index", "SAVI"), ("normalized difference built-up", "NDBI"),
        ("vegetation", "NDVI"), ("built-up", "NDBI"), ("burn severity", "NBR"), ("snow", "NDSI"),
        ("red band", "red"), ("swir16", "swir1"), ("normalzed diffrence vegetation index", "NDVI"),
    ],
)  # fmt: skip
def test_names_words_and_bands(text: str, name: str) -> None:
    assert find_formula(text)[0].name == name


def test_a_word_is_told_from_a_name() -> None:
    assert find_formula("NDVI")[1] == ()
    assert find_formula("Flooding")[1] == (
        "'Flooding' is measured by NDWI, Normalized Difference Water Index",
    )
    assert "was read as" in find_formula("normalzed diffrence vegetation index")[1][0]


@pytest.mark.parametrize("text", ["NDVX", "", "   ", "🛰", "the mean of everything", "N" * 5000])
def test_an_unknown_name_is_told_with_the_nearest(text: str) -> None:
    with pytest.raises(RetryableToolError, match="no spectral index") as caught:
        find_formula(text)
    assert caught.value.kind == "not_found"
    assert set(caught.value.candidates) <= set(catalogue().formulas)


def test_the_nearest_names_come_first() -> None:
    with pytest.raises(RetryableToolError) as caught:
        find_formula("NDVX")
    assert caught.value.candidates[0] == "NDVI"


def test_a_name_of_two_indices_is_ambiguous() -> None:
    with pytest.raises(RetryableToolError, match="choose one") as caught:
        find_formula("bai")
    assert (caught.value.kind, caught.value.candidates) == ("ambiguous", ("BAI", "BaI"))


def test_every_name_of_the_catalogue_is_found() -> None:
    for name, formula in catalogue().formulas.items():
        assert find_formula(name)[0].name == name
        assert find_formula(formula.long_name)[0].name in (name, WORDS.get(formula.long_name, name))


@pytest.mark.parametrize(
    ("question", "spans"),
    [
        ("Mean NDVI of Delft in June 2020", ("NDVI",)),
        ("compare the evi and nbr of Ghent", ("evi", "nbr")),
        (
            "Is the Normalised Difference Vegetation Index or EVI higher?",
            ("EVI", "Normalised Difference Vegetation Index"),
        ),
        ("vegetation loss 1990-2020 in hectares", ("vegetation",)),
        ("show the red band in MI state", ("red band",)),
        ("the BI index and burn severity", ("BI", "burn severity")),
        ("ndvi, NDVI and NDVI again", ("ndvi", "NDVI")),
        ("built-up area and moisture index", ("built-up", "moisture index")),
        ("how many ships are near Rotterdam", ()),
        ("UI design of the tci in Rio", ()),
        ("NDVI's trend; SAVI2?", ("NDVI", "SAVI2")),
        ("", ()),
    ],
)
def test_spans_of_a_question(question: str, spans: tuple[str, ...]) -> None:
    assert index_spans(question) == spans


WORD = st.sampled_from(
    ["NDVI", "evi", "burn", "ratio", "normalized", "water", "index", "2", "é", "-"]
)


@settings(max_examples=60)
@given(st.one_of(st.text(max_size=80), st.lists(WORD, max_size=12).map(" ".join)))
def test_spans_are_in_the_question_and_can_be_resolved(question: str) -> None:
    spans = index_spans(question)
    assert len(spans) <= 8
    for span in spans:
        assert span in question
        find_formula(span)


@pytest.mark.parametrize("name", ["NDVI", "SAVI", "EVI", "MSAVI", "NBR2", "blue"])
def test_values_are_those_of_numpy(tmp_path: Path, name: str) -> None:
    blue, _, red, nir, swir1, swir2 = REFLECTANCE.astype(float) / 10_000
    truth = {
        "NDVI": lambda: (nir - red) / (nir + red),
        "SAVI": lambda: 1.5 * (nir - red) / (nir + red + 0.5),
        "EVI": lambda: 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1),
        "MSAVI": lambda: 0.5 * (2 * nir + 1 - np.sqrt((2 * nir + 1) ** 2 - 8 * (nir - red))),
        "NBR2": lambda: (swir1 - swir2) / (swir1 + swir2),
        "blue": lambda: blue,
    }[name]()
    stored(tmp_path)
    result = compute(tmp_path, name, [scene("one", "a.tif", "2024-06-01")])
    np.testing.assert_allclose(pixels(tmp_path, result), truth, rtol=2e-6, atol=1e-6)
    payload = result.outputs["raster"]
    assert (payload["index"], payload["date"], payload["unit"]) == (name, "2024-06-01", "")
    assert (payload["scene"], payload["crs"], payload["synthetic"]) == ("one", "EPSG:32631", True)
    assert len(result.summary) <= 80


def test_clouds_and_the_outside_are_left_out(tmp_path: Path) -> None:
    cloud = np.zeros((40, 40))
    cloud[5:10, 5:9] = 1
    stored(tmp_path, cloud=cloud)
    result = compute(
        tmp_path, "NDVI", [scene("one", "a.tif", "2024-06-01", 20)], utm_box((0, 20), (0, 20))
    )
    found = pixels(tmp_path, result)
    assert np.isfinite(found).sum() == 400 - 20
    assert "only 95.0% of the area has valid pixels; the rest is cloud or no data" in result.notes
    assert any("20 % cloud, the only one found" in note for note in result.notes)


def test_constants_and_words_are_told(tmp_path: Path) -> None:
    stored(tmp_path)
    scenes = [scene("one", "a.tif", "2024-06-01")]
    savi = compute(tmp_path, "SAVI", scenes)
    assert "SAVI = (1.0 + L) * (N - R) / (N + R + L) with L = 0.5" in savi.notes
    burnt = compute(tmp_path, "burnt", scenes)
    assert "'burnt' is measured by NBR, Normalized Burn Ratio" in burnt.notes
    assert burnt.outputs["raster"]["index"] == "NBR"


def test_a_missing_band_names_what_the_scene_can_give(tmp_path: Path) -> None:
    stored(tmp_path)
    bare = scene("bare", "a.tif", "2024-06-01", assets={"red": ("a.tif", 3), "nir": ("a.tif", 4)})
    with pytest.raises(RetryableToolError, match="lacks a band that EVI needs") as caught:
        compute(tmp_path, "EVI", [bare])
    assert caught.value.candidates[0] in ("NDVI", "SAVI", "EVI2")
    assert set(caught.value.candidates) == set(catalogue().able(("red", "nir")))


def test_a_scene_without_the_bands_gives_way_to_one_with_them(tmp_path: Path) -> None:
    stored(tmp_path)
    bare = scene("bare", "a.tif", "2024-06-02", assets={"red": ("a.tif", 3)})
    result = compute(tmp_path, "NDVI", [bare, scene("full", "a.tif", "2024-06-01", 30)])
    assert result.outputs["raster"]["scene"] == "full"
    assert "the only one that has the bands" in result.notes[0]


def test_numbers_that_are_no_reflectances(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "dn.tif", REFLECTANCE[2:4].astype("float32"))
    one = scene("dn", "dn.tif", "2024-06-01", assets={"red": ("dn.tif", 1), "nir": ("dn.tif", 2)})
    with pytest.raises(RetryableToolError, match="needs reflectances") as caught:
        compute(tmp_path, "SAVI", [one])
    assert caught.value.candidates == ("NDVI",)
    red, nir = REFLECTANCE[2:4].astype(float)
    result = compute(tmp_path, "NDVI", [one])
    np.testing.assert_allclose(pixels(tmp_path, result), (nir - red) / (nir + red), rtol=1e-6)
    assert any("not scaled to reflectance" in note for note in result.notes)
    assert any("no cloud mask" in note for note in result.notes)
    scaled = one.model_copy(update={"pixels": PixelRule(scale=1e-4)})
    np.testing.assert_allclose(
        pixels(tmp_path, compute(tmp_path, "SAVI", [scaled])),
        1.5 * (nir - red) / (nir + red + 5000),
        rtol=1e-6,
    )
    assert path.is_file()


def test_nothing_but_cloud_is_a_typed_error(tmp_path: Path) -> None:
    stored(tmp_path, cloud=np.ones((40, 40)))
    with pytest.raises(ToolError, match="only nodata or cloud") as caught:
        compute(tmp_path, "NDVI", [scene("one", "a.tif", "2024-06-01")])
    assert caught.value.kind == "bad_data"
    assert not list((tmp_path / "run").glob(".part-*"))


def test_no_scene_in_the_area_is_a_typed_error(tmp_path: Path) -> None:
    stored(tmp_path)
    with pytest.raises(RetryableToolError, match="no scene was found"):
        compute(tmp_path, "NDVI", [])
    with pytest.raises(RetryableToolError, match="no scene was found"):
        compute(
            tmp_path, "NDVI", [scene("one", "a.tif", "2024-06-01")], shapely.box(50, 10, 51, 11)
        )


def test_landsat_against_plain_numpy(tmp_path: Path) -> None:
    source = SHARED / "opengeos" / "landsat" / "2000.tif"
    if not source.exists():
        pytest.skip("shared data folder opengeos/landsat is absent")
    shutil.copy(source, tmp_path / "l.tif")
    with rasterio.open(source) as file:
        bounds, (_, nir, red, _) = tuple(file.bounds), file.read().astype(float)
    assets = {name: ("l.tif", at) for at, name in enumerate(("swir1", "nir", "red", "green"), 1)}
    one = scene("l", "l.tif", "2000-07-01", bbox=bounds, assets=assets)
    found = pixels(tmp_path, compute(tmp_path, "NDVI", [one], shapely.box(*bounds)))
    valid = (nir > 0) & (red > 0)
    with np.errstate(invalid="ignore"):
        truth = np.where(valid, (nir - red) / (nir + red), np.nan)
    np.testing.assert_allclose(found, truth, rtol=1e-6, atol=1e-7)
