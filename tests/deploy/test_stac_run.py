"""A question about a STAC API: the real command, a real API server, pixels by range reads."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from pyproj import Transformer
from terragate.agents.choice import Choice
from terragate.tests.support.canary import Answer, FileServer, redirect
from terragate.tests.support.command_line import command
from terragate.tests.support.oracle_server import follows, oracle
from terragate.tests.support.stac_server import StacServer, tiny_stac
from terragate.tests.support.tiny_geo import LEFT, PIXEL, TOP, UTM
from terragate.workflows import runs
from terragate.workflows.report import Report

WEST, SOUTH, EAST, NORTH = 4.32, 51.95, 4.35, 51.97
QUESTION = f"What is the mean NDVI in bbox {WEST} {SOUTH} {EAST} {NORTH} in June 2020?"
CALLS = (
    Choice(tool="bbox_aoi"),
    Choice(tool="find_dates", args={"dates": "June 2020"}),
    Choice(tool="search_scenes", args={"collection": "sentinel-2-l2a"}),
    Choice(tool="spectral_index", args={"index": "NDVI"}),
    Choice(tool="zonal_stats", args={"statistic": "mean"}),
)
SIZE = 512
PIXELS = {
    name: np.random.default_rng(seed).integers(1, 10_000, (1, SIZE, SIZE)).astype("uint16")
    for seed, name in enumerate(("red", "nir"))
}
# A server that asks for so long a wait is not asked again.
DOWN = Answer(503, headers={"Retry-After": "86400"})


def own_mean() -> float:
    """Return the mean NDVI of the pixels whose centre lies in the box, with nothing but numpy."""
    at = (np.arange(SIZE) + 0.5) * PIXEL
    east, north = np.meshgrid(LEFT + at, TOP - at)
    lon, lat = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(east, north)
    inside = (lon > WEST) & (lon < EAST) & (lat > SOUTH) & (lat < NORTH)
    red, nir = (PIXELS[name][0][inside].astype(float) for name in ("red", "nir"))
    return float(((nir - red) / (nir + red)).mean())


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StacServer]:
    with tiny_stac(tmp_path_factory.mktemp("stac"), PIXELS) as running:
        yield running


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with oracle(follows(CALLS)) as served:
        yield served.url


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, api: StacServer) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("TERRAGATE_HOME", str(folder / "home"))
        patch.setenv("TERRAGATE_ALLOWED_HOSTS", f"files.example, {api.files.host}")
        patch.setenv("COLUMNS", "200")
        yield folder


@pytest.fixture(scope="module")
def answered(home: Path, api: StacServer, model: str) -> Report:
    done = command("ask", QUESTION, "--catalog", api.url, "--model", model, "--json")
    assert (done.code, done.err) == (0, "")
    return Report.model_validate_json(done.out)


def values(report: Report) -> list[tuple[str, Any]]:
    return [(value.name, value.value) for value in report.values]


def test_the_answer_is_that_of_the_pixels(answered: Report) -> None:
    assert answered.workflow == "stateful"
    assert values(answered) == [("zonal_mean", pytest.approx(own_mean(), rel=1e-6))]
    scenes = next(r.outputs["scenes"] for r in answered.records if "scenes" in r.outputs)
    assert [scene["id"] for scene in scenes["items"]] == ["scene-1"]


def test_what_was_read_is_kept_in_the_home_and_nowhere_else(answered: Report, home: Path) -> None:
    objects = [path for path in (home / "home" / "cache" / "objects").rglob("*") if path.is_file()]
    assert objects
    assert (home / "home" / "cache").stat().st_mode & 0o077 == 0
    stray = [path for path in (home / "runs").rglob("*") if path.suffix == ".tif"]
    assert [path.name for path in stray] == ["ndvi_scene-1.tif"]


@pytest.mark.parametrize("form", ["python", "notebook"])
def test_an_exported_run_opens_the_api_again(
    answered: Report, home: Path, api: StacServer, form: str
) -> None:
    made = command("runs", "export", answered.run_id, "--format", form)
    source = made.out
    if form == "notebook":
        cells = nbformat.reads(source, as_version=4).cells
        source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert repr(api.url) in source
    work = home / form
    work.mkdir()
    (work / "again.py").write_text(source)
    # A home of its own: nothing comes from what the run left.
    asked = len(api.files.log)
    done = subprocess.run(
        [sys.executable, "again.py"],
        cwd=work,
        env=os.environ | {"TERRAGATE_HOME": str(work / "home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [value] = answered.values
    assert f"{value.record}.zonal_mean = {value.value!r}\n" in done.stdout
    assert len(api.files.log) > asked


def test_a_run_that_lost_the_file_server_is_resumed(
    answered: Report, home: Path, api: StacServer, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is cached, so the pixels must be asked for.
    monkeypatch.setenv("TERRAGATE_HOME", str(home / "second"))
    ask = ("ask", QUESTION, "--catalog", api.url, "--model", model, "--out", "lost")
    good = api.files.routes["/nir.tif"]
    api.files.add("/nir.tif", lambda request: DOWN)
    try:
        failed = command(*ask)
    finally:
        api.files.add("/nir.tif", good)
    assert failed.code == 1
    assert "Traceback" not in failed.err
    [row] = runs.list_runs(home / "lost")
    report = runs.load_report(home / "lost", row.run_id)
    assert (report.status, report.error, report.values) == ("failed", "tool:unavailable", ())
    assert f"{api.files.url}/nir.tif" in str(report.reason)
    assert "503" in str(report.reason)
    assert f"terragate runs resume {row.run_id} --out lost --catalog {api.url}" in failed.err

    resumed = command("runs", "resume", row.run_id, "--out", "lost", "--model", model, "--json")
    assert resumed.code == 0, resumed.err
    again = Report.model_validate_json(resumed.out)
    assert values(again) == values(answered)
    tools = [record.tool for record in again.records]
    assert tools == [record.tool for record in answered.records]


def test_an_api_that_is_gone_ends_resuming_with_3(
    answered: Report, home: Path, api: StacServer
) -> None:
    path = home / "gone" / "one" / "request.json"
    path.parent.mkdir(parents=True)
    run = runs.load_run(home / "runs", answered.run_id)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    moved = run.model_copy(update={"run_id": "one", "catalog": f"http://127.0.0.1:{port}/"})
    path.write_text(moved.model_dump_json())
    done = command("runs", "resume", "one", "--out", "gone")
    assert (done.code, done.out) == (3, "")
    assert f"'http://127.0.0.1:{port}/' gives no answer" in done.err
    assert "check the network and try again later" in done.err


def test_a_tool_runs_by_hand_on_an_api(home: Path, api: StacServer) -> None:
    done = command("tools", "run", "whole_archive", "--catalog", api.url)
    assert json.loads(done.out)["outputs"]["aoi"]["bbox"] == [3.0, 50.0, 6.0, 53.0]


def test_the_catalog_may_be_a_setting(
    home: Path, api: StacServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERRAGATE_CATALOG", api.url)
    assert json.loads(command("tools", "run", "whole_archive").out)["outputs"]
    assert api.url in command("doctor").out


def test_files_on_a_private_host_need_the_operators_word(
    home: Path, api: StacServer, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TERRAGATE_ALLOWED_HOSTS")
    asked = len(api.files.log)
    ask = ("ask", QUESTION, "--catalog", api.url, "--model", model, "--json", "--out", "refused")
    report = Report.model_validate_json(command(*ask).out)
    assert (report.status, report.error) == ("failed", "tool:bad_data")
    assert "is refused" in str(report.reason)
    assert "TERRAGATE_ALLOWED_HOSTS" in str(report.reason)
    assert len(api.files.log) == asked


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("earth-serach", "'earth-search' or 'planetary-computer'"),
        ("s3://bucket/catalog", "no http(s) address"),
        ("file:///etc", "no http(s) address"),
        ("https://", "cannot be used"),
        ("https://someone:secret@example.com/", "leave out user"),
        ("https://example.com/?key=secret", "leave out user"),
        ("https://example.com/#secret", "leave out user"),
        ("https://0x7f.1/", "unusual spelling"),
        ("http://[::1", "no address"),
        ("", "no catalog at ''"),
    ],
)
def test_what_is_no_catalog_ends_with_2(home: Path, address: str, said: str) -> None:
    done = command("ask", "ships?", "--catalog", address)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "secret" not in done.err
    assert "Traceback" not in done.err


def test_allowed_hosts_that_are_none_end_with_2(
    home: Path, api: StacServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERRAGATE_ALLOWED_HOSTS", "*.example.com")
    done = command("tools", "run", "whole_archive", "--catalog", api.url)
    assert done.code == 2
    assert "allowed host '*.example.com' cannot be used" in done.err


def test_servers_that_are_no_stac_api_are_said(home: Path) -> None:
    with FileServer() as files:
        files.add("/page", lambda request: Answer(200, b"<html>hello</html>"))
        files.add("/list", lambda request: Answer(200, b"[]"))
        files.add("/plain", lambda request: Answer(200, b'{"id": "x", "links": []}'))
        files.add("/away", redirect("http://169.254.169.254/latest"))
        for path, said in (
            ("/page", "has no STAC landing page"),
            ("/list", "has no STAC landing page"),
            ("/plain", "does not conform to"),
            ("/nothing", "there is no STAC API at"),
            ("/away", "is refused"),
        ):
            done = command("tools", "run", "whole_archive", "--catalog", files.url + path)
            assert (done.code, done.out) == (1, ""), path
            assert said in done.err
            assert done.err.count("\n") == 1
