"""A question as tokens that remember where they stand, so that spans are its exact words."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_CHUNK: Final = re.compile(r"[^\s=]+")
_OPEN: Final = "([{\"'“‘«<"
_CLOSE: Final = ".,;:?!)]}\"'”’»>…"
_DASHES: Final = ("-", "–", "—")
_POSSESSIVE: Final = re.compile(r"['’]s$", re.IGNORECASE)


class Token(NamedTuple):
    """A word without its punctuation; `before` and `after` are what was stripped from it."""

    text: str
    start: int
    end: int
    before: str
    after: str
    first: bool

    @property
    def word(self) -> str:
        """Return the word for comparison, in lower case."""
        return self.text.casefold()

    @property
    def shouted(self) -> bool:
        """Say whether the word is all capitals."""
        return len(self.text) > 1 and self.text.isupper()

    @property
    def capital(self) -> bool:
        """Say whether the word begins with a capital letter."""
        return self.text[0].isupper()


class Run(NamedTuple):
    """Tokens `start` to `stop` (not included) of a question."""

    start: int
    stop: int

    def overlaps(self, other: Run) -> bool:
        """Say whether two runs share a token."""
        return self.start < other.stop and other.start < self.stop


def tokenise(text: str) -> tuple[Token, ...]:
    """Return the words of a question; `first` ones begin a sentence."""
    tokens: list[Token] = []
    first = True
    for chunk in _CHUNK.finditer(text):
        raw = chunk.group()
        left = len(raw) - len(raw.lstrip(_OPEN if not re.match(r"'\d\d", raw) else ""))
        core = raw[left:].rstrip(_CLOSE)
        core = _POSSESSIVE.sub("", core) or core
        core = core.rstrip("-–—") or core
        if not any(c.isalnum() for c in core) and core not in _DASHES:
            first = first or raw[-1] in ".?!"
            continue
        begin = chunk.start() + left
        after = raw[left + len(core) :]
        tokens.append(Token(core, begin, begin + len(core), raw[:left], after, first))
        first = any(mark in after for mark in ".?!") and not _abbreviation(core, after)
    return tuple(tokens)


def _abbreviation(core: str, after: str) -> bool:
    return after == "." and core.casefold() in {"st", "mt", "ft", "sept", "jan", "feb", "dec"}


def surface(text: str, tokens: tuple[Token, ...], run: Run) -> str:
    """Return the question's own words for a run; a bracket that it opens is closed."""
    end = tokens[run.stop - 1].end
    words = text[tokens[run.start].start : end]
    if words.count("(") > words.count(")") and tokens[run.stop - 1].after.startswith(")"):
        words += ")"
    return words


def unbroken(tokens: tuple[Token, ...], run: Run, comma: bool = True) -> bool:
    """Say whether no sentence ends inside a run, and without `comma` no comma either."""
    inner = tokens[run.start : run.stop]
    stops = ".;:?!)" if comma else ".;:?!),("
    for token, following in zip(inner, inner[1:], strict=False):
        if any(c in stops for c in token.after) and not _abbreviation(token.text, token.after):
            return False
        if following.before and not comma:
            return False
    return True
