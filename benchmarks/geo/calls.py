"""The tool calls of a run against the ideal ones: the field's measures beside plain success."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...agents.choice import Choice
from ...tools.records import Frozen, Record

CONTROLS = ("done", "refuse", "clarify")


class Calls(Frozen):
    """Shares in [0, 1] of a run's tool calls.

    `accuracy` is the share of ideal calls that were made with the right arguments. `correctness`
    is that of Geo-OLM: one minus the errors (ideal calls not made, calls with a wrong argument,
    needless calls) over the number of ideal calls, and not below zero.
    """

    accuracy: float
    correctness: float


def compare_calls(records: Sequence[Record], ideal: Sequence[Choice]) -> Calls:
    """Compare the calls that were made with the ideal ones; controls are not calls."""
    wanted = [choice for choice in ideal if choice.tool not in CONTROLS]
    if not wanted:
        return Calls(accuracy=1.0, correctness=float(not records))
    left = list(records)
    unmet: list[Choice] = []
    for choice in wanted:
        match = next((record for record in left if _is_call(record, choice)), None)
        if match is None:
            unmet.append(choice)
        else:
            left.remove(match)
    hits = len(wanted) - len(unmet)
    errors = len(unmet) + len(left) - _near_misses(unmet, left)
    return Calls(
        accuracy=hits / len(wanted),
        correctness=max(0.0, 1.0 - errors / len(wanted)),
    )


def _near_misses(unmet: Sequence[Choice], left: Sequence[Record]) -> int:
    """Return how many unmet calls were made with wrong arguments: each is one error, not two."""
    tools = [record.tool for record in left]
    count = 0
    for choice in unmet:
        if choice.tool in tools:
            tools.remove(choice.tool)
            count += 1
    return count


def _is_call(record: Record, choice: Choice) -> bool:
    # A record also holds the arguments that the runtime filled in.
    return record.tool == choice.tool and _holds(record.args, choice.args)


def _holds(made: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(_equal(name, made.get(name), value) for name, value in wanted.items())


def _equal(name: str, made: Any, wanted: Any) -> bool:
    if name == "value" and isinstance(made, str):
        return made.rpartition(".")[2] == wanted
    if name == "dates" and isinstance(made, str):
        return _bare(made) == _bare(wanted)
    return made == wanted


def _bare(phrase: str) -> str:
    """Return a date phrase without the preposition that a span may bring."""
    return re.sub(r"^(?:(?:from|in|on|of|for|during|the)\s+)+", "", phrase.casefold())
