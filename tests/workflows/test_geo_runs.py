"""Whole Earth observation runs on a small archive: answers, honest refusals, repetition."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from functools import partial

import anyio
import pytest
from terragate.tests.support.scripted_model import StageModel
from terragate.tests.support.small_archive import write_small_archive
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows import runs
from terragate.workflows.answer import figure
from terragate.workflows.export import export_script
from terragate.workflows.geo_domain import GEO
from terragate.workflows.live import geo_live_state
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

TODAY = date(2025, 11, 1)
DONE = {"tool": "done"}
SCENES = {"tool": "search_scenes", "collection": "sentinel-2"}
PLACE = {"tool": "find_place", "place": "Rotterdam"}
FEATURES = {"tool": "load_features", "collection": "xview1", "category": "ships"}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return open_catalog(write_small_archive(tmp_path_factory.mktemp("archive") / "demo"))


def script(**stages):
    """Return a model that gives each stage its answers in order, then `done`."""
    left = {name: said if isinstance(said, list) else [said] for name, said in stages.items()}

    def give(request):
        said = left[request.stage]
        return said.pop(0) if said else DONE

    return StageModel(**dict.fromkeys(left, give))


def answer(catalog, out, text, model, *, persist=False, **fields):
    request = Request(text=text, today=TODAY, **fields)
    room = Platform(model, catalog, out, persist=persist)
    return anyio.run(partial(run, request, room, run_id="geo"))


def index_model(**stages):
    plan = {
        "place": PLACE,
        "time": {"tool": "all_dates"},
        "search": SCENES,
        "imagery": {"tool": "spectral_index", "index": "NDVI"},
        "pixels": {"tool": "zonal_stats", "statistic": "mean"},
        "present": [{"tool": "show_map", "layer": "raster"}, DONE],
    }  # fmt: skip
    return script(**{**plan, **stages})


def test_an_index_is_computed_shown_and_repeated(catalog, tmp_path):
    text = "What is the mean NDVI in Rotterdam? Show it on a map."
    report = answer(catalog, tmp_path, text, index_model(), persist=True)
    assert report.status == "answered", report.reason
    [value] = report.values
    assert (value.name, value.record) == ("zonal_mean", "r5")
    assert -1 <= value.value <= 1
    assert "Mean NDVI of valid pixels on" in report.answer
    assert "The map shows NDVI of sentinel-2." in report.answer
    assert "synthetic data" in report.answer
    assert [ref.media_type for ref in report.artifacts if ref.name.endswith("html")]
    assert report.verdicts[-1]["outcome"] == "pass"

    path = tmp_path / "repeat.py"
    path.write_text(export_script(runs.load_run(tmp_path, "geo"), report, GEO))
    command = [sys.executable, str(path), str(catalog.root), str(tmp_path / "again")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"r5.zonal_mean = {value.value!r}" in done.stdout


def test_nothing_found_is_an_answer(catalog, tmp_path):
    model = script(
        place={"tool": "find_place", "place": "Oslo"},
        time={"tool": "all_dates"},
        search={"tool": "load_features", "collection": "xview1", "category": "tugboats"},
    )
    report = answer(catalog, tmp_path, "How many tugboats are in Oslo?", model)
    assert report.status == "answered"
    assert [(v.name, v.value) for v in report.values] == [("feature_count", 0)]
    assert report.answer.startswith("Nothing there: no tugboats in Oslo, Norway from ")


def test_an_ambiguous_place_is_asked_about(catalog, tmp_path):
    model = script(place={"tool": "find_place", "place": "Springfield"})
    report = answer(catalog, tmp_path, "Ships in Springfield?", model)
    assert report.status == "clarify"
    assert "Springfield, Illinois, United States" in report.candidates
    assert report.values == ()


def test_an_unknown_class_is_asked_about(catalog, tmp_path):
    model = script(
        place=PLACE,
        time={"tool": "all_dates"},
        search={"tool": "load_features", "collection": "xview1", "category": "submarines"},
    )
    report = answer(catalog, tmp_path, "How many submarines are in Rotterdam?", model)
    assert (report.status, report.error) == ("clarify", "tool:not_found")
    assert "submarines" in report.answer


def test_what_no_tool_can_answer_is_refused(catalog, tmp_path):
    report = answer(catalog, tmp_path, "Who won?", script(search={"tool": "refuse"}))
    assert (report.status, report.values) == ("refused", ())


def test_zooming_needs_no_data(catalog, tmp_path):
    model = script(place=PLACE, search=DONE, present=[{"tool": "zoom_map"}, DONE])
    report = answer(catalog, tmp_path, "Zoom to Rotterdam", model)
    assert report.status == "answered"
    assert report.answer.startswith("The map shows Rotterdam, The Netherlands.")


def test_react_reaches_the_same_value(catalog, tmp_path):
    steps = [
        PLACE,
        {"tool": "all_dates"},
        SCENES,
        {"tool": "spectral_index", "index": "NDVI"},
        {"tool": "zonal_stats", "statistic": "mean"},
        {"tool": "report_value", "value": "r5.zonal_mean"},
        DONE,
    ]
    text = "What is the mean NDVI in Rotterdam?"
    one = answer(catalog, tmp_path / "a", text, script(react=steps), workflow="react")
    two = answer(catalog, tmp_path / "b", text, index_model(present=DONE))
    assert one.status == two.status == "answered"
    assert one.values[0].value == two.values[0].value


def test_live_state_offers_what_exists(catalog):
    request = Request(text="Ships near Rotterdam in 2021", today=TODAY)
    live = geo_live_state(request, (), catalog, {"span.place": frozenset({"Rotterdam"})})
    assert live["span.place"] == ()
    assert live["span.dates"] == ("2021",)
    assert live["catalog.scenes"] == ("sentinel-2",)
    assert live["drawable"] == live["value.id"] == live["handle.aoi"] == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (0.1234567, "0.123457"),
        (0.00001234, "0.00001234"),
        (1234567.89, "1234567.9"),
        (11162.675, "11162.7"),
        ("yes", "yes"),
    ],
)
def test_figures_are_written_as_people_read_them(value, text):
    assert figure(value) == text


def test_a_comparison_goes_on_when_its_first_half_is_empty(catalog, tmp_path):
    model = script(
        place=[PLACE],
        time=[{"tool": "find_dates", "dates": "1999"}],
        search=[FEATURES, FEATURES],
        objects={"tool": "count_features"},
        next={"tool": "compare_values", "measure": "difference"},
        present=[],
        answer={"tool": "report_value", "value": "r7.difference"},
    )
    report = answer(catalog, tmp_path, "More ships in Rotterdam in 1999 than in 2021?", model)
    assert [r.tool for r in report.records][2:5] == [
        "load_features",
        "other_dates",
        "load_features",
    ]
    # There is one way on, so nobody is asked whether to take it.
    assert "nothing" not in {request.stage for request in model.requests}
    assert report.status == "answered", report.answer
