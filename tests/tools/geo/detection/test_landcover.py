import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from pyproj import Geod
from terragate.tests.support.tiny_geo import SHARED, aoi_payload, record, utm_box, write_tif
from terragate.tests.tools.geo.detection.tiny_models import (
    SIDE,
    install,
    logits_model,
    model_bytes,
    prepared,
    tensor,
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.detection.class_area import LANDCOVER_AREA, LANDCOVER_SHARES
from terragate.tools.geo.detection.landcover import CLASSIFY_LANDCOVER
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext

COVER = ("Water", "Forest", "Built-up")
LEVELS = (0.1, 0.4, 0.8)


def models(folder: Path, **changes: Any) -> Path:
    stated = {"task": "landcover", "classes": list(COVER), "output": {"format": "logits"}}
    return install(folder / "op", "cover", logits_model(LEVELS), **(stated | changes))


def classify(run: ToolContext, name: str = "cover") -> ToolResult:
    return CLASSIFY_LANDCOVER(run, {"detector": name, "scenes": "s", "aoi": "a"})


def pixels_of(run: ToolContext, result: ToolResult) -> tuple[np.ndarray, Any, Any]:
    path = run.store.path(ArtifactRef.model_validate(result.outputs["raster"]["artifact"]))
    with rasterio.open(path) as source:
        return source.read(1), source.transform, source.tags()


def with_raster(run: ToolContext, result: ToolResult) -> ToolContext:
    return replace(run, records={**run.records, "r": record("r", **result.outputs)})


def hectares(area: Any) -> float:
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(area)[0]) / 1e4


@settings(max_examples=12, deadline=None)
@given(st.integers(5, 90), st.integers(5, 90), st.integers(0, 2**32 - 1), st.booleans())
def test_every_pixel_gets_its_class(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, seed: int, fixed: bool
) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, (height, width))
    noise = random.uniform(-0.05, 0.05, truth.shape)
    pixels = (np.array(LEVELS)[truth] + noise).astype("float32")
    gaps = random.random(truth.shape) < 0.1
    gaps[0, 0] = False
    pixels[gaps] = np.nan
    folder = tmp_path_factory.mktemp("c")
    shelf = install(
        folder / "op",
        "cover",
        logits_model(LEVELS, 2 if fixed else "n"),
        task="landcover",
        classes=list(COVER),
        output={"format": "logits"},
    )
    run = prepared(folder, pixels, shelf)
    made, *_ = pixels_of(run, classify(run))
    np.testing.assert_array_equal(made, np.where(gaps, np.nan, truth))


def test_the_class_raster_says_what_it_is(tmp_path: Path) -> None:
    pixels = np.full((40, 50), 0.4, dtype="float32")
    run = prepared(tmp_path, pixels, models(tmp_path), utm_box((0, 50), (0, 40)))
    result = classify(run)
    payload = result.outputs["raster"]
    assert payload["classes"] == [[0, "Water"], [1, "Forest"], [2, "Built-up"]]
    assert (payload["index"], payload["method"], payload["detector"]) == (
        "land cover",
        "onnx",
        "cover",
    )
    assert payload["date"] == "2024-06-01"
    assert result.notes[0].startswith("classes are by model cover (SHA-256 ")
    assert "collection sentinel-2 is synthetic data" in result.notes
    assert result.summary == "raster land cover 1 classes sentinel-2 2024-06-01"
    assert pixels_of(run, result)[2]["SOURCE"] == "cover"


def test_areas_are_geodesic(tmp_path: Path) -> None:
    pixels = np.full((60, 80), 0.1, dtype="float32")
    pixels[10:30, 20:60] = 0.4
    pixels[40:55, 0:80] = 0.8
    whole = utm_box((0, 80), (0, 60))
    run = prepared(tmp_path, pixels, models(tmp_path), whole)
    result = classify(run)
    forest = hectares(utm_box((20, 60), (10, 30)))
    built = hectares(utm_box((0, 80), (40, 55)))
    table = run.store.path(ArtifactRef.model_validate(result.outputs["table"]["artifact"]))
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["class"] for row in rows] == ["Water", "Built-up", "Forest"]
    assert float(rows[1]["hectares"]) == pytest.approx(built, rel=1e-5)
    assert float(rows[2]["hectares"]) == pytest.approx(forest, rel=1e-5)
    assert sum(float(row["percent"]) for row in rows) == pytest.approx(100)
    run = with_raster(run, result)
    area, share = LANDCOVER_AREA(run, {"category": "forests", "raster": "r", "aoi": "a"}).values
    assert (area.name, area.unit, share.unit) == ("area_ha", "ha", "%")
    assert area.value == pytest.approx(forest, rel=1e-5)
    assert share.value == pytest.approx(forest / hectares(whole) * 100, rel=1e-5)
    assert "EPSG:6933" in area.about
    both = LANDCOVER_AREA(run, {"category": "everything", "raster": "r", "aoi": "a"}).values
    assert both[0].value == pytest.approx(hectares(whole), rel=1e-5)
    assert both[1].value == pytest.approx(100)


