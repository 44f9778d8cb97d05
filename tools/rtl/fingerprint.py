"""When are two candidates the same? Equal tokens, or an equal shape under other names."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final

from ..records import Frozen
from .dataflow import read_verilog
from .design import Design

TOKEN: Final = re.compile(
    r"(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|\"(?:\\.|[^\"\\\n])*\"|\\\S+|[\w$`']+|.", re.DOTALL
)


class Fingerprint(Frozen):
    """Hashes of a design: `tokens` ignores layout and comments, `structure` names too.

    `structure` is that of pyverilog's syntax tree, and equals `tokens` where it cannot read it.
    """

    tokens: str
    structure: str


@lru_cache(maxsize=4096)
def fingerprint(design: Design) -> Fingerprint:
    """Return the fingerprints of a design's sources, parameters and macros."""
    by_tokens = layout_key(design)
    answer = read_verilog(design)
    structure = by_tokens if answer is None else _digest(str(answer["structure"]))
    return Fingerprint(tokens=by_tokens, structure=structure)


def layout_key(design: Design) -> str:
    """Return a hash that layout and comments do not change.

    Space is never taken out or put in, for `a & &b` is not `a && b`; a text with directives, which
    end where their line ends, is taken as it is.
    """
    rest = design.model_dump_json(exclude={"sources"})
    texts = (source.text for source in design.sources)
    return _digest("\0".join((rest, *(text if "`" in text else _one_line(text) for text in texts))))


@lru_cache(maxsize=256)
def tokens(text: str) -> tuple[str, ...]:
    """Return the tokens of a Verilog text, without space and comments."""
    return tuple(m.group() for m in TOKEN.finditer(text) if not m.group("skip"))


def _one_line(text: str) -> str:
    parts: list[str] = []
    for found in TOKEN.finditer(text):
        if not found.group("skip"):
            parts.append(found.group())
        elif parts and parts[-1] != " ":
            parts.append(" ")
    return "".join(parts).rstrip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
