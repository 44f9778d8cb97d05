"""Formal checks: are two designs equivalent, and do the properties of a design hold?"""

from __future__ import annotations

from .check import equivalence
from .properties import holds
from .result import Change, Counterexample, Equivalence, Holds, Property

__all__ = [
    "Change",
    "Counterexample",
    "Equivalence",
    "Holds",
    "Property",
    "equivalence",
    "holds",
]
