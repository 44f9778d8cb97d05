"""Testbenches that a model wrote in a run: tried on its own candidates and on deliberate faults."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from ..errors import RetryableToolError, ToolError
from ..records import Record, ToolResult
from ..sandbox import Limits
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .behaviour import clusters
from .bench_judge import Ruling, Seat, rule
from .bench_mutants import bench_mutants
from .bench_run import run_bench
from .bench_score import score
from .design import Design, Source, Testbench
from .drafts import MEDIA, MOST_CHARS, read_design, task_of
from .slang import elaborate, module_names

FILE: Final = "testbench.sv"
TOP: Final = "tb"
LIMITS: Final = Limits(cpu_s=10.0, wall_s=20.0, memory_mb=1024, file_mb=16, output_kb=1024)
SHOWN: Final = 8


class BenchArgs(ToolArgs):
    """The text of one testbench, and the newest design of the run."""

    code: str = Field(max_length=MOST_CHARS)
    design: Annotated[str, Live("handle.design", hidden=True)]


def submit_bench(context: ToolContext, args: BenchArgs) -> ToolResult:
    """Try a testbench on one candidate of every behaviour, and on faults put on one that passes."""
    task = task_of(context)
    bench = bench_of(args.code, task.top)
    records = [
        record
        for record in context.records.values()
        if "design" in record.outputs and record.id not in context.refused
    ]
    if not records:
        raise ToolError("no sound design is there to try a testbench on", kind="precondition")
    designs = [read_design(r.outputs["design"], context.store, task) for r in records]
    groups = clusters(designs)
    seats = tuple(_seat(bench, designs, records, group) for group in groups)
    passing = next((g[0] for g, s in zip(groups, seats, strict=True) if s.outcome == "pass"), None)
    marks = _marks(bench, None if passing is None else designs[passing])
    ruling = rule(seats, marks["killed"], marks["total"])
    return _result(context, args.code, seats, marks, ruling)


def bench_of(code: str, top: str) -> Testbench:
    """Return a text as a testbench; RetryableToolError when it cannot be one."""
    if not code.strip() or "\x00" in code:
        raise RetryableToolError("the testbench is empty or binary", kind="bad_argument")
    source = Source(name=FILE, text=code)
    names = module_names(Design(top=TOP, sources=(source,)))
    if TOP not in names or top in names:
        raise RetryableToolError(
            f"the testbench defines {list(names)}: it must define {TOP!r} and not {top!r} itself",
            kind="bad_argument",
        )
    return Testbench(top=TOP, sources=(source,))


def _seat(
    bench: Testbench, designs: list[Design], records: list[Record], group: tuple[int, ...]
) -> Seat:
    ran = run_bench(designs[group[0]], bench, limits=LIMITS)
    # What does not compile with a sound design says nothing of the design.
    outcome = ran.judgement.outcome if ran.compiled else "unknown"
    return Seat(records=tuple(records[i].id for i in group), outcome=outcome)


def _marks(bench: Testbench, original: Design | None) -> dict[str, Any]:
    """Return how many of the deliberate faults the testbench notices, and which it does not."""
    interface = elaborate(original).interface if original is not None else None
    if original is None or interface is None:
        return {"killed": 0, "total": 0, "survived": []}
    mutants = bench_mutants(original, interface)
    found = score(bench, original, [mutant.design for mutant in mutants], limits=LIMITS)
    survived = [mutants[i].what for i in (*found.survived, *found.undecided)]
    return {"killed": len(found.killed), "total": found.total, "survived": survived[:SHOWN]}


def _result(
    context: ToolContext, code: str, seats: tuple[Seat, ...], marks: dict[str, Any], ruling: Ruling
) -> ToolResult:
    file = context.store.put_bytes(code.encode(), FILE, MEDIA)
    believed = "believed" if ruling.believed else "not believed"
    return ToolResult(
        summary=f"testbench {believed}: {marks['killed']} of {marks['total']} faults noticed",
        outputs={
            "bench": {
                "artifact": file.model_dump(mode="json"),
                "clusters": [seat.model_dump(mode="json") for seat in seats],
                "faults": marks,
                "ruling": ruling.model_dump(mode="json"),
            }
        },
        artifacts=(file,),
    )


SUBMIT_BENCH = ToolSpec(
    name="submit_bench",
    summary="hand in one self-checking testbench",
    args=BenchArgs,
    run=submit_bench,
    produces=frozenset({"bench"}),
    consumes=frozenset({"design"}),
    effect="writes",
    cost="minutes",
)
