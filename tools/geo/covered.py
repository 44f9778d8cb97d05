"""What a person is told when the data does not cover all of the area."""

from __future__ import annotations

from typing import Final

MIN_SHARE_NOTED: Final = 0.995


def covered_notes(share: float) -> tuple[str, ...]:
    """Return the caveat for a share in [0, 1] of an area that valid pixels cover, if it is one."""
    if share >= MIN_SHARE_NOTED:
        return ()
    said = f"only {share:.1%}" if share >= 0.001 else "less than 0.1%"
    return (f"{said} of the area has valid pixels; the rest is cloud or no data",)
