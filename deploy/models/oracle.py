"""The oracle policy: a `Model` that knows the solution and drives the real workflow code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from ...agents.choice import Choice, dump_choice
from ...agents.planner import dump_plan
from ...agents.protocol import ModelAnswer, ModelRequest, Rendering
from ...benchmarks.geo.oracle_plan import kinds_of
from ...tools.errors import ModelError
from ...workflows.planned.member import KINDS


class OracleModel:
    """Answers each request with the next planned call that is on offer; else with a control.

    `plan` is the ideal sequence of calls (tool and visible arguments); how far it has come is read
    from the steps in the prompt, for the runtime makes some calls without asking. An argument the
    schema does not offer verbatim is replaced by the offered value nearest to it, so the oracle
    always speaks in the question's own spans. `whole` is what it says when asked for all calls at
    once; `spoilt` is said first, to be told the fault in it, and is no answer to learn from.
    """

    name = "oracle"
    rendering: Rendering = "compact"

    def __init__(
        self,
        plan: Sequence[Choice],
        whole: Sequence[Choice] = (),
        spoilt: Sequence[Choice] = (),
    ) -> None:
        self._plan = tuple(plan)
        self._whole = tuple(whole or plan)
        self._spoilt = tuple(spoilt)
        self.asked: list[tuple[ModelRequest, str]] = []

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Say the next planned call in the bytes a model is trained to say."""
        schema = request.answer_schema or {}
        if "plan" in schema.get("properties", {}):
            items = schema["properties"]["plan"]["items"]
            if self._spoilt and not _is_told_fault(request):
                return ModelAnswer(text=dump_plan(_fitted(self._spoilt, items)), model=self.name)
            text = dump_plan(self._said_at_once(items))
        elif (told := _told_member(request)) is not None:
            text = dump_choice(self._as_member(told, _alternatives(schema)))
        else:
            text = dump_choice(self._next(_alternatives(schema), _steps(request)))
        self.asked.append((request, text))
        return ModelAnswer(text=text, model=self.name)

    def _said_at_once(self, items: Mapping[str, Any]) -> Sequence[Choice | str]:
        """Return the whole plan in the words on offer: its calls, or their kinds."""
        if "enum" in items:
            return [kind for kind, _ in kinds_of(self._whole)]
        return _fitted(self._whole, items)

    def _next(self, offered: Mapping[str, dict[str, Any]], steps: Sequence[_Step]) -> Choice:
        left = self._left(steps)
        last = steps[-1].status if steps else ""
        comparing = any(choice.tool == "compare_values" for choice in left)
        if last in ("ambiguous", "error") and "clarify" in offered:
            return Choice(tool="clarify")
        if last == "empty" and comparing and left[0].tool == "count_features":
            left = left[1:]
        elif last == "empty" and "done" in offered:
            return Choice(tool="done")
        if left and left[0].tool not in offered and "done" in offered:
            return Choice(tool="done")
        for planned in left:
            if planned.tool in offered:
                return Choice(tool=planned.tool, args=_fit(planned.args, offered[planned.tool]))
        if "done" in offered:
            return Choice(tool="done")
        raise ModelError(f"no planned call is among {sorted(offered)}", kind="refused")

    def _as_member(self, told: _Member, offered: Mapping[str, dict[str, Any]]) -> Choice:
        """Return the next call of one member of a team, or that it is done."""
        _, calls = kinds_of(self._whole)[told.place]
        left = list(calls[len(told.own) :])
        failed = any(step.status for step in told.own)
        if "clarify" in offered:
            return Choice(tool="clarify")
        if left and not failed and left[0].tool in offered:
            return Choice(tool=left[0].tool, args=_fit(left[0].args, offered[left[0].tool]))
        if "done" in offered:
            return Choice(tool="done")
        raise ModelError(f"{left} is not among {sorted(offered)}", kind="refused")

    def _left(self, steps: Sequence[_Step]) -> list[Choice]:
        """Return the planned calls that none of the steps so far has made."""
        left = list(self._plan)
        for step in steps:
            tools = [choice.tool for choice in left]
            if step.tool in tools:
                left = left[tools.index(step.tool) + 1 :]
        return left


def _alternatives(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for option in schema.get("anyOf", [schema]):
        properties = option["properties"]
        found[properties["tool"]["enum"][0]] = properties
    return found


class _Step(NamedTuple):
    """A call that was made, as a compact prompt tells of it."""

    tool: str
    status: str


def _steps(request: ModelRequest) -> list[_Step]:
    said = request.messages[-1].content.rpartition("\n>")[2].split()
    return [_Step(*step.partition(":")[::2]) for step in said]


def _fitted(calls: Sequence[Choice], items: Mapping[str, Any]) -> list[Choice]:
    """Return planned calls in the words on offer."""
    offered = _alternatives(items)
    unsaid = [choice.tool for choice in calls if choice.tool not in offered]
    if unsaid:
        raise ModelError(f"{unsaid} are not among {sorted(offered)}", kind="refused")
    return [Choice(tool=c.tool, args=_fit(c.args, offered[c.tool])) for c in calls]


def _is_told_fault(request: ModelRequest) -> bool:
    return request.messages[-1].content.rpartition("\n")[2].startswith("! ")


class _Member(NamedTuple):
    """Where a member of a team stands: its place in the plan and its own calls so far."""

    place: int
    own: tuple[_Step, ...]


def _told_member(request: ModelRequest) -> _Member | None:
    """Return where a member stands, as its compact prompt says; None when none is asked."""
    if request.stage not in KINDS:
        return None
    told, bar, own = request.messages[-1].content.rpartition(" |")
    if not bar:
        return None
    kinds = told.rpartition("\n>")[0].rpartition("\n")[2].split()
    return _Member(len(kinds) - 1, tuple(_Step(*s.partition(":")[::2]) for s in own.split()))


def _fit(args: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    fitted: dict[str, Any] = {}
    for name, schema in properties.items():
        if name == "tool":
            continue
        offered: list[str] = schema["enum"]
        wanted = str(args.get(name, offered[-1]))
        fitted[name] = nearest(wanted, offered)
    return fitted


def nearest(wanted: str, offered: Sequence[str]) -> str:
    """Return the offered value that is, or is most like, the wanted one."""
    if wanted in offered:
        return wanted
    return max(offered, key=lambda value: fuzz.ratio(value.casefold(), wanted.casefold()))


def trace_rows(oracle: OracleModel) -> list[dict[str, str]]:
    """Return what the model was shown and should have said, one row per request."""
    return [
        {
            "stage": request.stage,
            "system": request.messages[0].content,
            "user": request.messages[-1].content,
            "answer": text,
            "schema": json.dumps(request.answer_schema, ensure_ascii=False),
        }
        for request, text in oracle.asked
    ]
