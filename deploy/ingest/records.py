"""Rows on their way from a download to a table, and what could not become one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

MAX_KEPT_PROBLEMS: Final = 100
MAX_DEPTH: Final = 6

Point = tuple[float, float]


class Problem(NamedTuple):
    """A record that was left out: the file it is in, and why."""

    file: str
    reason: str


@dataclass
class Parsed:
    """What some inputs gave; a row's `ring` or `point` is in longitude and latitude."""

    images: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    labels: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    problems: list[Problem] = field(default_factory=list[Problem])
    skipped: int = 0

    def skip(self, file: str, reason: str) -> None:
        """Count a record that is left out; the first reasons are kept."""
        self.skipped += 1
        if len(self.problems) < MAX_KEPT_PROBLEMS:
            self.problems.append(Problem(printable(file), printable(reason)))

    def add(self, other: Parsed) -> None:
        """Take over the rows and problems of another part."""
        self.images += other.images
        self.labels += other.labels
        self.problems = (self.problems + other.problems)[:MAX_KEPT_PROBLEMS]
        self.skipped += other.skipped

    def plain(self) -> dict[str, Any]:
        """Return the JSON-plain content."""
        return asdict(self)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """Return what `plain` was made of."""
        problems = [Problem(*pair) for pair in plain["problems"]]
        return cls(plain["images"], plain["labels"], problems, int(plain["skipped"]))


def printable(text: str) -> str:
    """Return data for a terminal: cut, and without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)[:300]


def on_earth(ring: Sequence[Point]) -> bool:
    """Return whether all points are finite longitudes and latitudes in degrees."""
    return all(
        math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90
        for lon, lat in ring
    )


def walk(root: Path, depth: int = 0) -> Iterator[Path]:
    """Yield the files below a folder in order; links and folders deeper than six are left out."""
    for path in sorted(root.iterdir()):
        if path.is_symlink():
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and depth < MAX_DEPTH:
            yield from walk(path, depth + 1)
