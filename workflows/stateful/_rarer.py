"""The rarer tools, behind the door `more` of a stage: there is no need to show them each time."""

from __future__ import annotations

from ..spec import Done, End, Stage, ToolFailed
from ._exits import FAILED, chose, when

CHECKED = ("preconditions", "geometry")


def rarer_stages() -> tuple[Stage, ...]:
    """Return the stages behind the doors; each goes on until `done`."""
    return (
        _stage(
            "imagery_more",
            "make a raster of several scenes, or of a rarer index; done when it is made",
            ("index_of", "mosaic_scenes", "median_composite"),
            to="pixels",
        ),
        _stage(
            "pixels_more",
            "describe the pixels of the raster; done when that is computed",
            ("percentile_of", "histogram_of", "summarise_raster", "mask_where"),
            to="next",
        ),
        _stage(
            "objects_more",
            "choose among the features, widen or join them; done when that is done",
            ("filter_features", "buffer_features", "join_features"),
            to="next",
        ),
        _stage(
            "present_more",
            "make the chart or table that is asked for; done when it is made",
            ("export_layer",),
            to="answer",
        ),
    )


def _stage(
    name: str,
    objective: str,
    tools: tuple[str, ...],
    *,
    to: str | End,
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
        exits=(when(ToolFailed(), FAILED), *doors, when(Done(), to)),
        on_overrun=to if isinstance(to, End) else (to,),
    )
