"""The tools there are: a tuple to read, and entry points for third parties."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from .answer import REPORT_VALUE
from .compare import COMPARE_VALUES
from .errors import UsageError
from .geo.again import LOAD_OTHER, OTHER_DATES, OTHER_PLACE
from .geo.analysis.change import CHANGE_BETWEEN, CHANGED_AREA
from .geo.analysis.change_cover import COVER_CHANGE, LOSS_AREA
from .geo.analysis.change_over import CHANGE_OVER
from .geo.analysis.composite import MEDIAN_COMPOSITE
from .geo.analysis.histogram import HISTOGRAM_OF
from .geo.analysis.index_by_name import INDEX_OF, SPECTRAL_INDEX
from .geo.analysis.mosaic import MOSAIC_SCENES
from .geo.analysis.percentiles import PERCENTILE_OF
from .geo.analysis.profile_line import PROFILE_ALONG, PROFILE_BETWEEN
from .geo.analysis.sample import SAMPLE_POINTS
from .geo.analysis.summarise import SUMMARISE_RASTER
from .geo.analysis.terrain import ASPECT_OF, HEIGHT_DIFFERENCE, HILLSHADE_OF, SLOPE_OF
from .geo.analysis.threshold import MASK_BETWEEN, MASK_WHERE
from .geo.analysis.trend import INDEX_SERIES, TREND_OF
from .geo.analysis.zones import ZONAL_BY_COVERAGE, ZONAL_BY_FEATURE
from .geo.areas.box import BBOX_AOI
from .geo.areas.drawn import DRAWN_AOI
from .geo.areas.part import PART_OF_AOI
from .geo.areas.point import BUFFER_POINT, POINT_AOI
from .geo.areas.upload import FILE_AOI
from .geo.charts.choropleth import CHOROPLETH_MAP
from .geo.charts.histogram import CHART_HISTOGRAM
from .geo.charts.series import CHART_SERIES
from .geo.charts.swipe import SWIPE_MAP
from .geo.charts.table import TABLE_CSV
from .geo.dates import ALL_DATES, FIND_DATES
from .geo.detection.class_area import LANDCOVER_AREA, LANDCOVER_SHARES
from .geo.detection.detect import DETECT_OBJECTS, FILTER_BY_SCORE
from .geo.detection.landcover import CLASSIFY_LANDCOVER
from .geo.export import EXPORT_LAYER
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
from .geo.vectors.centres import CENTROID_FEATURES, CONVEX_HULL
from .geo.vectors.dissolve import DISSOLVE_FEATURES, MERGE_FEATURES
from .geo.vectors.joins import COUNT_IN_POLYGONS, JOIN_ATTRIBUTES, JOIN_STATISTICS
from .geo.vectors.measure import MEASURE_AREA, MEASURE_LENGTH
from .geo.vectors.nearness import NEAREST_FEATURES, WITHIN_DISTANCE, WITHIN_DISTANCE_OF_AREA
from .geo.vectors.overlay import OVERLAY_FEATURES
from .geo.vectors.repair import REPAIR_GEOMETRIES
from .geo.vectors.selection import FILTER_WHERE, PICK_EXTREME, SORT_TOP
from .geo.vectors.thinning import SIMPLIFY_FEATURES
from .geo.vectors.touching import COUNT_TOUCHING, COUNT_TOUCHING_FEATURES
from .geo.zonal import AREA_WHERE, ZONAL_STATS
from .spec import ToolSpec

ENTRY_POINT_GROUP = "terragate.tools"

TOOLS: tuple[ToolSpec, ...] = (
    # where and when
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
    # data
    SEARCH_SCENES,
    LOAD_FEATURES,
    LOAD_OTHER,
    OPEN_SURFACE,
    OPEN_FEATURES,
    DETECT_OBJECTS,
    FILTER_BY_SCORE,
    # features
    COUNT_FEATURES,
    COUNT_SCENES,
    FILTER_FEATURES,
    FILTER_WHERE,
    SORT_TOP,
    PICK_EXTREME,
    BUFFER_FEATURES,
    JOIN_FEATURES,
    NEAREST_FEATURES,
    WITHIN_DISTANCE,
    WITHIN_DISTANCE_OF_AREA,
    COUNT_TOUCHING,
    COUNT_TOUCHING_FEATURES,
    OVERLAY_FEATURES,
    DISSOLVE_FEATURES,
    MERGE_FEATURES,
    JOIN_ATTRIBUTES,
    JOIN_STATISTICS,
    COUNT_IN_POLYGONS,
    MEASURE_AREA,
    MEASURE_LENGTH,
    SIMPLIFY_FEATURES,
    REPAIR_GEOMETRIES,
    CENTROID_FEATURES,
    CONVEX_HULL,
    # rasters
    SPECTRAL_INDEX,
    INDEX_OF,
    MOSAIC_SCENES,
    MEDIAN_COMPOSITE,
    CHANGE_OVER,
    CHANGED_AREA,
    CHANGE_BETWEEN,
    LOSS_AREA,
    COVER_CHANGE,
    INDEX_SERIES,
    TREND_OF,
    ZONAL_STATS,
    AREA_WHERE,
    ZONAL_BY_FEATURE,
    ZONAL_BY_COVERAGE,
    SUMMARISE_RASTER,
    PERCENTILE_OF,
    HISTOGRAM_OF,
    MASK_WHERE,
    MASK_BETWEEN,
    SLOPE_OF,
    ASPECT_OF,
    HILLSHADE_OF,
    HEIGHT_DIFFERENCE,
    SAMPLE_POINTS,
    PROFILE_ALONG,
    PROFILE_BETWEEN,
    CLASSIFY_LANDCOVER,
    LANDCOVER_AREA,
    LANDCOVER_SHARES,
    # presentation and answer
    SHOW_MAP,
    ZOOM_MAP,
    QUICK_LOOK,
    EXPORT_LAYER,
    CHOROPLETH_MAP,
    SWIPE_MAP,
    CHART_SERIES,
    CHART_HISTOGRAM,
    TABLE_CSV,
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
