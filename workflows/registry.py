"""Which workflow families there are: a tuple to read, and entry points for third parties.

A family is a folder with a function that returns a `WorkflowSpec`, and one line here. Another
distribution declares an entry point in the group `terragate.workflows` that names a `Family`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from ..tools.errors import UsageError
from .domain import Domain
from .request import Request
from .setting import Setting
from .spec import WorkflowSpec

ENTRY_POINT_GROUP = "terragate.workflows"


@dataclass(frozen=True)
class Family:
    """A named way to build a spec, and the domain it works in: objects, or `module:attribute`.

    `tune` fits the spec to a request and its setting, where a family has something to fit.
    """

    name: str
    builder: str | Callable[[], WorkflowSpec]
    domain: str | Domain = "terragate.workflows.geo_domain:GEO"
    tune: str | Callable[[WorkflowSpec, Request, Setting | None], WorkflowSpec] | None = None

    def spec(self, request: Request | None = None, setting: Setting | None = None) -> WorkflowSpec:
        """Build the workflow, fitted to the request and its setting and within its budget."""
        built = (_load(self.builder) if isinstance(self.builder, str) else self.builder)()
        if request is None:
            return built
        if self.tune is not None:
            tune = _load(self.tune) if isinstance(self.tune, str) else self.tune
            built = tune(built, request, setting)
        if request.budget is not None:
            built = built.model_copy(update={"budget": request.budget})
        return built

    def load_domain(self) -> Domain:
        """Import the domain: its tools, live state and verifiers."""
        return _load(self.domain) if isinstance(self.domain, str) else self.domain


FAMILIES: tuple[Family, ...] = (
    Family("stateful", "terragate.workflows.stateful:stateful"),
    Family("react", "terragate.workflows.baselines:react"),
    Family("sequential", "terragate.workflows.baselines:sequential"),
    *(
        Family(
            name,
            f"terragate.workflows.planned:{name.replace('-', '_')}",
            "terragate.workflows.planned.domain:PLANNING",
        )
        for name in ("planned", "flow", "flow-isolated", "single-call")
    ),
    Family(
        "auto",
        "terragate.workflows.auto:auto",
        "terragate.workflows.planned.domain:PLANNING",
        "terragate.workflows.auto:pick",
    ),
    *(
        Family(
            name,
            f"terragate.workflows.cascade:{name}",
            "terragate.workflows.rtl_domain:RTL",
            "terragate.workflows.cascade:tuned",
        )
        for name in ("cascade", "single", "cot", "refine", "repair")
    ),
)


OURS: Final = {family.name: family for family in FAMILIES}


def families() -> dict[str, Family]:
    """Return every registered family by name; a third party cannot replace one of ours."""
    found = dict(OURS)
    for point in entry_points(group=ENTRY_POINT_GROUP):
        found.setdefault(point.name, point.load())
    return found


def find_family(name: str) -> Family:
    """Return a family; UsageError names the ones there are."""
    # To look through what is installed takes longer than a step: only for a name not ours.
    known = OURS if name in OURS else families()
    if name not in known:
        raise UsageError(f"no workflow {name!r}; choose one of {sorted(known)}")
    return known[name]


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)
