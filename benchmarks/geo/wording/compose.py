"""From slots to a question: which part of it is said where, and in what kind of sentence."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from .grammar import MARKS, SLOTS, Production, expand, expand_body, sections
from .noise import add_noise
from .surfaces import bind, output_form

if TYPE_CHECKING:
    import random

    from ..task import Slots

Mood = Literal["q", "i", "s", "w", "key"]
_MOODS: tuple[Mood, ...] = ("q", "i", "s", "w", "key")
_MOOD_WEIGHTS: dict[str, tuple[float, ...]] = {
    "count": (32, 24, 16, 14, 14),
    "fetch": (27, 36, 14, 9, 14),
    "index": (10, 52, 16, 4, 18),
    "zonal": (34, 24, 18, 10, 14),
    "area": (32, 24, 18, 12, 14),
    "plot": (16, 50, 12, 8, 14),
    "zoom": (12, 66, 7, 3, 12),
    "refuse": (44, 30, 10, 12, 4),
}
# Naming one of these in a sentence says the part, so it needs no adverbial of its own.
_SAYS = {
    "spot": "place", "where": "place", "place": "place", "when": "dates", "span": "dates",
    "dates": "dates", "src": "dataset", "archive": "dataset", "dataset": "dataset",
    "outas": "output", "outdo": "output", "outnp": "output", "file.word": "output",
}  # fmt: skip
_ADVERBIAL = {"place": "where", "dates": "when", "dataset": "src"}
_MAX_WORDS = 44
_ATTEMPTS = 200


class _Frame(NamedTuple):
    """A family's own part of a sentence; `says` are the parts that it names itself."""

    production: Production
    says: frozenset[str]
    near: bool


@cache
def _frames(name: str, says_output: bool) -> tuple[_Frame, ...]:
    """Return the frames of a section; `near` is true where no distance fits in."""
    if name not in sections():
        return ()
    found: list[_Frame] = []
    for production in sections()[name].productions:
        says = {_SAYS[need] for need in production.needs if need in _SAYS}
        says |= {"output"} if says_output else set()
        found.append(_Frame(production, frozenset(says), "place" in production.needs))
    return tuple(found)


@cache
def _usable(names: tuple[tuple[str, bool], ...], left: frozenset[str], far: bool) -> list[_Frame]:
    """Return the frames that name nothing but what is left to say."""
    return [
        frame
        for name, says_output in names
        for frame in _frames(name, says_output)
        if frame.says <= left and not (far and frame.near)
    ]


@cache
def _weights(names: tuple[tuple[str, bool], ...], left: frozenset[str], far: bool) -> list[float]:
    return [frame.production.weight for frame in _usable(names, left, far)]


