"""`rtl verify` and `rtl equiv`: what is known of a design, with no model."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ...tools.errors import UsageError
from ...tools.rtl.design import Design, RtlTask
from ...tools.rtl.differential import waves
from ...tools.rtl.formal import Equivalence, equivalence
from ...verifiers.rtl.verify import Verification, verify
from ...verifiers.verdict import Verdict
from .rtl_show import (
    counterexample_table,
    print_json,
    reader_tips,
    show_verification,
    tool_missing,
    verdict_table,
    where_to_look,
)

VERIFIED, NOT_VERIFIED, MISSING, BUDGET = 0, 1, 3, 4
GOOD = ("proved", "proved up to don't-cares")


def verify_live(
    design: Design, task: RtlTask, *, liberty: str | None, budget_s: float, as_json: bool
) -> int:
    """Verify a design, showing each verdict as it comes; returns the exit code."""
    started = time.monotonic()
    if as_json:
        found = verify(design, task, liberty=liberty, budget_s=budget_s)
        print_json(found.model_dump_json())
        return verification_code(found, time.monotonic() - started, budget_s)
    console = Console()
    seen: list[Verdict] = []
    with Live(verdict_table(seen, "…"), console=console, auto_refresh=False) as live:

        def hear(verdict: Verdict) -> None:
            seen.append(verdict)
            live.update(verdict_table(seen), refresh=True)

        found = verify(design, task, liberty=liberty, budget_s=budget_s, listen=hear)
    show_verification(console, found, design)
    return verification_code(found, time.monotonic() - started, budget_s)


def verification_code(found: Verification, seconds: float, budget_s: float) -> int:
    """Return the exit code: a tool that was missing, or a budget, may be what is in the way."""
    if found.status == "verified":
        return VERIFIED
    if found.status == "refuted":
        return NOT_VERIFIED
    if any(tool_missing(verdict) for verdict in found.verdicts):
        return MISSING
    formal = all(m.startswith(("strength", "equivalent", "holds")) for m in found.missing)
    return BUDGET if formal and seconds >= budget_s else NOT_VERIFIED


def equiv(
    reference: Design, design: Design, *, budget_s: float, out: Path | None, as_json: bool
) -> int:
    """Decide whether a design does what a reference does; returns the exit code."""
    found = equivalence(reference, design, budget_s=budget_s)
    if found.result == "error":
        raise UsageError(f"the two cannot be compared: {found.reason}")
    written = _write(found, design, out) if out is not None else ()
    if as_json:
        plain = asdict(found)
        if found.counterexample is not None:
            plain["counterexample"]["testbench"] = found.counterexample.testbench.model_dump()
        print_json(json.dumps(plain))
        return VERIFIED if found.result in GOOD else NOT_VERIFIED
    _show(Console(), found, design, written)
    return VERIFIED if found.result in GOOD else NOT_VERIFIED


def _show(console: Console, found: Equivalence, design: Design, written: tuple[Path, ...]) -> None:
    depth = f"({found.depth})" if found.result == "bounded" else ""
    style = "bold green" if found.result in GOOD else "bold yellow"
    style = "bold red" if found.result == "refuted" else style
    console.print(Text(f"{found.result}{depth}: {found.method}", style))
    if found.reason:
        console.print(Text(found.reason), soft_wrap=True)
    for line in found.tried:
        console.print(Text(f"  {line}", "dim"), soft_wrap=True)
    example = found.counterexample
    if example is not None:
        said = f"first difference at cycle {example.cycle}, in {', '.join(example.outputs)}"
        console.print(Text(said))
        console.print(counterexample_table(example.table()))
        verdict = Verdict(name="equivalent", outcome="fail", method=found.method,
                          details={"outputs": list(example.outputs)})  # fmt: skip
        for line in where_to_look(design, (verdict,)):
            console.print(Text(line), soft_wrap=True)
    elif found.result == "unknown":
        verdict = Verdict(name="equivalent", outcome="unknown", method=found.method,
                          evidence=found.reason)  # fmt: skip
        for tip in reader_tips(design, (verdict,)):
            console.print(Text(tip, "yellow"), soft_wrap=True)
    for path in written:
        console.print(Text(f"wrote {path}"), soft_wrap=True)
    console.print(Text(f"{', '.join(found.tools)} · {found.cpu_s:.1f} s of CPU", "dim"))


def _write(found: Equivalence, design: Design, out: Path) -> tuple[Path, ...]:
    """Write the counterexample as a waveform and as a testbench that shows it again."""
    example = found.counterexample
    if example is None:
        return ()
    try:
        out.mkdir(parents=True, exist_ok=True)
        replay = out / "replay.sv"
        replay.write_text(example.testbench.sources[0].text, "utf-8")
        dump = out / "counterexample.vcd"
        dump.write_bytes(waves(design, example))
    except OSError as error:
        raise UsageError(
            f"cannot write to {str(out)!r} ({error.strerror}): choose another --out"
        ) from error
    return replay, dump
