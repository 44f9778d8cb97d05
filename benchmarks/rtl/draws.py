"""Draw what calibration learns from: every operator's candidates on every example, and their worth.

The run is that of the cascade itself, but every operator is asked whatever the one before gave.
What its decision would have rested on is taken down where it is decided: in the policy.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from ...agents.protocol import Model
from ...tools.artifacts import ArtifactStore
from ...tools.errors import ModelError, ToolError
from ...tools.geo.catalog import NoCatalog
from ...tools.records import Frozen, Record
from ...tools.rtl.drafts import ChosenArgs, choose_design, draft
from ...tools.spec import ToolContext
from ...workflows.cascade import cascade, tuned
from ...workflows.cascade.features import features
from ...workflows.events import Event, ModelCalled
from ...workflows.registry import Family
from ...workflows.report import Report
from ...workflows.request import Request
from ...workflows.rtl_domain import RTL
from ...workflows.runtime import Platform, run
from ...workflows.spec import Budget, End, Exit, Score, Stage, WorkflowSpec
from .examples import Example

DAY: Final = date(2026, 1, 1)
OPERATORS: Final = ("single", "cot", "refine")
# Large enough that no draw is cut short: the budget is not what is learned.
BUDGET: Final = Budget(model_calls=10_000, tokens=100_000_000, seconds=86_400.0)
OBSERVE: Final = "observe"
RUN: Final = "draw"


class Returned(Frozen):
    """The design a run would have chosen: whether it is right, and its size and depth."""

    right: bool
    area: float | None = None
    delay: float | None = None


class Visit(Frozen):
    """One operator on one example: features, tokens, and what stopping after it would return."""

    operator: str
    features: dict[str, float]
    tokens: int
    calls: int
    right: int
    samples: int
    returned: Returned


class Draw(Frozen):
    """All operators on one example."""

    example: str
    visits: tuple[Visit, ...]

    def visit(self, operator: str) -> Visit:
        """Return the visit of an operator."""
        return next(visit for visit in self.visits if visit.operator == operator)


async def draw_all(
    examples: Sequence[Example],
    model: Model,
    *,
    samples: int,
    temperature: float = 0.8,
    seed: int = 0,
    kept: Path | None = None,
    at_once: int = 2,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Draw, ...]:
    """Return the draws of all examples; those in the file `kept` are not drawn again."""
    tuning = {"samples": samples, "temperature": temperature}
    marks = {e.id: _mark(e, model.name, tuning, seed) for e in examples}
    found = _known(kept, marks)
    limiter = anyio.CapacityLimiter(at_once)
    broken: list[Exception] = []

    async def one(example: Example) -> None:
        async with limiter:
            if broken:
                return
            try:
                drawn = await draw(example, model, tuning, seed)
            except Exception as error:  # noqa: BLE001 - raised again below, as itself
                broken.append(error)
                return
        found[example.id] = drawn
        _keep(kept, marks[example.id], drawn)
        progress(len(found), len(examples))

    progress(len(found), len(examples))
    async with anyio.create_task_group() as group:
        for example in examples:
            if example.id not in found:
                group.start_soon(one, example)
    if broken:
        raise broken[0]
    return tuple(found[example.id] for example in examples)


async def draw(example: Example, model: Model, tuning: Mapping[str, Any], seed: int) -> Draw:
    """Run every operator on one example and judge what each would have led to."""
    seen: dict[str, dict[str, float]] = {}

    def observe(state: Mapping[str, Any]) -> float:
        (operator,) = state["weights"]
        seen[operator] = features(state["stage"]["candidates"], state["left"]["tokens"])
        return 1.0

    calls: list[ModelCalled] = []

    def listen(event: Event) -> None:
        if isinstance(event, ModelCalled):
            calls.append(event)

    request = Request(
        text=example.spec[:4000], today=DAY, workflow=RUN, rtl=example.task, seed=seed,
        tuning=dict(tuning),
    )  # fmt: skip
    spec = exhaustive(request)
    domain = replace(RTL, policies={**RTL.policies, OBSERVE: observe})
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(
            model, NoCatalog(), Path(folder), persist=False,
            families={RUN: Family(RUN, lambda: spec, domain)},
        )  # fmt: skip
        report = await run(request, platform, run_id=RUN, listen=listen)
        if set(seen) != set(OPERATORS):
            raise ModelError(
                f"example {example.id!r} could not be drawn: {report.reason}; the same command "
                "goes on from here",
                kind="unreachable",
            )
        worth = await anyio.to_thread.run_sync(_worth, example, report, Path(folder) / RUN)
    return Draw(
        example=example.id,
        visits=tuple(_visit(o, seen[o], calls, report, worth) for o in OPERATORS),
    )


def exhaustive(request: Request) -> WorkflowSpec:
    """Return the cascade's operators for a request, each of which leads to the next."""
    spec = tuned(cascade(), request)
    following = (*((name,) for name in OPERATORS[1:]), End(end="unverified"))
    stages = tuple(
        _always(spec.stage(name), to) for name, to in zip(OPERATORS, following, strict=True)
    )
    return spec.model_copy(update={"name": RUN, "stages": stages, "budget": BUDGET})


