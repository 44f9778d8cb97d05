from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.records import Record, Value
from terragate.verifiers.geo import check_geometry


def checked(outputs: dict[str, Any] | None = None, *values: Value) -> tuple[str, str]:
    record = Record(
        id="r1",
        stage="s",
        tool="t",
        args={},
        status="ok",
        summary="",
        outputs=outputs or {},
        values=values,
    )
    verdict = check_geometry(record)
    return verdict.outcome, verdict.evidence


def aoi(shape: shapely.Geometry, bbox: Any = None) -> dict[str, Any]:
    geometry = shapely.geometry.mapping(shape)
    return {"aoi": {"name": "X", "geometry": geometry, "bbox": bbox or shape.bounds}}


@given(st.floats(-179, 178), st.floats(-89, 88), st.floats(1e-3, 1))
def test_every_box_on_earth_passes(west: float, south: float, side: float) -> None:
    shape = shapely.box(west, south, west + side, south + side)
    assert checked(aoi(shape)) == ("pass", "")


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        (aoi(shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 1)])), "invalid"),
        (aoi(shapely.box(500_000, 0, 510_000, 10)), "not in degrees"),
        (aoi(shapely.box(1, 1, 1, 2)), "no area"),
        (aoi(shapely.Point(1, 1)), "no area"),
        (aoi(shapely.box(0, 0, 1, 1), bbox=(1, 0, 0, 1)), "bbox"),
        (aoi(shapely.box(0, 0, 1, 1), bbox=("a", 0, 0, 1)), "bbox"),
        ({"aoi": {"name": "X", "bbox": (0, 0, 1, 1)}}, "unreadable"),
        ({"raster": {"crs": "EPSG:0"}}, "CRS"),
        ({"raster": {"index": "NDVI"}}, "CRS"),
        ({"map": {"bounds": [0, 0, float("nan"), 1]}}, "not finite"),
    ],
)
def test_senseless_outputs_fail(outputs: dict[str, Any], reason: str) -> None:
    outcome, evidence = checked(outputs)
    assert outcome == "fail"
    assert reason in evidence


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Value(name="area_ha", value=3.0, unit=""), "no unit"),
        (Value(name="area_ha", value=-3.0, unit="ha"), "negative"),
        (Value(name="zonal_mean", value=float("nan"), unit=""), "nan"),
    ],
)
def test_senseless_values_fail(value: Value, reason: str) -> None:
    outcome, evidence = checked(None, value)
    assert outcome == "fail"
    assert reason in evidence


def test_counts_statistics_and_areas_with_units_pass() -> None:
    values = (
        Value(name="feature_count", value=3, unit=""),
        Value(name="zonal_mean", value=-0.2, unit=""),
        Value(name="area_ha", value=3.0, unit="ha"),
    )
    assert checked({"raster": {"crs": "EPSG:32631"}}, *values) == ("pass", "")


def test_nothing_to_check_is_skipped() -> None:
    assert checked()[0] == "skipped"
