"""What the headers of an answer say about the file behind it: its validator and its bytes."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..errors import ToolError
from .client import Incoming
from .policy import shown

_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class Span(NamedTuple):
    """Bytes `first` to `last` (both included) of a file of `total` bytes."""

    first: int
    last: int
    total: int

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return self.last - self.first + 1


def validator(incoming: Incoming) -> str:
    """Return a strong validator for If-Range (RFC 9110 §13.1.5): an entity tag or a date; or ""."""
    tag = incoming.headers.get("etag", "")
    if tag.startswith('"'):
        return tag
    return incoming.headers.get("last-modified", "")


def declared_size(incoming: Incoming) -> int | None:
    """Return the Content-Length, if there is a readable one."""
    text = incoming.headers.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def partial_span(incoming: Incoming, first: int, last: int | None) -> Span:
    """Return which bytes a 206 answer holds; it must be the ones that were asked."""
    said = incoming.headers.get("content-range", "")
    found = _CONTENT_RANGE.fullmatch(said)
    span = Span(*map(int, found.groups())) if found else None
    wanted = span and (span.total - 1 if last is None else min(last, span.total - 1))
    if span is None or span.first != first or span.last != wanted or span.size < 1:
        raise ToolError(
            f"{shown(str(incoming.place.url))!r} answers a range request with other bytes "
            f"({said[:60]!r}); it cannot be read in parts",
            kind="bad_data",
        )
    return span
