"""Run a Yosys script with the native pyosys module, whose import takes longer than most checks."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

LIBYOSYS: Final[Any] = import_module("pyosys.libyosys")


def call(script: str) -> None:
    """Run the script file `script` of the job's folder; an error ends the process with code 1."""
    LIBYOSYS.run_pass(f"script {script}", LIBYOSYS.Design())
