from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from terragate.agents.choice import Choice
from terragate.benchmarks.geo.calls import compare_calls
from terragate.benchmarks.geo.grade import grade
from terragate.benchmarks.geo.truth import Expected, Layer, Truth
from terragate.tools.records import Record
from terragate.workflows.report import BoundValue, Report
from terragate.workflows.request import Request
from terragate.workflows.spec import Always, End, Exit, Stage, WorkflowSpec

SPEC = WorkflowSpec(
    name="x",
    version="1",
    summary="",
    entry="a",
    stages=(Stage(name="a", objective="", exits=(Exit(when=Always(), to=End(end="answered")),)),),
)
SHIPS = {"collection": "xview1", "classes": ["Maritime Vessel"], "count": 3}
SHIP_LAYER = Layer(kind="features", collection="xview1", classes=("Maritime Vessel",), count=3)
NDVI = {"index": "NDVI", "scene": "s1", "collection": "sentinel-2"}
NDVI_LAYER = Layer(kind="raster", collection="sentinel-2", index="NDVI", scene="s1")
COUNT = Expected(name="feature_count", value=3, unit="", tolerance=1e-9)
BOX = (4.0, 51.0, 4.4, 51.2)


def record(number: int, tool: str, status: str = "ok", **outputs: Any) -> Record:
    return Record.model_validate(
        {
            "id": f"r{number}",
            "stage": "a",
            "tool": tool,
            "args": {},
            "status": status,
            "summary": "",
            "outputs": outputs,
        }
    )


LOADED = record(1, "load_features", features=SHIPS)


def shown(kind: str, record_id: str) -> dict[str, Any]:
    return {"kind": kind, "record": record_id, "collection": "", "classes": [], "index": None}


def mapped(number: int, kind: str, record_id: str) -> Record:
    layers = [shown(kind, record_id)]
    return record(number, "show_map", map={"layers": layers, "bounds": list(BOX)})


def number(value: float, name: str = "feature_count", unit: str = "") -> BoundValue:
    return BoundValue(name=name, value=value, unit=unit, record="r1")


def report(
    *records: Record,
    values: tuple[BoundValue, ...] = (),
    status: str = "answered",
    candidates: tuple[str, ...] = (),
) -> Report:
    return Report.model_validate(
        {
            "run_id": "run",
            "status": status,
            "answer": "feature count: 3",
            "values": values,
            "candidates": candidates,
            "records": records,
            "workflow": "x",
            "model": "m",
            "request": Request(text="how many?", today=date(2026, 1, 1)),
            "spec": SPEC,
        }
    )


TRUE_COUNT = Truth(status="answered", value=COUNT, subject=SHIP_LAYER)


def test_a_right_count_is_right() -> None:
    assert grade(report(LOADED, values=(number(3),)), TRUE_COUNT).success


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((number(4),), "value: 4"),
        ((), "0 numbers"),
        ((number(3), number(3)), "2 numbers"),
        ((number(3, name="scene_count"),), "scene_count"),
        ((number(3, unit="ha"),), "[ha]"),
        (
            (BoundValue(name="feature_count", value="3", unit="", record="r1"),),
            "value: '3' is no number",
        ),
    ],
)
def test_a_wrong_count_is_wrong(values: tuple[BoundValue, ...], reason: str) -> None:
    found = grade(report(LOADED, values=values), TRUE_COUNT)
    assert not found.success
    assert reason in found.reasons[0]


def test_the_right_number_of_the_wrong_thing_is_wrong() -> None:
    barges = record(1, "load_features", features=SHIPS | {"classes": ["Barge"]})
    assert not grade(report(barges, values=(number(3),)), TRUE_COUNT).success


def test_a_tolerance_is_absolute_and_closed_to_the_next_figure() -> None:
    area = Expected(name="area_ha", value=1000, unit="ha", tolerance=10)
    truth = Truth(status="answered", value=area, subject=NDVI_LAYER)
    raster = record(1, "spectral_index", raster=NDVI)
    for value, right in ((1010, True), (990, True), (1010.5, False)):
        made = report(raster, values=(number(value, "area_ha", "ha"),))
        assert grade(made, truth).success == right


