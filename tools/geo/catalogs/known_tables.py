"""How a table of dated, classed rows is described, and the published ones known by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from ..catalog import CollectionInfo
from ..stac_json import PLAIN_NAME, bad_file
from ..table_file import TableFile

ASSUMED_DATES: Final = "Assumed dates"
_DAY: Final = timedelta(days=1)
_DEFAULTS_FIRST: Final = ("sentinel-2", "xview1", "fair1m", "bigearthnet")
_KNOWN_TABLES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "xview1_labels": ("xview1", ("xView", "xView1")),
    "fair1m_labels": ("fair1m", ("FAIR1M", "FAIR-1M")),
    "ben_lcc": ("bigearthnet", ("BigEarthNet", "land cover")),
}


def table_id(layer: str) -> str:
    """Return the id of the collection that a layer holds."""
    return _KNOWN_TABLES.get(layer, (layer, ()))[0]


def table_info(
    name: str, table: TableFile, kind: Literal["detections", "landcover"] | None = None
) -> CollectionInfo:
    """Describe a table; without a stated kind, rows with a box are detections."""
    boxed = table.polygons or "xmin" in table.columns
    first, last = table.days
    if not re.fullmatch(PLAIN_NAME, name):
        raise bad_file(table.path, f"has a layer called {name!r}; rename it in plain letters")
    about = table.description.lower()
    assumed = (f"the dates of {name} are assumed: the data set publishes none",)
    return CollectionInfo(
        id=name,
        title=name,
        kind=kind or ("detections" if boxed else "landcover"),
        aliases=_KNOWN_TABLES.get(table.layer, ("", ()))[1],
        bbox=table.bbox,
        start=first,
        end=last + _DAY,
        classes=table.classes,
        synthetic=about.startswith("synthetic"),
        notes=assumed if about.startswith(ASSUMED_DATES.lower()) else (),
    )


def rank(info: CollectionInfo) -> int:
    """Return the place of a collection: the known ones are the defaults of their kind."""
    known = info.id in _DEFAULTS_FIRST
    return _DEFAULTS_FIRST.index(info.id) if known else len(_DEFAULTS_FIRST)
