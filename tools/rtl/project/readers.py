"""Which tool reads a text that another one cannot: Icarus and Yosys know parts of SystemVerilog."""

from __future__ import annotations

import importlib.util
import re
import shutil
from typing import Final

from ...errors import ToolError
from ..design import Design
from .facts import Elaborated

PROGRAMS: Final = {"Icarus": "iverilog", "Verilator": "verilator", "Yosys": "yosys"}
MODULES: Final = {"Yosys": "pyosys", "slang": "pyslang"}
# As Icarus (file:3: syntax error) and Yosys (file:3: ERROR: syntax error) say it.
PLACE: Final = re.compile(
    r"^(?P<file>[\w./-]+):(?P<line>\d+):.*?(?:syntax error|sorry|not supported|unsupported|ERROR)",
    re.MULTILINE | re.IGNORECASE,
)


def installed_readers() -> tuple[str, ...]:
    """Return the readers of SystemVerilog on this machine, the most complete first."""
    return tuple(
        name
        for name in ("slang", "Verilator", "Icarus", "Yosys")
        if (name in PROGRAMS and shutil.which(PROGRAMS[name]))
        or (name in MODULES and importlib.util.find_spec(MODULES[name]))
    )


def cannot_read(design: Design, found: Elaborated, tool: str, log: str) -> ToolError | None:
    """Return the error "this tool cannot read this text", None when the text itself is wrong.

    `found` is what slang says of the design; `tool` names the program and its version, as in
    "iverilog 11.0", and `log` is what it printed.
    """
    if not found.ok:
        return None
    place = PLACE.search(log)
    where = (
        f"{place['file']}:{place['line']}: " if place and place["file"] in design.files() else ""
    )
    others = [name for name in installed_readers() if not _same(name, tool)]
    offer = f"; {', '.join(others)} may read it" if others else ""
    return ToolError(
        f"{where}{tool} cannot read this SystemVerilog, which is valid{offer}",
        kind="precondition",
        candidates=tuple(others),
    )


def _same(name: str, tool: str) -> bool:
    said = tool.lower()
    return name.lower() in said or PROGRAMS.get(name, "?") in said
