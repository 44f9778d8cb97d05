"""What a person asks for, and the thread of runs it belongs to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ..tools.records import Frozen
from ..tools.rtl.design import RtlTask
from .spec import Budget

MAX_EARLIER = 2
EARLIER_MARK = "\n+ "
THREAD_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


Degrees = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]


class Viewport(Frozen):
    """What the person's map shows: (west, south, east, north) in degrees, and its zoom level.

    A question that says "here" or "in this view" means it; west above east crosses 180 degrees.
    """

    bbox: tuple[Degrees, Degrees, Degrees, Degrees]
    zoom: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        west, south, east, north = self.bbox
        if not -90 <= south < north <= 90 or west == east or east - west > 360:
            raise ValueError(f"viewport {self.bbox!r} is not west, south, east, north in degrees")
        return self


class Request(Frozen):
    """One question and all it may depend on: nothing in a run reads the clock or a global seed.

    `aoi` is a GeoJSON object in EPSG:4326 that holds polygons; `budget` overrides the workflow's;
    `rtl` is what a design of this run is held to, `tuning` what its family is fitted with; `today`
    anchors relative dates such as "since March". `viewport` is meant by "here" without an area.
    `earlier` are the last questions of the thread, oldest first, which a follow-up may lean on.
    `files` are paths when a request is made, and names in the run's own folder once it has begun.
    """

    text: str = Field(min_length=1, max_length=4000)
    today: date
    workflow: str = "stateful"
    files: tuple[str, ...] = ()
    aoi: dict[str, Any] | None = None
    thread: str | None = Field(default=None, pattern=THREAD_NAME)
    earlier: tuple[str, ...] = Field(default=(), max_length=MAX_EARLIER)
    viewport: Viewport | None = None
    budget: Budget | None = None
    rtl: RtlTask | None = None
    tuning: dict[str, Any] = {}
    seed: int = Field(default=0, ge=0)


def shown_question(request: Request) -> str:
    """Return what a model is shown: the earlier questions of the thread, then this one."""
    return EARLIER_MARK.join((*request.earlier, request.text))


class Thread(Frozen):
    """An ordered list of runs over one workspace; the newest result of a kind supersedes others."""

    name: str = Field(pattern=THREAD_NAME)
    runs: tuple[str, ...] = ()

    def with_run(self, run_id: str) -> Thread:
        """Return the thread with a run appended, once."""
        if run_id in self.runs:
            return self
        return Thread(name=self.name, runs=(*self.runs, run_id))
