"""The step that writes a plan: one call of the planner, then the dry run decides where it leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import anyio.to_thread
from pydantic import ValidationError

from ...agents.planner import (
    call_items,
    calls_of,
    kind_items,
    plan_offers,
    plan_schema,
    write_plan,
)
from ...agents.prompting import Brief
from ...tools.errors import ModelError
from ...tools.spec import LiveState
from .. import events
from ..context import RunContext
from ..live import DRAWABLE
from ..request import shown_question
from ..spec import Stage
from ..state import RunDelta, RunState
from .asking import Asked, ask_for_plan
from .caller import spent
from .dry_run import VAIN, PlanFault, dry_run
from .member import KINDS, kinds_plan
from .plan import MOST_NODES, Plan, chained, wire
from .stepping import WAY, Step, open_step

PLAN: Final = "plan"
REFUSE: Final = "refuse"
# What a fault is about, and where the question may offer something else for it.
_SPANS: Mapping[str, tuple[str, ...]] = {
    "unknown_place": ("span.place",),
    "disjoint_area": ("span.place", "span.bbox", "span.point"),
    "unknown_dates": ("span.dates",),
    "out_of_coverage": ("span.dates",),
}


@dataclass(frozen=True)
class Toggles:
    """What tells the families of planned calls apart: dry run and repair, and parallel branches."""

    checked: bool = True
    parallel: bool = True


async def plan_step(toggles: Toggles, stage: Stage, state: RunState, run: RunContext) -> RunDelta:
    """Ask for a plan (or take the one that came with the request), judge it, decide where to go."""
    step = open_step(stage, state, run)
    given = run.request.tuning.get(PLAN)
    if given is not None:
        return await _given(given, step, toggles)
    live = planning_live(run)
    offers = plan_offers([run.domain.tool(t) for t in stage.tools], stage.controls, live)
    items = call_items(offers, with_after=run.model.rendering == "chat")
    asked = await _ask(step, items)
    if asked is None or asked.items is None:
        return _unplanned(step, asked, once=not toggles.checked)
    entries = [asked.entry]
    calls = calls_of(asked.items)
    if any(call.tool == REFUSE for call in calls):
        return step.close(REFUSE, entries)
    plan = wire(calls, run.domain)
    if not toggles.checked:
        step.keep(_kept(plan if toggles.parallel else chained(plan)))
        return step.close("execute", entries)
    faults = await judge(plan, run)
    way = _way(faults, step.is_last, live)
    step.keep(_kept(plan), f"! {faults[0]}" if faults else None)
    verdict = _tell(step, plan, faults, way)
    return {**step.close(way, entries), "verdicts": [verdict]}


async def kinds_step(isolated: bool, stage: Stage, state: RunState, run: RunContext) -> RunDelta:
    """Ask which kinds of work the question takes, in which order."""
    step = open_step(stage, state, run)
    asked = await _ask(step, kind_items((*KINDS, *stage.controls)), kinds=True)
    if asked is None or asked.items is None:
        return _unplanned(step, asked, once=True)
    if REFUSE in asked.items:
        return step.close(REFUSE, [asked.entry])
    step.keep(_kept(kinds_plan(asked.items, isolated=isolated)))
    return step.close("execute", [asked.entry])


def planning_live(run: RunContext) -> LiveState:
    """Return what a plan may name: the question's spans and what the catalog offers."""
    live = dict(run.live({record.id: record for record in run.prior}))
    for kind in ("place", "dates", "class"):
        other = f"span.{kind}.other"
        # A second of a kind needs two of it.
        if len(live.get(other, ())) < 2:
            live[other] = ()
    return live | {"drawable": DRAWABLE}


async def judge(plan: Plan, run: RunContext) -> tuple[PlanFault, ...]:
    """Return the faults of a plan; resolving its places reads files, hence the thread."""
    context = run.tool_context({record.id: record for record in run.prior})
    return await anyio.to_thread.run_sync(dry_run, plan, run.domain, context, run.prior)


