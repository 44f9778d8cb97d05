"""A synthetic archive of two places, small enough to be written by any test module."""

from __future__ import annotations

from pathlib import Path

from terragate.benchmarks.archive import ArchiveSize, PlacePoint, write_archive

NORTH = PlacePoint("Northport", "NL", 51.92, 4.48)
SOUTH = PlacePoint("Southhaven", "BR", -23.96, -46.33)
SIZE = ArchiveSize(pixels=64, scenes=5, images=10)


def write_small_archive(root: Path) -> Path:
    write_archive(root, (NORTH, SOUTH), seed=7, size=SIZE)
    return root
