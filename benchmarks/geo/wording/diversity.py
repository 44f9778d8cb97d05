"""Measure how many structures the questions of each kind have.

    python -m terragate.benchmarks.geo.wording.diversity --archive DIR --draws 2000

A *skeleton* is a question with a mark for each slot, without slips of the finger. Of thousands of
draws nearly all skeletons differ, for greetings, reasons and synonyms multiply. What tells how many
sentences there are to learn from are *constructions*: ways to put the wish itself.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import exp, log
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from ..sample import sample_tasks
from ..sample_pairs import sample_followups, sample_pairs
from ..task import Slots
from ..world import read_world
from .compose import Draft, draft, followup_draft

_SHARES = (0.7, 0.2, 0.1)


class Diversity(NamedTuple):
    """How varied the questions of a kind are; lengths are in words.

    `constructions` are told apart by the mood of the request and the grammar's alternatives for
    its core, whatever is filled in; `likely` is how many of them the grammar has at least, by
    Chao's estimate (1984): f1 (f1 - 1) / 2 (f2 + 1) more than seen, of f1 seen once, f2 twice;
    `even` is how many equally likely ones would surprise as much (the exponential of the entropy).
    """

    kind: str
    draws: int
    constructions: int
    likely: int
    even: int
    skeletons: int
    openings: int
    mean_length: float
    p10_length: float
    p90_length: float


def kind_of(slots: Slots) -> str:
    """Return the kind that a question is counted under: its family and what it has two of."""
    if slots.follows is not None:
        return f"followup_{slots.follows}"
    if slots.family == "compare":
        second = next(p for p in ("place", "dates", "category") if getattr(slots, f"{p}2"))
        return f"compare_{second}_{slots.measure}"
    if slots.family == "plot" and slots.output != "map":
        return "plot+file"
    also = slots.output != "none" and slots.family not in ("plot", "index", "zoom")
    return f"{slots.family}+output" if also else slots.family


def bare(text: str) -> str:
    """Return a skeleton in lower case without punctuation."""
    return " ".join(re.findall(r"[\ue000-\uf8ff]|[^\W_]+", text.casefold()))


def measure(kind: str, drafts: Iterable[Draft]) -> Diversity:
    """Return how varied these questions are."""
    drawn = list(drafts)
    texts = [one.text for one in drawn]
    counted = Counter(one.construction for one in drawn)
    times = Counter(counted.values())
    unseen = times[1] * (times[1] - 1) / (2 * (times[2] + 1))
    entropy = -sum(n / len(drawn) * log(n / len(drawn)) for n in counted.values())
    words = sorted(len(text.split()) for text in texts)
    tenth = len(words) // 10
    return Diversity(
        kind=kind,
        draws=len(drawn),
        constructions=len(counted),
        likely=round(len(counted) + unseen),
        even=round(exp(entropy)),
        skeletons=len({bare(text) for text in texts}),
        openings=len({" ".join(bare(text).split()[:3]) for text in texts}),
        mean_length=round(fmean(words), 1),
        p10_length=words[tenth],
        p90_length=words[-1 - tenth],
    )


def pool_of(archive: Path, size: int, seed: int) -> dict[str, list[Slots]]:
    """Return the slots of about `size` random tasks over an archive, by kind."""
    rng, world = random.Random(seed), read_world(archive)
    single, pairs, followups = (round(size * share) for share in _SHARES)
    tasks = [
        *sample_tasks(rng, world, single),
        *sample_pairs(rng, world, pairs),
        *sample_followups(rng, world, followups),
    ]
    found: dict[str, list[Slots]] = defaultdict(list)
    for task in tasks:
        found[kind_of(task.slots)].append(task.slots)
    return dict(sorted(found.items()))


def drafts_of(pool: Sequence[Slots], draws: int, rng: random.Random) -> Iterator[Draft]:
    """Yield skeletons of slots drawn from a pool."""
    for _ in range(draws):
        slots = rng.choice(pool)
        yield (draft if slots.follows is None else followup_draft)(slots, rng)


def main() -> None:
    """Print a table of the diversity of every kind."""
    parser = argparse.ArgumentParser(description="Measure the diversity of the wordings.")
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--pool", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pool = pool_of(options.archive, options.pool, options.seed)
    sys.stdout.write("\t".join(Diversity._fields) + "\n")
    for kind, slots in pool.items():
        drawn = drafts_of(slots, options.draws, random.Random(f"{options.seed}/{kind}"))
        sys.stdout.write("\t".join(map(str, measure(kind, drawn))) + "\n")


if __name__ == "__main__":
    main()
