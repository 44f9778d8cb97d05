import hashlib
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import (
    BANDS,
    PIXEL,
    SHARED,
    aoi_payload,
    context,
    lonlat,
    record,
    scene,
    scenes_payload,
    utm_box,
    write_tif,
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis.formulas import catalogue
from terragate.tools.geo.analysis.index_by_name import SPECTRAL_INDEX
from terragate.tools.geo.catalog import PixelRule, Scene
from terragate.tools.geo.indices import IndexName, best_scene
from terragate.tools.records import ArtifactRef, ToolResult

AREA = utm_box((0, 40), (0, 40))
NDVI_SOURCE = catalogue().formulas["NDVI"].source
REFLECTANCE = dict(zip(BANDS, (0.05, 0.08, 0.06, 0.4, 0.2, 0.1), strict=True))
EXPECTED = {
    "NDVI": (0.4 - 0.06) / (0.4 + 0.06),
    "NDWI": (0.08 - 0.4) / (0.08 + 0.4),
    "MNDWI": (0.08 - 0.2) / (0.08 + 0.2),
    "NDBI": (0.2 - 0.4) / (0.2 + 0.4),
    "NBR": (0.4 - 0.1) / (0.4 + 0.1),
    "NDMI": (0.4 - 0.2) / (0.4 + 0.2),
    "SAVI": 1.5 * (0.4 - 0.06) / (0.4 + 0.06 + 0.5),
    "EVI": 2.5 * (0.4 - 0.06) / (0.4 + 6 * 0.06 - 7.5 * 0.05 + 1),
}


def write_scene(folder: Path, name: str = "s.tif", nodata_columns: int = 0) -> str:
    """Write a uniform scene; cloud in rows 0-9, no data in the first columns."""
    levels = [round(REFLECTANCE[band] * 10_000) for band in BANDS] + [0]
    bands = np.tile(np.array(levels, dtype="uint16")[:, None, None], (1, 40, 40))
    bands[6, :10] = 1
    bands[:6, :, :nodata_columns] = 0
    write_tif(folder / name, bands, nodata=0)
    return name


def compute(
    folder: Path, index: str, scenes: list[Scene], area: shapely.Geometry = AREA
) -> tuple[ToolResult, rasterio.DatasetReader]:
    run = context(
        folder, [record("a", aoi=aoi_payload(area)), record("s", scenes=scenes_payload(scenes))]
    )
    result = SPECTRAL_INDEX(run, {"index": index, "scenes": "s", "aoi": "a"})
    path = run.store.path(ArtifactRef.model_validate(result.outputs["raster"]["artifact"]))
    return result, rasterio.open(path)


@pytest.mark.parametrize("index", EXPECTED)
def test_index_has_the_value_of_its_published_formula(tmp_path: Path, index: str) -> None:
    _, raster = compute(tmp_path, index, [scene("one", write_scene(tmp_path), "2024-06-01")])
    with raster:
        pixels = raster.read(1)
    assert np.isnan(pixels[:10]).all(), "cloud is masked"
    np.testing.assert_allclose(pixels[11:39, 1:39], EXPECTED[index], rtol=1e-6)


def test_every_index_is_tested() -> None:
    assert set(EXPECTED) == set(get_args(IndexName))


def test_raster_is_clipped_to_the_area_in_the_crs_of_the_scene(tmp_path: Path) -> None:
    href = write_scene(tmp_path)
    area = utm_box((20, 30), (12, 17))
    result, raster = compute(tmp_path, "NDVI", [scene("one", href, "2024-06-01")], area)
    with raster:
        assert raster.crs.to_epsg() == 32631
        assert raster.res == (PIXEL, PIXEL)
        assert np.isfinite(raster.read(1)).sum() == 50
        tags = raster.tags()
        assert (tags["TIFFTAG_IMAGEDESCRIPTION"], tags["DATE"]) == ("NDVI", "2024-06-01")
        assert (tags["FORMULA"], tags["SOURCE"]) == ("(N - R)/(N + R)", NDVI_SOURCE)
    payload = result.outputs["raster"]
    assert (payload["index"], payload["date"], payload["crs"]) == (
        "NDVI",
        "2024-06-01",
        "EPSG:32631",
    )
    assert payload["synthetic"] is True
    assert any("synthetic" in note for note in result.notes)
    assert len(result.summary) <= 80


def test_cloud_and_nodata_are_told(tmp_path: Path) -> None:
    href = write_scene(tmp_path, nodata_columns=20)
    result, raster = compute(tmp_path, "NDVI", [scene("one", href, "2024-06-01")])
    raster.close()
    share = 30 * 20 / 1600
    assert any(f"only {share:.1%} of the area" in note for note in result.notes)


def test_what_a_person_stated_of_the_pixels_is_heeded(tmp_path: Path) -> None:
    stored = np.tile(np.array([500, 800, 600, 4000, 2000, 1000, 0])[:, None, None], (1, 40, 40))
    stored[:6, :, :7] = -1
    write_tif(tmp_path / "s.tif", stored.astype("int16"))
    stated = PixelRule(scale=1e-4, offset=0.0, nodata=-1)
    _, raster = compute(tmp_path, "SAVI", [scene("one", "s.tif", "2024-06-01", pixels=stated)])
    with raster:
        pixels = raster.read(1)
    assert np.isnan(pixels[:, :7]).all(), "the stated nodata"
    np.testing.assert_allclose(pixels[1:39, 8:39], EXPECTED["SAVI"], rtol=1e-6)


def test_an_index_that_is_no_ratio_is_not_computed_of_unscaled_numbers(tmp_path: Path) -> None:
    levels = np.tile(np.arange(10.0, 17.0)[:, None, None], (1, 40, 40))
    write_tif(tmp_path / "s.tif", levels.astype("uint8"))
    scenes = [scene("one", "s.tif", "2024-06-01", assets={b: ("s.tif", n) for n, b in enumerate(
        BANDS, start=1)})]  # fmt: skip
    with pytest.raises(RetryableToolError, match="state their scale") as caught:
        compute(tmp_path, "EVI", scenes)
    assert caught.value.kind == "bad_data"
    assert caught.value.candidates == ("NDVI",), "the ratio of the bands that EVI reads"
    compute(tmp_path, "NDVI", scenes)[1].close()


def test_classes_of_a_scene_mask_hide_clouds(tmp_path: Path) -> None:
    levels = [round(REFLECTANCE[band] * 10_000) for band in BANDS] + [4]
    bands = np.tile(np.array(levels, dtype="uint16")[:, None, None], (1, 40, 40))
    bands[6, 30:] = 9
    write_tif(tmp_path / "s.tif", bands, nodata=0)
    named = {name: ("s.tif", n) for n, name in enumerate((*BANDS, "scl"), start=1)}
    _, raster = compute(tmp_path, "NDVI", [scene("one", "s.tif", "2024-06-01", assets=named)])
    with raster:
        pixels = raster.read(1)
    assert np.isnan(pixels[30:]).all(), "class 9 is cloud"
    np.testing.assert_allclose(pixels[1:30, 1:39], EXPECTED["NDVI"], rtol=1e-6)


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        result, raster = compute(folder, "EVI", [scene("one", write_scene(folder), "2024-06-01")])
        with raster:
            digests.add(hashlib.sha256(Path(raster.name).read_bytes()).hexdigest())
        digests.add(result.artifacts[0].sha256)
    assert len(digests) == 1


def test_clearest_then_latest_scene_is_taken(tmp_path: Path) -> None:
    href = write_scene(tmp_path)
    west = utm_box((0, 10), (0, 40)).bounds
    scenes = [
        scene("cloudy", href, "2024-06-01", cloud=40),
        scene("older", href, "2024-06-02", cloud=3),
        scene("newer", href, "2024-06-12", cloud=3),
        scene("partial", href, "2024-06-22", cloud=0, bbox=west),
    ]
    result, raster = compute(tmp_path, "NDVI", scenes)
    raster.close()
    assert result.outputs["raster"]["scene"] == "newer"
    assert "3 % cloud" in result.notes[0]


@given(st.permutations(range(4)))
def test_choice_does_not_depend_on_the_order_of_scenes(order: list[int]) -> None:
    scenes = [scene(str(i), "x.tif", f"2024-06-0{1 + i % 2}", cloud=i // 3) for i in range(4)]
    assert best_scene([scenes[i] for i in order], AREA).id == "1"


def test_missing_band_offers_the_indices_that_exist(tmp_path: Path) -> None:
    href = write_scene(tmp_path)
    visible = {band: (href, BANDS.index(band) + 1) for band in ("green", "red", "nir")}
    with pytest.raises(RetryableToolError) as caught:
        compute(tmp_path, "NBR", [scene("one", href, "2024-06-01", assets=visible)])
    assert caught.value.candidates == ("NDVI", "NDWI", "SAVI")


def test_no_scene_is_a_failed_precondition(tmp_path: Path) -> None:
    with pytest.raises(RetryableToolError, match="no scene"):
        compute(tmp_path, "NDVI", [])


def test_all_cloud_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    href = write_scene(tmp_path)
    with pytest.raises(ToolError, match=r"s\.tif.*only nodata or cloud"):
        compute(tmp_path, "NDVI", [scene("one", href, "2024-06-01")], utm_box((0, 9), (0, 9)))


def test_real_sentinel_2_chip(tmp_path: Path) -> None:
    source = SHARED / "geopandas" / "s2a_l2a_fishbourne.tif"
    if not source.exists():
        pytest.skip("shared data file s2a_l2a_fishbourne.tif is absent")
    (tmp_path / "chip.tif").write_bytes(source.read_bytes())
    with rasterio.open(source) as chip:
        blue, green, red, nir = chip.read()
        outline = lonlat(shapely.box(*chip.bounds), "EPSG:32630")
    assets = {band: ("chip.tif", i) for i, band in enumerate(("blue", "green", "red", "nir"), 1)}
    found = scene("chip", "chip.tif", "2023-06-14", assets=assets, bbox=outline.bounds)
    _, raster = compute(tmp_path, "NDVI", [found], outline)
    with raster:
        pixels = raster.read(1)
    assert pixels.shape == nir.shape
    with np.errstate(invalid="ignore"):
        truth = (nir.astype(float) - red) / (nir.astype(float) + red)
    np.testing.assert_allclose(pixels[1:-1, 1:-1], truth[1:-1, 1:-1], rtol=1e-5)
