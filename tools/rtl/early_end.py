"""End a run at its first mismatch: what is wrong once stays wrong, however long it is run.

Some testbenches count mismatches and say the count as they end, whoever ends them. A root module of
ours waits for the count and ends the simulation. That is the same answer only for a design that can
neither print nor reach out of itself to put the count back.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from .design import IDENTIFIER, Design, PassRule
from .file_order import stands_alone
from .fingerprint import tokens

FILE: Final = "watch.v"


def may_end_early(design: Design, rule: PassRule) -> bool:
    """Return whether a run of the design fails for good at its first mismatch; False if unsure."""
    if not rule.counter or not stands_alone(design):
        return False
    return not any(_reaches_out(tokens(source.text)) for source in design.sources)


def _reaches_out(words: Sequence[str]) -> bool:
    """Return whether a name is hierarchical: a dot after a name, not before a port's."""
    return any(
        after == "." and (IDENTIFIER.fullmatch(word) or word[0] in "\\]")
        for word, after in pairwise(words)
    )


def watch(design: Design, rule: PassRule) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the file that ends a run, to be compiled last, and the flags that make it a root.

    There are none where the run may not end early.
    """
    if not may_end_early(design, rule):
        return {}, ()
    name = f"watch_{secrets.token_hex(6)}"  # that no design can know
    text = f"  always @({rule.counter}) if ({rule.counter} != 0) $finish(0);"
    return {FILE: f"module {name};\n{text}\nendmodule\n"}, ("-s", name)
