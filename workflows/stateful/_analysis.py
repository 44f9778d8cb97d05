"""The stages that compute: one per kind of data, with its usual tools and a door to the rest."""

from __future__ import annotations

from ..spec import Always, Control, Done, EmptyResult, Exit, Stage, ToolFailed
from ._exits import FAILED, chose, when

CHECKED = ("preconditions", "geometry")


def analysis_stages() -> tuple[Stage, ...]:
    """Return the stages for imagery, pixels, changes, series and objects."""
    return (
        _stage(
            "imagery",
            "count the scenes, or compute the index, its change from the beginning to the end of "
            "the period, or its series over the dates; done when the scenes are what is asked for",
            ("count_scenes", "spectral_index", "change_over", "index_series"),
            chose("count_scenes", "next"),
            chose("spectral_index", "pixels"),
            chose("change_over", "changes"),
            chose("index_series", "series"),
            chose("more", "imagery_more"),
            controls=("done", "more"),
        ),
        _stage(
            "pixels",
            "take the statistic or measure the area the question asks for; done when it asks for "
            "the raster itself",
            ("zonal_stats", "area_where"),
            chose("more", "pixels_more"),
            when(Always(), "next"),
            controls=("done", "more"),
        ),
        _stage(
            "changes",
            "measure the area that lost or gained more than a number, when asked for; else done",
            ("changed_area",),
            when(Always(), "next"),
        ),
        _stage(
            "series",
            "compute the trend when the question asks for it; else done",
            ("trend_of",),
            when(Always(), "next"),
        ),
        _stage(
            "objects",
            "count the features, or load the other class and find the nearest; done when the "
            "features themselves are asked for",
            ("count_features", "load_other", "nearest_features"),
            chose("count_features", "next"),
            chose("nearest_features", "next"),
            chose("more", "objects_more"),
            controls=("done", "more"),
        ),
    )


def _stage(
    name: str,
    objective: str,
    tools: tuple[str, ...],
    *exits: Exit,
    controls: tuple[Control, ...] = ("done",),
) -> Stage:
    return Stage(
        name=name,
        objective=objective,
        tools=tools,
        verifiers=CHECKED,
        controls=controls,
        max_steps=4,
        exits=(
            when(Done(), "next"),
            when(EmptyResult(), "nothing"),
            when(ToolFailed(), FAILED),
            *exits,
        ),
    )
