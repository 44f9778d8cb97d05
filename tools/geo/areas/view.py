"""What a person's map shows: the words of a question that mean it, and its box as an area."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_KIND: Final = r"(?:area|region|place|spot|location|view|viewport|extent|map|screen|window|part)"
_SHOWN: Final = r"(?:current|currently\s+\w+|visible|shown|displayed|present)"
_VIEW: Final = re.compile(
    rf"\b(?:here|this\s+(?:{_SHOWN}\s+|map\s+)?{_KIND}"
    rf"|(?:the|my|our)\s+{_SHOWN}\s+(?:map\s+)?{_KIND}"
    r"|(?:the|my|our)\s+(?:map\s+view|map's\s+extent|view(?:port)?|screen)"
    r"|in\s+view|on\s+screen"
    r"|(?:where|what)\s+(?:I|we)(?:\s+(?:can\s+)?see|(?:['’]m|['’]re|\s+am|\s+are)\s+looking)"
    r"|do\s+(?:I|we)\s+see)\b",
    re.IGNORECASE,
)


def names_view(texts: Sequence[str]) -> bool:
    """Return whether any of the texts speaks of what the person's map shows."""
    return any(_VIEW.search(text) for text in texts)