def test_an_area_within_the_raster_is_measured(tmp_path: Path) -> None:
    pixels = np.full((60, 80), 0.4, dtype="float32")
    run = prepared(tmp_path, pixels, models(tmp_path))
    inner = utm_box((10, 20), (5, 25))
    run = with_raster(run, classify(run))
    run = replace(run, records={**run.records, "b": record("b", aoi=aoi_payload(inner))})
    area = LANDCOVER_AREA(run, {"category": "forest", "raster": "r", "aoi": "b"}).values[0]
    assert area.value == pytest.approx(hectares(inner), rel=1e-5)
    water = LANDCOVER_AREA(run, {"category": "water", "raster": "r", "aoi": "b"}).values
    assert [one.value for one in water] == [0, 0]


def test_the_largest_class_is_the_majority(tmp_path: Path) -> None:
    pixels = np.full((40, 40), 0.8, dtype="float32")
    pixels[:10] = 0.1
    run = prepared(tmp_path, pixels, models(tmp_path), utm_box((0, 40), (0, 40)))
    result = LANDCOVER_SHARES(with_raster(run, classify(run)), {"raster": "r", "aoi": "a"})
    majority, share = result.values
    assert (majority.name, majority.value) == ("majority_class", "Built-up")
    assert share.value == pytest.approx(75, abs=0.01)
    assert result.outputs["table"]["rows"] == 2
    assert any("nobody has checked" in note for note in result.notes)


def test_clouds_and_the_outside_have_no_class(tmp_path: Path) -> None:
    pixels = np.full((40, 40), 0.4, dtype="float32")
    run = prepared(tmp_path, pixels, models(tmp_path), utm_box((4, 40), (0, 40)))
    cloud = np.zeros((1, 40, 40), dtype="uint8")
    cloud[0, 30:] = 1
    write_tif(tmp_path / "data" / "cloud.tif", cloud)
    run.records["s"].outputs["scenes"]["items"][0]["assets"]["cloud"] = ("cloud.tif", 1)
    result = classify(run)
    made, grid, _ = pixels_of(run, result)
    truth = np.ones((40, 36))
    truth[30:] = np.nan
    column = round((590_040 - grid.c) / 10)
    np.testing.assert_array_equal(made[:, column : column + 36], truth)
    assert np.isfinite(made).sum() == 30 * 36
    assert any(note.startswith("only 75.0% of the area") for note in result.notes)


def test_coarser_logits_count_for_all_their_pixels(tmp_path: Path) -> None:
    means = np.array(LEVELS)
    weights = [
        tensor("w", np.repeat(2 * means / 16, 16).reshape(3, 1, 4, 4)),
        tensor("b", -(means**2)),
    ]
    nodes = [helper.make_node("Conv", ["image", "w", "b"], ["logits"], strides=[4, 4])]
    shape = ["n", 1, SIDE, SIDE]
    model = model_bytes(nodes, {"image": shape}, {"logits": TensorProto.FLOAT}, weights)
    shelf = install(
        tmp_path / "op",
        "cover",
        model,
        task="landcover",
        classes=list(COVER),
        output={"format": "logits"},
    )
    truth = np.kron(np.random.default_rng(1).integers(0, 3, (8, 8)), np.ones((4, 4), int))
    run = prepared(tmp_path, np.array(LEVELS, "float32")[truth], shelf)
    made, *_ = pixels_of(run, classify(run))
    np.testing.assert_array_equal(made, truth)


