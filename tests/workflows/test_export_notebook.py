"""A run as a notebook: valid, executable with no model, honest when a value differs."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import nbformat
import pytest
from terragate.tests.support.command_line import command
from terragate.tests.support.scripted_model import FirstOption, StageModel
from terragate.tests.support.small_archive import write_small_archive
from terragate.tests.support.toy_domain import TOY, ask, line, platform
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows import runs
from terragate.workflows.geo_domain import GEO
from terragate.workflows.notebook import export_notebook, plain_markdown
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

QUESTION = "What is the mean NDVI in Rotterdam? Show it as a picture and <b>on a map</b>."


def ndvi_model() -> StageModel:
    left: dict[str, list[dict[str, Any]]] = {
        "place": [{"tool": "find_place", "place": "Rotterdam"}],
        "time": [{"tool": "all_dates"}],
        "search": [{"tool": "search_scenes", "collection": "sentinel-2"}],
        "imagery": [{"tool": "spectral_index", "index": "NDVI"}],
        "pixels": [{"tool": "zonal_stats", "statistic": "mean"}],
        "present": [{"tool": "quick_look"}, {"tool": "show_map", "layer": "raster"}],
    }

    def give(request: Any) -> dict[str, Any]:
        said = left[request.stage]
        return said.pop(0) if said else {"tool": "done"}

    return StageModel(**dict.fromkeys(left, give))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    catalog = open_catalog(write_small_archive(folder / "archive"))
    request = Request(text=QUESTION, today=date(2025, 11, 1))
    room = Platform(ndvi_model(), catalog, folder / "runs", persist=True)
    made = anyio.run(partial(run, request, room, run_id="geo"))
    assert made.status == "answered", made.reason
    return made


@pytest.fixture(scope="module")
def notebook(folder: Path, report: Report) -> Any:
    out = folder / "runs"
    text = export_notebook(runs.load_run(out, "geo"), report, GEO, out / "geo")
    return nbformat.reads(text, as_version=4)


def sources(notebook: Any, kind: str) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def execute(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook's code without a kernel, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "cells.py").write_text(source)
    command = [sys.executable, "cells.py"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_notebook_is_valid_and_says_what_was_asked_and_answered(
    notebook: Any, report: Report
) -> None:
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    heading = sources(notebook, "markdown")[0]
    assert "What is the mean NDVI in Rotterdam" in heading
    assert plain_markdown(report.answer.splitlines()[0]) in heading
    assert "<b>" not in heading
    assert "\\<b\\>on a map" in heading


def test_there_is_one_cell_for_every_call(notebook: Any, report: Report) -> None:
    calls = [cell for cell in sources(notebook, "code") if cell.startswith("call(")]
    assert len(calls) == len(report.records)
    for cell, record in zip(calls, report.records, strict=True):
        assert cell.startswith(f"call({record.id!r}, {record.tool!r}")
        assert cell.count("expect(") == len(record.values)


def test_pictures_are_in_the_notebook_and_maps_are_shown(notebook: Any) -> None:
    shown = {
        cell.source.partition(",")[2].split("'")[1]: cell.outputs
        for cell in notebook.cells
        if cell.cell_type == "code" and "show('" in cell.source
    }
    assert set(shown) == {"quick_look", "show_map"}
    pictures = [o for o in shown["quick_look"] if o.output_type == "display_data"]
    assert pictures[0].data["image/png"].startswith("iVBOR")


def test_its_code_repeats_the_values_with_no_model(
    notebook: Any, report: Report, folder: Path
) -> None:
    source = "\n".join(sources(notebook, "code"))
    assert "model" not in source
    done = execute(source, folder / "plain")
    assert done.returncode == 0, done.stdout + done.stderr
    [value] = report.values
    assert f"{value.record}.{value.name} = {value.value!r}" in done.stdout
    assert "every value is the run's" in done.stdout


def test_a_value_that_differs_fails_the_last_cell(
    notebook: Any, report: Report, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "wrong").mkdir()
    monkeypatch.chdir(folder / "wrong")
    [value] = report.values
    code = "\n".join(sources(notebook, "code"))
    Path("cells.py").write_text(code.replace(repr(value.value), repr(value.value + 0.5)))
    with pytest.raises(AssertionError, match=f"these values differ.*{value.record}.{value.name}"):
        runpy.run_path("cells.py")


def test_a_kernel_executes_it(notebook: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(folder / name.casefold()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    work = folder / "kernel"
    work.mkdir()
    again = nbformat.from_dict(json.loads(json.dumps(notebook)))
    client = nbclient.NotebookClient(
        again, timeout=120, resources={"metadata": {"path": str(work)}}
    )
    client.execute()
    kinds = {k for cell in again.cells for o in cell.get("outputs", ()) for k in o.get("data", ())}
    assert {"image/png", "text/html"} <= kinds
    frames = [o.data["text/html"] for c in again.cells for o in c.get("outputs", ())
              if "text/html" in o.get("data", {})]  # fmt: skip
    source = frames[0].partition('src="')[2].partition('"')[0]
    assert (work / source).is_file()


def test_a_failed_call_is_left_out_and_hostile_text_stays_text(tmp_path: Path) -> None:
    text = "crane\n\n```\n# head $x$ [a](javascript:alert(1)) <script>alert(1)</script>"
    room = platform(line(), FirstOption(), tmp_path)
    report = anyio.run(partial(run, ask(text), room, run_id="one"))
    failed = report.records[0].model_copy(update={"id": "r9", "status": "error"})
    report = report.model_copy(update={"records": (*report.records, failed)})
    made = nbformat.reads(
        export_notebook(runs.load_run(tmp_path, "one"), report, TOY, tmp_path / "one"), 4
    )
    nbformat.validate(made)
    heading = made.cells[0].source
    assert "<script>" not in heading
    assert "```" not in heading
    assert "](javascript" not in heading
    assert all("r9" not in cell.source for cell in made.cells)


def test_a_picture_outside_the_run_is_not_taken(tmp_path: Path) -> None:
    room = platform(line(), FirstOption(), tmp_path)
    report = anyio.run(partial(run, ask("crane old"), room, run_id="one"))
    (tmp_path / "secret.png").write_bytes(b"SECRET")
    stolen = {"name": "p.png", "path": "../secret.png", "sha256": "", "media_type": "image/png"}
    first = report.records[0].model_dump() | {"artifacts": (stolen,)}
    report = report.model_copy(update={"records": (type(report.records[0]).model_validate(first),)})
    made = export_notebook(runs.load_run(tmp_path, "one"), report, TOY, tmp_path / "one")
    assert "U0VDUkVU" not in made
    assert "show('r1')" in made


def test_the_command_writes_both_forms(
    folder: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    common = ("runs", "export", report.run_id, "--out", "runs")
    assert command(*common, "--format", "notebook", "--to", "run.ipynb").code == 0
    made = nbformat.read(folder / "run.ipynb", as_version=4)
    nbformat.validate(made)
    plain = command(*common)
    assert plain.out == command(*common, "--format", "python").out
    assert plain.out.startswith('"""Repeat run geo')
    assert command(*common, "--format", "pdf").code == 2
