"""Runs that the kill test interrupts: each a function of an output folder.

A model here answers by what it is shown alone, for it is started anew in every process.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from terragate.agents.protocol import ModelAnswer, ModelRequest, Rendering
from terragate.agents.recording import ReplayModel
from terragate.tests.support.scripted_model import Answer, random_answer, say
from terragate.tests.support.small_archive import write_small_archive
from terragate.tests.support.toy_domain import TODAY, ask, end, go, platform, stage, workflow
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows import stateful as families
from terragate.workflows.geo_domain import GEO
from terragate.workflows.live import geo_live_state
from terragate.workflows.registry import Family
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform
from terragate.workflows.spec import Always, Budget, Choice, Done

# Made anew by `python -m terragate.tests.support.record_nano URL` when prompts or weights change.
RECORDING = Path(__file__).with_name("nano_recording.jsonl")
MEAN_QUESTION = "Mean NDVI within 2 km of Rotterdam in 2024, and the layer as a COG"
# Its first place is unknown, so a run must come to the stage that chooses again.
AGAIN_QUESTION = "number of ships in Xyloport in 2021 or Rotterdam"

Choices = dict[str, Any]


class CountedModel:
    """Writes a line for every call, so that calls of a killed process count too."""

    name = "counted"
    rendering: Rendering = "compact"

    def __init__(self, log: Path) -> None:
        self.log = log

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        with self.log.open("a", encoding="utf-8") as lines:
            lines.write(f"{request.stage}\n")
        return say(self.answer(request))

    def answer(self, request: ModelRequest) -> Answer:
        return random_answer(request)


def toy(out: Path) -> tuple[Request, Platform]:
    """Return a run with a retry, samples, parallel branches, a join and a circle."""
    again = Choice(field="tool", equals="done")
    spec = workflow(
        stage("find", go(Always(), "split"), tools=("find",), max_steps=4),
        stage("split", go(Always(), "left", "right")),
        stage("left", go(Always(), "both"), tools=("find",), samples=2, max_steps=4),
        stage("right", go(Always(), "weigh"), tools=("find",), max_steps=4),
        stage("weigh", go(Always(), "both"), tools=("weigh",)),
        stage("both", go(Always(), "more"), needs=("left", "weigh")),
        stage(
            "more",
            go(again, "answer"),
            go(Done(), "answer"),
            go(Always(), "more_weight"),
            tools=("find",),
            controls=("done",),
            max_steps=3,
            on_overrun=("answer",),
        ),
        stage("more_weight", go(Always(), "more"), tools=("weigh",)),
        stage("answer", end(Always()), tools=("report",)),
        budget=Budget(model_calls=30),
    )
    model = CountedModel(out / "calls.log")
    return ask("bad1 bad2 crane old fox swallow", seed=0), platform(spec, model, out)


class RecordedModel(CountedModel):
    """Answers what terragate-nano answered when the recording was made."""

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.replay = ReplayModel(RECORDING)
        self.name = self.replay.name

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        with self.log.open("a", encoding="utf-8") as lines:
            lines.write(f"{request.stage}\n")
        return await self.replay.complete(request)


def stateful(out: Path) -> tuple[Request, Platform]:
    """Return the family `stateful` on a small archive, on recorded answers of our own model."""
    return _recorded(out, MEAN_QUESTION)


def stateful_again(out: Path) -> tuple[Request, Platform]:
    """Return a recorded run of `stateful` that meets a place it does not know."""
    return _recorded(out, AGAIN_QUESTION)


def _recorded(out: Path, question: str) -> tuple[Request, Platform]:
    archive = out.parent / "archive"
    if not archive.exists():
        write_small_archive(archive)
    model = RecordedModel(out / "calls.log")
    request = Request(text=question, today=TODAY, workflow="stateful")
    catalog = open_catalog(archive)
    # Loads the gazetteer, so that the forked children need not.
    geo_live_state(request, (), catalog, {})
    # The domain is named by object, so that it is imported before the driver forks.
    family = Family("stateful", families.stateful, GEO)
    return request, Platform(model, catalog, out, families={"stateful": family})


class TourModel(CountedModel):
    """Goes where a recording of a small model never goes: to the rarer stages.

    A stage has a list of answers. The first that is on offer and was not given yet, as the steps
    tell, is given; then `done`.
    """

    def __init__(self, log: Path, tour: dict[str, tuple[Choices, ...]]) -> None:
        super().__init__(log)
        self.tour = tour

    def answer(self, request: ModelRequest) -> Answer:
        shown = request.messages[-1].content.rpartition("\n>")[2].split()
        made = Counter(step.partition(":")[0] for step in shown)
        offered = {
            branch["properties"]["tool"]["enum"][0]: branch["properties"]
            for branch in (request.answer_schema or {}).get("anyOf", [request.answer_schema])
        }
        earlier: Counter[str] = Counter()
        for said in self.tour.get(request.stage, ()):
            tool = said["tool"]
            if tool in offered and made[tool] == earlier[tool]:
                return {k: part["enum"][0] for k, part in offered[tool].items()} | said
            earlier[tool] += 1
        return {"tool": "done"}


def _tour(out: Path, question: str, **stages: tuple[Choices, ...]) -> tuple[Request, Platform]:
    request, room = _recorded(out, question)
    return request, replace(room, model=TourModel(out / "calls.log", stages))


PLACE = {"tool": "find_place", "place": "Rotterdam"}
DATES = {"tool": "find_dates"}
SCENES = {"tool": "search_scenes"}
VALUE = {"tool": "report_value"}


def tour_of_pixels(out: Path) -> tuple[Request, Platform]:
    """Return a run through the rarer stages for scenes and rasters."""
    return _tour(
        out,
        "A composite of NDVI in Rotterdam from 2017 to 2025, its slope and its histogram",
        place=(PLACE,),
        time=(DATES,),
        search=(SCENES,),
        imagery=({"tool": "more"},),
        imagery_more=({"tool": "median_composite", "index": "NDVI"},),
        pixels=({"tool": "more"},),
        pixels_more=({"tool": "summarise_raster"}, {"tool": "more"}),
        terrain=({"tool": "slope_of"}, {"tool": "more"}),
        present=({"tool": "more"},),
        present_more=({"tool": "table_csv", "layer": "table"},),
        answer=(VALUE,),
    )


def tour_of_pairs(out: Path) -> tuple[Request, Platform]:
    """Return a run to the stages for changes of one index and for two rasters."""
    return _tour(
        out,
        "How many hectares lost more than 0.05 NDVI in Rotterdam from 2017 to 2025?",
        place=(PLACE,),
        time=(DATES,),
        search=(SCENES,),
        imagery=({"tool": "change_over", "index": "NDVI"},),
        changes=({"tool": "changed_area", "direction": "loss"},),
        answer=(VALUE,),
    )


def tour_of_series(out: Path) -> tuple[Request, Platform]:
    """Return a run to the stage for a series of dates, and by way of two rasters to none."""
    return _tour(
        out,
        "NDVI over the dates in Rotterdam from 2017 to 2025",
        place=(PLACE,),
        time=(DATES,),
        search=(SCENES,),
        imagery=({"tool": "index_series", "index": "NDVI", "statistic": "median"},),
        present=({"tool": "more"},),
        present_more=({"tool": "chart_series"},),
        answer=(VALUE,),
    )


def tour_of_objects(out: Path) -> tuple[Request, Platform]:
    """Return a run through the rarer stages for features."""
    return _tour(
        out,
        "The ships in Rotterdam from 2017 to 2025: their hulls and areas",
        place=(PLACE,),
        time=(DATES,),
        search=({"tool": "load_features", "collection": "xview1", "category": "ships"},),
        objects=({"tool": "more"},),
        objects_more=({"tool": "measure_area", "unit": "m2"}, {"tool": "more"}),
        layers=({"tool": "dissolve_features"}, {"tool": "more"}),
        shapes=({"tool": "convex_hull"},),
        answer=(VALUE,),
    )


def tour_of_nothing(out: Path) -> tuple[Request, Platform]:
    """Return a comparison whose first half finds nothing."""
    ships = {"tool": "load_features", "collection": "xview1", "category": "ships"}
    return _tour(
        out,
        "How many more ships are in Oslo than in Rotterdam?",
        place=({"tool": "find_place", "place": "Oslo"},),
        search=(ships, ships),
        nothing=({"tool": "other_place", "place": "Rotterdam"},),
        objects=({"tool": "count_features"},),
        next=({"tool": "compare_values", "measure": "difference"},),
        answer=(VALUE,),
    )
