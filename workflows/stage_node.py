"""One step of one stage: offer, choose, call the tool, judge, decide where to go.

A step is one node execution, so that every model call and tool call is a checkpoint of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..agents.choice import Choice, forced_choice, tool_offers
from ..agents.prompting import Brief, Step
from ..tools.errors import ModelError
from ..tools.records import Record
from ..tools.spec import LiveState, ToolSpec
from . import events
from .attempts import Attempt, best_of
from .candidates import Question, draw
from .conditions import Situation, first_exit
from .context import RunContext
from .ledger import Entry, share_left, total
from .request import shown_question
from .spec import End, ModelFailed, Stage
from .state import FAILED_STEPS, EndNote, RunDelta, RunState, StageState
from .visits import visit

PROBLEM_CHARS = 160


@dataclass(frozen=True)
class Scene:
    """A stage about to take a step."""

    stage: Stage
    state: RunState
    run: RunContext
    now: StageState
    records: dict[str, Record]
    live: LiveState


async def take_step(stage: Stage, state: RunState, run: RunContext) -> RunDelta:
    """Take one step of a stage and return what it adds to the state."""
    scene = _open(stage, state, run)
    attempts, entries = await _attempt(scene)
    if attempts is None:
        return _out_of_budget(scene)
    kept = best_of(attempts)
    return _close(scene, attempts, kept, entries)


def _open(stage: Stage, state: RunState, run: RunContext) -> Scene:
    now = visit(stage, state, run)
    records = run.records(state)
    return Scene(stage, state, run, now, records, run.live(records))


async def _attempt(scene: Scene) -> tuple[list[Attempt] | None, list[Entry]]:
    stage = scene.stage
    tools = tuple(scene.run.domain.tool(name) for name in stage.tools)
    waits = bool(stage.done_after and scene.live.get(stage.done_after))
    controls = tuple(c for c in stage.controls if c != "done" or not waits)
    offers = tool_offers(tools, controls, scene.live)
    callable_tools = sum(offer.name in stage.tools for offer in offers)
    if not offers or (stage.tools and not callable_tools):
        return [Attempt(status="idle")], []
    forced = forced_choice(offers)
    asked = 0 if forced else scene.run.meter.grant_calls(stage.samples, stage.max_tokens)
    if not forced and not asked:
        return None, []
    question = Question(
        brief=_brief(scene, tools),
        offers=offers,
        call_id=f"{stage.name}.{scene.now['visit']}.{scene.now['steps'] + 1}",
        record_id=scene.run.record_id(scene.state, stage.name),
        samples=asked,
        refused=frozenset(v["record"] for v in scene.state["verdicts"] if v["outcome"] == "fail"),
    )
    if forced:
        scene.run.emit(
            events.ChoiceForced(
                run_id=scene.run.run_id, stage=stage.name, tool=forced.tool, args=forced.args
            )
        )
    return await draw(question, forced, stage, scene.run, scene.records, scene.live)


def _brief(scene: Scene, tools: tuple[ToolSpec, ...]) -> Brief:
    stage, problem = scene.stage, scene.now["problem"]
    # Earlier runs of the thread are told by their questions; their calls would read as this one's.
    prior = {record.id for record in scene.run.prior}
    own = [record for name, record in scene.records.items() if name not in prior]
    return Brief(
        stage=stage.name,
        objective=stage.objective,
        role=stage.role,
        prompt=stage.prompt,
        question=shown_question(scene.run.request),
        tools=tools,
        controls=stage.controls,
        steps=tuple(Step(r.tool, r.summary, r.status) for r in own),
        problem=problem[:PROBLEM_CHARS] if problem else None,
        fields=_fields(scene, own),
    )


def _fields(scene: Scene, own: list[Record]) -> Mapping[str, str]:
    fill = scene.run.domain.fields
    return {} if fill is None else fill(scene.run.request, own, scene.state, scene.run.store)


def _out_of_budget(scene: Scene) -> RunDelta:
    item = scene.run.meter.exhausted() or "model_calls"
    limit = getattr(scene.run.meter.budget, item)
    reason = f"the budget of {limit:g} {item} is used up; raise it to go further"
    return _ended(scene, scene.now, EndNote(
        stage=scene.stage.name, status="failed", reason=reason, error=f"budget:{item}"
    ))  # fmt: skip


def _close(scene: Scene, attempts: list[Attempt], kept: Attempt, entries: list[Entry]) -> RunDelta:
    now = _after(scene, attempts, kept)
    delta: RunDelta = {"usage": entries, "stages": {scene.stage.name: now}}
    leaving = attempts if scene.stage.keep == "all" else [kept]
    held = {a.record.id: a for a in leaving if a.record is not None}
    if held:
        delta["records"] = [a.record.model_dump(mode="json") for a in held.values() if a.record]
        delta["verdicts"] = [
            {**verdict, "id": f"{name}:{verdict['name']}"}
            for name, attempt in held.items()
            for verdict in attempt.verdicts
        ]
    _report_step(scene, list(held.values()), entries)
    target, reason = _target(scene, now, entries)
    if target is None:
        return delta
    if isinstance(target, End):
        note = EndNote(
            stage=scene.stage.name, status=target.end, reason=reason, error=_error_name(now)
        )
        return {**delta, **_ended(scene, now, note)}
    now["exit"] = list(target)
    scene.run.emit(events.StageLeft(run_id=scene.run.run_id, stage=scene.stage.name, to=target))
    return delta


def _after(scene: Scene, attempts: list[Attempt], kept: Attempt) -> StageState:
    choice = kept.choice or Choice(tool="")
    return StageState(
        visit=scene.now["visit"],
        steps=scene.now["steps"] + 1,
        status=kept.status,
        tool=choice.tool or None,
        args=choice.args,
        record=kept.record.id if kept.record else None,
        error=kept.error,
        retryable=kept.retryable,
        problem=kept.problem,
        candidates=[attempt.row() for attempt in attempts],
        best=attempts.index(kept),
        exit=None,
    )


def _target(
    scene: Scene, now: StageState, entries: list[Entry]
) -> tuple[tuple[str, ...] | End | None, str | None]:
    run = scene.run
    usage = total([*scene.state["usage"], *entries])
    left = share_left(run.meter.budget, usage)
    situation = Situation(
        stage=now,
        left=left,
        score=lambda score: run.domain.policies[score.policy](
            {**scene.state, "stage": now, "left": left, "weights": dict(score.weights)}
        ),
    )
    chosen = first_exit(scene.stage, situation)
    gone = now["error"] == "unreachable" and now["status"] == "model_error"
    if gone and (chosen is None or not isinstance(chosen.when, ModelFailed)):
        # Not written down: the run can be resumed from here when the server is back.
        raise ModelError(now["problem"] or "the model server is gone", kind="unreachable")
    if chosen is not None:
        return chosen.to, now["problem"]
    if now["status"] in FAILED_STEPS and not now["retryable"]:
        return End(end="failed"), now["problem"]
    if now["steps"] >= scene.stage.max_steps:
        reason = now["problem"] or (
            f"stage {scene.stage.name!r} did not finish in {scene.stage.max_steps} steps"
        )
        return scene.stage.on_overrun, reason
    return None, None


def _ended(scene: Scene, now: StageState, note: EndNote) -> RunDelta:
    now = now.copy()
    now["exit"] = []
    scene.run.emit(
        events.StageLeft(
            run_id=scene.run.run_id, stage=scene.stage.name, to=(), status=note["status"]
        )
    )
    return {"stages": {scene.stage.name: now}, "ends": [note]}


def _error_name(now: StageState) -> str | None:
    if now["status"] not in FAILED_STEPS:
        return None
    return f"{'model' if now['status'] == 'model_error' else 'tool'}:{now['error']}"


def _report_step(scene: Scene, held: list[Attempt], entries: list[Entry]) -> None:
    run, stage = scene.run, scene.stage.name
    for one in held:
        if one.record is not None:
            run.emit(events.RecordAdded(run_id=run.run_id, record=one.record, seconds=one.seconds))
        for verdict in one.verdicts:
            run.emit(events.VerdictGiven(run_id=run.run_id, stage=stage, verdict=verdict))
    if entries:
        run.emit(
            events.BudgetSpent(run_id=run.run_id, stage=scene.stage.name, usage=total(entries))
        )