class _Writer:
    """Writes one question; `left` are the parts of it that are still to be said."""

    def __init__(self, slots: Slots, rng: random.Random) -> None:
        self.slots = slots
        self.rng = rng
        self.bound = bind(slots, rng)
        self.far = slots.distance is not None
        parts = {part for part in ("place", "dates", "dataset") if getattr(slots, part) is not None}
        self.form = output_form(slots)
        self.left = parts | ({"output"} if self.form is not None else set())
        # A bare "zoom" needs its place in the sentence, or nothing is left of the request.
        self.movable = self.left - ({"place"} if slots.family == "zoom" else set())
        self.room = rng.choice((0, 0, 1, 1, 2))

    def chance(self, probability: float) -> bool:
        """Draw a yes with this probability."""
        return self.rng.random() < probability

    def extra(self, probability: float) -> bool:
        """Draw whether to add a clause that carries nothing; a question has few of them."""
        if self.room and self.chance(probability):
            self.room -= 1
            return True
        return False

    def say(self, name: str) -> str:
        """Return a text of a section."""
        return expand(name, self.rng, self.bound)

    def pick(self, *names: str, says_output: str = "") -> _Frame | None:
        """Draw a frame of the sections that fits what is left, and take its parts as said."""
        marked = tuple((name, name == says_output) for name in names)
        key = (marked, frozenset(self.left), self.far)
        usable = _usable(*key)
        if not usable:
            return None
        frame = self.rng.choices(usable, _weights(*key))[0]
        self.left -= frame.says
        self.movable -= frame.says
        return frame

    def body(self, frame: _Frame) -> str:
        """Return a text of a frame."""
        return expand_body(frame.production.body, self.rng, self.bound)

    def apart(self, prefix: str, probability: float) -> str:
        """Return a sentence of its own that says one or two of the parts, or nothing."""
        if not self.movable - {"output"} or not self.chance(probability):
            return ""
        names = [f"{prefix}.{part}" for part in sorted(self.movable - {"output"})]
        if prefix == "after" and self.far:
            names = [name + ".far" if name == "after.place" else name for name in names]
        if prefix == "setup" and {"place", "dates"} <= self.movable:
            names.append("setup.place+dates")
        frame = self.pick(self.rng.choice(names))
        return self.body(frame) if frame else ""

    def front(self) -> str:
        """Return the parts that stand before the request, with their separators."""
        pieces: list[str] = []
        for part in self.rng.sample(
            sorted(self.movable - {"output"}), len(self.movable - {"output"})
        ):
            if self.chance(0.13 if not pieces else 0.3):
                name = f"front.{part}"
                if part == "place":
                    name += ".far" if self.far else ".plain"
                pieces.append(self.say(name))
                self.left.discard(part)
                self.movable.discard(part)
        if len(pieces) == 2 and self.chance(0.4):
            pieces[0] = pieces[0].rstrip(" ,;:-…")
        return " ".join(pieces)

    def adverbials(self, frame: _Frame) -> dict[str, str]:
        """Return what is said in the middle and at the end of a frame."""
        middle: list[str] = []
        end: list[str] = []
        todo = [part for part in ("place", "dates", "dataset") if part in self.left]
        if len(todo) > 1 and self.chance(0.4):
            self.rng.shuffle(todo)
        has_end = "E" in frame.production.needs
        for part in todo:
            at_middle = "M" in frame.production.needs and (not has_end or self.chance(0.28))
            (middle if at_middle else end).append(self.say(_ADVERBIAL[part]))
            self.left.discard(part)
        if not end and self.slots.family not in ("zoom", "refuse") and self.chance(0.12):
            silent = [s for s in ("place", "dates") if getattr(self.slots, s) is None]
            end += (
                [self.say("where.none" if silent[0] == "place" else "when.none")] if silent else []
            )
        joint = ", " if self.chance(0.1) else " "
        tail = joint.join(end)
        if self.extra(0.16):
            tail += " " + self.say("why")
        return {"M": "=" + " ".join(middle), "E": "=" + tail}

    def core(self, mood: Mood) -> str | None:
        """Return the family's own part of the sentence."""
        base = f"{self.slots.family}.{mood}"
        kind = "scenes" if self.slots.category is None else "objs"
        names = [base, f"{base}.{kind}", f"{base}.{self.slots.statistic}"]
        output = f"{base}.{self.form}"
        if self.form is not None and self.slots.family == "index" and self.chance(0.75):
            names = [output] if output in sections() else names
        frame = self.pick(*names, says_output=output)
        if frame is None:
            return None
        self.name_the_data_inside()
        self.bound |= self.adverbials(frame)
        return self.body(frame)

    def name_the_data_inside(self) -> None:
        """Put the name of the data set into a noun phrase at times ("Sentinel-2 scenes")."""
        if "dataset" not in self.left:
            return
        family = self.slots.family
        of_scenes = family == "fetch" or (family == "plot" and self.slots.category is None)
        rate = 0.65 if of_scenes else 0.25 if family in ("index", "zonal", "area") else 0.15
        full = self.bound["archive"] == "archive.full"
        if full or not self.chance(rate):
            return
        self.left.discard("dataset")
        self.movable.discard("dataset")
        self.bound |= {"sat": "sat.named", "sat.mass": "mass.named", "sat.one": "one.named"}
        self.bound |= {"ix": "ix.named", "objs": "objs.named"}

    def tail(self, mood: Mood) -> tuple[str, str]:
        """Return how the output is asked for: in the same sentence, and in one of its own."""
        if "output" not in self.left:
            return "", ""
        self.left.discard("output")
        if self.chance(0.65 if mood == "i" else 0.5):
            return self.say("tail.np" if mood == "s" or self.chance(0.15) else "tail"), ""
        return "", self.say("next")

    def unwanted(self) -> str:
        """Return what the person does not want, where that is true and said at all."""
        if self.form is not None or not self.extra(0.09):
            return ""
        family = self.slots.family
        names = {"count": "no.map", "zonal": "no.map", "area": "no.map", "index": "no.draw"}
        names |= {"fetch": "no.list", "plot": "no.count", "zoom": "no.data"}
        return self.say(names[family]) if family in names else ""

    def keywords(self) -> str:
        """Return a terse request: keys in any order with a separator."""
        pieces = [self.say(f"{self.slots.family}.key")]
        named = self.slots.family == "plot" and self.slots.category is None
        if named and "dataset" in self.left and self.chance(0.5):
            self.bound["what.key"] = "key.scenes.named"
            pieces = [self.say("plot.key")]
            self.left.discard("dataset")
        pieces += [self.say(f"key.{part}") for part in sorted(self.left)]
        self.left.clear()
        if self.chance(0.6):
            first, rest = pieces[0], pieces[1:]
            self.rng.shuffle(rest)
            pieces = [first, *rest]
        else:
            self.rng.shuffle(pieces)
        if self.chance(0.12):
            pieces.insert(
                self.rng.choice((0, len(pieces))), self.rng.choice(("please", "pls", "thx"))
            )
        joint = self.rng.choices(
            (" ", ", ", "; ", " / ", " - ", " | ", ": "), (9, 5, 1, 1, 1, 1, 0.4)
        )
        ending = self.rng.choices(("", "?", ".", "!"), (7, 2, 1, 0.3))[0]
        return joint[0].join(pieces) + ending

    def sentence(self, mood: Mood) -> str | None:
        """Return the request with its opening, its adverbials and its ending."""
        front = self.front()
        core = self.core(mood)
        if core is None:
            return None
        tail, following = self.tail(mood)
        glue = "" if tail.startswith((",", ";")) else " "
        self.bound["core"] = f"={core}{glue}{tail}"
        plural = self.slots.family in ("fetch", "plot", "zoom")
        text = self.say("wrap.s.value" if mood == "s" and not plural else f"wrap.{mood}").strip()
        unwanted = self.unwanted()
        if unwanted and self.chance(0.5):
            text, unwanted = f"{text.rstrip('?')}, {unwanted}", ""
        if not text.endswith(("?", ".", "!")):
            text += self.ending(mood) or ("." if following and self.chance(0.85) else "")
        return f"{front} {text} {following} {unwanted + '.' if unwanted else ''}"

    def ending(self, mood: Mood) -> str:
        """Return the closing punctuation."""
        if mood == "q":
            return self.rng.choices(("?", "", "??", "."), (20, 2, 0.4, 0.6))[0]
        return self.rng.choices((".", "", "!", "?"), (14, 5, 0.6, 0.6))[0]

    def question(self) -> str | None:
        """Return the whole text, or None where the draw came to nothing."""
        mood = self.rng.choices(_MOODS, _MOOD_WEIGHTS[self.slots.family])[0]
        if mood == "key":
            return self.keywords()
        greeting = self.say("greeting") if self.extra(0.1) else ""
        context = self.say("context") if self.extra(0.13) else ""
        if not context and self.extra(0.05):
            context = self.say("why.front") + ","
        setup = self.apart("setup", 0.13)
        later = self.apart("after", 0.05)
        request = self.sentence(mood)
        if request is None:
            return None
        aside = self.say("aside") if self.extra(0.08) else ""
        thanks = self.say("thanks") + self.rng.choice((".", "", "!")) if self.extra(0.1) else ""
        if (later or aside or thanks) and not request.rstrip().endswith(("?", ".", "!")):
            request = request.rstrip() + "."
        return " ".join((greeting, context, setup, request, later, aside, thanks))


