"""Turn recorded traces into training rows: every task said in many more ways.

    python -m terragate.deploy.models.mixture --traces DIR --archive DIR --out DIR --copies 12

What a compact prompt holds besides the question (tools on offer, names of the finished calls) does
not depend on its wording, so a recorded request stays true when its question is said in other words
or about another place of equally plain name. The spans that the new question offers are computed
by the same code as in a run, and the answer copies from those.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ...agents.choice import Choice, dump_choice
from ...benchmarks.geo.meaning import cities, fold
from ...benchmarks.geo.places import HELD_OUT
from ...benchmarks.geo.task import Slots
from ...benchmarks.geo.wording import realise
from ...tools.artifacts import sha256_file
from ...tools.geo.catalog import Catalog
from ...tools.geo.spans import question_spans
from ...tools.geo.static_catalog import open_catalog
from .oracle import nearest
from .traces import TODAY, write_rows

SPAN_OF = {
    "place": "span.place",
    "dates": "span.dates",
    "category": "span.class",
    "distance": "span.distance",
    "threshold": "span.number",
}
# How often a request is said anew, against the others: what is hard and rare more often, what the
# tools on offer nearly decide less often. Measured on validation requests of the first model.
EMPHASIS = {
    "zonal_stats": 4.0,
    "area_where": 4.0,
    "buffer_aoi": 2.0,
    "load_features": 2.0,
    "export_layer": 2.0,
    "quick_look": 2.0,
    "refuse": 1.5,
    "report_value": 0.4,
    "search_scenes": 0.5,
    "count_features": 0.7,
    "count_scenes": 0.7,
    "done": 0.7,
}
CHUNK, WORKERS = 500, 2
RENAMED_SHARE = 0.7
INVENTED_SHARE = 0.25
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnprstvz"


@dataclass(frozen=True)
class Names:
    """Place names to copy: real ones of the gazetteer, none of them held out."""

    real: tuple[str, ...]

    def draw(self, rng: random.Random) -> str:
        """Return a real name, or at times a string of letters that is none."""
        if rng.random() < INVENTED_SHARE:
            return _invented(rng)
        return rng.choice(self.real)


@cache
def _held_out_pattern() -> re.Pattern[str]:
    names = sorted({re.escape(fold(name)) for name, _ in HELD_OUT})
    return re.compile(rf"\b(?:{'|'.join(names)})\b")


def _names_held_out(text: str) -> bool:
    return _held_out_pattern().search(fold(text)) is not None


@cache
def training_names() -> Names:
    """Return the names that may stand in training questions."""
    held_out = {fold(name) for name, _ in HELD_OUT}
    names = {c.name for c in cities() if len(c.name) > 3 and fold(c.name) not in held_out}
    return Names(tuple(sorted(names)))


def _invented(rng: random.Random) -> str:
    size = rng.randint(4, 10)
    letters = (rng.choice(VOWELS if at % 2 else CONSONANTS) for at in range(size))
    if rng.random() < 0.3:
        letters = (rng.choice(VOWELS + CONSONANTS) for _ in range(size))
    return "".join(letters).title()


def reworded(
    row: dict[str, Any], names: Names, catalog: Catalog, rng: random.Random
) -> dict[str, Any] | None:
    """Return a trace row about the same task in other words; None when the words do not fit."""
    slots = Slots.model_validate(row["slots"])
    new = _renamed(slots, names, rng)
    text = realise(new, rng)
    args: dict[str, Any] = json.loads(row["answer"])
    said = Choice(tool=args.pop("tool"), args=args)
    copied = [name for name in SPAN_OF if name in said.args]
    spans = question_spans(text, catalog, TODAY) if copied else {}
    for name in copied:
        source = SPAN_OF[name]
        wanted = str(getattr(new, name) or said.args[name])
        offered = spans.get(source, ())
        if not offered:
            return None
        said.args[name] = nearest(wanted, offered)
        if name == "place" and fold(new.place or "") not in fold(said.args[name]):
            return None
    user = row["user"].replace(row["question"].strip(), text.strip(), 1)
    return {"system": row["system"], "user": user, "answer": dump_choice(said)}


def _renamed(slots: Slots, names: Names, rng: random.Random) -> Slots:
    if slots.place is None or slots.trap in ("typo", "unknown_place"):
        return slots
    if any(mark in slots.place for mark in ",(") or " in " in slots.place:
        return slots
    if rng.random() > RENAMED_SHARE:
        return slots
    name = names.draw(rng)
    if slots.place.islower():
        name = name.lower()
    return slots.model_copy(update={"place": name})


@dataclass(frozen=True)
class Job:
    """A slice of the recorded rows for one worker process."""

    rows: tuple[str, ...]
    archive: Path
    copies: int
    seed: str


def mix(job: Job) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Return every recorded row as it is and `copies` times in other words, with a tally."""
    catalog, names = _catalog(job.archive), training_names()
    rng = random.Random(job.seed)
    made: list[dict[str, Any]] = []
    tally: Counter[str] = Counter()
    for line in job.rows:
        row: dict[str, Any] = json.loads(line)
        if _names_held_out(row["question"]):
            tally["held_out_dropped"] += 1
            continue
        tally[row["workflow"]] += 1
        made.append({key: row[key] for key in ("system", "user", "answer")})
        for _ in range(_copies(row, job.copies, rng)):
            new = reworded(row, names, catalog, rng)
            if new is not None and _names_held_out(new["user"]):
                new = None
            tally["reworded" if new else "dropped"] += 1
            if new:
                made.append(new)
    return made, tally


def _copies(row: dict[str, Any], usual: int, rng: random.Random) -> int:
    """Return how often to say a request anew; parts of a copy are left to chance."""
    wanted = usual * EMPHASIS.get(json.loads(row["answer"])["tool"], 1.0)
    return int(wanted) + (rng.random() < wanted % 1)


@cache
def _catalog(archive: Path) -> Catalog:
    return open_catalog(archive)


def mix_all(
    traces: Path, archive: Path, *, copies: int, seed: int, tally: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a whole file of traces; the order does not depend on the workers."""
    lines = traces.read_text("utf-8").splitlines()
    jobs = [
        Job(tuple(lines[at : at + CHUNK]), archive, copies, f"{seed}/{at}")
        for at in range(0, len(lines), CHUNK)
    ]
    with ProcessPoolExecutor(WORKERS) as pool:
        for rows, counted in pool.map(mix, jobs):
            tally.update(counted)
            yield from rows


def main() -> None:
    """Write training and validation rows from the command line."""
    parser = argparse.ArgumentParser(description="Turn traces into training rows.")
    parser.add_argument("--traces", type=Path, required=True)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=12)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {}
    for split, copies in (("train", options.copies), ("validation", 0)):
        source = options.traces / f"{split}.traces.jsonl"
        tally: Counter[str] = Counter()
        rows = mix_all(source, options.archive, copies=copies, seed=options.seed, tally=tally)
        count = write_rows(options.out / f"{split}.jsonl", rows)
        facts[split] = {"rows": count, "traces_sha256": sha256_file(source), **tally}
    (options.out / "data.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
