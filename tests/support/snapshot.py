"""Compare a text with the one on file; TERRAGATE_REFRESH=1 writes the file anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "surface" / "snapshots"


def matches(name: str, text: str) -> None:
    path = FOLDER / name
    if os.environ.get("TERRAGATE_REFRESH"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    known = path.read_text("utf-8") if path.exists() else ""
    assert text == known, (
        f"{name} changed; if that is meant: TERRAGATE_REFRESH=1 pytest tests/surface"
    )
