"""What others rely on: tools per stage, drawings, help texts, report keys and event kinds."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

import click
import pytest
import typer
from terragate.deploy.cli.app import app
from terragate.tests.support.command_line import command
from terragate.tests.support.snapshot import matches
from terragate.tools.spec import live_fields
from terragate.workflows.drawing import mermaid
from terragate.workflows.events import Event
from terragate.workflows.registry import FAMILIES
from terragate.workflows.report import Report

NAMES = [family.name for family in FAMILIES]


def family(name):
    return next(family for family in FAMILIES if family.name == name)


def visible(tool):
    marks = live_fields(tool.args)
    return [name for name in tool.args.model_fields if not (name in marks and marks[name].hidden)]


def test_rooms_are_never_imported_bare():
    rooms = {"agents", "tools", "workflows", "verifiers", "benchmarks", "deploy"}
    script = "import sys, terragate.deploy.cli.conversation; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert not rooms & set(done.stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_tools_of_each_stage(name):
    spec, domain = family(name).spec(), family(name).load_domain()
    lines = []
    for stage in spec.stages:
        calls = [f"{tool}({', '.join(visible(domain.by_name[tool]))})" for tool in stage.tools]
        lines += [f"{stage.name}:", *(f"  {call}" for call in (*calls, *stage.controls))]
    matches(f"tools.{name}.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("name", NAMES)
def test_drawing_of_each_family(name):
    matches(f"{name}.mmd", mermaid(family(name).spec()))


def test_help_of_every_command(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    texts = []
    for words in _commands(typer.main.get_command(app), ()):
        done = command(*words, "--help")
        assert done.code == 0
        lines = [line.rstrip() for line in done.out.strip().splitlines()]
        texts.append("\n".join((f"$ terragate {' '.join((*words, '--help'))}", *lines)))
    matches("help.txt", "\n\n".join(texts) + "\n")


def _commands(node, words):
    yield words
    if isinstance(node, click.Group) or hasattr(node, "commands"):
        for name, child in node.commands.items():
            yield from _commands(child, (*words, name))


def test_schema_of_the_report():
    schema = Report.model_json_schema()
    keys = {"Report": list(schema["properties"])}
    keys |= {
        name: list(part["properties"])
        for name, part in schema["$defs"].items()
        if name in ("ArtifactRef", "BoundValue", "Record", "Request", "Usage", "Value")
    }
    matches("report.json", json.dumps(keys, indent=1) + "\n")


def test_kinds_of_events():
    union = get_args(get_args(Event)[0])
    kinds = {event.model_fields["kind"].default: list(event.model_fields) for event in union}
    assert len(kinds) == len(union)
    matches("events.json", json.dumps(kinds, indent=1) + "\n")
