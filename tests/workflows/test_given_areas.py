"""Runs whose area came with the request: typed, as a file, as the map view; and hopeless ones."""

from __future__ import annotations

import json
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import geopandas as gpd
import pytest
import shapely
from pydantic import ValidationError
from terragate.agents.protocol import ModelRequest
from terragate.tests.support.command_line import command
from terragate.tests.support.openai_server import serving
from terragate.tests.support.scripted_model import StageModel
from terragate.tests.support.scripted_server import chooses
from terragate.tests.support.small_archive import NORTH, table, write_small_archive
from terragate.tools.geo.areas.given import read_given
from terragate.tools.geo.catalog import Catalog, CollectionInfo, Interval
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows import runs
from terragate.workflows.live import geo_live_state
from terragate.workflows.report import Report
from terragate.workflows.request import Request, Viewport
from terragate.workflows.runtime import Platform, resume, run
from terragate.workflows.selection import check_selection

TODAY = date(2025, 11, 1)
DONE = {"tool": "done"}
LOAD = {"tool": "load_features", "collection": "xview1", "category": "everything"}
EDGES = (NORTH.lon - 0.03, NORTH.lat - 0.02, NORTH.lon + 0.08, NORTH.lat + 0.05)
BOX = ",".join(map(str, EDGES))
OCEAN = "-150,-10,-149,-9"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return open_catalog(write_small_archive(tmp_path_factory.mktemp("archive") / "demo"))


def held(catalog: Catalog, *edges: float) -> int:
    """Count the labels whose representative point lies in a box, with geopandas alone."""
    path = catalog.root / "xview1" / "xview1_labels.gpkg"
    points = gpd.read_file(path).representative_point()
    return int(points.within(shapely.box(*edges)).sum()) if edges else len(points)


def counting(**stages: Any) -> StageModel:
    """Return a model that loads and counts; a stage that is not said is never asked."""
    plan = {
        "time": [{"tool": "all_dates"}],
        "search": [LOAD],
        "objects": [{"tool": "count_features"}],
        "next": [],
        "present": [],
        **stages,
    }

    def give(request: ModelRequest) -> Any:
        left = plan[request.stage]
        return left.pop(0) if left else DONE

    return StageModel(**dict.fromkeys(plan, give))


def ask(catalog: Catalog, out: Path, model: Any, text: str, **fields: Any) -> Report:
    request = Request(text=text, today=TODAY, **fields)
    return anyio.run(partial(run, request, Platform(model, catalog, out), run_id="given"))


def counted(report: Report) -> list[Any]:
    assert report.status == "answered", report.reason
    return [(value.name, value.value) for value in report.values]


def test_a_typed_area_is_counted_in(catalog: Catalog, tmp_path: Path) -> None:
    expected = held(catalog, *EDGES)
    assert 0 < expected < held(catalog)
    aoi = read_given(BOX)
    report = ask(catalog, tmp_path, counting(), "How many objects were seen?", aoi=aoi)
    assert counted(report) == [("feature_count", expected)]
    assert "in the given area" in report.answer
    assert runs.load_run(tmp_path, "given").request.aoi == aoi


@pytest.mark.parametrize("text", ["How many objects are here?", "How many do I see in this view?"])
def test_here_is_what_the_map_shows(catalog: Catalog, tmp_path: Path, text: str) -> None:
    view = Viewport(bbox=EDGES, zoom=11)
    report = ask(catalog, tmp_path, counting(), text, viewport=view)
    assert counted(report) == [("feature_count", held(catalog, *EDGES))]
    assert "in the map view" in report.answer
    assert report.records[0].args["origin"] == "view"


def test_a_view_that_is_not_meant_is_not_taken(catalog: Catalog, tmp_path: Path) -> None:
    view = Viewport(bbox=EDGES)
    report = ask(catalog, tmp_path, counting(), "How many objects were seen?", viewport=view)
    assert counted(report) == [("feature_count", held(catalog))]


def test_an_area_that_is_given_goes_before_the_view(catalog: Catalog, tmp_path: Path) -> None:
    report = ask(
        catalog, tmp_path, counting(), "How many objects are here?",
        viewport=Viewport(bbox=(-150, -10, -149, -9)), aoi=read_given(BOX),
    )  # fmt: skip
    assert counted(report) == [("feature_count", held(catalog, *EDGES))]


