"""Geo-OLM: a state machine carries the progress, the model only makes the next tool call.

Source of the idea: Geo-OLM, arXiv 2504.04319. Ours differs in that the machine, not the model,
keeps the current state, and that each choice is decoded under a schema built from live state.
"""

from __future__ import annotations

from ..spec import (
    Always,
    Ambiguous,
    Choice,
    Condition,
    Done,
    EmptyResult,
    End,
    Exit,
    Stage,
    ToolFailed,
    WorkflowSpec,
)

__all__ = ["stateful"]

CLARIFY = End(end="clarify")
ANSWERED = End(end="answered")
CHECKED = ("preconditions", "geometry")


def stateful() -> WorkflowSpec:
    """Return place → near → time → search → analyse → present → answer."""
    return WorkflowSpec(
        name="stateful",
        version="1",
        summary="State machine: each stage shows the model only its own few tools (Geo-OLM).",
        entry="place",
        stages=(*_where_and_when(), _search(), _analyse(), _present(), _answer()),
    )


def _exit(when: Condition, to: str | End) -> Exit:
    return Exit(when=when, to=to if isinstance(to, End) else (to,))


def _chose(tool: str, to: str | End) -> Exit:
    return _exit(Choice(field="tool", equals=tool), to)


def _where_and_when() -> tuple[Stage, ...]:
    place = Stage(
        name="place",
        objective="find the place the question is about; the whole archive when it names none",
        tools=("find_place", "whole_archive"),
        verifiers=("geometry",),
        exits=(
            _exit(Ambiguous(), CLARIFY),
            _exit(ToolFailed(error="not_found"), "place_again"),
            _exit(Always(), "near"),
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
            _exit(Ambiguous(), CLARIFY),
            _exit(ToolFailed(), CLARIFY),
            _exit(Done(), CLARIFY),
            _exit(Always(), "near"),
        ),
        on_overrun=CLARIFY,
    )
    near = Stage(
        name="near",
        objective="widen the area when the question says within a distance of the place",
        tools=("buffer_aoi",),
        verifiers=("geometry",),
        controls=("done",),
        exits=(_exit(ToolFailed(), CLARIFY), _exit(Always(), "time")),
    )
    time = Stage(
        name="time",
        objective="find the dates the question is about; all dates when it names none",
        tools=("find_dates", "all_dates"),
        exits=(_exit(ToolFailed(), CLARIFY), _exit(Always(), "search")),
        on_overrun=CLARIFY,
    )
    return place, place_again, near, time


def _search() -> Stage:
    return Stage(
        name="search",
        objective="load the data the question needs: scenes for imagery and indices, features for "
        "objects and land cover; done when it needs none; refuse what no tool here can answer",
        tools=("search_scenes", "load_features"),
        verifiers=("geometry",),
        controls=("done", "refuse"),
        exits=(
            _chose("refuse", End(end="refused")),
            _exit(Ambiguous(), CLARIFY),
            _exit(ToolFailed(error="not_found"), CLARIFY),
            _exit(EmptyResult(), ANSWERED),
            _exit(Done(), "present"),
            _exit(ToolFailed(), End(end="failed")),
            _exit(Always(), "analyse"),
        ),
        on_overrun=CLARIFY,
    )


def _analyse() -> Stage:
    return Stage(
        name="analyse",
        objective="compute what the question asks for; done when it asks for no more",
        tools=("count_features", "count_scenes", "spectral_index", "zonal_stats", "area_where"),
        verifiers=CHECKED,
        controls=("done",),
        max_steps=6,
        exits=(
            _exit(Done(), "present"),
            _exit(ToolFailed(), End(end="failed")),
            *(
                _chose(tool, "present")
                for tool in ("count_features", "count_scenes", "zonal_stats", "area_where")
            ),
        ),
    )


def _present() -> Stage:
    return Stage(
        name="present",
        objective="make the map, picture or file that is asked for; done when no more is asked for",
        tools=("show_map", "zoom_map", "quick_look", "export_layer"),
        controls=("done",),
        max_steps=4,
        exits=(_exit(ToolFailed(), End(end="failed")), _exit(Done(), "answer")),
        on_overrun=("answer",),
    )


def _answer() -> Stage:
    return Stage(
        name="answer",
        objective="name the computed value that answers the question",
        tools=("report_value",),
        exits=(_exit(Always(), ANSWERED),),
    )
