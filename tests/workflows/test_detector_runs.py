"""Whole runs in which a detector finds the objects: the operator's own model, or labels."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from langgraph.runtime import RunControl
from pyproj import Geod
from terragate.agents.protocol import ModelRequest
from terragate.tests.support.command_line import command
from terragate.tests.support.detector_room import LEVELS, SQUARES, Room, tanks_in, write_room
from terragate.tests.support.openai_server import serving
from terragate.tests.support.scripted_model import StageModel
from terragate.tests.support.scripted_server import chooses
from terragate.tests.tools.geo.detection.tiny_models import (
    CLASSES,
    LARGE,
    install,
    logits_model,
    outline,
    yolo_model,
)
from terragate.tools.geo.detection.shelf import open_shelf
from terragate.workflows import runs
from terragate.workflows.export import export_script
from terragate.workflows.geo_domain import GEO
from terragate.workflows.live import geo_live_state
from terragate.workflows.notebook import export_notebook
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, RunInterrupted, run

TODAY = date(2025, 6, 1)
DONE, MORE = {"tool": "done"}, {"tool": "more"}
SCENES = {"tool": "search_scenes", "collection": "chips"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return write_room(tmp_path_factory.mktemp("detectors"))


def box_of(request: ModelRequest) -> dict[str, Any]:
    """Choose the box of the question, the only one on offer."""
    branches = (request.answer_schema or {}).get("anyOf", [request.answer_schema])
    one = next(b for b in branches if "box" in b["properties"])
    return {"tool": "bbox_aoi", "box": one["properties"]["box"]["enum"][0]}


def script(**stages: Any) -> StageModel:
    """Return a model that gives each stage its answers in order, then `done`."""
    left = {name: list(said) if isinstance(said, list) else [said] for name, said in stages.items()}

    def give(request: ModelRequest) -> Any:
        said = left.get(request.stage) or [DONE]
        answer = said.pop(0)
        return answer(request) if callable(answer) else answer

    names = ("near", "imagery_more", "objects", "next", "nothing", "present", "pixels", "answer")
    return StageModel(**dict.fromkeys((*left, *names), give))


def found_by(detector: str, category: str = "storage tanks") -> StageModel:
    return script(
        place=box_of,
        time={"tool": "all_dates"},
        search=SCENES,
        imagery=MORE,
        imagery_more={"tool": "detect_objects", "detector": detector, "category": category},
        objects={"tool": "count_features"},
    )


def asked(room: Room, out: Path, model: Any, text: str = "") -> Report:
    shelf = open_shelf(room.models, room.catalog)
    platform = Platform(model, room.catalog, out, detectors=shelf)
    request = Request(text=text or room.question, today=TODAY)
    return anyio.run(partial(run, request, platform, run_id="detected"))


def test_the_operators_model_counts_what_was_planted(room: Room, tmp_path: Path) -> None:
    report = asked(room, tmp_path, found_by("squares"))
    assert report.status == "answered", report.reason
    expected = tanks_in(room.box)
    assert 0 < expected < sum(size == LARGE for *_, size in SQUARES)
    assert [(v.name, v.value) for v in report.values] == [("feature_count", expected)]
    digest = hashlib.sha256(yolo_model()).hexdigest()
    assert f"detections are by model squares (SHA-256 {digest})" in report.answer
    assert report.verdicts[-1]["outcome"] == "pass"
    assert runs.load_run(tmp_path, "detected").detectors == str(room.models)


def test_labels_are_said_to_be_labels(room: Room, tmp_path: Path) -> None:
    model = script(
        time={"tool": "all_dates"},
        search=SCENES,
        imagery=MORE,
        imagery_more={
            "tool": "detect_objects", "detector": "boats-labels", "category": "ferries",
        },
        objects={"tool": "count_features"},
    )  # fmt: skip
    report = asked(room, tmp_path, model, "How many ferries are there?")
    assert [(v.name, v.value) for v in report.values] == [("feature_count", 2)]
    assert "precomputed labels of collection boats; no image was analysed" in report.answer
    assert "SHA-256" not in report.answer


def test_a_model_that_finds_nothing_ends_in_an_answer(room: Room, tmp_path: Path) -> None:
    west, south, east, north = room.box
    empty = Room(room.data, room.models, (west + 0.9 * (east - west), south, east, north))
    assert tanks_in(empty.box) == 0
    report = asked(empty, tmp_path, found_by("squares"), empty.question)
    assert report.status == "answered", report.reason
    assert [(v.name, v.value) for v in report.values] == [("feature_count", 0)]
    assert "by model squares" in report.answer


def test_a_land_cover_model_measures_what_was_planted(room: Room, tmp_path: Path) -> None:
    model = script(
        time={"tool": "all_dates"},
        search=SCENES,
        imagery=MORE,
        imagery_more=[{"tool": "classify_landcover", "detector": "cover"}, DONE],
        pixels=MORE,
        pixels_more=MORE,
        terrain=MORE,
        raster_pairs=[{"tool": "landcover_area", "category": "forest"}, DONE],
        answer={"tool": "report_value", "value": "r5.area_ha"},
    )
    report = asked(room, tmp_path, model, "How many hectares are forest by the land-cover model?")
    assert report.status == "answered", report.reason
    [value] = report.values
    outlines = [outline((c, c + s), (r, r + s)) for r, c, s in SQUARES]
    geod = Geod(ellps="WGS84")
    truth = sum(abs(geod.geometry_area_perimeter(one)[0]) for one in outlines) / 1e4
    assert (value.unit, value.value) == ("ha", pytest.approx(truth, rel=1e-4))
    assert f"SHA-256 {hashlib.sha256(logits_model(LEVELS)).hexdigest()}" in report.answer


def test_classes_that_only_a_detector_knows_can_be_named(room: Room) -> None:
    request = Request(text="Find buildings and storage tanks with the ONNX model", today=TODAY)
    models = open_shelf(room.models, room.catalog).models
    without = geo_live_state(request, (), room.catalog, {})
    live = geo_live_state(request, (), room.catalog, {}, models)
    assert without["span.class"] == ("everything",)
    assert live["span.class"] == ("buildings", "storage tanks", "everything")
    assert live["span.place"] == ()
    assert without["detector.name"] == ("boats-labels",)
    assert live["detector.name"] == ("boats-labels", "squares")
    assert (without["detector.landcover"], live["detector.landcover"]) == ((), ("cover",))
    assert models["squares"].classes == CLASSES


@pytest.mark.parametrize("form", ["python", "notebook"])
def test_an_exported_run_is_repeated_with_the_same_model(
    room: Room, tmp_path: Path, form: str
) -> None:
    report = asked(room, tmp_path, found_by("squares"))
    started = runs.load_run(tmp_path, "detected")
    if form == "python":
        source = export_script(started, report, GEO)
    else:
        cells = json.loads(export_notebook(started, report, GEO, tmp_path))["cells"]
        source = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
    (tmp_path / "again.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "again.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"feature_count = {report.values[0].value}\n" in done.stdout


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERRAGATE_HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_command_reads_the_folder_from_the_environment(
    room: Room, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERRAGATE_DETECTORS", str(room.models))
    text = "How many storage tanks does the model squares find?"
    detect = {"tool": "detect_objects", "detector": "squares", "category": "storage tanks"}
    said = (SCENES, MORE, detect, {"tool": "count_features"})
    with serving(chooses(*said)) as server:
        done = command("ask", text, "--catalog", room.data, "--model", server.url, "--json")
    report = json.loads(done.out)
    whole = sum(size == LARGE for *_, size in SQUARES)
    assert (done.code, [v["value"] for v in report["values"]]) == (0, [whole])

    def by_hand() -> Any:
        records = {r["tool"]: r["id"] for r in report["records"]}
        args = {
            "detector": "squares", "category": "everything", "aoi": records["whole_archive"],
            "interval": records["all_dates"], "scenes": records["search_scenes"],
        }  # fmt: skip
        return command(
            "tools", "run", "detect_objects", "--run", report["run_id"], "--catalog", room.data,
            "--args", json.dumps(args),
        )  # fmt: skip

    made = json.loads(by_hand().out)
    assert made["outputs"]["features"]["count"] == len(SQUARES)
    monkeypatch.delenv("TERRAGATE_DETECTORS")
    assert "no detector 'squares'" in by_hand().err


def test_a_wrong_model_ends_the_command_before_the_model_is_asked(
    room: Room, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install(home / "models", "squares", yolo_model())
    (folder / "squares" / "model.onnx").write_bytes(yolo_model()[:-1])
    monkeypatch.setenv("TERRAGATE_DETECTORS", str(folder))
    with serving(chooses()) as server:
        done = command("ask", "Ships?", "--catalog", room.data, "--model", server.url)
    assert (done.code, server.requests) == (2, [])
    assert "model 'squares/model.onnx' has SHA-256" in " ".join(done.err.split())


def test_a_resumed_run_has_the_models_it_began_with(room: Room, home: Path) -> None:
    shelf = open_shelf(room.models, room.catalog)
    platform = Platform(found_by("squares"), room.catalog, home / "runs", detectors=shelf)
    request = Request(text=room.question, today=TODAY)
    control = RunControl()
    control.request_drain("a test")
    with pytest.raises(RunInterrupted):
        anyio.run(partial(run, request, platform, run_id="stopped", control=control))

    detect = {"tool": "detect_objects", "detector": "squares", "category": "storage tanks"}
    box = {"tool": "bbox_aoi", "box": room.question.partition(" in ")[2].rstrip("?")}
    said = (box, SCENES, MORE, detect, {"tool": "count_features"})
    with serving(chooses(*said)) as server:
        done = command("runs", "resume", "stopped", "--model", server.url, "--json")
    report = json.loads(done.out)
    assert (done.code, [v["value"] for v in report["values"]]) == (0, [tanks_in(room.box)])
