"""What a question names beside what was looked at, and the run never looked at.

"How many ships and aircraft are in Porto?" may be answered for ships alone: then the answer says
that aircraft were not looked at. Words that stand elsewhere in a question are not counted, for
people tell a story ("for the forest service").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..tools.geo.catalog import Catalog
from ..tools.records import Record
from .live import thread_spans
from .request import Request

_KINDS: Final = ("span.class", "span.place", "span.dates")
_JOINT: Final = (
    r"(?:,?\s+(?:and|or|versus|vs\.?|than)|\s+&)\s+"
    r"(?:(?:in|at|of|for|around|near|the|those|how|many|much)\s+){0,3}"
)


def unsaid(request: Request, records: Sequence[Record], catalog: Catalog) -> tuple[str, ...]:
    """Return the classes, places and periods that stand beside one that a record is of."""
    used = {str(value) for record in records for value in record.args.values()}
    spans = thread_spans((request.text,), catalog, request.today)
    return tuple(
        span
        for kind in _KINDS
        for span in spans[kind]
        if span not in used
        and any(_beside(request.text, span, other) for other in spans[kind] if other in used)
    )


def _beside(text: str, one: str, other: str) -> bool:
    first, second = re.escape(one), re.escape(other)
    pattern = rf"\b(?:{first}{_JOINT}{second}|{second}{_JOINT}{first})(?!\w)"
    return re.search(pattern, text) is not None
