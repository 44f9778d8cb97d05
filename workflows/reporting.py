"""Make a run's report from its state: bind values to records, compose and ground the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..tools.geo.catalog import Catalog
from ..tools.records import ArtifactRef, Record
from ..tools.spec import ToolSpec
from .domain import AnswerParts, Domain
from .ledger import total
from .report import BoundValue, Report
from .runs import RunFile, with_sources
from .spec import EndStatus
from .state import EndNote, RunState, final_end

SETTLED: frozenset[EndStatus] = frozenset({"answered", "verified"})


@dataclass(frozen=True)
class _Ending:
    status: EndStatus
    reason: str | None
    error: str | None


def build_report(
    run: RunFile,
    state: RunState,
    domain: Domain,
    *,
    catalog: Catalog,
    failure: EndNote | None = None,
) -> Report:
    """Return the report; `failure` is an end that the graph could not write down itself."""
    own = tuple(Record.model_validate(row) for row in state["records"])
    known = {record.id: record for record in (*run.prior, *own)}
    ending = _ending(run, state, failure)
    values = _values(own, known) if ending.status in SETTLED else ()
    ending = _hold_to_verdicts(ending, values, state["verdicts"], known)
    parts = AnswerParts(
        status=ending.status,
        request=run.request,
        records=tuple(known.values()),
        values=values if ending.status in SETTLED else (),
        reason=ending.reason,
        candidates=_candidates(own, ending.status),
        collections=tuple(info.id for info in catalog.collections()),
        verdicts=tuple(state["verdicts"]),
        unsaid=domain.unsaid(run.request, own, catalog) if domain.unsaid else (),
    )
    return _finish(run, state, domain, parts, ending)


def _finish(
    run: RunFile, state: RunState, domain: Domain, parts: AnswerParts, ending: _Ending
) -> Report:
    answer = domain.compose(parts)
    verdicts = tuple(state["verdicts"])
    if parts.status in SETTLED:
        grounding = domain.ground(answer, parts).model_dump(mode="json")
        verdicts = (*verdicts, {**grounding, "id": "answer:grounding", "record": None})
        if grounding["outcome"] == "fail":
            reason = f"the answer rests on nothing: {grounding['evidence']}"
            ending = _Ending("failed", reason, "verdict:grounding")
            parts = AnswerParts("failed", run.request, parts.records, (), reason, ())
            answer = domain.compose(parts)
    own = parts.records[len(run.prior) :]
    return Report(
        run_id=run.run_id,
        status=ending.status,
        answer=answer,
        values=parts.values,
        candidates=parts.candidates,
        notes=_unique(note for r in own if r.status in ("ok", "empty") for note in r.notes),
        reason=ending.reason,
        error=ending.error,
        records=own,
        artifacts=_artifacts(own),
        verdicts=verdicts,
        usage=total(state["usage"]),
        workflow=run.spec.name,
        model=run.model,
        request=run.request,
        spec=run.spec,
        tool_versions=_versions(own, domain.by_name),
        seed=run.request.seed,
    )


def _ending(run: RunFile, state: RunState, failure: EndNote | None) -> _Ending:
    note = failure or final_end(state["ends"])
    if note is not None:
        return _Ending(note["status"], note["reason"], note["error"])
    waiting = [
        stage.name for stage in run.spec.stages if stage.needs and stage.name not in state["stages"]
    ]
    reason = f"the run stopped before an end; stages never started: {waiting}"
    return _Ending("failed", reason, "workflow:incomplete")


def _values(own: tuple[Record, ...], known: dict[str, Record]) -> tuple[BoundValue, ...]:
    answers = [record for record in own if "answer" in record.outputs]
    if answers:
        ids: list[str] = answers[-1].outputs["answer"]["value_ids"]
        return tuple(value for name in ids for value in _bound(name, known))
    empty = [record for record in own if record.status == "empty"]
    if not empty:
        return ()
    last = empty[-1]
    return tuple(v for value in last.values for v in _bound(f"{last.id}.{value.name}", known))


def _bound(value_id: str, known: dict[str, Record]) -> list[BoundValue]:
    record_id, _, name = value_id.rpartition(".")
    record = known.get(record_id)
    return [
        BoundValue(name=v.name, value=v.value, unit=v.unit, about=v.about, record=record_id)
        for v in (record.values if record else ())
        if v.name == name
    ]


def _hold_to_verdicts(
    ending: _Ending,
    values: tuple[BoundValue, ...],
    verdicts: list[dict[str, Any]],
    known: dict[str, Record],
) -> _Ending:
    rests_on = with_sources({value.record for value in values}, known)
    failed = [v for v in verdicts if v["outcome"] == "fail" and v["record"] in rests_on]
    if not failed:
        return ending
    first = failed[0]
    reason = f"verifier {first['name']!r} refused {first['record']!r}: {first['evidence']}"
    return _Ending("failed", reason, f"verdict:{first['name']}")


def _candidates(own: tuple[Record, ...], status: EndStatus) -> tuple[str, ...]:
    if status != "clarify":
        return ()
    return next((record.candidates for record in reversed(own) if record.candidates), ())


def _artifacts(own: tuple[Record, ...]) -> tuple[ArtifactRef, ...]:
    found = {ref.path: ref for record in own for ref in record.artifacts}
    return tuple(found.values())


def _versions(own: tuple[Record, ...], tools: dict[str, ToolSpec]) -> dict[str, str]:
    return {r.tool: tools[r.tool].version for r in own if r.tool in tools}


def _unique(items: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
