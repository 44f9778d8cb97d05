"""The request itself: a sentence of its family, or a noun phrase that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .grammar import expand_body, sections
from .pairs import second_of
from .surfaces import LAID

if TYPE_CHECKING:
    from ..task import Slots
    from .frames import Mood
    from .writer import Writer

# Families that ask for a number with a name, so that any mood can be put around a noun phrase.
NOUN_FAMILIES = ("compare", "change", "changed_area", "trend", "nearest")
_THING_FAMILIES = ("plot", "index", "zoom")
_VALUE_FAMILIES = ("count", "fetch", "zonal", "area", "refuse")


def core(writer: Writer, mood: Mood) -> str | None:
    """Return the family's own part of the sentence."""
    base = f"{writer.slots.family}.{mood}"
    names = variants(writer.slots, base)
    output = f"{base}.{writer.form}"
    if writer.form is not None and writer.slots.family == "index" and writer.chance(0.75):
        names = [output] if output in sections() else names
    elif writer.slots.family in ("plot", *LAID) and writer.form is not None and writer.chance(0.55):
        return _with_output(writer, mood)
    if writer.slots.family in _THING_FAMILIES and writer.chance(0.3):
        return _around_thing(writer, mood)
    if writer.chance(_noun_share(writer.slots.family, mood)):
        return _around_noun(writer, mood)
    frame = writer.construct(*names, says_output=output)
    if frame is None:
        return None
    writer.name_the_data_inside()
    writer.bound |= writer.adverbials(frame)
    return writer.body(frame)


def _noun_share(family: str, mood: Mood) -> float:
    """Return how often the value is asked for with a noun phrase rather than a sentence."""
    if family in NOUN_FAMILIES:
        return 1 if mood == "s" else 0.35
    return 0.22 if family in _VALUE_FAMILIES else 0


def variants(slots: Slots, base: str) -> list[str]:
    """Return the sections that may hold a frame for these slots."""
    if slots.family == "compare":
        second = second_of(slots)
        names = [f"{base}.{second}", f"{base}.{second}.{slots.measure}"]
        names.append(f"{base}.any.{slots.measure}@{second}")
        if second != "category":
            names.append(f"{base}.both.{slots.measure}@{second}")
        return names
    kind = "scenes" if slots.category is None else "objs"
    return [base, f"{base}.{kind}", f"{base}.{slots.statistic}"]


def _around_noun(writer: Writer, mood: Mood) -> str | None:
    """Return a phrase in this mood around a noun phrase for the value that is asked for."""
    return _around(writer, mood, "np", *variants(writer.slots, f"{writer.slots.family}.np"))


def _around_thing(writer: Writer, mood: Mood) -> str | None:
    """Return a phrase in this mood around a noun phrase for a map, layer, picture or file."""
    name = f"{writer.slots.family}.thing"
    of_form = f"{name}.{writer.form}"
    of_index = writer.slots.family == "index" and writer.form is not None
    return _around(writer, mood, "thing", of_form if of_index else name, says_output=of_form)


def _around(
    writer: Writer, mood: Mood, what: str, *names: str, says_output: str = ""
) -> str | None:
    """Return a phrase in this mood around a noun phrase of one of these sections."""
    frame = writer.construct(*names, says_output=says_output)
    if frame is None:
        return None
    writer.name_the_data_inside()
    writer.bound |= writer.adverbials(frame)
    writer.bound["np"] = "=" + writer.body(frame)
    around = sections()[f"{what}.{mood}"].pick(writer.rng)
    writer.built.append(around.body)
    return expand_body(around.body, writer.rng, writer.bound)


def _with_output(writer: Writer, mood: Mood) -> str | None:
    """Return a phrase in this mood that asks for the number and for the output at once."""
    family = writer.slots.family
    base = f"{'plot' if family == 'plot' else 'two'}.{mood}.out"
    frame = writer.construct(base, says_output=base)
    if frame is None:
        return None
    writer.name_the_data_inside()
    writer.bound |= writer.adverbials(frame)
    return writer.body(frame)
