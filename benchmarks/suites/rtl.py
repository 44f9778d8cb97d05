"""RTL items as an inspect task: the arm writes a module, the suite's own judge scores it.

The arm is shown the specification, the module's name and the header that comes with it, never the
testbench or the reference.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import transcript
from inspect_ai.scorer import Score, Scorer, Target
from inspect_ai.solver import Generate, Solver, TaskState

from ...agents.coding import write_code
from ...agents.prompting import Brief
from ...agents.protocol import Model
from ...tools.artifacts import ArtifactStore
from ...tools.errors import ModelError
from ...tools.geo.catalog import NoCatalog
from ...tools.records import Frozen
from ...tools.rtl.design import Design, RtlTask
from ...tools.rtl.drafts import read_code
from ...workflows.cascade.briefs import operator_brief, spec_fields
from ...workflows.report import Report
from ...workflows.request import Request
from ...workflows.runtime import Platform, run
from .asking import Door, cost_of, noted, require_alive
from .energy import EnergyMeter
from .logged import arm_task, named_scorer, named_solver
from .suite import DIRECT, Arm, Bench, Ceiling, Miss

TODAY: Final = date(2026, 1, 1)
TITLE: Final = 200
WORKFLOWS: Final = (DIRECT, "single", "cot", "refine", "cascade")
NO_CODE: Final = "no design"


class Judged(Frozen):
    """How an answer came out: by the unforgeable criterion, and by the authors' beside it.

    `cause` is the group of failures it belongs to ("" for a success) and `why` what it rests on.
    """

    success: bool
    published: bool | None = None
    cause: str = ""
    why: str = ""
    details: dict[str, Any] = {}


@dataclass(frozen=True)
class RtlItem:
    """One specification; `judge` runs outside the event loop and `effort` says how long, ranked.

    No arm sees `reference`: the golden self-test judges it as if it were an answer.
    """

    id: str
    spec: str
    top: str
    digest: str
    judge: Callable[[str | Design, Bench], Judged]
    reference: str | Design
    interface: str = ""
    group: str = ""
    family: str = ""
    effort: int = 0


def golden_test(items: Sequence[RtlItem], bench: Bench) -> Ceiling:
    """Judge every reference as an answer."""
    with ThreadPoolExecutor(bench.workers) as threads:
        found = list(threads.map(lambda item: item.judge(item.reference, bench), items))
    pairs = list(zip(items, found, strict=True))
    published = [one.published for one in found if one.published is not None]
    return Ceiling(
        total=len(pairs),
        passed=sum(one.success for one in found),
        published=sum(published) if published else None,
        misses=tuple(Miss(id=item.id, why=one.why) for item, one in pairs if not one.success),
    )


def rtl_task(
    suite: str, items: Sequence[RtlItem], arm: Arm, bench: Bench, *, about: Mapping[str, Any]
) -> Task:
    """Return the task that draws the arm's samples of every item; `about` goes into the log."""
    by_id = {item.id: item for item in items}
    samples = [
        Sample(
            id=item.id,
            input=item.spec,
            metadata={
                "digest": item.digest,
                "group": item.group,
                "family": item.family,
                "top": item.top,
            },
        )
        for item in items
    ]
    ask = write_directly if arm.workflow == DIRECT else run_workflow
    return arm_task(suite, samples, (ask(by_id, arm), judge_design(by_id, bench)), arm, about)


def write_directly(items: Mapping[str, RtlItem], arm: Arm) -> Solver:
    """Ask the model once for the module, in the prompt of the workflow's first operator."""
    door = Door()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        del generate
        item = items[str(state.sample_id)]
        async with door.sample(arm, item.id, state.epoch) as model:
            try:
                choice, _ = await write_code(model, first_brief(item), max_tokens=arm.max_tokens)
                state.store.set("code", str(choice.args["code"]))
            except ModelError as error:
                require_alive(error.kind, str(error))
                state.store.set("failure", [f"model:{error.kind}", str(error)])
        return noted(state, model, state.store.get("code") or "")

    return named_solver("write_directly", solve)


def first_brief(item: RtlItem) -> Brief:
    """Return what the operator `single` shows of an item."""
    return operator_brief("single", spec_fields(item.top, item.spec, item.interface))


def run_workflow(items: Mapping[str, RtlItem], arm: Arm) -> Solver:
    """Run the arm's family on the specification and take the design that it ends with."""
    door = Door()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        del generate
        item = items[str(state.sample_id)]
        async with door.sample(arm, item.id, state.epoch) as model:
            report, code = await _drive(item, arm, model)
        kind, reason = report.error or "", report.reason or ""
        require_alive(kind.removeprefix("model:"), reason)
        if code is None:
            state.store.set("failure", [kind or NO_CODE, reason or "the run ended with no design"])
        else:
            state.store.set("code", code)
        state.store.set("run", {"status": report.status, "reason": reason, "error": kind})
        return noted(state, model, state.store.get("code") or "")

    return named_solver("run_workflow", solve)


async def _drive(item: RtlItem, arm: Arm, model: Model) -> tuple[Report, str | None]:
    with tempfile.TemporaryDirectory(prefix="terragate-eval-") as folder:
        platform = Platform(model, NoCatalog(), Path(folder), persist=False)
        report = await run(_request(item, arm), platform, listen=_tell)
        return report, final_code(report, Path(folder))


def _request(item: RtlItem, arm: Arm) -> Request:
    words = item.spec.strip().lstrip("# ").splitlines()
    return Request(
        text=words[0][:TITLE] if words else f"write {item.top}",
        today=TODAY,
        workflow=arm.workflow,
        rtl=RtlTask(top=item.top, spec=item.spec, interface=item.interface),
        tuning={"max_tokens": arm.max_tokens, **arm.tuning},
    )


def _tell(event: Any) -> None:
    transcript().info(event.model_dump(mode="json"), source="terragate")


def final_code(report: Report, folder: Path) -> str | None:
    """Return the design that a run ended with, or the last that it had; None without any."""
    held = [record for record in report.records if "design" in record.outputs]
    final = [record for record in held if "final" in record.outputs]
    if not held:
        return None
    return read_code((final or held)[-1].outputs["design"], ArtifactStore(folder / report.run_id))


def judge_design(items: Mapping[str, RtlItem], bench: Bench) -> Scorer:
    """Judge the module; equal texts of one item are judged one after another, so only once."""
    threads = anyio.CapacityLimiter(bench.workers)
    meter = EnergyMeter()
    turns: defaultdict[tuple[str, str], anyio.Lock] = defaultdict(anyio.Lock)

    async def score(state: TaskState, target: Target) -> Score:
        del target
        item = items[str(state.sample_id)]
        code: str | None = state.store.get("code")
        if code is None:
            cause, why = state.store.get("failure")
            found = Judged(success=False, published=False, cause=cause, why=why)
        else:
            async with turns[item.id, code]:
                work = partial(item.judge, code, bench)
                found = await anyio.to_thread.run_sync(work, limiter=threads)
        bench.done(found.success)
        published = found.success if found.published is None else found.published
        return Score(
            value={"success": float(found.success), "published": float(published)},
            answer=code,
            explanation=found.why or "passes",
            metadata={**found.model_dump(), **cost_of(state), "joules": meter.since_last()},
        )

    return named_scorer("judge_design", ("success", "published"), score)
