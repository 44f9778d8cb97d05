"""A waveform as values: signals with their changes, read in the sandbox by wellen.

A dump is untrusted: it may be cut, lie about its widths, or be made to exhaust its reader.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from ...errors import RetryableToolError, ToolError, ToolUnavailable
from ...records import Frozen
from ...sandbox import Job, Limits, Step, shared_pool

SERVICE: Final = Path(__file__).parents[1] / "services" / "waveform.py"
LIMITS: Final = Limits(cpu_s=20.0, wall_s=40.0, memory_mb=2048, output_kb=32_768)
REQUEST: Final = "request.json"
FILE: Final = "wave.vcd"
MAX_BYTES: Final = 64 << 20
MOST_SIGNALS: Final = 2000
MOST_CHANGES: Final = 400_000


class Track(Frozen):
    """One signal: its path, width in bits, and (time, value) from its first known time on.

    A value is binary, with x and z, `width` digits long; of a real or a string it is its text.
    """

    name: str
    width: int
    kind: str = "wire"
    changes: tuple[tuple[int, str], ...] = ()

    @cached_property
    def _times(self) -> list[int]:
        return [time for time, _ in self.changes]

    def at(self, time: int) -> str:
        """Return the value that holds at the end of a time step, all x before the first change."""
        place = bisect_right(self._times, time)
        return self.changes[place - 1][1] if place else "x" * self.width

    @property
    def leaf(self) -> str:
        """Return the name without its scopes."""
        return self.name.rsplit(".", 1)[-1]


class Wave(Frozen):
    """The signals of a dump; `whole` is false when bounds left some signals or changes out."""

    timescale: str
    signals: tuple[Track, ...]
    whole: bool = True

    @property
    def end(self) -> int:
        """Return the time of the last change, in steps of the timescale."""
        return max((s.changes[-1][0] for s in self.signals if s.changes), default=0)

    def track(self, name: str) -> Track:
        """Return the signal of that path, or the only one whose path ends so."""
        exact = [s for s in self.signals if s.name == name]
        found = exact or [s for s in self.signals if s.name.endswith(f".{name}")]
        if not found:
            raise RetryableToolError(
                f"the waveform has no signal {name!r}",
                kind="not_found",
                candidates=tuple(s.name for s in self.signals[:20]),
            )
        if len({s.changes for s in found}) > 1:
            raise RetryableToolError(
                f"{len(found)} different signals are called {name!r}: give the whole path",
                kind="ambiguous",
                candidates=tuple(s.name for s in found[:20]),
            )
        return found[0]


def read_wave(
    data: bytes, signals: Sequence[str] = (), *, start: int = 0, end: int | None = None
) -> Wave:
    """Return the named signals of a VCD file between two times, or all within bounds.

    RetryableToolError for a file that is too large or that is no waveform.
    """
    _require()
    if len(data) > MAX_BYTES:
        raise RetryableToolError(
            f"the waveform has {len(data) >> 20} MB, more than {MAX_BYTES >> 20}: dump fewer "
            "signals or a shorter time",
            kind="too_large",
        )
    ask = {
        "file": FILE, "names": list(signals), "start": start, "end": -1 if end is None else end,
        "signals": MOST_SIGNALS, "changes": MOST_CHANGES,
    }  # fmt: skip
    job = Job({FILE: data, REQUEST: json.dumps(ask)}, (Step(call=REQUEST, limits=LIMITS),))
    done = shared_pool(service=SERVICE).run(job).last
    if not done.ok:
        why = f"{done.stopped} limit reached" if done.stopped else done.stderr.strip()[-160:]
        raise RetryableToolError(f"this is not a readable waveform: {why}", kind="bad_data")
    try:
        return Wave.model_validate_json(done.stdout)
    except ValueError as error:
        raise ToolError(f"the waveform reader gave no answer: {error}", kind="bad_data") from error


def _require() -> None:
    try:
        version("pywellen")
    except PackageNotFoundError:
        raise ToolUnavailable(
            "no reader of waveforms is installed: pip install 'terragate[rtl]' (the package is "
            "pywellen)"
        ) from None
