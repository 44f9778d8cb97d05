"""How the classes of a raster become colours: published ones where the legend is a published one.

Sources: ESA WorldCover, Product User Manual of v100 and v200, which have one legend; Dynamic World,
palette of `GOOGLE/DYNAMICWORLD/V1` (Brown et al. 2022); NLCD, MRLC's Class Legend and Description.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from bokeh.palettes import Category20_20

from ..detection.class_table import STANDARDS, ClassTable, Standard
from ..raster import Pixels
from .scale import Colours, colour_table

OTHER: Final = "#9aa5ab"
OTHER_NAME: Final = "other classes"
MOST_NAMED: Final = 20
_LONGEST: Final = 60
# The strong colours before their paler twins, which stand next to each other there.
_OWN: Final = (*Category20_20[::2], *Category20_20[1::2])

PUBLISHED: Final[Mapping[Standard, Mapping[int, str]]] = {
    "esa-worldcover": {
        10: "#006400",
        20: "#ffbb22",
        30: "#ffff4c",
        40: "#f096ff",
        50: "#fa0000",
        60: "#b4b4b4",
        70: "#f0f0f0",
        80: "#0064c8",
        90: "#0096a0",
        95: "#00cf75",
        100: "#fae6a0",
    },
    "dynamic-world": {
        0: "#419bdf",
        1: "#397d49",
        2: "#88b053",
        3: "#7a87c6",
        4: "#e49635",
        5: "#dfc35a",
        6: "#c4281b",
        7: "#a59b8f",
        8: "#b39fe1",
    },
    "nlcd": {
        11: "#466b9f",
        12: "#d1def8",
        21: "#dec5c5",
        22: "#d99282",
        23: "#eb0000",
        24: "#ab0000",
        31: "#b3ac9f",
        41: "#68ab5f",
        42: "#1c5f2c",
        43: "#b5c58f",
        52: "#ccb879",
        71: "#dfdfc2",
        81: "#dcd939",
        82: "#ab6c28",
        90: "#b8d9eb",
        95: "#6c9fb8",
    },
}


class ClassEntry(NamedTuple):
    """One line of a legend."""

    code: int
    name: str
    colour: str


class ClassScale(NamedTuple):
    """The classes that occur in a raster, by code, with their colours; `label` is what they are.

    `more` says that rarer classes occur too, which share one colour.
    """

    label: str
    entries: tuple[ClassEntry, ...]
    more: bool = False

    def colours(self, pixels: Pixels) -> Colours:
        """Return (row, column, 4) colours; pixels without data are transparent."""
        codes = np.array([entry.code for entry in self.entries])
        table = colour_table([*(entry.colour for entry in self.entries), OTHER])
        valid = np.isfinite(pixels)
        values = np.where(valid, pixels, codes[0])
        place = np.clip(np.searchsorted(codes, values), 0, len(codes) - 1)
        place = np.where(codes[place] == values, place, len(codes))
        return np.dstack([table[place], np.where(valid, 255, 0).astype(np.uint8)])

    def legend(self) -> tuple[tuple[str, str], ...]:
        """Return name and colour of every line of the legend."""
        named = tuple((entry.name, entry.colour) for entry in self.entries)
        return (*named, (OTHER_NAME, OTHER)) if self.more else named


def class_scale(label: str, table: ClassTable, rasters: Sequence[Pixels]) -> ClassScale | None:
    """Return the scale of class rasters, or nothing when the pixels are no class codes."""
    valid = np.concatenate([pixels[np.isfinite(pixels)] for pixels in rasters])
    if not valid.size or (valid != np.round(valid)).any():
        return None
    found, counts = np.unique(valid.astype(np.int64), return_counts=True)
    kept = found[np.argsort(-counts, kind="stable")][:MOST_NAMED]
    colours = _colours(table, sorted(int(code) for code in found))
    entries = tuple(
        ClassEntry(code, table.get(code, f"code {code}")[:_LONGEST], colours[code])
        for code in sorted(int(code) for code in kept)
    )
    return ClassScale(label, entries, more=len(found) > len(kept))


def _colours(table: ClassTable, found: Sequence[int]) -> dict[int, str]:
    """Return a colour for each code: the published one, else the next of a palette by code."""
    for standard, names in STANDARDS.items():
        if table and all(names.get(code) == name for code, name in table.items()):
            return {code: PUBLISHED[standard].get(code, OTHER) for code in found}
    # By the table and not by what occurs, so that a class has one colour in every picture.
    order = {code: place for place, code in enumerate(sorted({*table, *found}))}
    return {code: _OWN[order[code] % len(_OWN)] for code in found}
