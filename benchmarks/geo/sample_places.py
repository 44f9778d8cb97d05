"""Random places of the tasks with two of a kind or several years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

from .place_phrases import bare_name, qualified_name
from .sample import PART_SHARE, SampledTask, can_be_found, pick
from .task import Family, Part, Trap
from .whereabouts import Where, draw_place

if TYPE_CHECKING:
    import random

    from .world import Spot, World

# None is empty: of two of a kind that are not there no difference can be asked.
_TYPO_SHARE = 0.07
_ENDED: Mapping[Trap, float] = {"none": 93, "ambiguous": 4, "unknown_place": 3}
_WHOLE_SHARE = 0.04


def some_town(rng: random.Random, world: World) -> tuple[str, Spot]:
    """Return a place of the archive and a name for it that no other has."""
    spot = rng.choice(world.spots)
    name, country = spot.place or "", spot.country or ""
    if len(world.alike(name)) > 1 or rng.random() < 0.2:
        return qualified_name(rng, name, country), spot
    return bare_name(rng, name), spot


def anywhere(
    rng: random.Random, world: World, family: Family
) -> tuple[Where, dict[str, Any], dict[str, Any]] | None:
    """Return a place with its slots and meaning, at times a trap, half of it or a distance."""
    if rng.random() < _WHOLE_SHARE and family not in ("change", "changed_area", "trend"):
        return Where(None, None, world.whole.stock, {}), {}, {}
    trap: Trap = "typo" if rng.random() < _TYPO_SHARE else "none"
    where = draw_place(trap, rng, world, family)
    if where is None or (where.kind == "name" and not can_be_found(trap, where.words)):
        return None
    slots: dict[str, Any] = {"trap": trap, "place": where.words, "distance": where.distance}
    meaning = dict(where.meaning)
    slots["place_kind"] = where.kind
    whole_town = trap == "none" and where.meaning.get("place") and not where.distance
    if whole_town and rng.random() < PART_SHARE:
        slots["part"] = meaning["part"] = rng.choice(get_args(Part))
    return where, slots, meaning


def ended_early(rng: random.Random, world: World, task: SampledTask) -> SampledTask:
    """Return a task, at times with a place that the person must be asked about."""
    slots, trap = task.slots, pick(rng, _ENDED)
    if trap == "none" or slots.place is None or slots.place2 is not None:
        return task
    where = draw_place(trap, rng, world, slots.family)
    if where is None:
        return task
    said = {"trap": trap, "place": where.words, "place_kind": "name"}
    nowhere = dict.fromkeys(("place", "country", "box", "point", "distance_m", "part"))
    return SampledTask(
        slots.model_copy(update=said | {"distance": None, "part": None}),
        task.meaning.model_copy(update=nowhere | where.meaning),
    )
