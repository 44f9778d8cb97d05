"""What kind of place a slot holds, and so which sections of the grammar say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..task import Slots
    from .frames import Shape

_WORDED = re.compile(r"\b(bbox|box|rectangle|extent|bounds|point|coordinates?|position)\b", re.I)


def shape_of(slots: Slots) -> Shape:
    """Return which frames the place fits into."""
    if slots.place_kind != "name":
        return "coordinates"
    return "bent" if slots.distance is not None or slots.part is not None else "name"


def _preposition(slots: Slots) -> str:
    """Return what the place is the place of: images, an index or objects."""
    if slots.family == "fetch" or (slots.family == "plot" and slots.category is None):
        return "img"
    if slots.family in ("change", "changed_area", "trend"):
        return "long"
    return "idx" if slots.family in ("index", "zonal") else "obj"


def _whole_sections(slots: Slots) -> dict[str, str]:
    """Return the sections for a place without a part."""
    kind = slots.place_kind
    of = _preposition(slots)
    found = {"pl": f"pl.{kind}", "prep": f"prep.{of}", "prep.point": f"prep.point.{of}"}
    if kind == "name":
        found |= {"spot": "spot.plain", "where": f"where.{of}", "key.place": "key.place.plain"}
        found["whole"] = "whole.name"
    else:
        found |= {part: f"{part}.{kind}" for part in ("spot", "where", "key.place", "whole")}
        if _WORDED.search(slots.place or ""):
            found |= {part: f"{part}.{kind}.worded" for part in ("where", "pl")}
            found["key.place"] = "key.place.worded"
            found |= {"whole": "whole.bbox.worded"} if kind == "bbox" else {}
    if slots.distance is not None:
        found |= {"spot": "spot.far", "where": "where.far", "key.place": "key.place.far"}
        found["whole"] = "whole.far"
    return found


def place_sections(slots: Slots, *, apart: bool) -> dict[str, str]:
    """Return the sections for saying where; `apart` when the part is said away from the place."""
    found = _whole_sections(slots)
    if slots.part is None:
        return found
    found |= {f"{part}": f"{part}.{slots.part}" for part in ("dir", "ern", "full", "half.other")}
    if apart:
        return found
    of_name = ".name" if slots.place_kind == "name" and slots.distance is None else ""
    found |= {"where.whole": found["where"], "key.place.whole": found["key.place"]}
    found |= {"spot": f"spot.part{of_name}", "where": f"where.part{of_name}"}
    return found | {"key.place": "key.place.part"}