def test_a_map_must_hold_the_layer_and_nothing_else() -> None:
    truth = TRUE_COUNT.model_copy(update={"drawn": True})
    values = (number(3),)
    assert grade(report(LOADED, mapped(2, "features", "r1"), values=values), truth).success
    assert not grade(report(LOADED, values=values), truth).success
    raster = record(3, "spectral_index", raster=NDVI)
    both = (LOADED, mapped(2, "features", "r1"), raster, mapped(4, "raster", "r3"))
    assert "extra" in grade(report(*both, values=values), truth).reasons[0]
    unasked = grade(report(LOADED, mapped(2, "features", "r1"), values=values), TRUE_COUNT)
    assert not unasked.success


def test_a_failed_tool_leaves_no_layer() -> None:
    failed = record(2, "show_map", status="error")
    truth = TRUE_COUNT.model_copy(update={"drawn": True})
    assert not grade(report(LOADED, failed, values=(number(3),)), truth).success


def test_zoom_needs_the_bounds_and_an_empty_map() -> None:
    truth = Truth(status="answered", bounds=BOX)
    zoomed = record(2, "zoom_map", map={"layers": [], "bounds": [4.01, 51.0, 4.41, 51.2]})
    elsewhere = record(2, "zoom_map", map={"layers": [], "bounds": [5.0, 51.0, 5.4, 51.2]})
    assert grade(report(zoomed), truth).success
    assert not grade(report(elsewhere), truth).success
    assert not grade(report(), truth).success
    assert not grade(report(LOADED, mapped(2, "features", "r1")), truth).success


def test_files_and_pictures_of_the_right_layer_in_the_right_format() -> None:
    truth = Truth(status="answered", subject=NDVI_LAYER, exported="cog")
    raster = record(1, "spectral_index", raster=NDVI)
    cog = record(2, "export_layer", file={"format": "cog", "layer": shown("raster", "r1")})
    assert grade(report(raster, cog), truth).success
    picture = record(3, "quick_look", picture={"layers": [shown("raster", "r1")], "date": ""})
    assert not grade(report(raster, cog, picture), truth).success
    pictured = Truth(status="answered", subject=NDVI_LAYER, pictured=True)
    assert grade(report(raster, picture), pictured).success
    table = record(2, "export_layer", file={"format": "gpkg", "layer": shown("raster", "r1")})
    assert not grade(report(raster, table), truth).success


def test_where_nothing_is_no_number_may_be() -> None:
    truth = Truth(status="answered", empty=True)
    empty = record(1, "search_scenes", status="empty")
    assert grade(report(empty), truth).success
    assert grade(report(empty, values=(number(0, "scene_count"),)), truth).success
    assert not grade(report(empty, values=(number(0.3, "zonal_mean"),)), truth).success


def test_a_clarification_must_offer_the_readings() -> None:
    truth = Truth(status="clarify", offer=("Tripoli, Libya", "Tripoli, Lebanon"))
    both = ("Tripoli, Lebanon", "Tripoli, Libya", "Tripoli, Greece")
    assert grade(report(status="clarify", candidates=both), truth).success
    assert not grade(report(status="clarify", candidates=both[:1]), truth).success
    assert not grade(report(status="answered", candidates=both), truth).success
    state = Truth(status="clarify", offer=("Athens, United States",))
    full = ("Athens, Georgia, United States",)
    assert grade(report(status="clarify", candidates=full), state).success


def test_calls_count_arguments() -> None:
    ideal = [
        Choice(tool="find_place", args={"place": "Porto"}),
        Choice(tool="all_dates"),
        Choice(tool="report_value", args={"value": "feature_count"}),
    ]
    made = [
        record(1, "find_place").model_copy(update={"args": {"place": "Porto"}}),
        record(2, "all_dates"),
        record(3, "report_value").model_copy(update={"args": {"value": "r2.feature_count"}}),
    ]
    assert compare_calls(made, ideal).accuracy == 1
    assert compare_calls(made, ideal).correctness == 1
    wrong = [made[0].model_copy(update={"args": {"place": "Por"}}), *made[1:]]
    found = compare_calls(wrong, ideal)
    assert (found.accuracy, found.correctness) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    extra = compare_calls([*made, record(4, "zoom_map")], ideal)
    assert (extra.accuracy, extra.correctness) == (1, pytest.approx(2 / 3))
    assert compare_calls([], ideal).correctness == 0
