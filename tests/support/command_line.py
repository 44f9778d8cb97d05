"""Run the `terragate` command inside the test process, or as a process of its own."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from terragate.benchmarks.archive import LIGHT_SIZE, locate, write_archive
from terragate.deploy.cli.app import run

TOWNS = (("Rotterdam", "NL"), ("Singapore", "SG"))


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@contextmanager
def own_logging() -> Iterator[None]:
    """Give the root logger back as it was: the command sets it up for a process of its own."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def command(*args) -> Outcome:
    """Run a command here; whatever it prints is in the outcome."""
    out, err = io.StringIO(), io.StringIO()
    with own_logging(), redirect_stdout(out), redirect_stderr(err):
        code = run([str(arg) for arg in args])
    return Outcome(code, out.getvalue(), err.getvalue())


def start(*args, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "terragate.deploy.cli", *map(str, args)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write_two_towns(root: Path) -> Path:
    write_archive(root, locate(TOWNS), seed=7, size=LIGHT_SIZE)
    return root