_AN = re.compile(
    r"\b([Aa]) (?=[aeioAEIO]|u(?!ni|se|til)|hour|N[BD]|MNDWI|n(?:dvi|dwi|dbi|dmi|br)\b|mndwi)"
)
_START = re.compile(r"(^|[.!?] +)([a-z])")


def _tidy(text: str) -> str:
    """Return the text with single spaces, joined punctuation and capitals at sentence starts."""
    text = " ".join(text.split())
    text = re.sub(r" ([,;:.?!)](?![\w.]))", r"\1", text)
    text = re.sub(r"\( ", "(", text)
    text = re.sub(r"\b(I|we|you|it) '(d|m|ll|ve|re|s)\b", r"\1'\2", text)
    text = re.sub(r"\bwhat '(s|re)\b", r"what'\1", text)
    text = re.sub(r"[,;:]+ ?([,;:.?!])", r"\1", text)
    text = re.sub(r"([?!])\.", r"\1", text)
    text = _AN.sub(r"\1n ", text)
    return _START.sub(lambda hit: hit[1] + hit[2].upper(), text).strip()


def _complete(text: str, slots: Slots) -> bool:
    """Say whether every slot stands in the text exactly once, and the text is not too long."""
    marks = all(text.count(MARKS[slot]) == (getattr(slots, slot) is not None) for slot in SLOTS)
    return marks and len(text.split()) <= _MAX_WORDS


def skeleton(slots: Slots, rng: random.Random) -> str:
    """Return a question with a private-use mark (`grammar.MARKS`) where each slot belongs."""
    for _ in range(_ATTEMPTS):
        text = _Writer(slots, rng).question()
        if text is not None and _complete(text, slots):
            return add_noise(_tidy(text), rng)
    raise ValueError(f"no wording says {slots!r}; check that its slots fit its family")


def realise(slots: Slots, rng: random.Random) -> str:
    """Return a question that says these slots, each of their strings verbatim."""
    text = skeleton(slots, rng)
    for slot, mark in MARKS.items():
        text = text.replace(mark, getattr(slots, slot) or "")
    return text
