"""Runs the kill driver for every case of a test module, two at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from terragate.tests.support import kill_cases, kill_driver

AT_ONCE = 2
Results = Mapping[str, "Future[dict[str, Any]]"]


def drive(case: str, folder: Path, module: ModuleType) -> dict[str, Any]:
    """Run one case of a module to its end with every kill, and return what the driver saw."""
    command = [sys.executable, kill_driver.__file__, str(folder), f"{module.__name__}:{case}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def driven(
    request: pytest.FixtureRequest,
    folders: pytest.TempPathFactory,
    module: ModuleType = kill_cases,
) -> Iterator[Results]:
    """Start the cases that this session asks this test module for; yield their results to come.

    The cases are functions of `module`.
    """
    asked = [
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is request.module
        and hasattr(item, "callspec")
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {case: pool.submit(drive, case, folders.mktemp(case), module) for case in asked}