def _always(stage: Stage, to: tuple[str, ...] | End) -> Stage:
    seen = Score(policy=OBSERVE, above=0.0, weights=((stage.name, 0.0),))
    return stage.model_copy(update={"exits": (Exit(when=seen, to=to),), "on_overrun": to})


Worth = Mapping[str, Returned]


def _worth(example: Example, report: Report, folder: Path) -> tuple[Worth, Worth]:
    """Return the worth of every record, and by operator that of what would be chosen then."""
    designs = [record for record in report.records if "design" in record.outputs]
    each = {record.id: _judged(example, record, report) for record in designs}
    refused = frozenset(v["record"] for v in report.verdicts if v["outcome"] == "fail")
    chosen: dict[str, Returned] = {}
    known: dict[str, Record] = {}
    for operator in OPERATORS:
        known |= {record.id: record for record in designs if record.stage == operator}
        context = ToolContext(
            ArtifactStore(folder), NoCatalog(), known, DAY, rtl=example.task, refused=refused
        )
        chosen[operator] = _chosen(context, each)
    return each, chosen


def _chosen(context: ToolContext, each: Worth) -> Returned:
    if not context.records:
        return Returned(right=False)
    try:
        found = choose_design(context, ChosenArgs(design=next(iter(context.records))))
    except ToolError:
        return Returned(right=False)
    return each[found.outputs["choice"]["record"]]


def _judged(example: Example, record: Record, report: Report) -> Returned:
    verdicts = {v["name"]: v for v in report.verdicts if v["record"] == record.id}
    if any(verdict["outcome"] == "fail" for verdict in verdicts.values()):
        return Returned(right=False)
    details = verdicts.get("synthesises", {}).get("details", {})
    area, delay = details.get("area"), details.get("delay_ns")
    return Returned(
        right=example.is_right(draft(record.args["code"], example.task)),
        area=details.get("total") if area is None else area,
        delay=details.get("depth") if delay is None else delay,
    )


def _visit(
    operator: str, seen: dict[str, float], calls: list[ModelCalled], report: Report,
    worth: tuple[Worth, Worth],
) -> Visit:  # fmt: skip
    each, chosen = worth
    own = [call for call in calls if call.stage == operator]
    codes = {
        r.args["code"]: each[r.id].right
        for r in report.records if r.stage == operator and r.id in each
    }  # fmt: skip
    return Visit(
        operator=operator,
        features=seen,
        tokens=sum(call.usage.prompt + call.usage.completion for call in own),
        calls=len(own),
        right=sum(codes.get(call.args.get("code", ""), False) for call in own),
        samples=len(own),
        returned=chosen[operator],
    )


def _mark(example: Example, model: str, tuning: Mapping[str, Any], seed: int) -> str:
    """Return the sha256 of all that decides a draw."""
    spec = exhaustive(Request(text="x", today=DAY, rtl=example.task, tuning=dict(tuning)))
    text = f"{example.model_dump_json()} {model} {seed} {spec.model_dump_json()}"
    return hashlib.sha256(text.encode()).hexdigest()


def _known(kept: Path | None, marks: Mapping[str, str]) -> dict[str, Draw]:
    found: dict[str, Draw] = {}
    if kept is None or not kept.exists():
        return found
    for line in kept.read_text("utf-8").splitlines():
        try:
            row = json.loads(line)
            drawn = Draw.model_validate(row["draw"])
        except (ValueError, KeyError, TypeError):
            continue  # A line that a killed run left half written is drawn again.
        if marks.get(drawn.example) == row.get("mark"):
            found[drawn.example] = drawn
    return found


def _keep(kept: Path | None, mark: str, drawn: Draw) -> None:
    if kept is None:
        return
    row = {"mark": mark, "draw": drawn.model_dump(mode="json")}
    # A line on its own, so that one that a killed run left half written spoils only itself.
    with kept.open("a", encoding="utf-8") as file:
        file.write(f"\n{json.dumps(row)}\n")
