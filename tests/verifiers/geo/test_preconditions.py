from pathlib import Path
from typing import Any

import pytest
import shapely
from terragate.tests.support.tiny_geo import TinyCatalog, aoi_payload, record
from terragate.tools.geo.search import LOAD_FEATURES, SEARCH_SCENES
from terragate.tools.geo.zonal import ZONAL_STATS
from terragate.tools.spec import ToolSpec
from terragate.verifiers.geo import check_preconditions

HERE = shapely.box(4.2, 51.2, 4.4, 51.4)
ARGS = {"collection": "xview1", "category": "tugboats", "aoi": "a", "interval": "i"}


def problems(
    tool: ToolSpec,
    args: dict[str, Any],
    area: shapely.Geometry = HERE,
    interval: tuple[str, str] = ("2024-01-01", "2024-02-01"),
) -> str:
    days = {"start": interval[0], "end": interval[1]}
    known = [record("a", aoi=aoi_payload(area)), record("i", interval=days)]
    collections = TinyCatalog(Path()).collections()
    verdict = check_preconditions(tool, args, {r.id: r for r in known}, collections)
    assert (verdict.outcome == "pass") == (verdict.evidence == "")
    return verdict.evidence


def test_a_call_that_fits_passes() -> None:
    assert problems(LOAD_FEATURES, ARGS) == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"collection": "landsat"}, "no collection 'landsat'"),
        ({"collection": "sentinel-2"}, "which load_features does not read"),
        ({"category": "submarine"}, "submarine"),
        ({"aoi": "i"}, "record 'i' holds no aoi"),
        ({"interval": "x"}, "record 'x' holds no interval"),
    ],
)
def test_a_call_that_does_not_fit_says_why(change: dict[str, str], reason: str) -> None:
    assert reason in problems(LOAD_FEATURES, ARGS | change)


def test_a_missing_handle_is_told() -> None:
    assert "'raster' is missing" in problems(ZONAL_STATS, {"statistic": "mean", "aoi": "a"})


@pytest.mark.parametrize("interval", [("2012-01-01", "2017-01-01"), ("2025-01-01", "2026-01-01")])
def test_dates_outside_the_collection_fail(interval: tuple[str, str]) -> None:
    args = {"collection": "sentinel-2", "aoi": "a", "interval": "i"}
    assert "covers 2017-01-01 to 2025-01-01" in problems(SEARCH_SCENES, args, interval=interval)


def test_an_area_outside_the_collection_fails() -> None:
    assert "holds nothing in" in problems(LOAD_FEATURES, ARGS, area=shapely.box(40, 1, 41, 2))
