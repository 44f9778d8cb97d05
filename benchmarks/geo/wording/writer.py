"""The writer of one question: which part of it is said where, and in what kind of sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cores import NOUN_FAMILIES, core, variants
from .frames import MOOD_WEIGHTS, MOODS, Frame, Mood, Shape, draw_frame
from .grammar import Sequence, expand, expand_body
from .pairs import pair_sections
from .places import shape_of
from .surfaces import bind, output_form

if TYPE_CHECKING:
    import random

    from ..task import Slots

_ADVERBIAL = {"place": "where", "part": "where.half", "dates": "when", "dataset": "src"}


class Writer:
    """Writes one question; `left` are the parts of it that are still to be said.

    `built` are the constructions it has been put together from so far.
    """

    def __init__(self, slots: Slots, rng: random.Random) -> None:
        self.slots = slots
        self.rng = rng
        whole = slots.part is None or slots.place2 is not None or slots.family == "zoom"
        apart = not whole and rng.random() < 0.22
        self.bound = bind(slots, rng, apart=apart)
        self.bound |= pair_sections(slots, self.bound, rng)
        self.shape: Shape = shape_of(slots)
        # After numbers for a place a date in numbers would read as one more of them.
        self.named = self.shape != "coordinates"
        names = ("place", "dates", "dataset", "place2", "dates2")
        parts = {part for part in names if getattr(slots, part) is not None}
        self.form = output_form(slots)
        self.left = parts | ({"output"} if self.form is not None else set())
        self.left |= {"part"} if apart else set()
        # A bare "zoom" needs its place in the sentence, or nothing is left of the request.
        self.movable = self.left - ({"place"} if slots.family == "zoom" else set())
        for part in ("place", "dates"):
            self.movable -= {part, f"{part}2"} if f"{part}2" in parts else set()
        self.said_apart: list[str] = []
        self.mood: Mood = rng.choices(MOODS, MOOD_WEIGHTS[slots.family])[0]
        self.built: list[Sequence] = []
        self.room = rng.choice((0, 1, 1, 2, 2) if slots.family == "zoom" else (0, 0, 1, 1, 2))

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

    def pick(self, *names: str, says_output: str = "") -> Frame | None:
        """Draw a frame of the sections that fits what is left, and take its parts as said."""
        marked = tuple((name, name == says_output) for name in names)
        frame = draw_frame(marked, frozenset(self.left), self.shape, self.rng)
        if frame is not None:
            self.left -= frame.says
            self.movable -= frame.says
        return frame

    def construct(self, *names: str, says_output: str = "") -> Frame | None:
        """Draw the frame of the request itself, which tells how it is built."""
        frame = self.pick(*names, says_output=says_output)
        if frame is not None:
            self.built.append(frame.production.body)
        return frame

    def body(self, frame: Frame) -> str:
        """Return a text of a frame."""
        return expand_body(frame.production.body, self.rng, self.bound)

    def apart(self, prefix: str, probability: float) -> str:
        """Return a sentence of its own that says one or two of the parts, or nothing."""
        if not self.movable - {"output"} or not self.chance(probability):
            return ""
        names = [f"{prefix}.{part}" for part in sorted(self.movable - {"output"})]
        if prefix == "after" and self.shape != "name":
            names = [name + ".far" if name == "after.place" else name for name in names]
        if {"place", "dates"} <= self.movable and (prefix == "setup" or self.named):
            names += [f"{prefix}.place+dates"] * 2
        frame = self.pick(self.rng.choice(names))
        if frame is None:
            return ""
        if prefix == "setup":
            self.said_apart = sorted(frame.says - {"dataset"})
        return self.body(frame)

    def front(self) -> str:
        """Return the parts that stand before the request, with their separators."""
        pieces: list[str] = []
        if {"place", "dates"} <= self.movable and self.named and self.chance(0.07):
            self.left -= {"place", "dates"}
            self.movable -= {"place", "dates"}
            return self.say("front.place+dates")
        for part in self.rng.sample(
            sorted(self.movable - {"output"}), len(self.movable - {"output"})
        ):
            if self.chance(0.13 if not pieces else 0.3):
                name = f"front.{part}"
                if part == "place":
                    name += ".plain" if self.shape == "name" else ".far"
                pieces.append(self.say(name))
                self.left.discard(part)
                self.movable.discard(part)
        if len(pieces) == 2 and self.chance(0.4):
            pieces[0] = pieces[0].rstrip(" ,;:-…")
        return " ".join(pieces)

    def adverbials(self, frame: Frame) -> dict[str, str]:
        """Return what is said in the middle and at the end of a frame."""
        middle: list[str] = []
        end: list[str] = []
        todo = [part for part in _ADVERBIAL if part in self.left]
        if len(todo) > 1 and self.chance(0.4):
            self.rng.shuffle(todo)
        if {"place", "part"} <= set(todo):  # "in Rotterdam in the northern half"
            todo.remove("part")
            todo.insert(todo.index("place") + 1, "part")
        has_end = "E" in frame.production.needs
        both = {"place", "dates"} <= set(todo) and "part" not in todo and self.named
        if has_end and both and self.chance(0.08):
            end.append(self.say("end.place+dates"))
            self.left -= {"place", "dates"}
            todo = [part for part in todo if part not in ("place", "dates")]
        for part in todo:
            at_middle = "M" in frame.production.needs and (not has_end or self.chance(0.28))
            (middle if at_middle else end).append(self.say(_ADVERBIAL[part]))
            self.left.discard(part)
        if not end and self.slots.family not in ("zoom", "refuse") and self.chance(0.12):
            silent = [s for s in ("place", "dates") if getattr(self.slots, s) is None]
            end += (
                [self.say("where.none" if silent[0] == "place" else "when.none")] if silent else []
            )
        if self.said_apart and self.slots.family != "zoom" and self.chance(0.4):
            end.append(self.say(f"again.{self.rng.choice(self.said_apart)}"))
        joint = ", " if self.chance(0.1) else " "
        tail = joint.join(end)
        if self.extra(0.16):
            tail += " " + self.say("why")
        return {"M": "=" + " ".join(middle), "E": "=" + tail}

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
        if self.chance(0.65 if mood == "i" else 0.2 if mood == "d" else 0.5):
            noun = mood in ("s", "g", "d") or self.chance(0.15)
            return self.say("tail.np" if noun else "tail"), ""
        return "", self.say("next")

    def unwanted(self) -> str:
        """Return what the person does not want, where that is true and said at all."""
        if self.form is not None or not self.extra(0.09):
            return ""
        family = self.slots.family
        names = {"count": "no.map", "zonal": "no.map", "area": "no.map", "index": "no.draw"}
        names |= {"fetch": "no.list", "plot": "no.count", "zoom": "no.data"}
        names |= dict.fromkeys(NOUN_FAMILIES, "no.map")
        return self.say(names[family]) if family in names else ""

    def keywords(self) -> str | None:
        """Return a terse request: keys in any order with a separator."""
        frame = self.construct(*variants(self.slots, f"{self.slots.family}.key"))
        if frame is None:
            return None
        pieces = [self.body(frame)]
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
        weights = (9, 5, 1, 1, 1, 1, 0.4, 2, 0.7, 0.3)
        weights = weights if self.named else (0, 0, 0, 1, 1, 1, 0.4, 0, 0.7, 0)
        marks = (" ", ", ", "; ", " / ", " - ", " | ", ": ", ". ", " + ", "... ")
        joint = self.rng.choices(marks, weights)
        ending = self.rng.choices(("", "?", ".", "!"), (7, 2, 1, 0.3))[0]
        return joint[0].join(pieces) + ending

    def sentence(self, mood: Mood) -> str | None:
        """Return the request with its opening, its adverbials and its ending."""
        front = self.front()
        request = core(self, mood)
        if request is None:
            return None
        tail, following = self.tail(mood)
        glue = "" if tail.startswith((",", ";")) else " "
        self.bound["core"] = f"={request}{glue}{tail}"
        single = self.slots.family not in ("fetch", "plot", "zoom")
        text = self.say("wrap.s.value" if mood == "s" and single else f"wrap.{mood}").strip()
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
        mood = self.mood
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
