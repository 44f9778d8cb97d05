"""VerilogEval v2 (Pinckney et al., arXiv 2408.11053): both sets, as files of the release.

A set is a folder with `ID_prompt.txt`, `ID_ref.sv` (module RefModule) and `ID_test.sv` (module tb)
for every problem, and `ID_ifc.txt` where the prompt is a module header to complete.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

from ...tools.errors import UsageError
from ...tools.rtl.design import Design, PassRule, Source, Testbench
from .dataset_files import folder, source, text
from .problem import Fault, Problem, renamed

Set = Literal["spec-to-rtl", "code-complete-iccad2023"]
TOP: Final = "TopModule"
REFERENCE: Final = "RefModule"
ID: Final = re.compile(r"[A-Za-z0-9_]{1,80}")
PROMPT: Final = "_prompt.txt"
COUNTER: Final = "tb.stats1.errors"
COUNTS: Final = "stats1.errors++"
WATCHDOG: Final = (
    "the testbench's own watchdog ends the run before its stimuli do and prints TIMEOUT, "
    "whatever the design: no design can pass the published criterion"
)
# Found by putting the references to the test: what is wrong with the release of February 2025.
ERRATA: Final[dict[str, tuple[Fault, str]]] = {
    "Prob053_m2014_q4d": (
        "vacuous",
        "the input is unknown at the first clock edge, so the reference stays unknown for ever and "
        "its outputs match anything",
    ),
    "Prob082_lfsr32": ("watchdog", WATCHDOG),
    "Prob141_count_clock": ("watchdog", WATCHDOG),
    "Prob156_review2015_fancytimer": ("watchdog", WATCHDOG),
}
SPEC_ERRATA: Final[dict[str, tuple[Fault, str]]] = {
    "Prob099_m2014_q6c": (
        "unusable",
        "prompt and reference have the ports Y1 and Y3, the testbench connects Y2 and Y4: nothing "
        "compiles, the reference included",
    ),
}


def load(path: Path, dataset: Set = "spec-to-rtl") -> tuple[Problem, ...]:
    """Return a set's problems, from its folder or from the folder that holds both sets."""
    folder(path, "VerilogEval v2")
    root = path / f"dataset_{dataset}"
    root = root if root.is_dir() else path
    ids = _ids(root)
    if not ids:
        raise UsageError(
            f"{str(path)!r} holds no VerilogEval problem: there is neither problems.txt nor a file "
            f"whose name ends in {PROMPT}"
        )
    return tuple(_problem(root, name) for name in ids)


def _ids(root: Path) -> list[str]:
    listed = root / "problems.txt"
    if listed.exists():
        names = [line.strip() for line in text(listed).splitlines() if line.strip()]
    else:
        names = sorted(path.name.removesuffix(PROMPT) for path in root.glob(f"*{PROMPT}"))
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if not ID.fullmatch(name) or name in seen:
            wrong = "is listed twice" if name in seen else "is not a problem's id"
            raise UsageError(f"line {number} of {str(listed)!r}: {name[:80]!r} {wrong}")
        seen.add(name)
    return names


def _problem(root: Path, name: str) -> Problem:
    test, golden = (source(root / f"{name}_{kind}.sv") for kind in ("test", "ref"))
    header = root / f"{name}_ifc.txt"
    reference = renamed(golden.text, REFERENCE, TOP)
    if reference == golden.text:
        raise UsageError(f"{str(root / golden.name)!r} does not define a module {REFERENCE!r}")
    rule = PassRule(kind="mismatches", counter=COUNTER if COUNTS in test.text else "")
    bench = Testbench(top="tb", sources=(test, golden), rule=rule)
    known = ERRATA if header.exists() else {**ERRATA, **SPEC_ERRATA}
    fault, errata = known.get(name, ("", ""))
    return Problem(
        id=name,
        suite="verilogeval",
        spec=text(root / f"{name}{PROMPT}"),
        interface=text(header) if header.exists() else "",
        top=TOP,
        testbench=bench,
        reference=Design(top=TOP, sources=(Source(name="reference.sv", text=reference),)),
        fault=fault,
        errata=errata,
    )
