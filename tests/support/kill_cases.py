"""Runs that the kill test interrupts: each a function of an output folder.

A model here answers by what it is shown alone, for it is started anew in every process.
"""

from __future__ import annotations

from pathlib import Path

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
MEAN_QUESTION = "Mean NDVI within 2 km of Rotterdam from 2019 to 2024, and the layer as a COG"
# Its first place is unknown, so a run must come to the stage that chooses again.
AGAIN_QUESTION = "number of ships in Xyloport in 2021 or Rotterdam"


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
