"""Synthetic Earth-observation archives, deterministic and plainly named so."""

from __future__ import annotations

from .location import PlacePoint, demo_places, locate
from .writer import DEMO_SIZE, LIGHT_SIZE, ArchiveSize, write_archive

__all__ = [
    "DEMO_SIZE",
    "LIGHT_SIZE",
    "ArchiveSize",
    "PlacePoint",
    "demo_places",
    "locate",
    "write_archive",
]
