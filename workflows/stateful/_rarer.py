"""The rarer tools, behind the door `more` of a stage: there is no need to show them each time."""

from __future__ import annotations

from ..spec import Done, Exit, Stage, ToolFailed
from ._exits import FAILED, chose, when

CHECKED = ("preconditions", "geometry")


def rarer_stages() -> tuple[Stage, ...]:
    """Return the stages behind the doors; each goes on until `done`."""
    return (
        _stage(
            "imagery_more",
            "make a raster of several scenes or of a rarer index, or find objects with a detector; "
            "done when it is made",
            (
                "index_of",
                "mosaic_scenes",
                "median_composite",
                "classify_landcover",
                "detect_objects",
            ),
            chose("detect_objects", "objects"),
            to="pixels",
        ),
        *_of_pixels(),
        *_of_objects(),
        _stage(
            "present_more",
            "make the chart or table that is asked for; done when it is made",
            ("choropleth_map", "swipe_map", "chart_series", "chart_histogram", "table_csv"),
            to="answer",
        ),
    )


def _of_pixels() -> tuple[Stage, ...]:
    return (
        _stage(
            "pixels_more",
            "describe the pixels of the raster; done when that is computed",
            (
                "percentile_of",
                "histogram_of",
                "summarise_raster",
                "mask_where",
                "open_features",
                "zonal_by_feature",
            ),
            to="next",
            further="terrain",
        ),
        _stage(
            "terrain",
            "derive slope, aspect, shade or heights of a surface, or read it at points or along a "
            "line; done when that is computed",
            (
                "open_surface",
                "height_difference",
                "slope_of",
                "aspect_of",
                "hillshade_of",
                "sample_points",
                "profile_along",
            ),
            to="pixels",
            further="raster_pairs",
        ),
        _stage(
            "raster_pairs",
            "compare the two newest rasters, or measure the classes of one; done when computed",
            (
                "change_between",
                "changed_area",
                "loss_area",
                "cover_change",
                "landcover_area",
                "landcover_shares",
            ),
            to="next",
        ),
    )


def _of_objects() -> tuple[Stage, ...]:
    return (
        _stage(
            "objects_more",
            "choose among the features by a column, a distance or what they touch, or measure "
            "them; done when that is done",
            (
                "filter_where",
                "sort_top",
                "open_features",
                "nearest_features",
                "within_distance",
                "within_distance_of_area",
                "count_touching",
                "measure_area",
            ),
            to="next",
            further="layers",
        ),
        _stage(
            "layers",
            "overlay or join the two newest layers of features; done when that is done",
            (
                "overlay_features",
                "join_features",
                "join_attributes",
                "join_statistics",
                "count_in_polygons",
                "dissolve_features",
            ),
            to="next",
            further="shapes",
        ),
        _stage(
            "shapes",
            "change or measure the shapes of the features; done when that is done",
            (
                "filter_features",
                "buffer_features",
                "measure_length",
                "simplify_features",
                "repair_geometries",
                "centroid_features",
                "convex_hull",
            ),
            to="next",
        ),
    )


def _stage(
    name: str,
    objective: str,
    tools: tuple[str, ...],
    *exits: Exit,
    to: str,
    further: str | None = None,
) -> Stage:
    """Return a stage behind a door; `further` is the stage behind its own door, if it has one."""
    doors = (chose("more", further),) if further else ()
    return Stage(
        name=name,
        objective=objective,
        tools=tools,
        verifiers=CHECKED,
        controls=("done", "more") if further else ("done",),
        max_steps=6,
        exits=(when(ToolFailed(), FAILED), *doors, *exits, when(Done(), to)),
        on_overrun=(to,),
    )
