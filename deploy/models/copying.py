"""Copy the spans of an answer anew, for its question has been said in other words."""

from __future__ import annotations

from typing import Any, Final

from ...agents.choice import Choice, dump_choice
from ...agents.planner import dump_plan
from ...benchmarks.geo.meaning import fold
from ...benchmarks.geo.task import Slots
from ...tools.geo.catalog import Catalog
from ...tools.spec import LiveState
from ...workflows.live import thread_spans
from .oracle import nearest
from .traces import TODAY

PLAN: Final = "plan"
SPAN_OF = {
    "place": "span.place",
    "dates": "span.dates",
    "category": "span.class",
    "distance": "span.distance",
    "threshold": "span.number",
    "box": "span.bbox",
    "point": "span.point",
}
# Tools whose argument is the second of a pair, and the slot it stands in.
SECOND = {"other_place": "place2", "other_dates": "dates2", "load_other": "category2"}
# Slots that must be copied to the letter; of the others a span may hold a little more or less.
STRICT = ("place", "place2", "dates2", "category2")


def copied_anew(
    answer: dict[str, Any], slots: Slots, texts: list[str], catalog: Catalog
) -> str | None:
    """Return an answer, a choice or a whole plan, with every span copied anew."""
    items: list[Any] = answer.get(PLAN, [answer])
    calls = [Choice(tool=i["tool"], args=_args(i)) for i in items if isinstance(i, dict)]
    copied = any(name in call.args for call in calls for name in SPAN_OF)
    spans = thread_spans(texts, catalog, TODAY) if copied else {}
    for call in calls:
        for name in SPAN_OF:
            if name not in call.args:
                continue
            chosen = _copied(call, name, slots, spans)
            if chosen is None:
                return None
            call.args[name] = chosen
    if PLAN not in answer:
        return dump_choice(calls[0])
    return dump_plan(calls or items)


def _args(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "tool"}


def _copied(said: Choice, name: str, slots: Slots, spans: LiveState) -> str | None:
    """Return the span that says an argument, None when no span does."""
    slot = SECOND.get(said.tool, "place" if name in ("box", "point") else name)
    offered = list(spans.get(SPAN_OF[name], ()))
    if said.tool in SECOND:
        taken = str(getattr(slots, name))
        offered = [span for span in offered if span != taken]
    if not offered:
        return None
    wanted = str(getattr(slots, slot) or said.args[name])
    chosen = nearest(wanted, offered)
    strict = slot in STRICT or slots.dates2 is not None
    return None if strict and fold(wanted) not in fold(chosen) else chosen
