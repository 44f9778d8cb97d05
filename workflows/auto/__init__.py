"""Adaptive structure: one call, a state machine or a task graph, whichever suits the request.

Planning helps weak models and hurts strong ones, and which is which depends on the question; so the
choice follows from what was measured of this very model (`policy.json`), and from nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..planned import planned, single_call
from ..request import Request
from ..setting import Setting
from ..spec import WorkflowSpec
from ..stateful import stateful
from .features import features
from .policy import Policy, shipped_policy

__all__ = ["CHOICES", "auto", "pick"]

CHOICES: Mapping[str, Callable[[], WorkflowSpec]] = {
    "single-call": single_call,
    "stateful": stateful,
    "planned": planned,
}
USUAL = "stateful"


def auto() -> WorkflowSpec:
    """Return what is run where nothing is known of the request or the model."""
    summary = "Picks one call, the state machine or a task graph by what was measured."
    return stateful().model_copy(update={"name": "auto", "summary": summary})


def pick(spec: WorkflowSpec, request: Request, setting: Setting | None) -> WorkflowSpec:
    """Return the workflow that suits the request and the model; its summary says why.

    `request.tuning["auto"]` may hold a policy of one's own (`terragate eval policy` makes one).
    """
    del spec
    given = request.tuning.get("auto")
    policy = Policy.model_validate(given) if given else shipped_policy()
    if setting is None or setting.model not in policy.models:
        name = setting.model if setting else "the model"
        return _chosen(USUAL, f"{name} was never measured")
    found = policy.choose(setting.model, features(request, setting.catalog))
    return _chosen(found.family, found.why)


def _chosen(family: str, why: str) -> WorkflowSpec:
    spec = CHOICES[family]()
    return spec.model_copy(update={"summary": f"auto took {family}: {why}. {spec.summary}"})
