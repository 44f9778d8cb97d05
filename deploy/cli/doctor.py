"""`terragate doctor`: what is installed, what is missing, and the one command that mends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import anyio
import typer
from rich.console import Console
from rich.table import Column, Table

from ...tools.errors import ToolError
from .locations import demo_folder, serving_venv

if TYPE_CHECKING:
    from ...workflows.settings import Settings

LIBRARIES = ("langgraph", "rasterio", "geopandas", "pyproj", "shapely", "bokeh", "pydantic")


class Finding(NamedTuple):
    """One thing that was looked at; `mend` is the command that puts it right."""

    name: str
    good: bool
    found: str
    mend: str = ""


def doctor() -> None:
    """Say what is installed, what is missing, and what to do about it."""
    from ...workflows.settings import Settings

    settings = Settings()
    findings = [check(settings) for check in CHECKS]
    # Paths are folded, not cut, so that they can be copied.
    table = Table("", "what", Column("found", overflow="fold"), "to mend it")
    for finding in findings:
        table.add_row(
            "ok" if finding.good else "missing", finding.name, finding.found, finding.mend
        )
    Console().print(table)
    raise typer.Exit(0 if all(finding.good for finding in findings) else 3)


def _python(_: Settings) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python 3.11 or newer", sys.version_info >= (3, 11), found)


def _libraries(_: Settings) -> Finding:
    return Finding("libraries", True, "\n".join(f"{name} {version(name)}" for name in LIBRARIES))


def _archive(settings: Settings) -> Finding:
    from ...tools.geo.addresses import names_api

    address = settings.catalog or str(demo_folder(settings))
    good = names_api(address) or Path(address).exists()
    return Finding("catalog", good, address, "" if good else "terragate data demo")


def _weights(_: Settings) -> Finding:
    from ...agents.profiles import NANO

    folder = NANO.weights
    good = folder is not None and (folder / "model.safetensors").exists()
    mend = "" if good else "git checkout -- deploy/models"
    return Finding("terragate-nano weights", good, str(folder), mend)


def _vllm(settings: Settings) -> Finding:
    from ..serving.install import detect_accelerator, is_installed

    venv = serving_venv(settings)
    good = is_installed(venv)
    found = f"{venv} ({detect_accelerator()})"
    return Finding("vLLM environment", good, found, "" if good else "terragate serve install")


def _server(_: Settings) -> Finding:
    from ...agents.profiles import NANO
    from ..serving.server import default_state_dir, server_status

    status = anyio.run(server_status, NANO.name, default_state_dir())
    # A server that is down is started by the next question, so this is never a fault.
    return Finding("model server", True, status.state, "")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.out.resolve().anchor).free / 1e9
    return Finding(
        "free disk over 1 GB", free > 1, f"{free:.0f} GB", "" if free > 1 else "free some"
    )


def _icarus(_: Settings) -> Finding:
    from ...tools.rtl.icarus import icarus_version

    return _tool("Icarus Verilog", icarus_version, "apt-get install iverilog")


def _yosys(_: Settings) -> Finding:
    from ...tools.rtl.yosys import yosys_version

    return _tool("Yosys", yosys_version, "pip install 'terragate[rtl]'")


def _verilator(_: Settings) -> Finding:
    from ...tools.rtl.verilator import verilator_version

    return _tool("Verilator", verilator_version, "apt-get install verilator")


def _slang(_: Settings) -> Finding:
    from ...tools.rtl.slang import slang_version

    return _tool("slang", slang_version, "pip install 'terragate[rtl]'")


def _pyverilog(_: Settings) -> Finding:
    return _tool("pyverilog", lambda: version("pyverilog"), "pip install 'terragate[rtl]'")


def _bubblewrap(_: Settings) -> Finding:
    from ...tools.sandbox import bubblewrap_works

    # Without it the sandbox has limits only, and says so: less safe, but not broken.
    if bubblewrap_works():
        return Finding("sandbox", True, "bubblewrap")
    return Finding("sandbox", False, "limits only", "apt-get install bubblewrap")


def _tool(name: str, find: Callable[[], str | None], mend: str) -> Finding:
    try:
        found = find()
    except (ToolError, PackageNotFoundError):
        found = None
    return Finding(name, found is not None, found or "not found", "" if found else mend)


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    _python,
    _libraries,
    _archive,
    _weights,
    _vllm,
    _server,
    _disk,
    _icarus,
    _yosys,
    _verilator,
    _slang,
    _pyverilog,
    _bubblewrap,
)
