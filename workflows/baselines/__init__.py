"""Baselines: structures the families are measured against, with the same tools and model."""

from __future__ import annotations

from ..spec import Choice, End, Exit, Stage, WorkflowSpec

__all__ = ["react"]

TOOLS = (
    "find_place",
    "whole_archive",
    "buffer_aoi",
    "find_dates",
    "all_dates",
    "search_scenes",
    "load_features",
    "count_features",
    "count_scenes",
    "spectral_index",
    "zonal_stats",
    "area_where",
    "show_map",
    "zoom_map",
    "quick_look",
    "export_layer",
    "report_value",
)


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
        max_steps=16,
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
