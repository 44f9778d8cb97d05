"""Every block of code in the docs runs as it is written, or says after its fence why it cannot."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from terragate.agents.profiles import load_profiles
from terragate.deploy.cli.app import app
from terragate.tests.support.command_line import command, write_two_towns
from terragate.tests.support.doc_blocks import ROOT, all_blocks, read_blocks
from typer.main import get_command

SHELL = {"sh", "bash", "console"}
NOT_RUN = {"long", "model", "network", "gpu"}
TEXT = {"text", "json", "mermaid"}
BLOCKS = all_blocks()
VERBS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def shell_lines(*, run):
    return [
        pytest.param(line, id=f"{block.page}: {line}")
        for block in BLOCKS
        if block.language in SHELL and run == (not block.mark)
        for line in block.commands()
    ]


def python_blocks():
    return [b for b in BLOCKS if b.language == "python" and not b.mark]


def run_python(text, folder):
    return subprocess.run(
        [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    write_two_towns(folder / "home" / "demo")
    return folder


def test_every_block_is_run_or_says_why_not():
    wrong = [
        f"{b.page}:{b.line}: ```{b.language} {b.mark}"
        for b in BLOCKS
        if not (b.language in SHELL | {"python"} and b.mark in NOT_RUN | {""})
        and not (b.language in TEXT | {"toml"} and not b.mark)
    ]
    assert wrong == []


@pytest.mark.parametrize("line", shell_lines(run=True))
def test_example(line, home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("TERRAGATE_HOME", str(home / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    program, *args = shlex.split(line)
    assert Path(program).name == "terragate"
    done = command(*args)
    assert done.code == 0, done.err


@pytest.mark.parametrize("line", shell_lines(run=False))
def test_what_a_command_that_is_not_run_names_exists(line):
    program, *words = shlex.split(line.partition(" && ")[0], comments=True)
    if program == "make":
        assert set(words) <= set(VERBS)
    elif program == "sh":
        assert (ROOT / words[0]).is_file()
    elif Path(program).name in {"git", "cd"}:
        assert words
    elif program == "python":
        assert words[0] == "-m"
        found = find_spec(words[1])
        assert found is not None, f"no module {words[1]!r}"
        assert found.origin is not None
        text = Path(found.origin).read_text("utf-8")
        assert all(f'"{word}"' in text for word in words if word.startswith("--"))
    else:
        assert (Path(program).parts[:-1], Path(program).name) in {
            ((), "terragate"),
            ((".venv", "bin"), "terragate"),
            ((".venv", "bin"), "pre-commit"),
        }
        if Path(program).name == "terragate":
            node = get_command(app)
            while hasattr(node, "commands"):
                node = node.commands[words.pop(0)]
            known = {name for parameter in node.params for name in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known


def test_python_blocks_run(tmp_path):
    for block in python_blocks():
        done = run_python(block.text, tmp_path)
        assert done.returncode == 0, f"{block.page}:{block.line}\n{done.stderr}"


def test_a_python_block_that_fails_is_seen(tmp_path):
    page = "- one\n\n  ```python\n  import terragate\n  assert terragate.nothing\n  ```\n"
    (block,) = read_blocks(page)
    assert (block.language, block.mark, block.line) == ("python", "", 3)
    done = run_python(block.text, tmp_path)
    assert (done.returncode, "AttributeError" in done.stderr) == (1, True)


def test_a_session_holds_commands_and_output():
    page = "~~~console network\n$ terragate --version \\\n  --help\nterragate 1\n$ # nothing\n~~~\n"
    (block,) = read_blocks(page)
    assert (block.mark, block.commands()) == ("network", ["terragate --version    --help"])


def test_modules_that_the_text_names_exist():
    named = set()
    for page in {block.page for block in BLOCKS} | {"deploy/models/terragate-nano/README.md"}:
        text = (ROOT / page).read_text("utf-8")
        named |= set(re.findall(r"-m\s+(terragate(?:\.\w+)+)", text))
    assert len(named) > 3
    assert sorted(name for name in named if find_spec(name) is None) == []


def test_the_profile_can_be_read(tmp_path):
    (text,) = (block.text for block in BLOCKS if block.language == "toml")
    path = tmp_path / "terragate.toml"
    path.write_text(text)
    assert set(tomllib.loads(text)["profiles"]) <= {p.name for p in load_profiles(path)}
