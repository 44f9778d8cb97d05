"""Values that cross every room: artefact handles, numbers with units, records of tool calls."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

RecordStatus = Literal["ok", "empty", "ambiguous", "error"]


class Frozen(BaseModel):
    """Immutable, closed pydantic model: the base of everything that is stored or sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ArtifactRef(Frozen):
    """Handle of a file in the run folder: `path` is relative to it, `sha256` its content."""

    name: str
    path: str
    sha256: str
    media_type: str


class Value(Frozen):
    """A result a person may quote: a number or a short text, its unit and what it means."""

    name: str
    value: float | int | str
    unit: str
    about: str = ""


class ToolResult(Frozen):
    """What a tool returns.

    `outputs` maps a kind (`"aoi"`, `"features"` …) to its JSON-plain payload; bulk data goes into
    `artifacts` and the payload names it. `summary` is one line of at most 80 characters that the
    model may see; it never holds free text taken from a dataset. `notes` are assumptions and
    caveats for the person who asked (an approximate match, a default dataset, a synthetic source).
    """

    summary: str
    outputs: dict[str, Any] = {}
    values: tuple[Value, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    notes: tuple[str, ...] = ()
    empty: bool = False


class Record(Frozen):
    """One tool call of a run: what was asked, what came back, and how it ended."""

    id: str
    stage: str
    tool: str
    args: dict[str, Any]
    status: RecordStatus
    summary: str
    outputs: dict[str, Any] = {}
    values: tuple[Value, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    notes: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    error_kind: str | None = None
