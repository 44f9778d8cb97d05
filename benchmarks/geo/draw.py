"""Tasks of every kind over an archive, drawn by a seed, and the questions that ask for them."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Final

from .dataset import Item
from .holdings import read_holdings
from .sample import SampledTask, sample_tasks
from .sample_pairs import sample_followups, sample_pairs
from .series_truth import OffGridError
from .task import Question, Slots
from .truth import find_truth
from .wording import realise, realise_followup
from .world import read_world

# Shares of tasks with two of a kind or several years, and of follow-ups.
PAIRS_SHARE: Final = 0.3
FOLLOWUPS_SHARE: Final = 0.12
_SERIES: Final = ("change", "changed_area", "trend")


def draw_tasks(archive: Path, count: int, seed: int) -> list[SampledTask]:
    """Return random tasks of every kind, shuffled; equal seeds give equal tasks."""
    rng, world = random.Random(seed), read_world(archive)
    pairs, followups = int(count * PAIRS_SHARE), int(count * FOLLOWUPS_SHARE)
    tasks = [
        *sample_tasks(rng, world, count - pairs - followups),
        *sample_pairs(rng, world, pairs),
        *sample_followups(rng, world, followups),
    ]
    rng.shuffle(tasks)
    return tasks


def said(task: SampledTask, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return the words that ask for a task, and the question before it where it is a follow-up."""
    if task.first is None:
        return realise(task.slots, rng), ()
    earlier = (realise(task.first, rng),)
    return realise_followup(task.slots, rng), earlier


def draw_items(archive: Path, count: int, seed: int) -> list[Item]:
    """Return questions for random tasks whose truth can be computed from the archive's files."""
    holdings, drawn = read_holdings(archive), list[Item]()
    for number, task in enumerate(draw_tasks(archive, count, seed)):
        if not _has_truth(task.slots):
            continue
        text, earlier = said(task, random.Random(f"{seed}/{number}"))
        question = Question(
            id=f"drawn-{seed}-{number}",
            text=text,
            slots=task.slots,
            earlier=earlier,
            source="validation",
        )
        # Where two places are neighbours, one scene may hold a part of an area only.
        with suppress(OffGridError):
            drawn.append(Item(question, find_truth(task.slots, task.meaning, holdings)))
    return drawn


def _has_truth(slots: Slots) -> bool:
    """Return whether the truth is computed; of changes it is for whole, named places alone."""
    plain = slots.place_kind == "name" and not (slots.part or slots.distance)
    return plain or slots.family not in _SERIES
