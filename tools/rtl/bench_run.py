"""Run a user's testbench on a design, so that only the testbench can say how it went.

The testbench is compiled first, with its macros taken away after it, so the design's directives
reach nobody. A second root module with a name that no design can know tells a testbench that called
$finish from one that waited for ever. The caller has refused what a design may not use
(`slang.forbidden`): nothing here holds against a design that prints or reaches upwards.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..sandbox import Finished, Limits
from ..sandbox.job import FILE_NAME
from .design import Design, PassRule, Testbench
from .early_end import watch
from .file_order import stands_alone
from .icarus import RUN_LIMITS, Simulation, simulate
from .pass_rule import Judgement, judge
from .slang import Inspection, inspect

BENCH_FOLDER: Final = "bench"
DESIGN_FOLDER: Final = "design"
IDLE: Final = (20_000, 1_000_000)
NO_SUPPORT: Final = re.compile(r"(?i)\bsorry\b|not (yet )?supported|internal error")
DRIVEN: Final = re.compile(
    rf"^{BENCH_FOLDER}/(\S+:\d+): warning: input port (\S+) is coerced to inout", re.MULTILINE
)
DUMP_FILE: Final = re.compile(r'\$dumpfile\s*\(\s*"([^"\n]+)"')
WRONG_PORT: Final = re.compile(r"is not a port of (\w+)")
PLACE: Final = re.compile(rf"(?:{BENCH_FOLDER}|{DESIGN_FOLDER})/(?=\S+:\d+)")
SHOWN: Final = 4


@dataclass(frozen=True)
class BenchRun:
    """How a testbench judged a design; `compiled` is false when there was nothing to run.

    `driven` are the places where the testbench instantiates a module that drives an input port of
    its own, with the port's name.
    """

    judgement: Judgement
    compiled: bool
    log: str
    driven: frozenset[tuple[str, str]]
    waves: bytes
    cpu_s: float
    wall_s: float
    sandbox: str
    version: str


def as_design(bench: Testbench) -> Design:
    """Return a testbench's files as a design, which has a hash."""
    return Design(top=bench.top, sources=bench.sources, includes=bench.includes)


def inspect_bench(bench: Testbench) -> Inspection:
    """Return what slang says of a testbench alone: its modules and macros."""
    return inspect(as_design(bench))


def conflict(design: Design, bench: Testbench) -> str:
    """Return why the two cannot be kept apart, "" when they can: who would read whose file."""
    theirs = {s.name: s.text for s in bench.includes}
    text = "".join(s.text for s in (*bench.sources, *bench.includes))
    for source in design.includes:
        if source.name in theirs and theirs[source.name] != source.text:
            return f"design and testbench each bring another file {source.name!r}: rename one"
        if source.name not in theirs and source.name.rsplit("/", 1)[-1] in text:
            return f"the testbench reads {source.name!r}, a file of the design: give it with both"
    return ""


def run_bench(
    design: Design,
    bench: Testbench,
    *,
    limits: Limits = RUN_LIMITS,
    waves: str = "",
    quiet: str = "",
    early: bool = False,
) -> BenchRun:
    """Simulate the testbench with the design and judge it by the testbench's own rule.

    `waves` names the dump file of all signals to bring back; lines that hold the word `quiet` are
    in the log and have no part in the judgement. `early` ends a run at its first mismatch where
    that is the same failure.
    """
    idle, word = f"idle_{secrets.token_hex(6)}", secrets.token_hex(12)
    files, benches, designs = laid_out(design, bench)
    files["between.v"] = _between(design, bench, idle, word, waves)
    last, roots = watch(design, bench.rule) if early else ({}, ())
    defines = [f"-D{name}={value}" for name, value in design.defines]
    ran = simulate(
        {**files, **last},
        (*benches, "between.v", *designs, *last),
        bench.top,
        flags=("-s", idle, *roots, "-I.", *defines),
        limits=limits,
        keep=_dumps(bench, waves) if waves else (),
        waves=bool(waves),
    )
    if ran.run is None:
        said = _refusal(ran.compiled, design, bench)
        log, done = readable(ran.compiled.stderr), ran.compiled
        return BenchRun(said, False, log, frozenset(), b"", done.cpu_s, done.wall_s, ran.sandbox,
                        ran.version)  # fmt: skip
    starved = word in ran.run.stdout
    said = _honest(bench.rule, ran.run, (word, *([quiet] if quiet else ())), starved)
    return _bench_run(ran, ran.run, said, ran.run.stdout.replace(word, "(no event is left)"))


def same_run(design: Design, bench: Testbench, ran: Simulation) -> BenchRun | None:
    """Return a simulation with the design's files first as ours, None where it may not be the same.

    Its files are laid out as `laid_out` does. A design that is compiled to the same program in any
    order needs no second run; without our watch nobody knows what an end by itself means.
    """
    if ran.run is None or bench.rule.kind == "exit" or not stands_alone(design):
        return None
    return _bench_run(ran, ran.run, _honest(bench.rule, ran.run, (), False), ran.run.stdout)


