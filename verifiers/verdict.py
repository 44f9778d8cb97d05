"""What a verifier says: an outcome, how it was reached, how strong it is and what it rests on."""

from __future__ import annotations

from typing import Any, Literal

from ..tools.records import Frozen

Outcome = Literal["pass", "fail", "unknown", "skipped"]


class Verdict(Frozen):
    """One judgement; `unknown` is never a pass.

    `strength` is how far a pass may be trusted (RTL: `proved`, `bounded(n)`, `simulated(n)` …;
    Earth observation: `checked`); `evidence` is what was found, in words a person can act upon.
    """

    name: str
    outcome: Outcome
    method: str
    strength: str = "checked"
    evidence: str = ""
    details: dict[str, Any] = {}
    tool_version: str = "1"
