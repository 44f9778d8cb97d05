from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from affine import Affine
from pyproj import Transformer
from scipy.interpolate import RegularGridInterpolator
from terragate.tests.support.raster_runs import features_record, raster_record, run_of
from terragate.tests.support.tiny_geo import LEFT, PIXEL, TOP, UTM
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.analysis import blocks
from terragate.tools.geo.analysis.sample import SAMPLE_POINTS
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext


def degrees(column: np.ndarray, row: np.ndarray) -> Any:
    """Return points of the tiny grid, given in pixels, in degrees."""
    back = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    return shapely.points(*back.transform(LEFT + PIXEL * column, TOP - PIXEL * row))


def sampled(
    folder: Path, pixels: np.ndarray, shapes: Any, method: str = "nearest", **profile: Any
) -> tuple[ToolResult, gpd.GeoDataFrame, ToolContext]:
    frame = gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=list(shapes), crs=4326)
    run = run_of(
        folder, raster_record(folder, "r", pixels, **profile), features_record(folder, "f", frame)
    )
    result = SAMPLE_POINTS(run, {"method": method, "raster": "r", "features": "f"})
    ref = ArtifactRef.model_validate(result.outputs["features"]["artifact"])
    return result, pyogrio.read_dataframe(run.store.path(ref)), run


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "UNIT_PIXELS", 256)


@pytest.mark.usefixtures("small_units")
def test_nearest_is_the_pixel_a_point_lies_in(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    pixels = rng.normal(size=(50, 70)).astype("float32")
    column, row = rng.uniform(-5, 75, 300), rng.uniform(-5, 55, 300)
    _, frame, _ = sampled(
        tmp_path, pixels, degrees(column, row), tiled=True, blockxsize=16, blockysize=16
    )
    inside = (column >= 0) & (column < 70) & (row >= 0) & (row < 50)
    expected = np.full(300, np.nan)
    expected[inside] = pixels[row[inside].astype(int), column[inside].astype(int)]
    np.testing.assert_array_equal(frame["sampled_ndvi"], expected)


@pytest.mark.usefixtures("small_units")
def test_bilinear_equals_scipy_across_units(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    pixels = rng.normal(size=(50, 70)).astype("float32")
    column, row = rng.uniform(0.6, 69.4, 200), rng.uniform(0.6, 49.4, 200)
    _, frame, _ = sampled(
        tmp_path, pixels, degrees(column, row), "bilinear", tiled=True, blockxsize=16, blockysize=16
    )
    grid = (np.arange(50) + 0.5, np.arange(70) + 0.5)
    expected = RegularGridInterpolator(grid, pixels.astype(float))(np.column_stack([row, column]))
    np.testing.assert_allclose(frame["sampled_ndvi"], expected, atol=1e-5)


def test_bilinear_leaves_out_missing_neighbours(tmp_path: Path) -> None:
    pixels = np.array([[1.0, 3.0], [np.nan, 5.0]])
    # Between 1 and 3; between 1 and the hole; at the outer corner; in the hole.
    places = np.array([[1.0, 0.5], [0.5, 0.9], [0.1, 0.1], [0.5, 1.5]]).T
    result, frame, _ = sampled(tmp_path, pixels, degrees(*places), "bilinear")
    assert frame["sampled_ndvi"].tolist()[:3] == pytest.approx([2.0, 1.0, 1.0], abs=1e-4)
    assert np.isnan(frame["sampled_ndvi"][3])
    assert result.notes == ("1 of 4 points lie outside the raster or on nodata",)


def test_table_values_and_columns(tmp_path: Path) -> None:
    pixels = np.tile(np.arange(10.0), (10, 1))
    column = np.array([2.5, 4.5, 300])
    result, _, run = sampled(tmp_path, pixels, degrees(column, np.full(3, 3.5)))
    assert {value.name: value.value for value in result.values} == {
        "point_count": 2,
        "point_min": 2.0,
        "point_max": 4.0,
        "point_mean": 3.0,
    }
    ref = ArtifactRef.model_validate(result.outputs["table"]["artifact"])
    table = pd.read_csv(run.store.path(ref))
    assert table.columns.tolist() == ["point", "longitude", "latitude", "sampled_ndvi"]
    assert table["sampled_ndvi"].tolist()[:2] == [2, 4]
    assert np.isnan(table["sampled_ndvi"][2])
    assert ["sampled_ndvi", "number"] in result.outputs["features"]["columns"]


def test_polygons_are_sampled_inside_and_it_is_said(tmp_path: Path) -> None:
    corners = degrees(np.array([2.0, 4, 4, 2]), np.array([2.0, 2, 4, 4]))
    polygon = shapely.Polygon(shapely.get_coordinates(corners))
    result, frame, _ = sampled(tmp_path, np.full((9, 9), 0.5), [polygon])
    assert frame["sampled_ndvi"].tolist() == [0.5]
    assert result.notes == ("1 features are no points; a point inside each was sampled",)


def test_points_across_the_world_do_not_reach_a_utm_raster(tmp_path: Path) -> None:
    shapes = [
        shapely.Point(-176, 12),
        shapely.Point(93.0, 0),
        *degrees(np.array([1.5]), np.array([1.5])),
    ]
    _, frame, _ = sampled(tmp_path, np.ones((5, 5)), shapes)
    assert frame["sampled_ndvi"].tolist()[2] == 1
    assert frame["sampled_ndvi"][:2].isna().all()


def test_no_point_on_the_raster_is_a_typed_error(tmp_path: Path) -> None:
    grid = Affine(10, 0, 100_000, 0, -10, 100_000)
    with pytest.raises(RetryableToolError, match="no feature lies on") as caught:
        sampled(tmp_path, np.ones((5, 5)), [shapely.Point(4, 51)], transform=grid)
    assert caught.value.kind == "precondition"