def _bench_run(ran: Simulation, run: Finished, said: Judgement, log: str) -> BenchRun:
    return BenchRun(
        said,
        True,
        readable(log),
        frozenset(DRIVEN.findall(ran.compiled.stderr)),
        next(iter(ran.files.values()), b""),
        ran.compiled.cpu_s + run.cpu_s,
        ran.compiled.wall_s + run.wall_s,
        ran.sandbox,
        ran.version,
    )


def shorter(limits: Limits, cpu_s: float) -> Limits:
    """Return limits for other designs under a testbench that took one design `cpu_s` seconds.

    Many testbenches wait for ever for what a wrong design never does. Powers of two seconds, so
    that results for one testbench are found again.
    """
    seconds = min(limits.cpu_s, 2.0 ** max(0, math.ceil(math.log2(5 * cpu_s + 1e-3))))
    return replace(limits, cpu_s=seconds, wall_s=min(limits.wall_s, 4 * seconds + 2))


def _dumps(bench: Testbench, waves: str) -> tuple[str, ...]:
    """Return the files a dump may be in: whoever names it first has it."""
    named = [n for source in bench.sources for n in DUMP_FILE.findall(source.text)]
    return tuple(dict.fromkeys([waves, *(n for n in named if _plain(n))]))


def _plain(name: str) -> bool:
    return bool(FILE_NAME.fullmatch(name)) and not {"..", "."} & set(name.split("/"))


def _honest(rule: PassRule, run: Finished, words: Sequence[str], starved: bool) -> Judgement:
    if run.code and run.stderr.strip() and not run.stdout.strip():
        said = run.stderr.strip()[:200]
        return Judgement("unknown", f"the simulator ended with code {run.code}: {said}")
    lines = (x for x in run.stdout.splitlines(keepends=True) if not any(w in x for w in words))
    return judge(rule, replace(run, stdout=readable("".join(lines))), starved=starved)


def laid_out(design: Design, bench: Testbench) -> tuple[dict[str, str], list[str], list[str]]:
    """Return the files of both, each in a folder of its own, and the names of their sources."""
    files = {s.name: s.text for s in (*design.includes, *bench.includes)}
    benches = {f"{BENCH_FOLDER}/{s.name}": s.text for s in bench.sources}
    designs = {f"{DESIGN_FOLDER}/{s.name}": s.text for s in design.sources}
    for source in design.sources:
        # A testbench that includes the design's file gets an empty one: the design comes after it.
        files.setdefault(source.name, "")
    return {**files, **benches, **designs}, list(benches), list(designs)


def _between(design: Design, bench: Testbench, idle: str, word: str, waves: str) -> str:
    """Return what is compiled after the testbench: the watch for idleness, and a clean slate."""
    given = {name for name, _ in design.defines}
    gone = [f"`undef {name}" for name in inspect_bench(bench).macros if name not in given]
    times, span = IDLE
    return "\n".join((
        *gone,
        "`default_nettype wire",
        "`nounconnected_drive",
        "`endcelldefine",
        f"module {idle};",
        f'  initial begin $dumpfile("{waves}"); $dumpvars; end' if waves else "",
        f"  initial begin repeat ({times}) #{span};",
        f'    $display("\\n{word}"); $finish(0); end',
        "endmodule",
        "",
    ))  # fmt: skip


def _refusal(compiled: Finished, design: Design, bench: Testbench) -> Judgement:
    """Return what a failed compilation says: the design's fault only where it is sure."""
    lines = [x for x in compiled.stderr.splitlines() if "warning:" not in x and x]
    said = readable("; ".join(lines[:SHOWN]))[:600]
    if compiled.crashed:
        stop = compiled.stopped or f"signal {compiled.signal}"
        return Judgement("unknown", f"the compiler was stopped ({stop})")
    if NO_SUPPORT.search(compiled.stderr):
        return Judgement("unknown", f"Icarus cannot read this (try another simulator): {said}")
    text = "".join(source.text for source in bench.sources)
    own = [x for x in lines if x.startswith(f"{BENCH_FOLDER}/") and not _about(x, design.top, text)]
    if own:
        return Judgement("unknown", f"the testbench itself does not compile: {readable(own[0])}")
    return Judgement("fail", f"does not compile: {said}")


def _about(line: str, top: str, text: str) -> bool:
    """Return whether an error in the testbench is about the design's own ports or name."""
    if f"Unknown module type: {top}" in line:
        return True
    found = WRONG_PORT.search(line)
    instance = rf"\b{re.escape(top)}\b[^;]*?\b{re.escape(found.group(1))}\s*\(" if found else ""
    return bool(found and re.search(instance, text))


def readable(text: str) -> str:
    """Return a log in which files are called as design and testbench call them."""
    return PLACE.sub("", text)


def modules_of(inspections: Sequence[Inspection]) -> tuple[str, ...]:
    """Return the names of every module, interface and program that was defined."""
    return tuple(sorted({d.name for i in inspections for d in i.definitions}))
