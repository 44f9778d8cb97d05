"""Questions about the shared files: what a run of `stateful` chooses, and what the answer is.

`said` are the choices in order; what the runtime decides without asking is left out. `plain`
questions are worded so that the shipped model may answer them by itself; the others need stages
that it was not trained on, and are only asked with recorded choices.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

Said = dict[str, str]
Figure = float | int

FLOAT32 = 1e-6
"""Rasters between two tools are float32, so a figure has about seven digits; sums keep them."""
MEASURED = 1e-7
"""Areas of pixels and shapes on the ellipsoid by two methods."""


class Truth(NamedTuple):
    """The value that answers a question: its name and unit, and how it is computed from files.

    `rel` is the relative difference that is allowed, and `why` what explains more than rounding.
    """

    value: str
    unit: str
    of: Callable[[Path], Figure]
    rel: float = FLOAT32
    why: str = "float32 rasters"


class Question(NamedTuple):
    """One question, the choices of a run that answers it, and the truth."""

    name: str
    text: str
    said: tuple[Said, ...]
    truth: Truth
    plain: bool = False


def say(tool: str, **args: str) -> Said:
    return {"tool": tool, **args}


DONE, MORE = say("done"), say("more")
SENTINEL = say("search_scenes", collection="sentinel-2")
LANDSAT = say("search_scenes", collection="landsat")


def at(place: str) -> tuple[Said, ...]:
    """Return the choices for a named place as it is."""
    return (say("find_place", place=place),)


def around(point: str, distance: str) -> tuple[Said, ...]:
    return (say("buffer_point", point=point, distance=distance),)


def dates(phrase: str) -> Said:
    return say("find_dates", dates=phrase)


def index(name: str) -> Said:
    return say("spectral_index", index=name)


def statistic(name: str) -> Said:
    return say("zonal_stats", statistic=name)


def features(collection: str) -> Said:
    return say("open_features", collection=collection)


def surface(collection: str) -> Said:
    return say("open_surface", collection=collection)


def report(value: str) -> Said:
    return say("report_value", value=value)
