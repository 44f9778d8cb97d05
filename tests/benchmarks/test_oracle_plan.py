"""The calls that a question's slots ask for, and where they stop."""

from __future__ import annotations

from terragate.agents.choice import Choice
from terragate.benchmarks.geo.oracle_plan import plan
from terragate.benchmarks.geo.task import Slots


def test_a_change_that_is_drawn_is_seven_calls_long() -> None:
    slots = Slots(family="changed_area", place="Split", dates="2018-2021", index="NDVI")
    slots = slots.model_copy(update={"collection": "sentinel-2", "direction": "loss"})
    slots = slots.model_copy(update={"threshold": "0.2", "output": "map"})
    assert [call.tool for call in plan(slots)] == [
        *("find_place", "find_dates", "search_scenes", "change_over", "changed_area"),
        *("show_map", "report_value"),
    ]


def test_the_plan_of_a_full_question() -> None:
    slots = Slots(
        family="area",
        place="Split",
        distance="5 km",
        dates="2020",
        collection="sentinel-2",
        index="NDVI",
        comparison="above",
        threshold="0.3",
        output="cog",
    )
    assert plan(slots) == (
        Choice(tool="find_place", args={"place": "Split"}),
        Choice(tool="buffer_aoi", args={"distance": "5 km"}),
        Choice(tool="find_dates", args={"dates": "2020"}),
        Choice(tool="search_scenes", args={"collection": "sentinel-2"}),
        Choice(tool="spectral_index", args={"index": "NDVI"}),
        Choice(tool="area_where", args={"comparison": "above", "threshold": "0.3"}),
        Choice(tool="export_layer", args={"layer": "raster", "format": "cog"}),
        Choice(tool="report_value", args={"value": "area_ha"}),
    )


def test_plans_stop_where_a_run_must() -> None:
    shared = Slots(family="count", trap="ambiguous", place="Athens", category="ships")
    assert [c.tool for c in plan(shared)] == ["find_place"]
    refused = Slots(family="refuse", place="Split")
    assert [c.tool for c in plan(refused)] == ["find_place", "all_dates", "refuse"]
    zoom = Slots(family="zoom", place="Split")
    assert [c.tool for c in plan(zoom)] == ["find_place", "all_dates", "zoom_map"]
