"""Hostile text that does reach a result (class names, scene ids) is inert in all that is made."""

from __future__ import annotations

import ast
import json
from datetime import date
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import anyio
import geopandas as gpd
import nbformat
import pytest
from terragate.agents.protocol import ModelRequest
from terragate.benchmarks.archive.hostile import write_hostile_twin
from terragate.benchmarks.archive.injections import CANARY, signs_in
from terragate.tests.support.scripted_model import StageModel
from terragate.tests.support.small_archive import edit, write_small_archive
from terragate.tools.geo.geopackage import write_geopackage
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows import runs
from terragate.workflows.export import export_script
from terragate.workflows.geo_domain import GEO
from terragate.workflows.notebook import export_notebook
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

# The first is rasterio's use of affine; the second is about the planted second layer.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:More than one layer found:UserWarning"),
]
CLASS = f"</script><script>alert('{CANARY}')</script><img src=x onerror=alert(1)>"
SCENE = f'../<script>{CANARY}</script>\'"""); import os #'
PLAIN_TAGS = {"html", "head", "body", "meta", "title", "style", "header", "h1", "p", "div"}
PLAIN_TAGS |= {"footer", "span", "script"}
MODULES = {"math", "sys", "datetime", "pathlib", "terragate"}


class Page(HTMLParser):
    """The elements of a page, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script" and data.strip():
            self.scripts.append(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hostile twin in which a class and every scene id are hostile too."""
    root = tmp_path_factory.mktemp("exports")
    clean = write_small_archive(root / "clean")
    table = clean / "xview1/xview1_labels.gpkg"
    rows = gpd.read_file(table)
    rows["cat_name"] = CLASS
    table.unlink()
    write_geopackage(table, rows, layer="xview1_labels")
    edit(clean / "xview1/collection.json", lambda c: c.update({"terragate:classes": [CLASS]}))
    write_hostile_twin(clean, root / "twin")
    for item in (root / "twin/sentinel-2").glob("*/*.json"):
        edit(item, lambda content: content.update({"id": f"{content['id']} {SCENE}"}))
    return root


def ask(folder: Path, name: str, text: str, **stages: list[dict[str, Any]]) -> tuple[Any, Report]:
    def give(request: ModelRequest) -> dict[str, Any]:
        left = stages.get(request.stage)
        return left.pop(0) if left else {"tool": "done"}

    names = ("place", "time", "search", "imagery", "pixels", "objects", "next", "present", "answer")
    model = StageModel(**dict.fromkeys(names, give))
    room = Platform(model, open_catalog(folder / "twin"), folder / "runs", persist=True)
    request = Request(text=text, today=date(2025, 11, 1))
    return model, anyio.run(partial(run, request, room, run_id=name))


@pytest.fixture(scope="module")
def shown(folder: Path) -> tuple[Any, Report]:
    return ask(
        folder,
        "objects",
        "Show everything of xView1 in the whole archive on a map.",
        place=[{"tool": "whole_archive"}],
        time=[{"tool": "all_dates"}],
        search=[{"tool": "load_features", "collection": "xview1", "category": "everything"}],
        present=[{"tool": "show_map", "layer": "features"}],
    )


@pytest.fixture(scope="module")
def pictured(folder: Path) -> tuple[Any, Report]:
    return ask(
        folder,
        "pixels",
        "Show the NDVI of Rotterdam on a map",
        place=[{"tool": "find_place", "place": "Rotterdam"}],
        time=[{"tool": "all_dates"}],
        search=[{"tool": "search_scenes", "collection": "sentinel-2"}],
        imagery=[{"tool": "spectral_index", "index": "NDVI"}],
        present=[{"tool": "show_map", "layer": "raster"}, {"tool": "quick_look"}],
    )


@pytest.fixture(params=["shown", "pictured"])
def done(request: pytest.FixtureRequest) -> tuple[Any, Report]:
    return request.getfixturevalue(request.param)


def test_the_hostile_names_reach_the_result_but_no_prompt(done: tuple[Any, Report]) -> None:
    model, report = done
    assert report.status == "answered", report.reason
    assert signs_in(json.dumps([r.outputs for r in report.records], ensure_ascii=False))
    assert [signs_in(r.model_dump_json()) for r in model.requests if signs_in(str(r))] == []
    assert [r.summary for r in report.records if signs_in(r.summary)] == []


def test_the_map_has_no_element_of_the_data(folder: Path, done: tuple[Any, Report]) -> None:
    _, report = done
    maps = [ref for ref in report.artifacts if ref.media_type == "text/html"]
    assert maps
    for ref in maps:
        text = (folder / "runs" / report.run_id / ref.path).read_text("utf-8")
        page = Page(text)
        assert set(page.tags) <= PLAIN_TAGS
        assert page.tags.count("script") == len(page.scripts) == 2
        assert page.handlers == []
        item = page.scripts[1].strip().removeprefix("Bokeh.embed.embed_item(").removesuffix(");")
        assert json.loads(item)["target_id"] == "map"
        assert "default-src 'none'" in text


def test_the_map_of_objects_does_name_their_class(folder: Path, shown: tuple[Any, Report]) -> None:
    _, report = shown
    ref = next(ref for ref in report.artifacts if ref.media_type == "text/html")
    text = (folder / "runs" / report.run_id / ref.path).read_text("utf-8")
    assert CANARY in text
    assert "<script>alert" not in text


def test_no_artifact_leaves_the_folder_of_its_run(folder: Path, done: tuple[Any, Report]) -> None:
    _, report = done
    run_folder = (folder / "runs" / report.run_id).resolve()
    for ref in report.artifacts:
        assert (run_folder / ref.path).resolve().is_relative_to(run_folder)
        assert (run_folder / ref.path).is_file()
        assert not set(ref.name) & set("/\\<>'\"")
    assert {path.name for path in (folder / "runs").iterdir()} <= {"objects", "pixels"}


def test_the_script_is_only_the_run_s_own_calls(folder: Path, done: tuple[Any, Report]) -> None:
    _, report = done
    source = export_script(runs.load_run(folder / "runs", report.run_id), report, GEO)
    tree = ast.parse(source)
    modules = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.partition(".")[0] for name in modules} == MODULES
    calls = [n.value.func.id for n in tree.body if isinstance(n, ast.Expr)
             and isinstance(n.value, ast.Call) and isinstance(n.value.func, ast.Name)]  # fmt: skip
    assert calls.count("call") == len(report.records)
    assert set(calls) <= {"call", "expect"}


def test_the_notebook_shows_all_text_as_it_is(folder: Path, done: tuple[Any, Report]) -> None:
    _, report = done
    out = folder / "runs"
    text = export_notebook(runs.load_run(out, report.run_id), report, GEO, out / report.run_id)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
            assert "text/html" not in [k for o in cell.outputs for k in o.get("data", {})]
            continue
        bare = cell.source.replace("\\\\", "").replace("\\<", "").replace("\\[", "")
        assert "<" not in bare
        assert "[" not in bare
    assert any("script" in cell.source for cell in notebook.cells if cell.cell_type == "markdown")
