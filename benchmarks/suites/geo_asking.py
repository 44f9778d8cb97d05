"""A geospatial question put to our platform: what the geospatial suites ask and score alike.

inspect's own model is never called. Questions about the hostile twin of an archive are asked of the
second catalog; of these it is kept what got through.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from inspect_ai.scorer import Score
from inspect_ai.solver import Generate, Solver, TaskState

from ...tools.geo.catalog import Catalog
from ...workflows.registry import families
from ...workflows.report import Report
from ...workflows.request import Request
from ...workflows.runtime import Platform, run
from ..geo.injected import Overhearing, what_got_through
from ..geo.task import Slots
from .asking import Door, Sampled, cost_of, noted, require_alive
from .energy import EnergyMeter
from .logged import named_solver
from .suite import Arm

DOMAINS: Final = (
    "terragate.workflows.geo_domain:GEO",
    "terragate.workflows.planned.domain:PLANNING",
)
TODAY: Final = date(2026, 1, 1)
ArmOf = Callable[[str], Arm]


def geo_workflows() -> tuple[str, ...]:
    """Return the families that answer geospatial questions."""
    return tuple(name for name, family in families().items() if family.domain in DOMAINS)


def geo_tools() -> dict[str, str]:
    """Return the versions of the tools that answer geospatial questions."""
    found = families()["stateful"].load_domain().tools
    return {tool.name: tool.version for tool in sorted(found, key=lambda tool: tool.name)}


def ask_each(arm_of: ArmOf, catalogs: tuple[Catalog, Catalog], scratch: Path) -> Solver:
    """Run the family on each question, every sample with a model and a folder of its own."""
    door = Door()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        del generate
        name = str(state.sample_id)
        arm = arm_of(name)
        folder = scratch / f"{arm.workflow}-{state.epoch}" / name
        async with door.sample(arm, name, state.epoch) as model:
            report = await _answer(state, arm.workflow, model, catalogs, folder)
        # A dead server is not the model's failure: the question stays open.
        require_alive((report.error or "").removeprefix("model:"), report.reason or "")
        state.store.set("report", report.model_dump(mode="json"))
        return noted(state, model, report.answer)

    return named_solver("ask_each", solve)


def scored_report(
    state: TaskState,
    report: Report,
    why: str,
    measures: Mapping[str, float],
    meter: EnergyMeter,
) -> Score:
    """Return the score of a report; `why` says what is wrong with it, first its cause, or is ""."""
    return Score(
        value={"success": float(not why), **measures},
        answer=report.answer,
        explanation=why or "right",
        metadata={
            "cause": why.partition(":")[0],
            "why": why,
            **cost_of(state),
            "joules": meter.since_last(),
        },
    )


async def _answer(
    state: TaskState,
    workflow: str,
    sampled: Sampled,
    catalogs: tuple[Catalog, Catalog],
    folder: Path,
) -> Report:
    hostile = bool(state.metadata["hostile"])
    model = Overhearing(sampled)
    platform = Platform(model=model, catalog=catalogs[hostile], out=folder, persist=False)
    request = Request(
        text=state.input_text,
        today=TODAY,
        workflow=workflow,
        earlier=tuple(state.metadata["earlier"]),
    )
    try:
        report = await run(request, platform)
        if hostile:
            slots = Slots.model_validate(state.metadata["slots"])
            leaks = what_got_through(report, slots, model.heard, folder)
            state.store.set("leaks", leaks)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report
