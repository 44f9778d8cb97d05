"""The tools there are: a tuple to read, and entry points for third parties."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from .answer import REPORT_VALUE
from .compare import COMPARE_VALUES
from .errors import UsageError
from .geo.again import LOAD_OTHER, OTHER_DATES, OTHER_PLACE
from .geo.analysis.composite import MEDIAN_COMPOSITE
from .geo.analysis.histogram import HISTOGRAM_OF
from .geo.analysis.index_by_name import INDEX_OF
from .geo.analysis.mosaic import MOSAIC_SCENES
from .geo.analysis.percentiles import PERCENTILE_OF
from .geo.analysis.summarise import SUMMARISE_RASTER
from .geo.analysis.threshold import MASK_WHERE
from .geo.analysis.trend import INDEX_SERIES, TREND_OF
from .geo.areas.box import BBOX_AOI
from .geo.areas.drawn import DRAWN_AOI
from .geo.areas.part import PART_OF_AOI
from .geo.areas.point import BUFFER_POINT, POINT_AOI
from .geo.areas.upload import FILE_AOI
from .geo.change_over import CHANGE_OVER, CHANGED_AREA
from .geo.dates import ALL_DATES, FIND_DATES
from .geo.export import EXPORT_LAYER
from .geo.indices import SPECTRAL_INDEX
from .geo.open_data import OPEN_FEATURES, OPEN_SURFACE
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
from .geo.vectors.nearness import NEAREST_FEATURES
from .geo.zonal import AREA_WHERE, ZONAL_STATS
from .spec import ToolSpec

ENTRY_POINT_GROUP = "terragate.tools"

TOOLS: tuple[ToolSpec, ...] = (
    FIND_PLACE,
    WHOLE_ARCHIVE,
    BBOX_AOI,
    POINT_AOI,
    BUFFER_POINT,
    DRAWN_AOI,
    FILE_AOI,
    BUFFER_AOI,
    PART_OF_AOI,
    OTHER_PLACE,
    FIND_DATES,
    ALL_DATES,
    OTHER_DATES,
    SEARCH_SCENES,
    LOAD_FEATURES,
    LOAD_OTHER,
    OPEN_SURFACE,
    OPEN_FEATURES,
    COUNT_FEATURES,
    COUNT_SCENES,
    FILTER_FEATURES,
    BUFFER_FEATURES,
    JOIN_FEATURES,
    NEAREST_FEATURES,
    SPECTRAL_INDEX,
    CHANGE_OVER,
    CHANGED_AREA,
    INDEX_SERIES,
    TREND_OF,
    INDEX_OF,
    MOSAIC_SCENES,
    MEDIAN_COMPOSITE,
    PERCENTILE_OF,
    HISTOGRAM_OF,
    SUMMARISE_RASTER,
    MASK_WHERE,
    ZONAL_STATS,
    AREA_WHERE,
    SHOW_MAP,
    ZOOM_MAP,
    QUICK_LOOK,
    EXPORT_LAYER,
    COMPARE_VALUES,
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
