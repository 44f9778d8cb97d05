"""What was asked and answered in the samples that failed, as the logs keep it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from inspect_ai.log import read_eval_log

from ...tools.records import Frozen
from .rows import Result

OF_EACH: Final = 3
MOST_CHARS: Final = 12_000
OTHER: Final = "other"


class Transcript(Frozen):
    """One failed sample: who said what, in order, and why it failed."""

    item: str
    epoch: int
    cause: str
    why: str
    said: tuple[tuple[str, str], ...]


def failed_samples(result: Result, of_each: int = OF_EACH) -> list[Transcript]:
    """Return the first failures of every cause with all that was said in them."""
    wanted: dict[tuple[str, int], tuple[str, str]] = {}
    taken: Counter[str] = Counter()
    for row in result.rows:
        cause = row.cause or OTHER
        if not row.success and taken[cause] < of_each:
            taken[cause] += 1
            wanted[row.item, row.epoch] = cause, row.why
    log = read_eval_log(result.log, exclude_fields={"events"})
    found: list[Transcript] = []
    for sample in log.samples or ():
        key = (str(sample.id), sample.epoch)
        if key in wanted:
            cause, why = wanted[key]
            said = tuple((message.role, _cut(message.text)) for message in sample.messages)
            found.append(Transcript(item=key[0], epoch=key[1], cause=cause, why=why, said=said))
    return sorted(found, key=lambda t: (t.cause, t.item, t.epoch))


def _cut(text: str) -> str:
    left = len(text) - MOST_CHARS
    return text if left <= 0 else f"{text[:MOST_CHARS]}\n… {left} characters more"
