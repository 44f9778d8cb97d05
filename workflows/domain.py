"""What a domain (Earth observation, RTL …) brings to every workflow family that works in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..tools.artifacts import ArtifactStore
from ..tools.geo.catalog import Catalog
from ..tools.records import Record
from ..tools.spec import Detectors, LiveState, ToolSpec
from .report import BoundValue
from .request import Request
from .spec import EndStatus, Stage
from .state import RunDelta, RunState

if TYPE_CHECKING:
    from ..verifiers.verdict import Verdict
    from .context import RunContext

Rejected = Mapping[str, frozenset[str]]
LiveStateFn = Callable[[Request, Sequence[Record], Catalog, Rejected, Detectors], LiveState]
Precheck = Callable[[Request, Catalog, Path], str | None]
Unsaid = Callable[[Request, Sequence[Record], Catalog], tuple[str, ...]]
Policy = Callable[[Mapping[str, Any]], float]
PromptFields = Callable[[Request, Sequence[Record], RunState, ArtifactStore], Mapping[str, str]]
TakeStep: TypeAlias = "Callable[[Stage, RunState, RunContext], Awaitable[RunDelta]]"


@dataclass(frozen=True)
class VerifierContext:
    """What a verifier may look at: the new record and everything before it.

    `verdicts` are those that the stage's verifiers before it gave of the new record.
    """

    record: Record
    records: Mapping[str, Record]
    request: Request
    catalog: Catalog
    store: ArtifactStore
    verdicts: Sequence[Mapping[str, Any]] = ()


Verifier = Callable[[VerifierContext], "Verdict"]


@dataclass(frozen=True)
class AnswerParts:
    """What an answer is composed from."""

    status: EndStatus
    request: Request
    records: tuple[Record, ...]
    values: tuple[BoundValue, ...]
    reason: str | None
    candidates: tuple[str, ...]
    collections: tuple[str, ...] = ()
    verdicts: tuple[Mapping[str, Any], ...] = ()
    unsaid: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Domain:
    """Tools, live state, answer text, and the named verifiers, policies and steps of a domain.

    `feeds` says which output kinds fill a live source that is not `handle.<kind>`; the static
    checker needs it. `ground` checks the composed answer against the records it rests on.
    `precheck` says, before any model call, why a request can find nothing (its run's folder holds
    its uploads), `unsaid` what a question names and no record of the run is of. `fields` fills what
    the domain's own prompts name. `script_setup` is Python source that defines `TOOLS` and
    `open_catalog` in an exported script.
    """

    name: str
    tools: tuple[ToolSpec, ...]
    live_state: LiveStateFn
    compose: Callable[[AnswerParts], str]
    ground: Callable[[str, AnswerParts], Verdict]
    verifiers: Mapping[str, Verifier] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    steps: Mapping[str, TakeStep] = field(default_factory=dict)
    feeds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    precheck: Precheck | None = None
    unsaid: Unsaid | None = None
    fields: PromptFields | None = None
    script_setup: str = ""

    def tool(self, name: str) -> ToolSpec:
        """Return the tool of that name; KeyError when the domain has none."""
        return self.by_name[name]

    @cached_property
    def by_name(self) -> dict[str, ToolSpec]:
        """Return the tools by name."""
        return {tool.name: tool for tool in self.tools}
