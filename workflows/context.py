"""What the steps of one run share and never store: model, catalog, files, budget."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..agents.protocol import Model
from ..tools.artifacts import ArtifactStore
from ..tools.geo.catalog import Catalog
from ..tools.records import Record
from ..tools.spec import NO_DETECTORS, Detectors, LiveState, ToolContext, ToolSpec, live_fields
from .domain import Domain
from .events import Event
from .ledger import Meter, Prices
from .request import Request
from .spec import WorkflowSpec
from .state import RunState
from .topology import forks

REJECTING_KINDS = frozenset({"not_found", "bad_argument"})


@dataclass
class RunContext:
    """Everything a step may use besides the state; `prior` are read-only records of the thread."""

    run_id: str
    request: Request
    spec: WorkflowSpec
    domain: Domain
    model: Model
    catalog: Catalog
    store: ArtifactStore
    meter: Meter
    prices: Prices = Prices()
    detectors: Detectors = field(default_factory=lambda: NO_DETECTORS)
    prior: tuple[Record, ...] = ()
    emit: Callable[[Event], None] = lambda _: None
    parsed: dict[str, Record] = field(default_factory=dict)
    parallel: bool = field(init=False)

    def __post_init__(self) -> None:
        """Note whether branches of this workflow may run at the same time."""
        self.parallel = bool(forks(self.spec))

    def records(self, state: RunState) -> dict[str, Record]:
        """Return the thread's records and the run's own so far, oldest first."""
        found = {record.id: record for record in self.prior}
        for row in state["records"]:
            record = self.parsed.get(row["id"])
            if record is None:
                record = self.parsed[row["id"]] = Record.model_validate(row)
            found[record.id] = record
        return found

    def live(self, records: dict[str, Record]) -> LiveState:
        """Return the live state: what can be named at this moment."""
        ordered = tuple(records.values())
        return self.domain.live_state(
            self.request, ordered, self.catalog, rejected(ordered, self.domain), self.detectors
        )

    def tool_context(
        self, records: dict[str, Record], refused: frozenset[str] = frozenset()
    ) -> ToolContext:
        """Return what a tool may touch; `refused` are the records that a verifier has failed."""
        return ToolContext(
            store=self.store,
            catalog=self.catalog,
            records=records,
            today=self.request.today,
            detectors=self.detectors,
            rtl=self.request.rtl,
            refused=refused,
        )

    def record_id(self, state: RunState, stage: str) -> str:
        """Return the next record id: r1, r2 … or <stage>.<n> where branches run in parallel."""
        if not self.parallel:
            return f"r{len(state['records']) + 1}"
        return f"{stage}.{sum(row['stage'] == stage for row in state['records']) + 1}"

    def seed(self, call_id: str) -> int:
        """Return the sampling seed of one model call: the same in every repetition of the run."""
        return zlib.crc32(f"{self.request.seed}/{call_id}".encode()) & 0x7FFFFFFF


def rejected(records: tuple[Record, ...], domain: Domain) -> dict[str, frozenset[str]]:
    """Return the live values that a tool has already refused, by live source."""
    found: dict[str, set[str]] = {}
    for record in records:
        if record.error_kind not in REJECTING_KINDS or record.tool not in domain.by_name:
            continue
        for name, mark in visible_live_fields(domain.by_name[record.tool]).items():
            if name in record.args:
                found.setdefault(mark.source, set()).add(str(record.args[name]))
    return {source: frozenset(values) for source, values in found.items()}


def visible_live_fields(tool: ToolSpec) -> dict[str, Any]:
    """Return the live arguments of a tool that the model sees."""
    return {n: mark for n, mark in live_fields(tool.args).items() if not mark.hidden}
