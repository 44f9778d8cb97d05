from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from terragate.tests.support.raster_runs import aoi_record, features_record, raster_record, run_of
from terragate.tests.support.tiny_geo import LEFT, TOP, lonlat, utm_box
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.analysis import profile_line
from terragate.tools.geo.analysis.profile_line import PROFILE_ALONG, PROFILE_BETWEEN, track
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext

GEOD = Geod(ellps="WGS84")
RAMP = np.tile(np.arange(40.0), (40, 1))


def line(*places: tuple[float, float]) -> shapely.LineString:
    """Return a line through pixels (column, row) of the tiny grid, in degrees."""
    return lonlat(shapely.LineString([(LEFT + 10 * c, TOP - 10 * r) for c, r in places]))


def along(
    folder: Path, shapes: Any, pixels: np.ndarray = RAMP, **profile: Any
) -> tuple[ToolResult, ToolContext]:
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=4326)
    raster = raster_record(folder, "r", pixels, {"index": "elevation", "unit": "m"}, **profile)
    run = run_of(folder, raster, features_record(folder, "f", frame))
    return PROFILE_ALONG(run, {"raster": "r", "features": "f"}), run


@given(
    st.lists(
        st.tuples(st.floats(-170, 170), st.floats(-80, 80)), min_size=2, max_size=5, unique=True
    ),
    st.floats(20_000, 900_000),
)
@settings(max_examples=30, deadline=None)
def test_a_track_keeps_to_the_step_and_to_the_ends(
    places: list[tuple[float, float]], step: float
) -> None:
    shape = shapely.LineString(places)
    found = track(shape, step)
    gaps = GEOD.inv(found.lon[:-1], found.lat[:-1], found.lon[1:], found.lat[1:])[2]
    assert max(gaps) <= step * (1 + 1e-6)
    assert found.distance[-1] == pytest.approx(GEOD.geometry_length(shape), rel=1e-9, abs=1e-3)
    assert np.ptp(np.diff(found.distance)) < 1e-3
    ends = [(found.lon[0], found.lat[0]), (found.lon[-1], found.lat[-1])]
    np.testing.assert_allclose(ends, [places[0], places[-1]], atol=1e-6)


def test_a_track_follows_every_leg() -> None:
    corner = shapely.LineString([(0, 0), (1, 0), (1, 1)])
    found = track(corner, 1000)
    legs = GEOD.inv(0, 0, 1, 0)[2]
    first = found.distance <= legs
    assert np.abs(found.lat[first]).max() < 1e-9
    assert np.abs(found.lon[~first] - 1).max() < 1e-9
    straight = GEOD.inv([0] * first.sum(), [0] * first.sum(), found.lon[first], found.lat[first])[2]
    np.testing.assert_allclose(straight, found.distance[first], atol=1e-3)


def test_a_profile_across_a_ramp(tmp_path: Path) -> None:
    result, run = along(tmp_path, [line((0.5, 20.5), (39.5, 20.5))])
    points = np.array(result.outputs["profile"]["points"], dtype=float)
    assert set(np.arange(40.0)) == set(points[:, 1])
    # One pixel is ten metres of the grid, four per mille less on the ground near the meridian.
    np.testing.assert_allclose(points[:, 1], points[:, 0] / 10, atol=0.55)
    values = {value.name: value for value in result.values}
    assert values["profile_length"].value == pytest.approx(390, rel=1e-3)
    assert values["profile_length"].unit == "m"
    assert (values["profile_min"].value, values["profile_max"].value) == (0, 39)
    assert values["profile_max"].unit == "m"
    ref = ArtifactRef.model_validate(result.outputs["table"]["artifact"])
    table = pd.read_csv(run.store.path(ref))
    assert table.columns.tolist() == ["distance_m", "longitude", "latitude", "value"]
    assert len(table) == result.outputs["table"]["rows"] == len(points)
    np.testing.assert_array_equal(table["value"], points[:, 1])


def test_the_longest_line_is_taken_and_parts_outside_are_told(tmp_path: Path) -> None:
    short, long = line((1.5, 1.5), (3.5, 1.5)), line((20.5, 5.5), (60.5, 5.5))
    result, _ = along(tmp_path, [short, long])
    assert result.notes[0] == "the longest of 2 lines was taken"
    values = [value for _, value in result.outputs["profile"]["points"]]
    assert values[0] == 20
    assert values[-1] is None
    assert result.notes[1].startswith(f"{values.count(None)} of {len(values)} positions")


def test_pieces_of_one_line_are_joined(tmp_path: Path) -> None:
    pieces = shapely.MultiLineString(
        [line((0.5, 3.5), (10.5, 3.5)), line((10.5, 3.5), (30.5, 3.5))]
    )
    result, _ = along(tmp_path, [pieces])
    length = next(v.value for v in result.values if v.name == "profile_length")
    assert length == pytest.approx(300, rel=1e-2)


def test_a_long_line_is_read_less_often_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_line, "MAX_POINTS", 10)
    result, _ = along(tmp_path, [line((0.5, 20.5), (39.5, 20.5))])
    assert len(result.outputs["profile"]["points"]) == 11
    assert "not every 10 m" in result.notes[0]


def test_between_two_areas_it_runs_from_the_earlier_to_the_newer(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        raster_record(tmp_path, "r", RAMP),
        aoi_record("west", utm_box((4, 6), (10, 12))),
        aoi_record("east", utm_box((30, 32), (10, 12))),
    )
    result = PROFILE_BETWEEN(run, {"raster": "r", "aoi": "east", "before": "west"})
    values = [value for _, value in result.outputs["profile"]["points"]]
    assert values == sorted(values)
    assert {values[0], values[-1]} <= {4, 5, 30, 31}
    assert "geodesic between the centroids" in result.notes[0]
    with pytest.raises(RetryableToolError, match="same centre"):
        PROFILE_BETWEEN(run, {"raster": "r", "aoi": "east", "before": "east"})


def test_polygons_are_no_line(tmp_path: Path) -> None:
    with pytest.raises(RetryableToolError, match=r"needs a line.*'Polygon'"):
        along(tmp_path, [utm_box((0, 5), (0, 5))])


def test_a_line_beside_the_raster_is_a_typed_error(tmp_path: Path) -> None:
    far = Affine(10, 0, 300_000, 0, -10, 4_000_000)
    with pytest.raises(RetryableToolError, match="meets no valid pixel") as caught:
        along(tmp_path, [line((0, 0), (5, 5))], transform=far)
    assert caught.value.kind == "precondition"
