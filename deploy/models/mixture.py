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

from ...benchmarks.geo.meaning import cities, fold
from ...benchmarks.geo.places import HELD_OUT
from ...benchmarks.geo.task import Slots
from ...benchmarks.geo.wording import realise, realise_followup
from ...tools.artifacts import sha256_file
from ...tools.geo.catalog import Catalog
from ...tools.geo.static_catalog import open_catalog
from ...workflows.request import EARLIER_MARK
from .copying import PLAN, copied_anew
from .traces import write_rows

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
    "other_dates": 2.0,
    "other_place": 2.0,
    "load_other": 2.0,
    "compare_values": 3.0,
    "changed_area": 3.0,
    "change_over": 2.0,
    "index_series": 2.0,
    "part_of_aoi": 3.0,
    "report_value": 0.4,
    "search_scenes": 0.5,
    "count_features": 0.7,
    "count_scenes": 0.7,
    "done": 0.7,
    # A whole plan at once: as much to learn as all the choices of a run of stages.
    "plan": 4.0,
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
    slots, first = _renamed(row, names, rng)
    texts = [realise(slots, rng)]
    slots = in_order(slots, texts[0])
    if first is not None:
        texts = [realise(first, rng), realise_followup(slots, rng)]
    if row["question"].strip() not in row["user"]:
        return None
    answer = copied_anew(json.loads(row["answer"]), slots, texts, catalog)
    if answer is None:
        return None
    shown = EARLIER_MARK.join(texts)
    user = row["user"].replace(row["question"].strip(), shown.strip(), 1)
    return {"system": row["system"], "user": user, "answer": answer}


def in_order(slots: Slots, text: str) -> Slots:
    """Return the slots with the period that is mentioned first as the first one.

    Either may be asked for first; a label that followed neither rule could not be learned.
    """
    if slots.dates is None or slots.dates2 is None:
        return slots
    if text.find(slots.dates2) >= text.find(slots.dates):
        return slots
    return slots.model_copy(update={"dates": slots.dates2, "dates2": slots.dates})


def _renamed(row: dict[str, Any], names: Names, rng: random.Random) -> tuple[Slots, Slots | None]:
    """Return the slots, and those of the question before, with the same places under new names."""
    slots = Slots.model_validate(row["slots"])
    first = Slots.model_validate(row["first"]) if row["first"] else None
    known = [slots.place, slots.place2, first.place if first else None]
    new = {name: _new_name(name, slots, names, rng) for name in dict.fromkeys(known) if name}
    if len(set(new.values())) < len(new):
        return slots, first
    return _with_names(slots, new), _with_names(first, new) if first else None


def _with_names(slots: Slots, new: dict[str, str]) -> Slots:
    update = {slot: new.get(getattr(slots, slot) or "") for slot in ("place", "place2")}
    return slots.model_copy(update={key: name for key, name in update.items() if name})


def _new_name(place: str, slots: Slots, names: Names, rng: random.Random) -> str:
    if slots.trap in ("typo", "unknown_place") or slots.place_kind != "name":
        return place
    if any(mark in place for mark in ",(") or " in " in place:
        return place
    if rng.random() > RENAMED_SHARE:
        return place
    name = names.draw(rng)
    return name.lower() if place.islower() else name


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
        slots = Slots.model_validate(row["slots"])
        if in_order(slots, row["question"]) == slots:
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
    wanted = usual * EMPHASIS.get(json.loads(row["answer"]).get("tool", PLAN), 1.0)
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
