"""A virtual environment of our own making: commands with a limit, and a stamp of what is in it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ...tools.errors import InfrastructureError

INSTALL_TIMEOUT_S = 3600.0
CHECK_TIMEOUT_S = 180.0
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
_TAIL_LINES = 15


def python_of(venv: Path) -> Path:
    """Return the interpreter of an environment."""
    return venv / "bin" / "python"


def stamp_of(requirements: Path, accelerator: str) -> dict[str, str]:
    """Return what tells an environment made from these requirements from all others."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return {"accelerator": accelerator, "requirements": digest}


def is_stamped(file: Path, stamp: Mapping[str, str]) -> bool:
    """Return whether the environment that holds the file bears this stamp and an interpreter."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return found == stamp and python_of(file.parent).exists()


def must(argv: list[str], what: str, again: str) -> None:
    """Run a command; InfrastructureError with the end of its output when it fails."""
    done = run(argv, timeout_s=INSTALL_TIMEOUT_S)
    if done.returncode != 0:
        raise failed(done, what, again)


def run(argv: list[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run a command; one that takes too long or cannot start has failed."""
    try:
        return subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 124, "", f"no end after {timeout_s:g} s")
    except OSError as error:
        return subprocess.CompletedProcess(argv, 127, "", str(error))


def failed(done: subprocess.CompletedProcess[str], what: str, again: str) -> InfrastructureError:
    """Return the error that a failed command is, with what to do `again`."""
    tail = "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL_LINES:])
    return InfrastructureError(
        f"could not {what} (exit code {done.returncode}):\n{tail}\n"
        f"mend the cause (network, disk space, Python 3.11 or newer), then {again}"
    )