async def _ask(step: Step, items: dict[str, Any], *, kinds: bool = False) -> Asked | None:
    """Make the planner's call; None when the budget has none left."""
    stage, run = step.stage, step.run
    if not run.meter.grant_calls(1, stage.max_tokens):
        return None
    call_id = f"{step.id}.0"
    write = partial(
        write_plan,
        brief=_brief(stage, run, step.now["problem"], kinds),
        schema=plan_schema(items, MOST_NODES),
        max_tokens=stage.max_tokens,
        seed=run.seed(call_id),
    )
    return await ask_for_plan(write, run, stage.name, call_id)


def _brief(stage: Stage, run: RunContext, problem: str | None, kinds: bool) -> Brief:
    named = {name: kind.objective for name, kind in KINDS.items()} if kinds else {}
    lines = "\n".join(f"- {name}: {said}" for name, said in named.items())
    compact = run.model.rendering == "compact"
    controls = " ".join(stage.controls)
    return Brief(
        stage=stage.prompt,
        objective=stage.objective,
        role=stage.role,
        prompt=stage.prompt,
        question=shown_question(run.request),
        tools=() if kinds else tuple(run.domain.tool(name) for name in stage.tools),
        controls=stage.controls,
        problem=problem,
        fields={"kinds": f"{' '.join(named)} {controls}" if compact else f"{lines}\n- {controls}"},
    )


def _unplanned(step: Step, asked: Asked | None, *, once: bool) -> RunDelta:
    """Return where a stage goes that got no plan: to another try, then to its fallback."""
    if asked is None:
        step.blame(spent(step.run), f"budget:{step.run.meter.exhausted() or 'model_calls'}")
        return step.close("failed")
    error = asked.error or ModelError("no plan came", kind="empty")
    if error.kind == "unreachable":
        # Not written down: the run can be resumed from here when the server is back.
        raise error
    last = once or step.is_last
    step.blame(str(error) if last else f"! {error.kind}", f"model:{error.kind}")
    return step.close("fallback" if last else None, [asked.entry])


def _way(faults: Sequence[PlanFault], last: bool, live: LiveState) -> str | None:
    """Return where a judged plan leads; None asks the planner once more."""
    if not faults:
        return "execute"
    vain = all(fault.code in VAIN for fault in faults)
    if vain and (last or not any(_has_other(fault, live) for fault in faults)):
        # The question itself asks for what is not there; the run then says so.
        return "execute"
    return "fallback" if last else None


def _has_other(fault: PlanFault, live: LiveState) -> bool:
    return sum(len(live.get(source, ())) for source in _SPANS.get(fault.code, ())) > 1


async def _given(given: Any, step: Step, toggles: Toggles) -> RunDelta:
    """Judge an edited plan; who edits one may ask for what is not there: the run then says so."""
    try:
        plan = Plan.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        step.blame(f"the plan is none: {where}: {first['msg']}", "plan:refused")
        return step.close("failed")
    if not toggles.checked:
        step.keep(_kept(plan))
        return step.close("execute")
    faults = await judge(plan, step.run)
    stopping = [fault for fault in faults if fault.code not in VAIN]
    way = "failed" if stopping else "execute"
    verdict = _tell(step, plan, faults, way)
    step.keep(_kept(plan))
    if stopping:
        said = "; ".join(str(fault) for fault in stopping)
        step.blame(f"the plan is refused: {said}", "plan:refused")
    return {**step.close(way), "verdicts": [verdict]}


def _kept(plan: Plan) -> dict[str, Any]:
    return {PLAN: plan.model_dump(mode="json")}


def _tell(step: Step, plan: Plan, faults: Sequence[PlanFault], way: str | None) -> dict[str, Any]:
    """Return the verdict of the dry run, which holds the plan that it judged."""
    then = {"fallback": "; the state machine answers instead", None: "; planned anew"}.get(way, "")
    said = "; ".join(str(fault) for fault in faults) or f"{len(plan.nodes)} nodes are sound"
    verdict = {
        "id": f"{step.id}:dry_run",
        "name": "dry_run",
        "outcome": "fail" if faults else "pass",
        "method": "static",
        "evidence": said + then,
        "record": None,
        "details": {
            **_kept(plan),
            "faults": [fault.model_dump(mode="json") for fault in faults],
            WAY: way or "again",
        },
    }
    stage = step.stage.name
    step.run.emit(events.VerdictGiven(run_id=step.run.run_id, stage=stage, verdict=verdict))
    return verdict
