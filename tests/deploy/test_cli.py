"""The commands that need no model, and how wrong or missing things end."""

from __future__ import annotations

import json
import socket

import pytest
from terragate.agents.profiles import PROFILES
from terragate.tests.support.command_line import command, write_two_towns
from terragate.tests.support.openai_server import says, serving
from terragate.tests.support.oracle_server import NAME, knows, oracle
from terragate.tools.registry import tools
from terragate.workflows.drawing import mermaid
from terragate.workflows.registry import families


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_two_towns(tmp_path_factory.mktemp("data") / "two-towns")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERRAGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def dead_url():
    """The address of a server that is not there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_tools_workflows_and_models_are_listed():
    listed = command("tools", "list").out
    assert all(f" {tool.name} " in listed for tool in tools())
    shown = command("workflows", "list").out
    assert all(f" {name} " in shown for name in families())
    known = command("models", "list").out
    assert all(f" {profile.name} " in known for profile in PROFILES)


def test_a_workflow_is_shown_and_drawn():
    spec = families()["stateful"].spec()
    shown = command("workflows", "show", "stateful").out
    assert all(stage.name in shown for stage in spec.stages)
    assert command("workflows", "show", "stateful", "--mermaid").out == mermaid(spec)


def test_a_tool_runs_by_hand(archive):
    found = command(
        "tools", "run", "find_place", "--args", '{"place": "Singapore"}', "--catalog", archive
    )
    west, south, east, north = json.loads(found.out)["outputs"]["aoi"]["bbox"]
    assert west < 103.85 < east
    assert south < 1.29 < north


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["ask", "  "], "the question is empty"),
        (["ask", "x" * 5000], "of 5000 characters"),
        (["ask", "ships\udcff?"], "unicode"),
        (["ask", "ships?", "--today", "soon"], "'soon' is no date"),
        (["ask", "ships?", "--seed", "-1"], "--seed"),
        (["ask", "ships?", "--thread", "../x"], "--thread"),
        (["ask", "ships?", "--catalog", "nowhere"], "no catalog at"),
        (["ask", "ships?", "--record", "a", "--replay", "a"], "exclude each other"),
        (["ask", "ships?", "--no-such"], "No such option"),
        (["ask"], "the question is empty"),
        (["tools", "run", "fly"], "no tool 'fly'"),
        (["tools", "run", "find_place", "--args", "{"], "is not JSON"),
        (["tools", "run", "find_place", "--args", "[]"], "no JSON object"),
        (["runs", "show", "nope"], "has no report"),
        (["runs", "resume", "nope"], "no run 'nope'"),
        (["runs", "export", "../x"], "not a plain name"),
        (["workflows", "show", "dream"], "no workflow 'dream'"),
        (["serve", "model", "--profile", "gpt"], "no model profile 'gpt'"),
        (["models", "check", "notaurl"], "must look like"),
    ],
)
def test_wrong_usage_is_said_and_ends_with_2(args, said):
    done = command(*args)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--workflow", "dream"], "no workflow 'dream'"),
        (["--replay", "nothing.jsonl"], "cannot read recording"),
        (["--replay", "other.txt"], "not a recorded model call"),
        (["--out", "other.txt"], "choose another --out"),
        (["--model", "gpt"], "no model profile 'gpt'"),
    ],
)
def test_wrong_files_and_names_are_said(home, archive, args, said):
    (home / "other.txt").write_text("hello")
    (home / "fine.jsonl").write_text('{"recording":1,"model":"m","rendering":"compact"}\n')
    given = args if {"--replay", "--model"} & set(args) else [*args, "--replay", "fine.jsonl"]
    done = command("ask", "ships?", "--catalog", archive, *given)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_tool_arguments_are_explained(archive):
    given = ("--args", '{"plce": "Rome"}', "--catalog", archive)
    done = command("tools", "run", "find_place", *given)
    assert done.code == 2
    assert "its arguments: place" in done.err
    lost = command(
        "tools", "run", "find_place", "--args", '{"place": "Qwxzy"}', "--catalog", archive
    )
    assert (lost.code, lost.out) == (1, "")
    assert "'Qwxzy'" in lost.err


def test_what_is_missing_ends_with_3(archive, dead_url):
    none = command("ask", "ships?")
    assert none.code == 3
    assert "terragate data demo" in none.err
    down = command("ask", "ships?", "--catalog", archive, "--model", dead_url)
    assert (down.code, down.out) == (3, "")
    assert dead_url in down.err
    assert down.err.count("\n") == 1


def test_the_doctor_names_the_command_that_mends(home, archive, monkeypatch):
    assert command("doctor").code == 3
    assert "terragate data demo" in command("doctor").out
    monkeypatch.setenv("TERRAGATE_CATALOG", str(archive))
    assert "terragate data demo" not in command("doctor").out


def test_a_server_is_checked():
    with oracle(knows(family="zoom")) as served:
        found = json.loads(command("models", "check", served.url, "--json").out)
        shown = command("models", "check", served.url).out
    assert (found["model"], found["schema_support"]) == (NAME, "honoured")
    assert "honoured" in shown
    with serving(says("hello"), is_vllm=False) as served:
        found = command("models", "check", served.url)
    assert "ignored" in found.out
    assert "prefer vLLM" in found.out


def test_profiles_of_a_file_are_offered(home):
    with oracle(knows(family="zoom")) as served:
        (home / "terragate.toml").write_text(
            f'[profiles.far]\nmodel = "{NAME}"\nrendering = "compact"\nbase_url = "{served.url}"\n'
        )
        assert " far " in command("models", "list").out
        started = command("serve", "model", "--profile", "far")
    assert (started.code, served.url in started.out) == (0, True)


def test_no_server_runs_and_none_is_stopped():
    assert command("serve", "status").out == "nano: stopped\n"
    assert command("serve", "stop").out == "no server was running\n"


def test_an_archive_that_is_there_is_kept(home, archive):
    assert "is in" in command("data", "demo", "--out", archive).err
    (home / "real").mkdir()
    (home / "real" / "catalog.json").write_text('{"description": "taken by a satellite"}')
    refused = command("data", "demo", "--out", "real", "--force")
    assert refused.code == 2
    assert (home / "real" / "catalog.json").exists()


def test_version_and_help():
    assert command("--version").out.startswith("terragate ")
    assert command("--help").code == 0
    assert command("runs", "list", "--out", "none").code == 0
