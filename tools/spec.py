"""How a tool is described: typed arguments, what it consumes and produces, what it costs.

An argument whose legal values depend on the run is annotated with `Live`: the schema that a model
decodes under then lists the values that exist at that moment, and nothing else.

    class CountArgs(ToolArgs):
        features: Annotated[str, Live("handle.features", hidden=True)]

Live sources are named lists of strings: `span.*` (spans of the question a resolver can use),
`handle.*` (record ids that hold an output of that kind, oldest first), `catalog.*`, `value.*`.
A `hidden` argument is filled with the newest value of its source and never shown to the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from .artifacts import ArtifactStore
from .errors import RetryableToolError
from .records import Record, ToolResult

if TYPE_CHECKING:
    from .geo.catalog import Catalog
    from .geo.detection.onnx import OnnxDetector
    from .rtl.design import RtlTask

Detectors: TypeAlias = "Mapping[str, OnnxDetector]"
NO_DETECTORS: Final[Detectors] = MappingProxyType({})
Effect = Literal["pure", "reads", "writes", "network"]
Cost = Literal["instant", "seconds", "minutes"]
LiveState = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Live:
    """Marks an argument whose legal values come from the live state `source`."""

    source: str
    hidden: bool = False


class ToolArgs(BaseModel):
    """Base of every tool's arguments: closed and immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class ToolContext:
    """What a tool may touch: the run's files, the catalog, earlier records and today's date.

    `detectors` are the operator's models by name, checked when the run began; `rtl` is what a
    design of this run is held to; `refused` are records that a verifier has failed.
    """

    store: ArtifactStore
    catalog: Catalog
    records: Mapping[str, Record]
    today: date
    detectors: Detectors = field(default_factory=lambda: NO_DETECTORS)
    rtl: RtlTask | None = None
    refused: frozenset[str] = frozenset()

    def output(self, record_id: str, kind: str) -> Any:
        """Return the payload of `kind` that an earlier record produced."""
        record = self.records.get(record_id)
        if record is None or kind not in record.outputs:
            have = tuple(i for i, r in self.records.items() if kind in r.outputs)
            raise RetryableToolError(
                f"record {record_id!r} holds no {kind}; records that do: {list(have)}",
                kind="precondition",
                candidates=have,
            )
        return record.outputs[kind]


@dataclass(frozen=True)
class ToolSpec:
    """One deterministic capability, as the checker, the schema builder and the runtime see it."""

    name: str
    summary: str
    args: type[ToolArgs]
    run: Callable[[ToolContext, Any], ToolResult]
    produces: frozenset[str]
    consumes: frozenset[str] = frozenset()
    effect: Effect = "reads"
    cost: Cost = "instant"
    needs_approval: bool = False
    version: str = "1"

    def __call__(self, context: ToolContext, args: Mapping[str, Any]) -> ToolResult:
        """Validate plain arguments and run the tool."""
        return self.run(context, self.args.model_validate(args))


def live_fields(args: type[ToolArgs]) -> dict[str, Live]:
    """Return the arguments of a tool that are bound to live state, by name."""
    found: dict[str, Live] = {}
    for name, info in args.model_fields.items():
        for mark in info.metadata:
            if isinstance(mark, Live):
                found[name] = mark
    return found
