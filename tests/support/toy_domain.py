"""A small domain without data: words are found, weighed and reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.records import Record, ToolResult, Value
from terragate.tools.spec import Live, ToolArgs, ToolContext, ToolSpec
from terragate.verifiers.verdict import Verdict
from terragate.workflows.domain import AnswerParts, Domain, Rejected, VerifierContext
from terragate.workflows.registry import Family
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform
from terragate.workflows.spec import Always, End, Exit, Stage, WorkflowSpec

TODAY = date(2026, 1, 15)


class FindArgs(ToolArgs):
    word: Annotated[str, Live("span.word")]


class WeighArgs(ToolArgs):
    thing: Annotated[str, Live("handle.thing", hidden=True)]


class ReportArgs(ToolArgs):
    value: Annotated[str, Live("value.id")]


def _find(context: ToolContext, args: FindArgs) -> ToolResult:
    word = args.word
    if word.startswith("bad"):
        raise RetryableToolError(f"no thing {word!r}", kind="not_found", candidates=("good",))
    if word.startswith("twin"):
        raise RetryableToolError(f"{word!r} is two", kind="ambiguous", candidates=("a", "b"))
    if word.startswith("broken"):
        raise ToolError(f"{word!r} is unreadable", kind="bad_data")
    if word.startswith("crash"):
        raise ZeroDivisionError("a bug in a tool")
    if word.startswith("void"):
        return ToolResult(
            summary=f"no {word}", values=(Value(name="count", value=0, unit=""),), empty=True
        )
    file = context.store.put_bytes(word.encode(), "thing.txt", "text/plain")
    return ToolResult(summary=f"thing {word}", outputs={"thing": {"word": word}}, artifacts=(file,))


def _weigh(context: ToolContext, args: WeighArgs) -> ToolResult:
    word = context.output(args.thing, "thing")["word"]
    weight = Value(name="weight", value=len(word), unit="letters")
    return ToolResult(summary=f"weight {len(word)}", outputs={"weight": word}, values=(weight,))


def _report(context: ToolContext, args: ReportArgs) -> ToolResult:
    return ToolResult(summary="answer", outputs={"answer": {"value_ids": [args.value]}})


FIND = ToolSpec("find", "find a thing", FindArgs, _find, frozenset({"thing"}))
WEIGH = ToolSpec("weigh", "weigh it", WeighArgs, _weigh, frozenset({"value"}), frozenset({"thing"}))
REPORT = ToolSpec("report", "name the value", ReportArgs, _report, frozenset({"answer"}))


def toy_live(
    request: Request, records: Sequence[Record], catalog: Any, rejected: Rejected, *_: Any
) -> Mapping[str, tuple[str, ...]]:
    refused = rejected.get("span.word", frozenset())
    good = [record for record in records if record.status in ("ok", "empty")]
    return {
        "span.word": tuple(w for w in request.text.split() if w not in refused),
        "handle.thing": tuple(r.id for r in good if "thing" in r.outputs),
        "value.id": tuple(f"{r.id}.{v.name}" for r in good for v in r.values),
    }


def toy_answer(parts: AnswerParts) -> str:
    quoted = ", ".join(f"{v.name} {v.value} {v.unit}".strip() for v in parts.values)
    return quoted or parts.reason or parts.status


def verdict(name: str, outcome: Any, evidence: str = "") -> Verdict:
    return Verdict(name=name, outcome=outcome, method="toy", evidence=evidence)


def toy_ground(answer: str, parts: AnswerParts) -> Verdict:
    return verdict("grounding", "fail" if "unbound" in parts.request.text else "pass", "toy")


def _short(context: VerifierContext) -> Verdict:
    word = context.record.args.get("word", "")
    return verdict("short", "pass" if len(word) <= 4 else "fail", f"{word!r} is long")


TOOLS = (FIND, WEIGH, REPORT)


class EmptyCatalog:
    """A catalog of nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = str(root)

    def collections(self) -> tuple[()]:
        return ()


def open_catalog(address: str | Path) -> Any:
    return EmptyCatalog(Path(address))


TOY = Domain(
    name="toy",
    tools=TOOLS,
    live_state=toy_live,
    compose=toy_answer,
    ground=toy_ground,
    verifiers={"short": _short},
    policies={"progress": lambda state: len(state["records"]) / 10},
    script_setup="from terragate.tests.support.toy_domain import TOOLS, open_catalog\n",
    feeds={"value.id": frozenset({"value"})},
)


def stage(name: str, *exits: Exit, **fields: Any) -> Stage:
    return Stage(name=name, objective=f"do {name}", exits=exits, **fields)


def go(when: Any, *to: str) -> Exit:
    return Exit(when=when, to=to)


def end(when: Any, status: Any = "answered") -> Exit:
    return Exit(when=when, to=End(end=status))


def workflow(*stages: Stage, **fields: Any) -> WorkflowSpec:
    return WorkflowSpec(
        name="toy", version="1", summary="toy", stages=stages, entry=stages[0].name, **fields
    )


def line() -> WorkflowSpec:
    """Return find → weigh → answer."""
    return workflow(
        stage("find", go(Always(), "weigh"), tools=("find",), max_steps=3),
        stage("weigh", go(Always(), "answer"), tools=("weigh",)),
        stage("answer", end(Always()), tools=("report",)),
    )


def platform(spec: WorkflowSpec, model: Any, out: Path, **fields: Any) -> Platform:
    family = Family("toy", builder=lambda: spec, domain=fields.pop("domain", TOY))
    return Platform(model, open_catalog(out), out, families={"toy": family}, **fields)


def ask(text: str, **fields: Any) -> Request:
    return Request(text=text, today=TODAY, workflow="toy", **fields)
