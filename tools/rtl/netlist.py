"""A design as Yosys sees it after `proc`: cells, places, and what its checks complain about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from ..errors import ToolError
from ..sandbox import Finished
from .design import Design
from .finding import Finding, finding
from .yosys import design_files, reading, run_yosys, yosys_version

LATCH: Final = re.compile(r"Latch inferred for signal `\\?([^']+)' from process `([^']+)'")
SOURCE: Final = re.compile(r"([^\s:|$]+):(\d+)(?:\.(\d+))?")
UNDRIVEN: Final = re.compile(r"Wire (\S+)\.\\?(\S+)(?: \[\d+\])? is used but has no driver")
CONFLICT: Final = re.compile(r"multiple conflicting drivers for (\S+)\.\\?(\S+)")
LOOP: Final = re.compile(r"found logic loop in module (\S+):")
ERROR_LINE: Final = re.compile(r"^(?:(\S+?):(\d+): )?ERROR: (.+)$", re.MULTILINE)


@lru_cache(maxsize=256)
def structural_findings(design: Design) -> tuple[Finding, ...]:
    """Return latches, undriven and conflicting wires and logic loops; ToolError if unreadable."""
    script = [*reading(design), "proc", "flatten", "write_json n.json", "tee -o c.txt check"]
    result = run_yosys(design_files(design), script, keep=("c.txt", "n.json"))
    if not result.last.ok:
        raise ToolError(yosys_error(result.last), kind="bad_data")
    places = _places(json.loads(result.files["n.json"]))
    text = result.files["c.txt"].decode("utf-8", "replace")
    found = [*_latches(result.last.stdout), *_checks(text, places)]
    return tuple(dict.fromkeys(found))


def yosys_error(done: Finished) -> str:
    """Return in one line why Yosys ended, with the place where it says one."""
    if done.stopped:
        return f"Yosys was stopped at its {done.stopped} limit"
    found = ERROR_LINE.search(f"{done.stderr}\n{done.stdout}")
    if found is None:
        return f"Yosys ended with code {done.code or -done.signal}"
    file, line, message = found.groups()
    return f"{file}:{line}: {message}" if file else message


def place_of(text: str) -> tuple[str, int, int]:
    """Return file, line and column of a source attribute such as "a.v:3.5-4.2"."""
    found = SOURCE.search(text)
    if found is None:
        return "", 0, 0
    file, line, column = found.groups()
    return file, int(line), int(column or 0)


def _places(netlist: dict[str, Any]) -> dict[str, tuple[str, int, int]]:
    found: dict[str, tuple[str, int, int]] = {}
    for module in netlist["modules"].values():
        for name, wire in module.get("netnames", {}).items():
            found[name] = place_of(str(wire.get("attributes", {}).get("src", "")))
    return found


def _latches(log: str) -> Iterator[Finding]:
    for signal, process in LATCH.findall(log):
        name = signal.rsplit("\\", 1)[-1]
        place = place_of(process.rsplit("$proc$", 1)[-1])
        message = f"{name!r} keeps its value on some path: a latch"
        yield finding("latch", message, yosys_version(), place)


def _checks(text: str, places: dict[str, tuple[str, int, int]]) -> Iterator[Finding]:
    tool, nowhere = yosys_version(), ("", 0, 0)
    for _, name in UNDRIVEN.findall(text):
        place = places.get(name, nowhere)
        yield finding("undriven", f"{name!r} is read but nothing drives it", tool, place)
    for _, name in CONFLICT.findall(text):
        place = places.get(name, nowhere)
        yield finding("multiple_drivers", f"{name!r} has several drivers", tool, place)
    for part in text.split("Warning: ")[1:]:
        if LOOP.match(part):
            lines = part.splitlines()[1:]
            place = next((p for line in lines if (p := place_of(line))[1]), nowhere)
            yield finding("combinational_loop", "signals depend on themselves", tool, place)
