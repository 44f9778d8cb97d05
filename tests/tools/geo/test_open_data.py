"""Surfaces and feature layers of a folder, opened in an area, against plain numpy and geopandas."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from terragate.tests.support.tiny_geo import (
    LEFT,
    PIXEL,
    TOP,
    UTM,
    TinyCatalog,
    aoi_payload,
    lonlat,
    record,
    utm_box,
    write_tif,
)
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo import raster
from terragate.tools.geo.geopackage import write_geopackage
from terragate.tools.geo.open_data import OPEN_FEATURES, OPEN_SURFACE
from terragate.tools.geo.static_catalog import open_catalog
from terragate.tools.geo.vector import FILTER_FEATURES
from terragate.tools.geo.zonal import ZONAL_STATS
from terragate.tools.records import ArtifactRef, Record, ToolResult
from terragate.tools.spec import ToolContext

HEIGHTS = np.random.default_rng(3).uniform(-5, 400, (30, 40)).astype("float32")
AREA = utm_box((10, 20), (5, 12))


def run_in(folder: Path, area: shapely.Geometry = AREA) -> ToolContext:
    return ToolContext(
        store=ArtifactStore(folder / "run"),
        catalog=open_catalog(folder / "data"),
        records={"a": record("a", aoi=aoi_payload(area))},
        today=date(2025, 6, 1),
    )


def say(folder: Path, text: str) -> None:
    (folder / "data/terragate.toml").write_text(text, encoding="utf-8")


def surface(folder: Path, name: str = "elevation", **profile: Any) -> Path:
    (folder / "data").mkdir(exist_ok=True)
    pixels = profile.pop("pixels", HEIGHTS)
    return write_tif(folder / f"data/{name}.tif", pixels[None], **profile)


def pixels_of(run: ToolContext, result: ToolResult) -> tuple[np.ndarray, Any]:
    ref = ArtifactRef.model_validate(result.outputs["raster"]["artifact"])
    with rasterio.open(run.store.path(ref)) as dataset:
        return dataset.read(1), dataset.profile


def opened(run: ToolContext, name: str = "elevation") -> ToolResult:
    return OPEN_SURFACE(run, {"collection": name, "aoi": "a"})


def with_result(run: ToolContext, result: ToolResult) -> ToolContext:
    made = Record(
        id="r", stage="t", tool="t", args={}, status="ok", summary="", outputs=result.outputs
    )
    return ToolContext(run.store, run.catalog, {**run.records, "r": made}, run.today)


def test_a_surface_is_clipped_on_its_own_grid(tmp_path: Path) -> None:
    surface(tmp_path)
    say(tmp_path, '[collections.elevation]\nkind="surface"\nfiles=["*.tif"]\nunit="m"\n')
    run = run_in(tmp_path)
    result = opened(run)
    payload = result.outputs["raster"]
    assert {key: payload[key] for key in ("index", "unit", "date", "collection", "crs")} == {
        "index": "elevation",
        "unit": "m",
        "date": "",
        "collection": "elevation",
        "crs": UTM,
    }
    assert result.summary == "raster elevation m"
    assert result.notes == ("pixels of elevation are in m, as the file stores them",)
    pixels, profile = pixels_of(run, result)
    np.testing.assert_array_equal(pixels[np.isfinite(pixels)], HEIGHTS[5:12, 10:20].ravel())
    column = (profile["transform"].c - LEFT) / PIXEL
    row = (TOP - profile["transform"].f) / PIXEL
    assert (column, row) == pytest.approx((round(column), round(row)))
    assert profile["dtype"] == "float32"


def test_a_surface_goes_on_to_other_tools(tmp_path: Path) -> None:
    surface(tmp_path)
    run = run_in(tmp_path)
    again = with_result(run, opened(run))
    found = ZONAL_STATS(again, {"statistic": "mean", "raster": "r", "aoi": "a"}).values[0]
    assert found.value == pytest.approx(float(HEIGHTS[5:12, 10:20].mean(dtype=float)))


def test_stated_scale_offset_and_nodata_are_used(tmp_path: Path) -> None:
    stored = np.arange(1200).reshape(30, 40).astype("uint16")
    surface(tmp_path, pixels=stored)
    say(
        tmp_path,
        '[collections.depth]\nkind="surface"\nfiles=["*.tif"]\nunit="m"\n'
        "scale=0.5\noffset=-10\nnodata=300\n",
    )
    run = run_in(tmp_path)
    result = opened(run, "depth")
    pixels, _ = pixels_of(run, result)
    truth = stored[5:12, 10:20].astype(float).ravel()
    assert 300 not in truth
    np.testing.assert_allclose(pixels[np.isfinite(pixels)], truth * 0.5 - 10)
    assert "stored number * 0.5 + -10" in result.notes[0]
    whole = run_in(tmp_path, utm_box((0, 40), (0, 30)))
    pixels, _ = pixels_of(whole, opened(whole, "depth"))
    assert np.isfinite(pixels).sum() == 1199


def test_no_scale_is_guessed_and_the_files_own_is_used(tmp_path: Path) -> None:
    stored = np.full((30, 40), 200, "uint16")
    path = surface(tmp_path, pixels=stored)
    run = run_in(tmp_path)
    pixels, _ = pixels_of(run, opened(run))
    assert set(pixels[np.isfinite(pixels)]) == {200}
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets, target.units = (0.1,), (3.0,), ("m",)
    run = run_in(tmp_path)
    result = opened(run)
    pixels, _ = pixels_of(run, result)
    assert pixels[np.isfinite(pixels)] == pytest.approx(23.0)
    assert result.outputs["raster"]["unit"] == "m"


def test_an_unknown_unit_is_said(tmp_path: Path) -> None:
    surface(tmp_path)
    assert "a unit that nobody stated" in opened(run_in(tmp_path)).notes[0]


def test_of_several_rasters_the_best_covering_is_opened_and_said(tmp_path: Path) -> None:
    for column in (0, 1):
        shifted = Affine(PIXEL, 0, LEFT + 400 * column, 0, -PIXEL, TOP)
        surface(tmp_path, f"dem_{column}", pixels=HEIGHTS + column * 1000, transform=shifted)
    run = run_in(tmp_path, utm_box((36, 60), (5, 12)))
    result = opened(run, "dem")
    pixels, _ = pixels_of(run, result)
    assert np.nanmin(pixels) > 900
    assert any("2 rasters of dem touch the area" in note for note in result.notes)
    assert any("of the area has valid pixels" in note for note in result.notes)


def test_a_surface_that_cannot_be_opened_is_a_typed_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = surface(tmp_path)
    with pytest.raises(RetryableToolError, match="does not reach the area") as away:
        opened(run_in(tmp_path, shapely.box(0, 0, 1, 1)))
    assert (away.value.kind, away.value.candidates) == ("precondition", ("elevation",))
    with pytest.raises(RetryableToolError, match="no surface collection 'x'") as unknown:
        opened(run_in(tmp_path), "x")
    assert (unknown.value.kind, unknown.value.candidates) == ("not_found", ("elevation",))
    monkeypatch.setattr(raster, "MAX_PIXELS", 10)
    with pytest.raises(ToolError) as large:
        opened(run_in(tmp_path))
    assert large.value.kind == "too_large"
    monkeypatch.undo()
    run = run_in(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(ToolError, match="0 bytes"):
        opened(run)


def test_an_area_of_nodata_alone_is_an_error(tmp_path: Path) -> None:
    holed = HEIGHTS.copy()
    holed[4:14, 8:22] = -9999
    surface(tmp_path, pixels=holed, nodata=-9999)
    with pytest.raises(ToolError, match="only nodata") as raised:
        opened(run_in(tmp_path))
    assert raised.value.kind == "bad_data"


def layer(folder: Path, count: int = 30) -> gpd.GeoDataFrame:
    (folder / "data").mkdir(exist_ok=True)
    columns = np.arange(count) % 10 * 4
    rows = np.arange(count) // 10 * 4
    boxes = [
        lonlat(
            shapely.box(
                LEFT + PIXEL * c, TOP - PIXEL * (r + 3), LEFT + PIXEL * (c + 3), TOP - PIXEL * r
            )
        )
        for c, r in zip(columns, rows, strict=True)
    ]
    frame = gpd.GeoDataFrame(
        {
            "Höhe (m)": np.arange(count) * 1.5,
            "use": [("shop", "home")[i % 2] for i in range(count)],
            "fid_": [f"row {i}" for i in range(count)],
        },
        geometry=boxes,
        crs="EPSG:4326",
    )
    write_geopackage(folder / "data/houses.gpkg", frame.to_crs(UTM), layer="houses")
    return frame


def features_of(run: ToolContext, result: ToolResult) -> gpd.GeoDataFrame:
    ref = ArtifactRef.model_validate(result.outputs["features"]["artifact"])
    return pyogrio.read_dataframe(run.store.path(ref), layer="features")


def test_features_that_touch_the_area_are_written_with_their_columns(tmp_path: Path) -> None:
    frame = layer(tmp_path)
    run = run_in(tmp_path)
    result = OPEN_FEATURES(run, {"collection": "houses", "aoi": "a"})
    payload = result.outputs["features"]
    truth = frame[frame.intersects(AREA)]
    assert 0 < len(truth) < len(frame)
    assert (payload["count"], payload["classes"]) == (len(truth), [])
    assert payload["columns"] == [["Hohe_m", "number"], ["use", "text"], ["fid_2", "text"]]
    assert payload["original_columns"]["Hohe_m"] == "Höhe (m)"
    found = features_of(run, result)
    assert found["Hohe_m"].tolist() == truth["Höhe (m)"].tolist()
    assert found.crs == "EPSG:4326"
    assert json.loads(json.dumps(payload)) == payload
    assert result.summary == f"features {len(truth)} houses"


def test_a_stated_class_column_can_be_filtered(tmp_path: Path) -> None:
    layer(tmp_path)
    say(
        tmp_path,
        '[collections.houses]\nkind="features"\nfiles=["*.gpkg"]\nclass_column="use"\n'
        "synthetic=true\n",
    )
    run = run_in(tmp_path)
    result = OPEN_FEATURES(run, {"collection": "houses", "aoi": "a"})
    assert result.outputs["features"]["classes"] == ["home", "shop"]
    assert result.notes == ("collection houses is synthetic data",)
    again = with_result(run, result)
    kept = FILTER_FEATURES(again, {"category": "shop", "features": "r"})
    assert set(features_of(again, kept)["cat_name"]) == {"shop"}


def test_no_feature_in_the_area_is_empty_and_not_an_error(tmp_path: Path) -> None:
    layer(tmp_path)
    run = run_in(tmp_path, shapely.box(0, 0, 1, 1))
    result = OPEN_FEATURES(run, {"collection": "houses", "aoi": "a"})
    assert result.empty
    assert (result.values[0].value, result.outputs) == (0, {})
    with pytest.raises(RetryableToolError) as unknown:
        OPEN_FEATURES(run, {"collection": "x", "aoi": "a"})
    assert unknown.value.candidates == ("houses",)


def test_a_catalog_without_undated_data_says_so(tmp_path: Path) -> None:
    run = ToolContext(
        ArtifactStore(tmp_path),
        TinyCatalog(tmp_path),
        {"a": record("a", aoi=aoi_payload(AREA))},
        date(2025, 6, 1),
    )
    with pytest.raises(RetryableToolError, match=r"it has \[\]"):
        OPEN_FEATURES(run, {"collection": "xview1", "aoi": "a"})
