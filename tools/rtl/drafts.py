"""Designs that a model wrote in a run: taken in as files, and one chosen by how they behave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from ..artifacts import ArtifactStore
from ..errors import RetryableToolError, ToolError
from ..records import ArtifactRef, Record, ToolResult
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .behaviour import clusters
from .bench_judge import refuted_by_bench
from .design import Design, RtlTask, Source
from .fingerprint import fingerprint

FILE: Final = "design.sv"
MEDIA: Final = "text/x-systemverilog"
MOST_CHARS: Final = 200_000


class SubmitArgs(ToolArgs):
    """The text of one complete design."""

    code: str = Field(max_length=MOST_CHARS)


class ChosenArgs(ToolArgs):
    """The newest design of the run."""

    design: Annotated[str, Live("handle.design", hidden=True)]


def adopt_design(context: ToolContext, args: ToolArgs) -> ToolResult:
    """Take in the design that a repair begins with."""
    del args
    task = task_of(context)
    if task.start is None:
        raise ToolError("there is no design to begin with", kind="precondition")
    texts = {source.name: source.text for source in task.start.sources}
    return _keep(context, task, texts[task.target])


def submit_design(context: ToolContext, args: SubmitArgs) -> ToolResult:
    """Keep the text as a file of the run; a text seen before gets the file it had."""
    return _keep(context, task_of(context), args.code)


def _keep(context: ToolContext, task: RtlTask, code: str) -> ToolResult:
    design = draft(code, task)
    marks = fingerprint(design)
    for record in context.records.values():
        known = record.outputs.get("design")
        if known is not None and known["tokens"] == marks.tokens:
            return ToolResult(
                summary="design, the same as before",
                outputs={"design": known},
                artifacts=(ArtifactRef.model_validate(known["artifact"]),),
            )
    file = context.store.put_bytes(code.encode(), task.target.rpartition("/")[2], MEDIA)
    payload = {
        "artifact": file.model_dump(mode="json"),
        "top": task.top,
        "tokens": marks.tokens,
        "structure": marks.structure,
    }
    lines = code.count("\n") + 1
    return ToolResult(
        summary=f"design of {lines} lines", outputs={"design": payload}, artifacts=(file,)
    )


def choose_design(context: ToolContext, args: ChosenArgs) -> ToolResult:
    """Choose by self-consistency: the largest group of designs that behave alike.

    Designs that a verifier failed stand back when others are there. Within the group the design
    whose structure is the most common is taken, then the oldest. After VRank (arXiv 2502.00028).
    """
    records = [r for r in context.records.values() if "design" in r.outputs]
    refused = context.refused | refuted_by_bench(context.records)
    sound = [r for r in records if r.id not in refused] or records
    task = task_of(context)
    designs = [read_design(r.outputs["design"], context.store, task) for r in sound]
    groups = clusters(designs) if len(designs) > 1 else ((0,),)
    if not groups:
        raise ToolError("no design of the run can be simulated", kind="bad_data")
    chosen = sound[_common(groups[0], sound)]
    return ToolResult(
        summary=f"design {chosen.id}: {len(groups[0])} of {len(sound)} behave like it",
        outputs={
            "design": chosen.outputs["design"],
            "choice": {
                "record": chosen.id,
                "groups": [[sound[i].id for i in group] for group in groups],
                "agreement": len(groups[0]) / len(sound),
            },
        },
        artifacts=chosen.artifacts,
    )


def settle_design(context: ToolContext, args: ChosenArgs) -> ToolResult:
    """Hold up for judgement the newest design that no verifier failed, else the newest."""
    known = [r for r in context.records.values() if "design" in r.outputs]
    # One text may stand in several records, of which a later one was held to more.
    bad = {r.outputs["design"]["tokens"] for r in known if r.id in context.refused}
    sound = [r.id for r in known if r.outputs["design"]["tokens"] not in bad]
    final = sound[-1] if sound else args.design
    payload = context.output(final, "design")
    return ToolResult(
        summary=f"design {final} is final",
        outputs={"design": payload, "final": {"record": final}},
        artifacts=(ArtifactRef.model_validate(payload["artifact"]),),
    )


def task_of(context: ToolContext) -> RtlTask:
    """Return what the run's designs are held to; ToolError outside an RTL run."""
    if context.rtl is None:
        raise ToolError(
            "this run has no RTL task: start it with 'rtl generate'", kind="precondition"
        )
    return context.rtl


def draft(code: str, task: RtlTask) -> Design:
    """Return a model's text as a design; RetryableToolError when it cannot be one."""
    if not code.strip() or "\x00" in code:
        raise RetryableToolError("the design is empty or binary", kind="bad_argument")
    return _with_text(code, task)


def _with_text(code: str, task: RtlTask) -> Design:
    if task.start is None:
        return Design(top=task.top, sources=(Source(name=FILE, text=code),))
    sources = tuple(
        Source(name=source.name, text=code) if source.name == task.target else source
        for source in task.start.sources
    )
    return task.start.model_copy(update={"sources": sources})


def read_design(payload: Mapping[str, Any], store: ArtifactStore, task: RtlTask) -> Design:
    """Return a design that an earlier call of the run kept."""
    return _with_text(read_code(payload, store), task)


def read_code(payload: Mapping[str, Any], store: ArtifactStore) -> str:
    """Return the text that was handed in."""
    return store.path(ArtifactRef.model_validate(payload["artifact"])).read_text("utf-8")


def _common(group: Sequence[int], records: Sequence[Record]) -> int:
    shapes = [records[i].outputs["design"]["structure"] for i in group]
    return max(group, key=lambda i: (shapes.count(records[i].outputs["design"]["structure"]), -i))


ADOPT_DESIGN = ToolSpec(
    name="adopt_design",
    summary="take in the design that is to be repaired",
    args=ToolArgs,
    run=adopt_design,
    produces=frozenset({"design"}),
    effect="writes",
    cost="seconds",
)
SUBMIT_DESIGN = ToolSpec(
    name="submit_design",
    summary="hand in one complete module",
    args=SubmitArgs,
    run=submit_design,
    produces=frozenset({"design"}),
    effect="writes",
    cost="seconds",
)
CHOOSE_DESIGN = ToolSpec(
    name="choose_design",
    summary="take the design that most others behave like",
    args=ChosenArgs,
    run=choose_design,
    produces=frozenset({"design", "choice"}),
    consumes=frozenset({"design"}),
    cost="minutes",
)
SETTLE_DESIGN = ToolSpec(
    name="settle_design",
    summary="hold the newest design up for judgement",
    args=ChosenArgs,
    run=settle_design,
    produces=frozenset({"final"}),
    consumes=frozenset({"design"}),
)
