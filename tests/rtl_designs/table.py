"""Ten designs, a reference and a testbench for each, seeded bugs, and who finds what.

Usage: python -m terragate.tests.rtl_designs.table
Prints docs/rtl-designs.md.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from terragate.deploy.cli.rtl_show import suspects
from terragate.tools.rtl.design import Design, RtlTask
from terragate.tools.rtl.reading import read_project, read_testbench
from terragate.verifiers.rtl.verify import Verification, verify

FOLDER = Path(__file__).parent
NAMES = (
    "axil_regs", "crc32", "debouncer", "gray_counter", "pipe_mult", "pwm", "rr_arbiter",
    "spi_master", "sync_fifo", "uart",
)  # fmt: skip
# What a proof may take; where it takes more, a bounded check is what there is.
BUDGET_S = 6.0
HEAD = """# Ten designs with seeded bugs

Small designs in real-world style, written for this project: `tests/rtl_designs/`. Each has a
self-checking testbench, a reference that is written differently, and three seeded bugs, of which
one is subtle: a hurried testbench may miss it. The table is what `terragate rtl verify` says of
each bug: which verifiers find it, the first difference, and whether the signals and lines that it
says to look at hold the signal or the line that was changed.

The table is printed by `python -m terragate.tests.rtl_designs.table`, and a test compares it with
what the tools find.

| design | bug | found by | explained as | line of the bug | located |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Bug:
    """One seeded bug: the text that replaces another, and the signal it is about."""

    design: str
    name: str
    signal: str
    old: str
    new: str
    subtle: bool = False

    @property
    def lines(self) -> range:
        """Return the lines that differ from the sound design."""
        text = source(self.design)
        before = text[: text.index(self.old)]
        first = before.count("\n") + 1
        return range(first, first + max(1, self.new.rstrip("\n").count("\n") + 1))

    def text(self) -> str:
        """Return the design with the bug."""
        text = source(self.design)
        assert text.count(self.old) == 1, (self.design, self.name)
        return text.replace(self.old, self.new)


def source(name: str) -> str:
    return (FOLDER / name / "design.v").read_text()


def bugs() -> list[Bug]:
    return [
        Bug(design=name, **row)
        for name in NAMES
        for row in tomllib.loads((FOLDER / name / "bugs.toml").read_text())["bug"]
    ]


@cache
def task(name: str) -> RtlTask:
    folder = FOLDER / name
    return RtlTask(
        top=name,
        testbench=read_testbench([folder / "testbench.v"], root=folder),
        reference=read_project([folder / "reference.v"], root=folder).design,
    )


def design(name: str, text: str = "") -> Design:
    folder = FOLDER / name
    sound = read_project([folder / "design.v"], top=name, root=folder).design
    first = sound.sources[0]
    source = first.model_copy(update={"text": text or first.text})
    return sound.model_copy(update={"sources": (source,)})


def judged(name: str, text: str = "") -> Verification:
    return verify(design(name, text), task(name), budget_s=BUDGET_S)


@dataclass(frozen=True)
class Found:
    """What was said of a bug."""

    status: str
    by: tuple[str, ...]
    explained: str
    located: bool


def look(bug: Bug) -> Found:
    broken = design(bug.design, bug.text())
    found = verify(broken, task(bug.design), budget_s=BUDGET_S)
    failed = [v for v in found.verdicts if v.outcome == "fail"]
    shown = suspects(broken, found.verdicts)
    lines = {row["line"] for v in failed for row in v.details.get("findings", ())}
    lines |= {line for signal in shown for line in signal.lines}
    names = {signal.name.split(".")[-1] for signal in shown}
    return Found(
        status=found.status,
        by=tuple(v.name for v in failed),
        explained=explained([v.evidence for v in failed]),
        located=bool(lines & set(bug.lines)) or bug.signal in names,
    )


def explained(evidence: list[str]) -> str:
    """Return the first evidence that names a cycle, without the place in the testbench."""
    said = next((e for e in evidence if "cycle" in e), evidence[0] if evidence else "")
    inner = re.search(r"cycle \d+: .*?(?=['\n]?$)", said)
    return (inner.group() if inner else said)[:96].rstrip("'")


def row(bug: Bug, found: Found) -> str:
    name = f"{bug.name} (*subtle*)" if bug.subtle else bug.name
    located = "yes" if found.located else "no"
    cells = (bug.design, name, ", ".join(found.by), found.explained, str(bug.lines.start), located)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def page(found: dict[Bug, Found]) -> str:
    return HEAD + "".join(f"{row(bug, one)}\n" for bug, one in found.items())


def main(**_: Any) -> None:
    sys.stdout.write(page({bug: look(bug) for bug in bugs()}))


if __name__ == "__main__":
    main()
