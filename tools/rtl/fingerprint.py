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
    texts = [" ".join(tokens(source.text)) for source in design.sources]
    rest = repr((design.top, design.parameters, design.defines, design.includes))
    by_tokens = _digest("\n".join((*texts, rest)))
    answer = read_verilog(design)
    structure = by_tokens if answer is None else _digest(str(answer["structure"]))
    return Fingerprint(tokens=by_tokens, structure=structure)


def tokens(text: str) -> list[str]:
    """Return the tokens of a Verilog text, without space and comments."""
    return [m.group() for m in TOKEN.finditer(text) if not m.group("skip")]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
