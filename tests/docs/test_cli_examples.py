"""Every example of docs/cli.md that needs no model runs as it is written."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from terragate.agents.profiles import load_profiles
from terragate.deploy.cli.app import app
from terragate.tests.support.command_line import command, write_two_towns
from typer.main import get_command

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def lines(kind):
    return [line for block in blocks(kind) for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    write_two_towns(folder / "home" / "demo")
    return folder


@pytest.mark.parametrize("line", lines("sh"))
def test_example(line, home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("TERRAGATE_HOME", str(home / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    program, *args = shlex.split(line)
    done = command(*args)
    assert (program, done.code) == ("terragate", 0), done.err


@pytest.mark.parametrize("line", lines("sh model"))
def test_options_of_an_example_exist(line):
    _, *words = shlex.split(line.partition(" && ")[0])
    node = get_command(app)
    while hasattr(node, "commands"):
        node = node.commands[words.pop(0)]
    known = {name for parameter in node.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_profile_can_be_read(tmp_path):
    (text,) = blocks("toml")
    path = tmp_path / "terragate.toml"
    path.write_text(text)
    assert set(tomllib.loads(text)["profiles"]) <= {p.name for p in load_profiles(path)}
