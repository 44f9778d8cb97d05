"""The first mismatch in a few words: cycle, signals, values, and the lines that lead there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ...errors import ToolError
from ..bench_run import run_bench
from ..dataflow import cone
from ..design import Design, Testbench
from ..formal.result import Counterexample
from ..slang import elaborate
from .explain import Mismatch, explain
from .table import short
from .wave import read_wave

MOST_TOKENS: Final = 120
WAVES: Final = "terragate_waves.vcd"
PIECE: Final = re.compile(r"\w{1,3}|[^\w\s]")
CONE: Final = 8


def mismatch_of(example: Counterexample) -> Mismatch:
    """Return the failing step of a counterexample."""
    last = example.changes[-1]
    want, got = dict(last.expected), dict(last.got)
    return Mismatch(
        example.cycle,
        last.step,
        tuple((n, short(want[n], len(want[n])), short(got[n], len(got[n])))
              for n in example.outputs),
        tuple((name, short(value, len(value))) for name, value in last.inputs),
    )  # fmt: skip


def bench_mismatch(design: Design, bench: Testbench) -> Mismatch | None:
    """Return the first difference a testbench's waveform shows between NAME_ref and NAME_dut.

    None when the testbench has no such signals, dumps too much, or sees no difference.
    """
    ran = run_bench(design, bench, waves=WAVES)
    if not ran.waves:
        return None
    try:
        wave = read_wave(ran.waves)
    except ToolError:
        return None
    found = explain(wave).mismatch
    if found is None:
        return None
    interface = elaborate(design).interface
    names = [p.name for p in interface.ports if p.direction == "input"] if interface else []
    values: list[tuple[str, str]] = []
    for name in names:
        track = next((s for s in wave.signals if s.leaf == name), None)
        if track is not None:
            values.append((name, short(track.at(max(0, found.time - 1)), track.width)))
    return Mismatch(found.cycle, found.time, found.signals, tuple(values))


def mismatch_feedback(
    found: Mismatch | Counterexample, design: Design, *, most: int = MOST_TOKENS
) -> str:
    """Return at most `most` tokens, counted generously, on where to look in the design."""
    if isinstance(found, Counterexample):
        found = mismatch_of(found)
    wrong = [f"{n}={got}, expected {want}" for n, want, got in found.signals[:3]]
    if len(found.signals) > 3:
        wrong.append(f"and {len(found.signals) - 3} more")
    text = f"First mismatch in cycle {found.cycle}: {'; '.join(wrong)}."
    for part in (_inputs(found), *_lines(design, [n for n, _, _ in found.signals[:2]])):
        if part and token_count(f"{text} {part}") <= most:
            text = f"{text} {part}"
    while token_count(text) > most:
        text = text[: int(len(text) * 0.8)]
    return text


def _inputs(found: Mismatch) -> str:
    return f"Inputs: {' '.join(f'{n}={v}' for n, v in found.inputs)}." if found.inputs else ""


def _lines(design: Design, names: Sequence[str]) -> list[str]:
    """Return where each signal is assigned and what it depends on, one sentence each."""
    interface = elaborate(design).interface
    ports = {p.name for p in interface.ports} if interface else set[str]()
    sentences: list[str] = []
    for name in names:
        try:
            signals = cone(design, name, most=CONE)
        except ToolError:
            continue
        parts = [
            f"{s.name.split('.')[-1]} (line {', '.join(map(str, s.lines[:3]))})"
            if s.lines
            else s.name.split(".")[-1]
            for s in signals[1:]
            # Neither parameters nor names that a reader made up.
            if s.lines or s.name.split(".")[-1] in ports
        ]
        at = f" is assigned in line {', '.join(map(str, signals[0].lines[:3]))}" if (
            signals and signals[0].lines) else ""  # fmt: skip
        if at or parts:
            depends = f" from {', '.join(parts)}" if parts else ""
            sentences.append(f"{name}{at or ' is computed'}{depends}.")
    return sentences


def token_count(text: str) -> int:
    """Return an upper estimate of a text's tokens: one for three letters, one for each sign."""
    return len(PIECE.findall(text))
