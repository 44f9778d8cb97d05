"""Checks of Earth observation calls, shapes and answers."""

from .geometry import check_geometry
from .grounding import check_grounding
from .preconditions import check_preconditions

__all__ = ["check_geometry", "check_grounding", "check_preconditions"]
