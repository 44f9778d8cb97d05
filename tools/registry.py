"""The tools there are: a tuple to read, and entry points for third parties."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from .answer import REPORT_VALUE
from .errors import UsageError
from .geo.dates import ALL_DATES, FIND_DATES
from .geo.export import EXPORT_LAYER
from .geo.indices import SPECTRAL_INDEX
from .geo.place import BUFFER_AOI, FIND_PLACE, WHOLE_ARCHIVE
from .geo.present import QUICK_LOOK, SHOW_MAP, ZOOM_MAP
from .geo.search import LOAD_FEATURES, SEARCH_SCENES
from .geo.vector import (
    BUFFER_FEATURES,
    COUNT_FEATURES,
    COUNT_SCENES,
    FILTER_FEATURES,
    JOIN_FEATURES,
)
from .geo.zonal import AREA_WHERE, ZONAL_STATS
from .spec import ToolSpec

ENTRY_POINT_GROUP = "terragate.tools"

TOOLS: tuple[ToolSpec, ...] = (
    FIND_PLACE,
    WHOLE_ARCHIVE,
    BUFFER_AOI,
    FIND_DATES,
    ALL_DATES,
    SEARCH_SCENES,
    LOAD_FEATURES,
    COUNT_FEATURES,
    COUNT_SCENES,
    FILTER_FEATURES,
    BUFFER_FEATURES,
    JOIN_FEATURES,
    SPECTRAL_INDEX,
    ZONAL_STATS,
    AREA_WHERE,
    SHOW_MAP,
    ZOOM_MAP,
    QUICK_LOOK,
    EXPORT_LAYER,
    REPORT_VALUE,
)


@cache
def tools() -> tuple[ToolSpec, ...]:
    """Return our tools and those of third parties; a third party cannot replace one of ours."""
    ours = {tool.name for tool in TOOLS}
    theirs = (point.load() for point in entry_points(group=ENTRY_POINT_GROUP))
    return (*TOOLS, *(tool for tool in theirs if tool.name not in ours))


def find_tool(name: str) -> ToolSpec:
    """Return the tool of that name; UsageError lists the names there are."""
    known = {tool.name: tool for tool in tools()}
    if name not in known:
        raise UsageError(f"no tool {name!r}; choose one of {sorted(known)}")
    return known[name]
