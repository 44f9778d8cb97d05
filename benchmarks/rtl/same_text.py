"""When are two candidates the same text, whatever their layout and comments?"""

from __future__ import annotations

import hashlib

from ...tools.rtl.design import Design
from ...tools.rtl.fingerprint import TOKEN


def layout_key(design: Design) -> str:
    """Return a hash that layout and comments do not change.

    Space is never taken out or put in, for `a & &b` is not `a && b`; a text with directives, which
    end where their line ends, is taken as it is.
    """
    rest = design.model_dump_json(exclude={"sources"})
    texts = (source.text for source in design.sources)
    plain = (text if "`" in text else _one_line(text) for text in texts)
    return hashlib.sha256("\0".join((rest, *plain)).encode("utf-8", "replace")).hexdigest()


def _one_line(text: str) -> str:
    parts: list[str] = []
    for found in TOKEN.finditer(text):
        if not found.group("skip"):
            parts.append(found.group())
        elif parts and parts[-1] != " ":
            parts.append(" ")
    return "".join(parts).rstrip()
