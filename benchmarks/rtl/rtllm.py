"""RTLLM 2.0 (Lu et al., arXiv 2308.05345): a folder per design, anywhere below the data folder.

It holds `design_description.txt`, `testbench.v`, a reference `verified_*.v` and the data files that
the testbench reads. A candidate has the name of the module that the testbench instantiates: folder
and reference often have another.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ...tools.errors import UsageError
from ...tools.rtl.design import Design, PassRule, Source, Testbench
from ...tools.rtl.slang import inspect
from .dataset_files import folder, source, text
from .problem import Fault, Problem, renamed

DESCRIPTION: Final = "design_description.txt"
TESTBENCH: Final = "testbench.v"
NOT_DATA: Final = frozenset({"makefile", DESCRIPTION, TESTBENCH})
UNKNOWN: Final = re.compile(r"unknown module '(\w+)'")
RULE: Final = PassRule(kind="line", pattern=r"=+\s*Your Design Passed\s*=+")
X_INPUTS: Final = (
    "the testbench draws its inputs modulo 0 (1 << 32 in 32 bits), so they are unknown throughout "
    "and so is every output"
)
ONE_OUTPUT: Final = "the testbench never looks at the outputs that are to be low"
# Found by putting the references to the test with Icarus 11.
ERRATA: Final[dict[str, tuple[Fault, str]]] = {
    "asyn_fifo": ("unusable", "the testbench uses 'break', which Icarus 11 and 12 cannot read"),
    "clkgenerator": ("race", "the testbench reads the clock at the instant at which it toggles"),
    "comparator_3bit": ("vacuous", ONE_OUTPUT),
    "comparator_4bit": ("vacuous", ONE_OUTPUT),
    "edge_detect": ("vacuous", "the testbench counts an error only where both outputs are wrong"),
    "fixed_point_adder": ("vacuous", X_INPUTS),
    "fixed_point_substractor": ("vacuous", X_INPUTS),
    "radix2_div": ("reference", "the reference does not give the results that the testbench wants"),
    "ring_counter": (
        "unusable", "the testbench assigns a list to an array, which Icarus cannot read",
    ),
    "square_wave": ("vacuous", "the testbench counts ones only: an output that stays low passes"),
}  # fmt: skip


def load(path: Path) -> tuple[Problem, ...]:
    """Return the problems of a copy of RTLLM 2.0, in the order of their names."""
    folder(path, "RTLLM 2.0")
    found = sorted(path.rglob(TESTBENCH), key=lambda bench: bench.parent.name)
    if not found:
        raise UsageError(f"{str(path)!r} holds no RTLLM problem: there is no {TESTBENCH} below it")
    problems = tuple(_problem(bench.parent) for bench in found)
    names = [problem.id for problem in problems]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"{str(path)!r} holds two problems of the name {twice!r}")
    return problems


def _problem(root: Path) -> Problem:
    bench, golden = source(root / TESTBENCH), _golden(root)
    top, name = _names(root, bench)
    fault, errata = ERRATA.get(root.name, ("", ""))
    data = sorted(p for p in root.iterdir() if p.is_file() and _is_data(p))
    return Problem(
        id=root.name,
        suite="rtllm",
        spec=text(root / DESCRIPTION),
        top=name,
        testbench=Testbench(
            top=top, sources=(bench,), includes=tuple(source(p) for p in data), rule=RULE
        ),
        reference=_reference(root, golden, name),
        fault=fault,
        errata=errata,
    )


def _golden(root: Path) -> Source:
    found = sorted(root.glob("verified_*.v"))
    if len(found) != 1:
        raise UsageError(f"{str(root)!r} holds {len(found)} references (verified_*.v): one is due")
    return source(found[0])


def _is_data(path: Path) -> bool:
    return path.name not in NOT_DATA and path.suffix not in (".v", ".sv")


def _names(root: Path, bench: Source) -> tuple[str, str]:
    """Return the testbench's top module and the one module that it lacks: the candidate's."""
    alone = Design(top="none", sources=(bench,))
    tops = inspect(alone).elaborated.tops
    lacking: set[str] = set()
    if len(tops) == 1:
        said = inspect(alone.model_copy(update={"top": tops[0]})).elaborated.diagnostics
        lacking = {
            m[1] for d in said if d.code == "UnknownModule" and (m := UNKNOWN.search(d.message))
        }
    if len(lacking) != 1:
        raise UsageError(
            f"{str(root / TESTBENCH)!r} has {len(tops)} top modules and lacks {sorted(lacking)}: "
            "one of each is expected"
        )
    return tops[0], lacking.pop()


def _reference(root: Path, golden: Source, name: str) -> Design:
    elaborated = inspect(Design(top=name, sources=(golden,))).elaborated
    changed = golden.text
    if name not in elaborated.modules:
        if len(elaborated.tops) != 1:
            raise UsageError(
                f"{str(root / golden.name)!r} has the top modules {elaborated.tops}: one is due"
            )
        changed = renamed(golden.text, elaborated.tops[0], name)
    return Design(top=name, sources=(Source(name="reference.v", text=changed),))
