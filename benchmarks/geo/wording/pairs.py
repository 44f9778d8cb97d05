"""Sections for families that name two of a kind: two periods, two places or two classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .grammar import MARKS, expand
from .surfaces import category_sections, date_kind, is_plural

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ..task import Slots

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BEGINNINGS = (
    *((rf"\b{name}", month) for month, name in enumerate(_MONTHS, 1)),
    *((rf"\d{{4}}-{month:02d}", month) for month in range(1, 13)),
    (r"\bspring", 3),
    (r"\bsummer", 6),
    (r"\b(autumn|fall)\b", 9),
    (r"\bh2\b|(second|2nd) half|\bq3\b|(third|3rd) quarter", 7),
    (r"\bq2\b|(second|2nd) quarter", 4),
    (r"\bq4\b|(fourth|4th|last) quarter", 10),
)

_VERBS = ("does.n", "is.n", "has.n", "compares.n")


def second_of(slots: Slots) -> str:
    """Return which slot a comparison has two of."""
    return next(part for part in ("dates", "place", "category") if getattr(slots, f"{part}2"))


def pair_sections(slots: Slots, bound: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    """Return the sections for naming the two of a kind, none for a family with one of each."""
    if slots.family == "nearest":
        return _other_class(slots, rng) | _nearest(slots, rng)
    if slots.family != "compare":
        return {}
    second = second_of(slots)
    found = _any_two(slots, second, rng)
    if second == "dates":
        return found | _two_periods(slots, rng)
    pair = _two_places(slots, bound, rng) if second == "place" else _other_class(slots, rng)
    return found | pair


def _any_two(slots: Slots, second: str, rng: random.Random) -> dict[str, str]:
    """Return the sections of frames that fit any two of a kind; two classes take plural verbs."""
    kind = "num" if second == "category" else "set"
    many = second == "category" and (is_plural(slots.category or "") or rng.random() < 0.5)
    found = {name: f"{name}.{kind}" for name in ("in.objs", "key.objs")}
    found |= {name: f"{name}.{second}" for name in ("which.more", "which.more.w")}
    found |= {name: f"{name}.{'many' if many else 'one'}" for name in _VERBS}
    return found | {"wh": "=where" if second == "place" else "=when"}


def _second(text: str, slot: str) -> str:
    """Return the literal for a text with the mark of the second slot of its kind."""
    return "=" + text.replace(MARKS[slot], MARKS[f"{slot}2"])


def when_key(phrase: str) -> tuple[int, int]:
    """Return the first year a date phrase names and the month in it where the period begins."""
    text = phrase.casefold()
    year = re.search(r"\b(?:19|20)\d\d", text)
    part = next((month for pattern, month in _BEGINNINGS if re.search(pattern, text)), 1)
    return (int(year[0]) if year else 0, part)


def _two_periods(slots: Slots, rng: random.Random) -> dict[str, str]:
    """Return `w1` ("in 2019"), `p1` ("2019") for the earlier period, `w2`, `p2` for the later."""
    order = sorted(("dates", "dates2"), key=lambda slot: when_key(getattr(slots, slot)))
    kinds = [date_kind(getattr(slots, slot)) for slot in order]
    found: dict[str, str] = {}
    for name in ("w", "p"):
        first = expand(f"{name}.{kinds[0]}", rng, {})
        # Both in one form: nobody writes "during 2019 than in 2021".
        other = first if kinds[0] == kinds[1] else expand(f"{name}.{kinds[1]}", rng, {})
        for number, (slot, text) in enumerate(zip(order, (first, other), strict=True), 1):
            found[f"{name}{number}"] = "=" + text.replace(MARKS["dates"], MARKS[slot])
    return found


def _two_places(slots: Slots, bound: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    """Return `wa` ("in Rotterdam"), `pa` ("Rotterdam") and both for the other place."""
    plain = slots.place_kind == "name" and slots.part is None and slots.distance is None
    if plain:
        noun = expand("pair.spot", rng, {})
        return {
            "pa": "=" + noun,
            "pb": _second(noun, "place"),
            "wa": "=" + (where := expand("pair.where", rng, {"pa": "=" + noun})),
            "wb": _second(where, "place"),
        }
    other = "=" + MARKS["place2"]
    found = {"pa": "=" + expand("spot", rng, bound), "pb": other}
    return found | {"wa": "=" + expand("where", rng, bound), "wb": f"=in {other[1:]}"}


def _other_class(slots: Slots, rng: random.Random) -> dict[str, str]:
    """Return `objs2`, how the objects of the other class are called."""
    sections = category_sections(slots.category2 or "", slots.collection, rng)
    # Both classes are mostly called the same way: "objects labelled as A than as B" reads badly.
    plain = is_plural(slots.category2 or "") and rng.random() < 0.8
    text = MARKS["category"] if plain else expand("objs", rng, sections)
    return {"objs2": _second(text, "category"), "cat2": "=" + MARKS["category2"]}


def _nearest(slots: Slots, rng: random.Random) -> dict[str, str]:
    """Return `n1` ("the nearest ship") with its verb and `n2` ("a building")."""
    land = slots.collection == "bigearthnet"
    kinds = [
        "land" if land and not plural else "plural" if plural else "single"
        for plural in (is_plural(slots.category or ""), is_plural(slots.category2 or ""))
    ]
    many = kinds[0] == "plural" and rng.random() < 0.75
    names = {"n1": "n1.many" if many else f"n1.{kinds[0]}", "isn": "isn.many" if many else "isn"}
    if kinds[0] == "plural" and not many:
        names["n1"] = "n1.one.of"
    return names | {"n2": f"n2.{kinds[1]}"}
