"""Show what was found about a design: verdicts, a counterexample, where to look."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ...tools.errors import ToolError
from ...tools.rtl.dataflow import ConeSignal, cone
from ...tools.rtl.design import Design
from ...tools.rtl.project.readers import cannot_read
from ...tools.rtl.slang import elaborate, language
from ...tools.rtl.waveform.table import short
from ...verifiers.rtl.verify import Verification
from ...verifiers.verdict import Verdict

MARKS: Final = {
    "pass": ("✓ pass", "green"),
    "fail": ("✗ fail", "red"),
    "unknown": ("? unknown", "yellow"),
    "skipped": ("- skipped", "dim"),
}
STYLES: Final = {"verified": "bold green", "refuted": "bold red", "unverified": "bold yellow"}
MOST_STEPS: Final = 8
MOST_OUTPUTS: Final = 4
WORD: Final = re.compile(r"[A-Za-z_][\w$]*")
MOST_FINDINGS: Final = 10
EVIDENCE: Final = 300
Row = Mapping[str, Any]


def verdict_table(verdicts: Sequence[Verdict], waiting: str = "") -> Table:
    """Return one row per verdict; `waiting` is what is looked at now."""
    table = Table("verdict", "outcome", "strength", "evidence")
    for verdict in verdicts:
        word, style = MARKS[verdict.outcome]
        reached = verdict.strength if verdict.outcome == "pass" else ""
        said = verdict.evidence[:EVIDENCE]
        table.add_row(verdict.name, Text(word, style), Text(reached), Text(said))
    if waiting:
        table.add_row(Text(waiting, "dim"), Text("…", "dim"), "", "")
    return table


def show_verification(console: Console, found: Verification, design: Design | None) -> None:
    """Print the summary below the table: status, what is missing, counterexample, where to look."""
    console.print()
    said = found.status if found.status == "refuted" else f"{found.status}: {found.strength}"
    console.print(Text(said, STYLES[found.status]))
    for missing in found.missing if found.status == "unverified" else ():
        console.print(Text(f"  still wanted: {missing}"), soft_wrap=True)
    show_evidence(console, found.verdicts, design)


def show_evidence(console: Console, verdicts: Sequence[Verdict], design: Design | None) -> None:
    """Print the lint findings, the first counterexample and the lines that lead to it."""
    lines = list(_findings(verdicts))
    if lines:
        console.print(Group(*(Text(line) for line in lines[:MOST_FINDINGS])), soft_wrap=True)
        if len(lines) > MOST_FINDINGS:
            console.print(Text(f"… and {len(lines) - MOST_FINDINGS} more findings", "dim"))
    example = next((v for v in verdicts if v.outcome == "fail" and v.details.get("table")), None)
    if example is not None:
        console.print()
        console.print(Text(f"counterexample ({example.name}): {example.evidence}"), soft_wrap=True)
        console.print(counterexample_table(example.details["table"]))
    for line in where_to_look(design, verdicts) if design else ():
        console.print(Text(line), soft_wrap=True)
    for tip in reader_tips(design, verdicts) if design else ():
        console.print(Text(tip, "yellow"), soft_wrap=True)


def counterexample_table(rows: Sequence[Row]) -> Table:
    """Return the last steps of a counterexample: a row per signal, a column per step."""
    shown = rows[-MOST_STEPS:]
    table = Table("step", *(str(row["step"]) for row in shown))
    for name in (key for key in shown[-1] if key != "step"):
        table.add_row(Text(name), *(_cell(str(row.get(name, ""))) for row in shown))
    return table


def _cell(value: str) -> Text:
    want, _, got = value.partition(" (got ")
    if not got:
        return Text(short(want, len(want)))
    got = got.rstrip(")")
    return Text(f"{short(got, len(got))}, not {short(want, len(want))}", "bold red")


def where_to_look(design: Design, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield one line per wrong output: where it is assigned, and what it is computed from."""
    for name in _wrong(design, verdicts):
        found = _cone(design, name)
        parts = [
            f"{signal.name.split('.')[-1]} ({_lines(signal.lines)})"
            for signal in found[1:]
            if signal.lines
        ]
        own = f" is assigned in {_lines(found[0].lines)}" if found and found[0].lines else ""
        rest = f"; it depends on {', '.join(parts)}" if parts else ""
        if own or rest:
            yield f"look at {name}:{own}{rest}"


def suspects(design: Design, verdicts: Sequence[Verdict]) -> tuple[ConeSignal, ...]:
    """Return the signals that the outputs which were wrong are computed from, nearest first."""
    found = [signal for name in _wrong(design, verdicts) for signal in _cone(design, name)]
    return tuple(sorted(dict.fromkeys(found), key=lambda signal: signal.distance))


def _cone(design: Design, name: str) -> tuple[ConeSignal, ...]:
    try:
        return cone(design, name)
    except ToolError:
        return ()


def _wrong(design: Design, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Return the outputs that were wrong: as a verdict lists them, else those its words name."""
    failed = [verdict for verdict in verdicts if verdict.outcome == "fail"]
    for verdict in failed:
        if outputs := verdict.details.get("outputs"):
            return tuple(map(str, outputs))[:MOST_OUTPUTS]
    interface = elaborate(design).interface
    ports = interface.ports if interface else ()
    outputs = [port.name for port in ports if port.direction == "output"]
    said = {word for verdict in failed for word in WORD.findall(verdict.evidence)}
    return tuple(name for name in outputs if name in said)[:MOST_OUTPUTS]


def _lines(lines: Sequence[int]) -> str:
    return f"line {', '.join(map(str, lines[:6]))}" if lines else "no line"


def reader_tips(design: Design, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield which tool could not read valid SystemVerilog, and which others may."""
    known, newer = elaborate(design), language(design).systemverilog
    for verdict in verdicts:
        if verdict.outcome not in ("fail", "unknown") or verdict.name not in _READ_BY:
            continue
        said = f"{verdict.evidence}\n{verdict.details.get('log', '')}"
        # Yosys does not always say at which word it stopped.
        silent = newer and said.startswith("Yosys ended with code")
        if not (silent or any(word in said.lower() for word in _UNREAD)):
            continue
        error = cannot_read(design, known, _READ_BY[verdict.name], said)
        if error is not None:
            yield f"{verdict.name}: {error}"


_READ_BY: Final = {"simulates": "Icarus", "differential": "Icarus", "synthesises": "Yosys",
                   "equivalent": "Yosys", "holds": "Yosys"}  # fmt: skip
_UNREAD: Final = ("syntax error", "sorry", "not supported", "unsupported", "cannot read")


def _findings(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        for row in verdict.details.get("findings", ()):
            place = f"{row['file']}:{row['line']}: " if row.get("file") else ""
            hint = f"; {row['hint']}" if row.get("hint") else ""
            yield f"{place}{row['severity']}: {row['message']} ({row['rule']}){hint}"


def print_json(text: str) -> None:
    """Print one JSON object and nothing else."""
    sys.stdout.write(text + "\n")


def tool_missing(verdict: Verdict) -> bool:
    """Return whether a verdict was not reached because its tool is not installed."""
    return verdict.outcome == "skipped" and verdict.method != "none"
