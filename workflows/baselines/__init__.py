"""Baselines: structures the families are measured against, with the same tools and model."""

from __future__ import annotations

from ..spec import Always, Budget, Choice, Done, End, Exit, Stage, WorkflowSpec

__all__ = ["react", "sequential"]

WHERE = (
    "find_place",
    "bbox_aoi",
    "point_aoi",
    "buffer_point",
    "drawn_aoi",
    "file_aoi",
    "whole_archive",
    "buffer_aoi",
    "part_of_aoi",
)
WHEN = ("find_dates", "all_dates")
DATA = ("search_scenes", "load_features", "open_surface", "open_features")
SECONDS = ("other_place", "other_dates", "load_other")
ANALYSIS = (
    "count_features",
    "count_scenes",
    "spectral_index",
    "zonal_stats",
    "area_where",
    "change_over",
    "changed_area",
    "index_series",
    "trend_of",
    "nearest_features",
    "compare_values",
)
SHOWING = ("show_map", "zoom_map", "quick_look", "export_layer")
TOOLS = (*WHERE, *WHEN, *DATA, *ANALYSIS, *SECONDS, *SHOWING, "report_value")


def react() -> WorkflowSpec:
    """Return one loop over all tools: the model sees every tool and every result at every step."""
    endings = {
        "report_value": "answered",
        "done": "answered",
        "refuse": "refused",
        "clarify": "clarify",
    }
    loop = Stage(
        name="react",
        objective="answer the question one tool call at a time; done when it is answered",
        tools=TOOLS,
        controls=("done", "refuse", "clarify"),
        max_steps=20,
        exits=tuple(
            Exit(when=Choice(field="tool", equals=tool), to=End.model_validate({"end": end}))
            for tool, end in endings.items()
        ),
    )
    return WorkflowSpec(
        name="react",
        version="1",
        summary="Baseline: one loop with all tools on offer (ReAct).",
        entry="react",
        stages=(loop,),
    )


def sequential() -> WorkflowSpec:
    """Return database → analyst → cartographer → answer: each agent is told the whole question.

    The Sequential baseline of GeoFlow (arXiv 2508.04719) with the same tools as all other families:
    an agent works until it says it is done, and no agent is asked twice.
    """
    ending = tuple(
        Exit(when=Choice(field="tool", equals=tool), to=End.model_validate({"end": end}))
        for tool, end in (("refuse", "refused"), ("clarify", "clarify"))
    )
    agents = (
        ("database", (*WHERE, *WHEN, *DATA), "load the data that the question needs", "analyst"),
        (
            "analyst",
            (*ANALYSIS, *SECONDS, *DATA),
            "compute what the question asks for",
            "cartographer",
        ),
        ("cartographer", SHOWING, "make the map, picture or file that is asked for", "answer"),
    )
    stages = tuple(
        Stage(
            name=name,
            objective=f"{objective}; done when there is nothing more to do",
            tools=tools,
            controls=("done", "refuse", "clarify"),
            max_steps=12,
            exits=(*ending, Exit(when=Done(), to=(following,))),
            on_overrun=(following,),
        )
        for name, tools, objective, following in agents
    )
    answer = Stage(
        name="answer",
        objective="name the computed value that answers the question",
        tools=("report_value",),
        exits=(Exit(when=Always(), to=End(end="answered")),),
    )
    return WorkflowSpec(
        name="sequential",
        version="1",
        summary="Baseline: database, analyst and cartographer in turn (GeoFlow's Sequential).",
        entry="database",
        stages=(*stages, answer),
        budget=Budget(model_calls=40),
    )
