"""Which workflow families there are: a tuple to read, and entry points for third parties.

A family is a folder with a function that returns a `WorkflowSpec`, and one line here. Another
distribution declares an entry point in the group `terragate.workflows` that names a `Family`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from ..tools.errors import UsageError
from .domain import Domain
from .spec import WorkflowSpec

ENTRY_POINT_GROUP = "terragate.workflows"


@dataclass(frozen=True)
class Family:
    """A named way to build a spec, and the domain it works in: objects, or `module:attribute`."""

    name: str
    builder: str | Callable[[], WorkflowSpec]
    domain: str | Domain = "terragate.workflows.geo_domain:GEO"

    def spec(self) -> WorkflowSpec:
        """Build the workflow."""
        return (_load(self.builder) if isinstance(self.builder, str) else self.builder)()

    def load_domain(self) -> Domain:
        """Import the domain: its tools, live state and verifiers."""
        return _load(self.domain) if isinstance(self.domain, str) else self.domain


FAMILIES: tuple[Family, ...] = (
    Family("stateful", "terragate.workflows.stateful:stateful"),
    Family("react", "terragate.workflows.baselines:react"),
    Family("sequential", "terragate.workflows.baselines:sequential"),
)


def families() -> dict[str, Family]:
    """Return every registered family by name; a third party cannot replace one of ours."""
    found = {family.name: family for family in FAMILIES}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        found.setdefault(point.name, point.load())
    return found


def find_family(name: str) -> Family:
    """Return a family; UsageError names the ones there are."""
    known = families()
    if name not in known:
        raise UsageError(f"no workflow {name!r}; choose one of {sorted(known)}")
    return known[name]


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)