@pytest.mark.parametrize("classes", [["Water", "Forest"], ["A", "B", "C", "D"]])
def test_logits_for_another_number_of_classes_are_refused(
    tmp_path: Path, classes: list[str]
) -> None:
    run = prepared(tmp_path, np.ones((40, 40), dtype="float32"), models(tmp_path, classes=classes))
    with pytest.raises(ToolError, match=f"for {len(classes)} classes") as caught:
        classify(run)
    assert caught.value.kind == "bad_data"


def test_an_unknown_model_has_candidates(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.ones((40, 40), dtype="float32"), models(tmp_path))
    with pytest.raises(RetryableToolError, match="no land-cover model 'best'") as caught:
        classify(run, "best")
    assert caught.value.candidates == ("cover",)


def test_a_missing_band_and_no_scene_are_typed_errors(tmp_path: Path) -> None:
    shelf = models(tmp_path, input={"bands": ["swir1"]})
    run = prepared(tmp_path, np.ones((40, 40), dtype="float32"), shelf)
    with pytest.raises(RetryableToolError, match="reads band 'swir1', which scene 'tiny' lacks"):
        classify(run)
    run.records["s"].outputs["scenes"]["items"].clear()
    with pytest.raises(RetryableToolError, match="no scene was found"):
        classify(run)


def test_an_area_too_large_to_classify_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared(tmp_path, np.ones((40, 40), dtype="float32"), models(tmp_path))
    monkeypatch.setattr("terragate.tools.geo.detection.landcover.MAX_PIXELS", 1000)
    with pytest.raises(ToolError, match="more than 1000") as caught:
        classify(run)
    assert caught.value.kind == "too_large"


def test_only_clouds_is_a_typed_error(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.ones((40, 40), dtype="float32"), models(tmp_path))
    write_tif(tmp_path / "data" / "cloud.tif", np.ones((1, 40, 40), dtype="uint8"))
    run.records["s"].outputs["scenes"]["items"][0]["assets"]["cloud"] = ("cloud.tif", 1)
    with pytest.raises(ToolError, match="only nodata or cloud"):
        classify(run)


def test_overviews_of_a_class_raster_hold_no_made_up_class(tmp_path: Path) -> None:
    truth = np.random.default_rng(5).choice([0, 2], (520, 520))
    shelf = models(tmp_path, input={"overlap": 0})
    run = prepared(tmp_path, np.array(LEVELS, "float32")[truth], shelf)
    path = run.store.path(ArtifactRef.model_validate(classify(run).outputs["raster"]["artifact"]))
    with rasterio.open(path) as source:
        assert source.overviews(1)
        smaller = source.read(1, out_shape=(260, 260))
    assert set(np.unique(smaller)) == {0.0, 2.0}


def test_vegetation_of_a_real_sentinel_2_chip(tmp_path: Path) -> None:
    file = SHARED / "geopandas" / "s2a_l2a_fishbourne.tif"
    if not file.exists():
        pytest.skip("shared data file s2a_l2a_fishbourne.tif is absent")
    with rasterio.open(file) as source:
        red, nir, grid, crs = source.read(3), source.read(4), source.transform, source.crs
    # NDVI above 0.4, written without the division that a linear model lacks.
    weight = np.array([[0.0, 0.0], [-1.4, 0.6]])[:, :, None, None]
    nodes = [helper.make_node("Conv", ["image", "w"], ["logits"])]
    shape = ["n", 2, SIDE, SIDE]
    model = model_bytes(
        nodes, {"image": shape}, {"logits": TensorProto.FLOAT}, [tensor("w", weight)]
    )
    shelf = install(
        tmp_path / "op",
        "vegetation",
        model,
        task="landcover",
        classes=["Other", "Vegetation"],
        output={"format": "logits"},
        input={"bands": ["red", "nir"]},
    )
    run = prepared(tmp_path, red, shelf, transform=grid, crs=crs)
    write_tif(tmp_path / "data" / "scene.tif", np.stack([red, nir]), transform=grid, crs=crs)
    run.records["s"].outputs["scenes"]["items"][0]["assets"]["nir"] = ("scene.tif", 2)
    made, *_ = pixels_of(run, classify(run, "vegetation"))
    excess = nir.astype(float) - red - 0.4 * (nir.astype(float) + red)
    # Rounding in float32 decides where the two sides are equal, unless both are nothing.
    clear = (np.abs(excess) > 1e-6 * (nir + red)) | ((nir == 0) & (red == 0))
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(made[clear], (excess > 0)[clear])
    assert 0.05 < np.mean(made) < 0.95