def test_a_follow_up_keeps_the_view_of_the_question_before(catalog: Catalog) -> None:
    request = Request(
        text="And in 2020?", earlier=("Ships here in 2019?",), today=TODAY,
        viewport=Viewport(bbox=EDGES),
    )  # fmt: skip
    live = geo_live_state(request, (), catalog, {})
    assert (live["request.aoi.origin"], live["area.scope"]) == (("view",), ())


@pytest.mark.parametrize(
    "bbox",
    [(4, 52, 5, 51), (4, 51, 4, 52), (4, 51, 5, 91), (float("nan"), 1, 2, 3), (4, 51, 500, 52)],
)
def test_a_view_that_is_none_is_refused(bbox: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValidationError):
        Viewport(bbox=bbox)


def nobody() -> StageModel:
    """Return a model that fails when it is asked anything."""
    return StageModel()


def write_file(folder: Path, text: str) -> str:
    path = folder / "area.geojson"
    path.write_text(json.dumps(read_given(text)))
    return str(path)


@pytest.mark.parametrize("how", ["aoi", "file", "view"])
def test_an_area_without_data_is_refused_before_any_model_call(
    catalog: Catalog, tmp_path: Path, how: str
) -> None:
    model = nobody()
    given: dict[str, Any] = {
        "aoi": {"aoi": read_given(OCEAN)},
        "file": {"files": (write_file(tmp_path, OCEAN),)},
        "view": {"viewport": Viewport(bbox=(-150, -10, -149, -9))},
    }[how]
    report = ask(catalog, tmp_path, model, "How many ships are here?", **given)
    assert (report.status, report.error, report.values) == ("refused", "selection:empty", ())
    assert (model.requests, report.records, report.usage.model_calls) == ([], (), 0)
    info = next(c for c in catalog.collections() if c.id == "xview1")
    covered = f"xview1 covers longitudes {info.bbox[0]:g} to {info.bbox[2]:g}"
    assert covered in (report.reason or "")
    assert "The catalog holds nothing there: " in report.answer
    again = anyio.run(partial(resume, "given", Platform(nobody(), catalog, tmp_path)))
    assert (again.status, again.reason) == (report.status, report.reason)


def test_a_period_without_data_is_refused_when_the_area_is_given(
    catalog: Catalog, tmp_path: Path
) -> None:
    aoi = read_given(BOX)
    report = ask(catalog, tmp_path, nobody(), "How many ships were here in 1995?", aoi=aoi)
    assert report.status == "refused"
    assert "(end not included)" in (report.reason or "")


@pytest.mark.parametrize(
    ("text", "aoi"),
    [
        ("How many ships are in Rotterdam?", OCEAN),
        (f"How many ships are in bbox {BOX.replace(',', ' ')}?", OCEAN),
        ("Compare the ships here in 1995 and 2021", BOX),
        ("Ships since 1995?", BOX),
        ("Ships here?", BOX),
    ],
)
def test_what_may_be_found_is_run(catalog: Catalog, tmp_path: Path, text: str, aoi: str) -> None:
    stages = ("place", "near", "time", "search")
    asked = StageModel(**dict.fromkeys(stages, {"tool": "stop"}))
    report = ask(catalog, tmp_path, asked, text, aoi=read_given(aoi))
    assert report.error != "selection:empty"
    assert report.usage.model_calls > 0


def test_swapped_axes_are_said_in_the_refusal(catalog: Catalog, tmp_path: Path) -> None:
    swapped = f"{EDGES[1]},{EDGES[0]},{EDGES[3]},{EDGES[2]}"
    report = ask(catalog, tmp_path, nobody(), "Ships here?", aoi=read_given(swapped))
    assert report.status == "refused"
    assert "with longitude and latitude swapped it would hold some" in report.answer


