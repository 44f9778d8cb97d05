"""Geo-OLM: a state machine carries the progress, the model only makes the next tool call.

Source of the idea: Geo-OLM, arXiv 2504.04319. Ours differs in that the machine, not the model,
keeps the current state, and that each choice is decoded under a schema built from live state.
"""

from __future__ import annotations

from ..spec import (
    Always,
    Ambiguous,
    Budget,
    Done,
    EmptyResult,
    End,
    Stage,
    ToolFailed,
    WorkflowSpec,
)
from ._analysis import analysis_stages
from ._exits import ANSWERED, CLARIFY, FAILED, chose, when
from ._rarer import rarer_stages

__all__ = ["stateful"]

COMPARING = ("compare_values", "other_dates", "other_place", "load_other")


def stateful() -> WorkflowSpec:
    """Return where → when → search → a stage per kind of data → next → present → answer."""
    return WorkflowSpec(
        name="stateful",
        version="2",
        summary="State machine: each stage shows the model only its own few tools (Geo-OLM).",
        entry="place",
        stages=(
            *_where_and_when(),
            _search(),
            *analysis_stages(),
            *rarer_stages(),
            *_next(),
            _present(),
            _answer(),
        ),
        # Comparisons go round, so the budget must be said.
        budget=Budget(model_calls=40),
    )


def _where_and_when() -> tuple[Stage, ...]:
    place = Stage(
        name="place",
        objective="find the area the question is about; the whole archive when it names none",
        tools=(
            "find_place",
            "bbox_aoi",
            "point_aoi",
            "buffer_point",
            "drawn_aoi",
            "file_aoi",
            "whole_archive",
        ),
        verifiers=("geometry",),
        exits=(
            when(Ambiguous(), CLARIFY),
            when(ToolFailed(error="not_found"), "place_again"),
            when(Always(), "near"),
        ),
        on_overrun=CLARIFY,
    )
    # The span that was not found is no longer on offer; with none left the person is asked.
    place_again = Stage(
        name="place_again",
        objective="the first reading is no known place; choose another one from the question",
        tools=("find_place",),
        verifiers=("geometry",),
        exits=(
            when(Ambiguous(), CLARIFY),
            when(ToolFailed(), CLARIFY),
            when(Done(), CLARIFY),
            when(Always(), "near"),
        ),
        on_overrun=CLARIFY,
    )
    near = Stage(
        name="near",
        objective="widen the area when the question says within a distance of the place; take a "
        "part of it when it says the north, south, east or west of it",
        tools=("buffer_aoi", "part_of_aoi"),
        verifiers=("geometry",),
        controls=("done",),
        exits=(when(ToolFailed(), CLARIFY), when(Always(), "time")),
    )
    time = Stage(
        name="time",
        objective="find the dates the question is about; all dates when it names none",
        tools=("find_dates", "all_dates"),
        exits=(when(ToolFailed(), CLARIFY), when(Always(), "search")),
        on_overrun=CLARIFY,
    )
    return place, place_again, near, time


def _search() -> Stage:
    return Stage(
        name="search",
        objective="load the data the question needs: scenes for imagery and indices, features for "
        "objects and land cover; done when it needs none; refuse what no tool here can answer",
        tools=("search_scenes", "load_features", "open_surface", "open_features"),
        verifiers=("geometry",),
        controls=("done", "refuse"),
        exits=(
            chose("refuse", End(end="refused")),
            when(Ambiguous(), CLARIFY),
            when(ToolFailed(error="not_found"), CLARIFY),
            when(EmptyResult(), "nothing"),
            when(Done(), "present"),
            when(ToolFailed(), FAILED),
            chose("search_scenes", "imagery"),
            chose("open_surface", "pixels"),
            when(Always(), "objects"),
        ),
        on_overrun=CLARIFY,
    )


def _next() -> tuple[Stage, Stage]:
    """Return where a comparison goes on; after an empty search an answer stands unless it does."""
    ways = (
        when(Ambiguous(), CLARIFY),
        when(ToolFailed(error="not_found"), CLARIFY),
        when(ToolFailed(), FAILED),
        when(EmptyResult(), "nothing"),
        chose("other_dates", "search"),
        chose("other_place", "search"),
        chose("load_other", "objects"),
        chose("compare_values", "present"),
    )
    usual = Stage(
        name="next",
        objective="a comparison needs the same once more for the other period, place or class of "
        "the question, then the two values compared; done when there is nothing to compare",
        tools=COMPARING,
        verifiers=("geometry",),
        controls=("done",),
        exits=(*ways, when(Done(), "present")),
        on_overrun=("present",),
    )
    nothing = Stage(
        name="nothing",
        objective="nothing was found; go on only when the question compares this with something",
        tools=COMPARING,
        verifiers=("geometry",),
        controls=("done",),
        done_after="compare.open",
        exits=(*ways, when(Done(), ANSWERED)),
        on_overrun=ANSWERED,
    )
    return usual, nothing


def _present() -> Stage:
    return Stage(
        name="present",
        objective="make the map, picture or file that is asked for; done when no more is asked for",
        tools=("show_map", "zoom_map", "quick_look", "export_layer"),
        controls=("done", "more"),
        max_steps=4,
        exits=(
            when(ToolFailed(), FAILED),
            chose("more", "present_more"),
            when(Done(), "answer"),
        ),
        on_overrun=("answer",),
    )


def _answer() -> Stage:
    return Stage(
        name="answer",
        objective="name the computed value that answers the question",
        tools=("report_value",),
        exits=(when(Always(), ANSWERED),),
    )
