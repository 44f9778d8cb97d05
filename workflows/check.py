"""Static checks of a spec, before any model call."""

from __future__ import annotations

from .domain import Domain
from .spec import WorkflowSpec


def require_sound(spec: WorkflowSpec, domain: Domain, *, has_prior: bool = False) -> None:
    """Raise UsageError that lists every fault of the spec."""
