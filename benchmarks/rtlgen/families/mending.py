"""Modules with one mistake that are to be mended: the correct one is a case of another family."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..words import ENOUGH
from . import (
    adders,
    alu,
    arithmetic,
    bands,
    checks,
    codes,
    comparators,
    controls,
    decimal,
    digits,
    formats,
    limits,
    patterns,
    routes,
    shifts,
    subtractors,
    tablelogic,
)  # fmt: skip


@dataclass(frozen=True)
class Mistake:
    """A mistake: in the family's correct text the pattern becomes something else, once.

    `shows` says what goes wrong, as someone would report it.
    """

    family: str
    pattern: str
    becomes: str
    shows: str


ARITHMETIC: Final = (
    Mistake("adder", r"(= \w+ \+ \w+) \+ \w+;", r"\1;", "the carry in has no effect"),
    Mistake("adder", r" = (\w+) \+ (\w+)", r" = \1 - \2", "the result is not the sum"),
    Mistake("adder", r"assign \{(\w+), (\w+)\} = ", r"assign \1 = 1'b0;\n  assign \2 = ",
            "the carry out is never set"),
    Mistake("adder", r" = (\w+) \+ (\w+)", r" = \1 | \2", "carries get lost between the bits"),
    Mistake("subtractor", r"= (\w+) - (\w+)", r"= \2 - \1", "the difference has the wrong sign"),
    Mistake("subtractor", r" - (\w+);", r" + \1;", "the last operand is not subtracted"),
    Mistake("signed overflow", r"(\w+\[\d+\]) == (\w+\[\d+\])", r"\1 != \2",
            "overflow is reported for the wrong operands"),
    Mistake("signed overflow", r"(\(\w+\[\d+\] .= \w+\[\d+\]\)) && ", r"\1 || ",
            "overflow is reported far too often"),
    Mistake("absolute value", r"-(\w+)", r"~\1", "some results are off by one"),
    Mistake("absolute value", r"\? (-?\w+) : (-?\w+);", r"? \2 : \1;", "the sign is wrong"),
    Mistake("negate", r"-(\w+)", r"~\1", "results are off by one"),
    Mistake("adder/subtractor", r"\? (\w+ . \w+) : (\w+ . \w+);", r"? \2 : \1;",
            "it adds when it should subtract"),
    Mistake("step by a constant", r" ([+-]) (\d+)'d", r" \1 1 \1 \2'd", "the step is too large"),
    Mistake("average", r"wire \[\d+:0\] total = (\w+ \+ \w+);\n  assign (\w+) = .*;",
            r"assign \2 = (\1) >> 1;", "large inputs give a wrong average"),
    Mistake("saturating sum", r"wire \[(\d+):0\] full = (\w+ \+ \w+);\n  assign (\w+) = .*;",
            r"assign \3 = \2;", "large sums wrap around"),
    Mistake("saturating sum", r"\((\w+) < (\w+)\)", r"(\2 < \1)", "it gives 0 at the wrong times"),
    Mistake("multiplier", r"\$signed\((\w+)\) \*", r"\1 *", "negative inputs give wrong products"),
    Mistake("digit adder", r">= ", "> ", "one sum is not corrected to a digit"),
    Mistake("digit adder", r"total - ", "total + ", "the corrected digit is wrong"),
    Mistake("linear function", r"'d(\d+)( \+|;)", r"'d1\1\2", "the factor is wrong"),
    Mistake("rounding", r"\$signed\((\w+)\)", r"\1", "negative numbers are not handled"),
    Mistake("sign and magnitude", r" -(\{|\w)", r" ~\1", "negative numbers are off by one"),
)  # fmt: skip
CHOICES: Final = (
    Mistake("comparator", r"= \$signed\((\w+)\) (.{1,2}) \$signed\((\w+)\)", r"= \1 \2 \3",
            "negative numbers are compared wrongly"),
    Mistake("comparator", r" < ", " <= ", "equal numbers give a wrong result"),
    Mistake("comparator", r" > ", " >= ", "equal numbers give a wrong result"),
    Mistake("comparator", r"= (\w+) == (\w+);", r"= \1 != \2;", "equality is reported inverted"),
    Mistake("range check", r">=", ">", "a limit itself is not treated right"),
    Mistake("range check", r"&&", "||", "values outside the range are accepted"),
    Mistake("range check", r"\|\|", "&&", "the output is never set"),
    Mistake("minimum and maximum", r"\? (\w+) : (\w+);", r"? \2 : \1;", "the wrong one is chosen"),
    Mistake("minimum and maximum", r"\(\$signed\((\w+)\) < \$signed\((\w+)\)\)", r"(\1 < \2)",
            "negative numbers are compared wrongly"),
    Mistake("clamp", r"\((\w+) < ", r"(\1 > ", "values within the limits are changed"),
    Mistake("bands", r" < ", " <= ", "a value at a border falls into the wrong range"),
    Mistake("shift by an input", r"\$signed\((\w+)\)", r"\1", "the sign is not kept"),
    Mistake("shift by an input", r"= (\w+) << (\w+);", r"= \1 >> \2;", "it shifts the wrong way"),
    Mistake("shift by an input", r" \| \(.*\);", ";", "bits that are shifted out get lost"),
    Mistake("shift by a constant", r"\{(\w+\[[\d:]+\]), (\w+\[[\d:]+\])\}", r"{\2, \1}",
            "the output is the unchanged input"),
    Mistake("shift either way", r"(\(\w+\)) (\w+ = .*;)(\n\s+else) (.*;)", r"\1 \4\3 \2",
            "the two directions are exchanged"),
    Mistake("demultiplexer", r"\? (\w+) : (\d+'d\d+);", r"? \2 : \1;",
            "the output that should carry the data does not"),
    Mistake("decoder", r"'d1 << ", "'d2 << ", "the wrong line is active"),
    Mistake("decoder", r"~\((.*)\);", r"\1;", "all outputs have the wrong level"),
    Mistake("ALU", r": (\w+) = (.*);\n(\s+)(\S+): \w+ = (.*);", r": \1 = \5;\n\3\4: \1 = \2;",
            "two operations are exchanged"),
)  # fmt: skip
CODES: Final = (
    Mistake("priority encoder", r"casez", "case", "inputs with several bits set are not encoded"),
    Mistake("priority encoder", r"= ~?\|(\w+);", r"= &\1;", "the flag is wrong"),
    Mistake("encoder", r"(\d+)'d1;", r"\1'd0;", "one input gets a wrong number"),
    Mistake("Gray code", r">> 1\)", "<< 1)", "the code is wrong"),
    Mistake("Gray code", r"\^\((\w+) >> i\)", r"\1[i]", "the code is not converted at all"),
    Mistake("run of zeros", r"if \((\w+)\[i\]\)", r"if (!\1[i])", "it counts the wrong bits"),
    Mistake("one-hot check", r"\(\w+ != \d+'d0\) && ", "", "0 is accepted"),
    Mistake("parity", r"~\^", "^", "the parity is inverted"),
    Mistake("xor of taps", r" \^ (\w+\[\d+\])(\)?);", r"\2;", "a tap is missing"),
    Mistake("CRC step", r"\? (\S+) : (\d+'d0)\)", r"? \2 : \1)",
            "the polynomial is applied wrongly"),
    Mistake("look-up table", r"\n\s+default: .*", "", "a latch is inferred"),
    Mistake("look-up table", r"'(.)\w+(;|\};)(\n\s+default)", r"'\g<1>0\2\3",
            "the last entry is wrong"),
    Mistake("character class", r">=", ">", "a first character is not recognised"),
    Mistake("digit validity", r"4'd10", "4'd9", "the digit 9 is refused"),
    Mistake("control decoder", r"\n\s+default: .*", "", "a latch is inferred"),
)  # fmt: skip
BASES: Final = {
    family.name: family
    for module in (adders, alu, arithmetic, bands, checks, codes, comparators, controls, decimal,
                   digits, formats, limits, patterns, routes, shifts, subtractors, tablelogic)
    for family in module.FAMILIES
}  # fmt: skip
TRIES: Final = 40


def _mend(rng: Random, mistakes: Sequence[Mistake]) -> Case:
    while True:
        mistake = rng.choice(mistakes)
        for _ in range(TRIES):
            case = BASES[mistake.family].draw(rng)
            wrong, count = re.subn(mistake.pattern, mistake.becomes, case.reference, count=1)
            if count and wrong != case.reference:
                return _broken(case, mistake, wrong)


def _broken(case: Case, mistake: Mistake, wrong: str) -> Case:
    said, shows = case.says, mistake.shows
    # The last words of a family stay out of the training split here as well.
    texts = said.brief[:-1] if len(said.brief) >= ENOUGH else said.brief
    brief = [
        words
        for text in texts
        for words in (
            f"[the module|the code|this module] below [has|contains] a [bug|mistake]: {shows}. "
            f"What it should do: {text}. Correct it",
            f"find and fix the [bug|mistake] in the module below. [Intended|Required]: {text}",
            f"[the|this] code below is wrong ({shows}). [Mend|Repair|Fix] it so that it does "
            f"this: {text}",
        )
    ]
    brief.append(
        f"debug the following module, in which {shows}. Its specification: {said.brief[-1]}"
    )
    last = (f"the module below does not do this, since {shows}; give the corrected module",
            "the code below has one mistake; correct it",
            f"the code below is wrong: {shows}; write it correctly")  # fmt: skip
    points = (*said.points, last) if said.points else ()
    says = Says(tuple(brief), points, said.tables, said.needs_table, said.ports)
    key = f"{mistake.family}, {shows}: {case.key}"
    origin = f"{mistake.family} {case.key}"
    return replace(case, key=key, says=says, skeleton=wrong, origin=origin)


def _arithmetic(rng: Random) -> Case:
    return _mend(rng, ARITHMETIC)


def _choices(rng: Random) -> Case:
    return _mend(rng, CHOICES)


def _codes(rng: Random) -> Case:
    return _mend(rng, CODES)


FAMILIES: Final = (
    Family("mend arithmetic", "mending", _arithmetic, weight=1.2),
    Family("mend a choice", "mending", _choices, weight=1.2),
    Family("mend a code", "mending", _codes, held_out=True),
)
