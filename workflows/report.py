"""The one result type of a run; `--json` is its serialisation."""

from __future__ import annotations

from typing import Any

from ..tools.records import ArtifactRef, Frozen, Record
from .ledger import Usage
from .request import Request
from .spec import EndStatus, WorkflowSpec

REPORT_VERSION = 1


class BoundValue(Frozen):
    """A value of the answer and the record it comes from."""

    name: str
    value: float | int | str
    unit: str
    record: str
    about: str = ""


class Report(Frozen):
    """How a run ended, what it answers and what that rests on.

    `reason` says why a run that is not answered ended, `error` is its machine-readable kind
    (`model:timeout`, `budget:tokens`, `tool:bad_data` …); `candidates` are what a person may have
    meant. Records are complete: the run can be repeated from them with no model.
    """

    schema_version: int = REPORT_VERSION
    run_id: str
    status: EndStatus
    answer: str
    values: tuple[BoundValue, ...] = ()
    candidates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str | None = None
    error: str | None = None
    records: tuple[Record, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    verdicts: tuple[dict[str, Any], ...] = ()
    usage: Usage = Usage()
    workflow: str
    model: str
    request: Request
    spec: WorkflowSpec
    tool_versions: dict[str, str] = {}
    seed: int = 0
