"""Make a plan and judge it, without executing anything of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from ...tools.artifacts import ArtifactStore
from ...tools.records import Frozen
from ...tools.spec import NO_DETECTORS
from ..context import RunContext
from ..ledger import Entry, Meter, Usage, total
from ..request import Request
from ..runtime import Platform
from ..state import RunDelta, initial_state
from .dry_run import PlanFault
from .plan import Plan
from .planning import PLAN
from .stepping import WAY

FAMILY: Final = "planned"


class Proposal(Frozen):
    """A plan as `planned` would run it; `way` is where it leads (execute, fallback, refuse …)."""

    question: str
    plan: Plan | None
    faults: tuple[PlanFault, ...] = ()
    way: str
    reason: str | None = None
    usage: Usage


async def propose(request: Request, platform: Platform) -> Proposal:
    """Return the plan for a request; a dead model server raises ModelError."""
    family = platform.family(FAMILY)
    spec, domain = family.spec(request), family.load_domain()
    stage = spec.stage(PLAN)
    state = initial_state()
    verdicts: list[dict[str, object]] = []
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory(prefix="terragate-plan-") as folder:
        run = RunContext(
            run_id="plan",
            request=request,
            spec=spec,
            domain=domain,
            model=platform.model,
            catalog=platform.catalog,
            store=ArtifactStore(Path(folder)),
            meter=Meter(spec.budget, Usage()),
            prices=platform.prices,
            detectors=platform.detectors.models if platform.detectors else NO_DETECTORS,
        )
        while PLAN not in state["stages"] or state["stages"][PLAN]["exit"] is None:
            delta: RunDelta = await domain.steps[str(stage.taken_by)](stage, state, run)
            state["stages"] = delta.get("stages", {})
            verdicts += delta.get("verdicts", [])
            entries += delta.get("usage", [])
    now = state["stages"][PLAN]
    details = verdicts[-1]["details"] if verdicts else {}
    faults = details.get("faults", ()) if isinstance(details, dict) else ()
    held = now["args"].get(PLAN)
    return Proposal(
        question=request.text,
        plan=Plan.model_validate(held) if held else None,
        faults=tuple(PlanFault.model_validate(fault) for fault in faults),
        way=str(now["args"].get(WAY, "")),
        reason=now["problem"],
        usage=total(entries),
    )
