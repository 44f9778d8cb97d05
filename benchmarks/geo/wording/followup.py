"""Follow-ups: a short text that says one part of the question before it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .grammar import Sequence, expand, expand_body, sections
from .surfaces import bind

if TYPE_CHECKING:
    import random

    from ..task import Slots

_KEPT = ("place", "place_kind", "dates", "category", "collection", "part")
_OF_NUMBERS = ("count", "zonal", "area", "compare", "change", "changed_area", "trend", "nearest")


def _said(slots: Slots) -> Slots:
    """Return slots that hold nothing but the part said anew (and what decides its wording)."""
    dropped: dict[str, object] = {
        name: field.default
        for name, field in type(slots).model_fields.items()
        if name not in (*_KEPT, "family", "trap", "follows")
    }
    for part in ("place", "dates", "category", "part"):
        if part != slots.follows:
            dropped[part] = None
    if slots.follows != "place":
        dropped["place_kind"] = "name"
    return slots.model_copy(update=dropped)


class Followup:
    """Writes the texts of one follow-up; `slots` are those that it says."""

    def __init__(self, slots: Slots, rng: random.Random) -> None:
        if slots.follows is None or getattr(slots, slots.follows) is None:
            raise ValueError(f"{slots!r} is no follow-up; set `follows` and the slot it names")
        self.slots = _said(slots)
        self.rng = rng
        self.part = slots.follows
        self.built: list[Sequence] = []
        landcover = slots.collection == "bigearthnet"
        # Said of a number or a map alike: "over Hamburg", never "of Hamburg".
        self.bound = bind(self.slots.model_copy(update={"family": "count"}), rng, apart=True)
        self.bound["fu.adverb"] = f"fu.adverb.{self.part}"
        self.bound["fu.noun"] = f"fu.noun.{self.part}"
        if self.part == "category" and landcover:
            self.bound["fu.noun"] = "fu.noun.land"
        if self.part == "place" and slots.place_kind == "name":
            self.bound["fu.noun"] = "fu.noun.town"
        self.bound |= {"fu.slot": f"fu.slot.{self.part}", "fu.bare": f"fu.bare.{self.part}"}
        kind = "number" if slots.family in _OF_NUMBERS else slots.family
        self.bound["fu.it"] = f"fu.it.{kind}"

    def question(self) -> str:
        """Return one text, not yet tidied."""
        draw = self.rng.random
        production = sections()["followup"].pick(self.rng)
        self.built = [production.body]
        core = expand_body(production.body, self.rng, self.bound)
        if draw() < 0.3:
            core = f"{expand('fu.start', self.rng, self.bound)} {core}"
        if draw() < 0.22:
            end = expand("fu.end", self.rng, self.bound)
            mark = core[-1] if core.endswith(("?", ".", "!")) else ""
            core = f"{core[: -len(mark)] if mark else core} {end}{mark}"
        if not core.rstrip().endswith(("?", ".", "!")):
            core += self.rng.choices(("", ".", "?", "!", "…"), (6, 6, 3, 0.5, 0.3))[0]
        greeting = expand("fu.thanks", self.rng, self.bound) if draw() < 0.1 else ""
        thanks = expand("fu.bye", self.rng, self.bound) if draw() < 0.07 else ""
        if thanks and not core.rstrip().endswith(("?", ".", "!")):
            core += "."
        return f"{greeting} {core} {thanks}"
