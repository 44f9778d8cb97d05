"""Earth observation with the steps of the planning families."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..geo_domain import GEO
from .planning import Toggles, kinds_step, plan_step
from .working import members_step, work_step

_BLIND = Toggles(checked=False, parallel=False)

PLANNING = replace(
    GEO,
    steps={
        "plan": partial(plan_step, Toggles()),
        "work": partial(work_step, Toggles()),
        "plan_blindly": partial(plan_step, _BLIND),
        "work_blindly": partial(work_step, _BLIND),
        "plan_kinds": partial(kinds_step, False),
        "work_together": partial(members_step, False),
        "plan_kinds_apart": partial(kinds_step, True),
        "work_apart": partial(members_step, True),
    },
)
