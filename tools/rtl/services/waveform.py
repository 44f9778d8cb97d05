"""Read a value change dump with wellen and print the signals asked for as JSON, within bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

WELLEN: Final[Any] = import_module("pywellen")
WIDEST: Final = 65_536
Change = tuple[int, str]


def call(request: str) -> None:
    """Print the signals that the job file `request` asks for, each with its changes in a range."""
    ask: dict[str, Any] = json.loads(Path(request).read_text(encoding="utf-8"))
    wave = WELLEN.Waveform(ask["file"], multi_threaded=False)
    known = list(wave.all_vars())
    chosen = [v for v in known if _wanted(v.full_name, ask["names"])]
    shown = [v for v in chosen if _width(v) <= WIDEST][: ask["signals"]]
    left, tracks, whole = ask["changes"], list[dict[str, Any]](), len(shown) == len(chosen)
    for variable in shown:
        changes = list(_changes(variable, ask["start"], ask["end"], left))
        left -= len(changes)
        if left <= 0:
            whole = False
            changes = changes[:-1]
        tracks.append({
            "name": variable.full_name[:400],
            "width": _width(variable),
            "kind": str(variable.var_type).lower(),
            "changes": changes,
        })  # fmt: skip
        if left <= 0:
            break
    answer = {"timescale": str(wave.timescale or "1ns"), "signals": tracks, "whole": whole}
    print(json.dumps(answer))


def _wanted(name: str, names: list[str]) -> bool:
    return not names or any(name == one or name.endswith(f".{one}") for one in names)


def _width(variable: Any) -> int:
    return int(variable.bitwidth or 0)


def _changes(variable: Any, start: int, end: int, most: int) -> Iterator[Change]:
    """Yield the changes from the value at `start` on; an end of -1 is the end of the file."""
    width = _width(variable)
    before: Change | None = None
    count = 0
    for time, value in variable.signal:
        text = f"{value:0{width}b}" if isinstance(value, int) else str(value)
        if time < start:
            before = (start, text)
            continue
        if before is not None and time > start:
            yield before
            count += 1
        before = None
        if (end >= 0 and time > end) or count >= most:
            break
        yield (time, text)
        count += 1
    if before is not None:
        yield before
