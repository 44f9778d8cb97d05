"""The archive that the held-out questions are asked of."""

from __future__ import annotations

from pathlib import Path

from ...archive import ArchiveSize, locate, write_archive
from ..places import HELD_OUT

SEED = 1
# Coarse pixels, but scenes and images often enough that a season or a half-year mostly has some.
SIZE = ArchiveSize(pixels=64, scenes=30, images=60)


def write_heldout_archive(root: Path) -> None:
    """Write the synthetic archive of all held-out places into an empty folder."""
    write_archive(root, locate(HELD_OUT), seed=SEED, size=SIZE)