def test_an_unusable_file_is_refused_by_its_own_tool(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "broken.geojson"
    path.write_text("{")
    report = ask(catalog, tmp_path, nobody(), "Ships here?", files=(str(path),))
    assert (report.status, report.error) == ("failed", "tool:bad_data")


BOATS = CollectionInfo(
    id="boats", title="Boats", kind="detections", bbox=(0, 0, 10, 10),
    start=date(2020, 1, 1), end=date(2021, 1, 1),
)  # fmt: skip


@pytest.mark.parametrize(
    ("boxes", "days", "empty"),
    [
        ([(9, 9, 12, 12)], None, False),
        ([(11, 0, 12, 1)], None, True),
        ([(11, 0, 12, 1), (1, 1, 2, 2)], None, False),
        ([(1, 1, 2, 2)], (date(2020, 12, 31), date(2022, 1, 1)), False),
        ([(1, 1, 2, 2)], (date(2021, 1, 1), date(2022, 1, 1)), True),
        ([(1, 1, 2, 2)], (date(2019, 1, 1), date(2020, 1, 1)), True),
    ],
)
def test_a_selection_is_empty_by_area_or_by_dates(
    boxes: list[tuple[float, ...]], days: tuple[date, date] | None, empty: bool
) -> None:
    areas = [shapely.box(*box) for box in boxes]
    reason = check_selection(BOATS, areas, Interval(*days) if days else None)
    assert (reason is not None) is empty


def test_a_distance_that_made_the_area_does_not_widen_it_again(
    catalog: Catalog, tmp_path: Path
) -> None:
    point = f"{NORTH.lat}, {NORTH.lon}"
    around = {"tool": "buffer_point", "point": point, "distance": "5 km"}
    text = f"How many objects are within 5 km of {point}?"
    # The stage `near` is not in the script: asking it would fail.
    report = ask(catalog, tmp_path / "one", counting(place=[around]), text)
    assert [r.tool for r in report.records[:2]] == ["buffer_point", "all_dates"]
    assert counted(report)[0][1] == within(catalog, 5000)

    wider = {"tool": "buffer_aoi", "distance": "3 km"}
    more = f"How many objects are within 5 km of {point}, and 3 km more?"
    model = counting(place=[around], near=[wider])
    report = ask(catalog, tmp_path / "two", model, more)
    near = next(request for request in model.requests if request.stage == "near")
    assert "5 km" not in json.dumps(near.answer_schema)
    assert counted(report)[0][1] == within(catalog, 8000)


def within(catalog: Catalog, metres: float) -> int:
    """Count the labels within metres of the north place, on a plane around it."""
    path = catalog.root / "xview1" / "xview1_labels.gpkg"
    local = f"+proj=aeqd +lat_0={NORTH.lat} +lon_0={NORTH.lon} +datum=WGS84"
    points = gpd.read_file(path).representative_point().to_crs(local)
    return int((points.distance(shapely.Point(0, 0)) <= metres).sum())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERRAGATE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("option", ["--aoi", "--view"])
def test_the_command_takes_an_area_and_a_view(home: Path, option: str) -> None:
    table(home / "boats.gpkg", ["Barge", "Ferry", "Ferry"])
    load = {"tool": "load_features", "collection": "boats", "category": "everything"}
    with serving(chooses(load, {"tool": "count_features"})) as server:
        done = command(
            "ask", "How many boats are here?", option, "-0.5,-0.5,1.4,0.6",
            "--catalog", home / "boats.gpkg", "--model", server.url, "--json",
        )  # fmt: skip
    report = json.loads(done.out)
    assert (done.code, [v["value"] for v in report["values"]]) == (0, [2])
    assert report["records"][0]["tool"] == "drawn_aoi"


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--aoi", "nowhere.gpkg", "--aoi: the area 'nowhere.gpkg' is no file that exists"),
        ("--aoi", "x" * 5000, "is no file that exists"),
        ("--aoi", "4,91,5,92", "--aoi: the box 4,91,5,92 has latitudes beyond 90 degrees"),
        ("--view", "4,52,5", "--view: the box '4,52,5' is not four numbers"),
        ("--view", "{}", "--view: the box '{}' is not four numbers"),
    ],
)
def test_a_wrong_area_is_wrong_usage(home: Path, option: str, text: str, said: str) -> None:
    done = command("ask", "Ships here?", option, text)
    assert done.code == 2
    assert said in " ".join(done.err.split())
