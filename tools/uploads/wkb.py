"""Polygons of well-known binary (OGC 06-103r4, ISO and EWKB flags), without recursion.

A general reader recurses into nested collections as deep as the bytes say, which overflows the
stack; only polygons and multi-polygons of polygons are read here.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from .shapes import Coordinates, PolygonBuilder, refused

_POLYGON: Final = 3
_MULTI_POLYGON: Final = 6
_NO_AREA: Final = frozenset((1, 2, 4, 5))
_EWKB_Z: Final = 0x80000000
_EWKB_M: Final = 0x40000000
_DAMAGED: Final = "has damaged geometry; write the file again"


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.order = "<"

    def header(self) -> tuple[int, int]:
        """Return the geometry type without dimensions, and the numbers in a position."""
        if self.at >= len(self.data):
            raise refused(_DAMAGED)
        self.order = "<" if self.data[self.at] == 1 else ">"
        self.at += 1
        code = self.count()
        size = 2 + bool(code & _EWKB_Z) + bool(code & _EWKB_M)
        iso, kind = divmod(code & 0x0FFFFFFF, 1000)
        return kind, max(size, {0: 2, 1: 3, 2: 3, 3: 4}.get(iso, 2))

    def count(self) -> int:
        if self.at + 4 > len(self.data):
            raise refused(_DAMAGED)
        (number,) = struct.unpack_from(f"{self.order}I", self.data, self.at)
        self.at += 4
        return int(number)

    def ring(self, size: int) -> Coordinates:
        count = self.count()
        if count * size * 8 > len(self.data) - self.at:
            raise refused(_DAMAGED)
        kind = f"{self.order}f8"
        numbers = np.frombuffer(self.data, kind, count * size, self.at)
        self.at += count * size * 8
        return numbers.reshape(count, size)[:, :2].astype(np.float64)

    def polygon(self, size: int) -> list[Coordinates]:
        rings = self.count()
        # An empty ring takes four bytes: a count that the bytes cannot hold is a lie.
        if rings * 4 > len(self.data) - self.at:
            raise refused(_DAMAGED)
        return [self.ring(size) for _ in range(rings)]


def add_wkb(builder: PolygonBuilder, data: bytes) -> None:
    """Add the polygons of one geometry; points and lines are counted as skipped."""
    reader = _Reader(data)
    kind, size = reader.header()
    if kind == _POLYGON:
        builder.add(reader.polygon(size))
    elif kind == _MULTI_POLYGON:
        for _ in range(reader.count()):
            kind, size = reader.header()
            if kind != _POLYGON:
                raise refused(_DAMAGED)
            builder.add(reader.polygon(size))
    elif kind in _NO_AREA:
        builder.skipped += 1
    else:
        raise refused("has curves or nested collections; convert them to polygons")
