"""Ask ABC whether the output of a circuit can ever be 1: simplify, refute, then prove.

`scorr` merges signals that are equal in all reachable states (induction over an inductive set of
equalities, from the initial state); when the output becomes constant 0, that is a proof. `bmc3`
looks for a short counterexample, `pdr` for a proof by property-directed reachability. Both start
from the initial state, so nothing is proved without a base case.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from ...errors import ToolUnavailable
from ...sandbox import Job, Limits, Step, shared_pool

SHORT_S: Final = 3
NAMES: Final = ("yosys-abc", "berkeley-abc", "abc")


@dataclass(frozen=True)
class Answer:
    """The circuit's answer; `frames` are the input vectors of a counterexample, first one first.

    `depth` is how many frames are known to be free of a counterexample.
    """

    result: Literal["proved", "refuted", "open"]
    method: str
    depth: int
    frames: tuple[str, ...]
    cpu_s: float
    output: int = 0


@cache
def abc_program() -> str:
    """Return the ABC program that comes with pyosys or Yosys; ToolUnavailable without one."""
    spec = find_spec("pyosys")
    beside = Path(spec.origin).parent / "yosys-abc" if spec and spec.origin else None
    if beside is not None and beside.is_file():
        return str(beside)
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise ToolUnavailable(
        "ABC is not installed: pip install 'terragate[rtl]', or apt-get install yosys"
    )


@dataclass(frozen=True)
class Cover:
    """The outputs that can be 1, with the frame; `all_known`: the others are proved never to."""

    reached: dict[int, int]
    all_known: bool
    cpu_s: float


def solve(aiger: bytes, *, depth: int, budget_s: float, constrained: bool = False) -> Answer:
    """Return what ABC finds within about `budget_s` seconds; with `constrained`, under assumes."""
    short = max(1, min(SHORT_S, int(budget_s / 4)))
    long = max(1, int(budget_s) - 2 * short)
    commands = (
        f"read_aiger miter.aig; strash; {'fold; ' if constrained else ''}scorr; "
        "write_aiger small.aig; "
        f"bmc3 -F {depth} -T {short}; write_cex -a short.cex; "
        f"pdr -T {long}; write_cex -a long.cex; bmc3 -T {short}; write_cex -a short.cex"
    )
    limits = Limits(cpu_s=budget_s + 5, wall_s=2 * budget_s + 10, memory_mb=4096, file_mb=256,
                    output_kb=4096)  # fmt: skip
    step = Step(argv=(abc_program(), "-c", commands), limits=limits)
    job = Job({"miter.aig": aiger}, (step,), ("small.aig", "short.cex", "long.cex"))
    result = shared_pool().run(job)
    text, cpu_s = result.last.stdout, result.last.cpu_s
    if _constant_zero(result.files.get("small.aig", b"")):
        return Answer("proved", "signal correspondence (ABC scorr)", 0, (), cpu_s)
    for name, method in (("short.cex", "bounded SAT (ABC bmc3)"), ("long.cex", "ABC pdr")):
        if frames := tuple(_frames(result.files.get(name, b""))):
            at = re.search(r"Output (\d+) (?:of miter \S+ )?was asserted", text)
            return Answer("refuted", method, len(frames), frames, cpu_s, int(at[1]) if at else 0)
    if "Property proved" in text:
        return Answer("proved", "property-directed reachability (ABC pdr)", 0, (), cpu_s)
    return Answer("open", "bounded SAT (ABC bmc3)", _depth(text), (), cpu_s)


def reach(aiger: bytes, *, depth: int, budget_s: float) -> Cover:
    """Return which outputs can be 1 under the circuit's constraints, and in which frame."""
    part = max(1, int(budget_s / 2))
    read = "read_aiger miter.aig; strash; fold; scorr; "
    commands = f"{read}bmc3 -a -F {depth} -T {part}; echo PROVING; {read}pdr -a -T {part}"
    limits = Limits(cpu_s=budget_s + 5, wall_s=2 * budget_s + 10, memory_mb=4096, output_kb=4096)
    step = Step(argv=(abc_program(), "-c", commands), limits=limits)
    done = shared_pool().run(Job({"miter.aig": aiger}, (step,))).last
    searched, _, proved = done.stdout.partition("\nPROVING")
    found = re.findall(r"Output (\d+) (?:of miter \S+ )?was asserted in frame +(\d+)", searched)
    reached = {int(output): int(frame) for output, frame in found}
    said = re.search(r"Disproved = (\d+)\. Undecided = (\d+)", proved)
    known = said is not None and (int(said[1]), int(said[2])) == (len(reached), 0)
    return Cover(reached, known, done.cpu_s)


def _constant_zero(aiger: bytes) -> bool:
    """Return whether all outputs of a binary AIGER file are the literal 0."""
    lines = aiger.split(b"\n", 1 << 16)
    head = lines[0].split()
    if len(head) < 6 or head[0] != b"aig":
        return False
    latches, outputs = int(head[3]), int(head[4])
    found = lines[1 + latches : 1 + latches + outputs]
    return bool(found) and len(found) == outputs and all(line.strip() == b"0" for line in found)


def _frames(text: bytes) -> Iterator[str]:
    """Yield the input vectors of a counterexample file, whose first line is the initial state."""
    for line in text.decode("ascii", "replace").splitlines()[1:]:
        if re.fullmatch(r"[01]+", line):
            yield line


def _depth(text: str) -> int:
    depths = [int(n) for n in re.findall(r"No output asserted in (\d+) frames", text)]
    return max(depths, default=0)


@cache
def abc_version() -> str:
    """Return the name of the solver program, with its own version line where it prints one."""
    done = shared_pool().run(Job({}, (Step(argv=(abc_program(), "-c", "version")),))).last
    found = re.search(r"ABC (\d\S*)", done.stdout)
    return f"ABC {found.group(1) if found else 'unknown'}"
