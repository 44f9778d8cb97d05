import random

import pytest
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording.grammar import (
    MARKS,
    MORE,
    expand,
    names_in,
    read_grammar,
    renamed,
    sections,
)
from terragate.benchmarks.geo.wording.pairs import when_key
from terragate.benchmarks.geo.wording.punctuation import fill, tidy
from terragate.benchmarks.geo.wording.surfaces import date_kind


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2019", "2021"),
        ("H1 2020", "H2 2020"),
        ("March 2020", "summer 2020"),
        ("spring 2020", "Nov 2020"),
        ("2nd quarter of 2020", "2020-07"),
        ("since 2018", "the autumn of 2019"),
    ],
)
def test_periods_are_put_in_order(earlier: str, later: str) -> None:
    assert when_key(earlier) < when_key(later)


@pytest.mark.parametrize(
    ("text", "surface", "filled"),
    [
        ("A # there", "oil tanker", "An oil tanker there"),
        ("a # there", "unicorn", "a unicorn there"),
        ("the # count", "the ships", "the ships count"),
    ],
)
def test_articles_fit_what_is_filled_in(text: str, surface: str, filled: str) -> None:
    slots = Slots(family="count", category=surface)
    assert fill(text.replace("#", MARKS["category"]), slots) == filled


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("since 2021", "bare"),
        ("between March and May 2022", "bare"),
        ("12 March 2020", "day"),
        ("March 12, 2020", "day"),
        ("2021-06-12", "day"),
        ("May to July 2020", "range"),
        ("2nd half of 2020", "part"),
        ("the summer of 2018", "the"),
        ("March 2020", "plain"),
        ("2020", "plain"),
    ],
)
def test_date_phrases_take_the_prepositions_of_their_kind(phrase: str, kind: str) -> None:
    assert date_kind(phrase) == kind


def test_the_grammar_notation() -> None:
    found = read_grammar(":: a\n# note\n*3 (x|y) $place \\(z\\)\n% p, q\n", "g.txt")
    first, *rest = found["a"].productions
    assert (first.weight, first.needs, len(rest)) == (3, {"place"}, 2)
    with pytest.raises(ValueError, match=r"g.txt:2: unbalanced"):
        read_grammar(":: a\n(x|y\n", "g.txt")


def test_every_section_expands_to_text() -> None:
    opened = {"M": "=", "E": "=", "core": "=", "them": "=them", "archive": "archive.label"}
    opened |= {
        "spot": "spot.plain",
        "where": "where.obj",
        "when": "when.plain",
        "span": "span.plain",
    }
    opened |= {"src": "src.label", "mark": "mark.scenes", "objs": "objs.plural", "ix": "ix.NDVI"}
    opened |= {"bare": "bare.NDVI", "how": "how.NDVI", "top": "top.NDVI", "low": "low.NDVI"}
    opened |= {"st": "st.mean", "stn": "stn.mean", "st.key": "stk.mean", "cmp": "cmp.above"}
    opened |= {"verb.cmp": "verb.above", "aside.cmp": "aside.above", "file.word": "cog.word"}
    opened |= {"outdo": "map.them", "outnp": "map.np", "outas": "map.as", "where.they": "they"}
    opened |= {"what.key": "what.key.objs", "what.sure": "what", "theme": "theme.NDVI"}
    opened |= {"cmpix": "cmpix.above", "vbix": "vbix.above"}
    opened |= {"dir": "dir.east", "ern": "ern.east", "full": "full.east", "pl": "pl.name"}
    opened |= {"whole": "whole.name", "where.whole": "where.obj", "prep": "prep.obj"}
    opened |= {"key.place.whole": "key.place.plain", "half.other": "half.other.east"}
    opened |= {"prep.point": "prep.point.obj", "np": "=the sum", "objs2": "=cranes"}
    opened |= {"cat2": "=cranes", "n1": "n1.many", "n2": "n2.single", "grown": "grown.NDVI"}
    opened |= dict.fromkeys(("w1", "w2", "p1", "p2", "wa", "wb", "pa", "pb"), "=P")
    opened |= {"gone": "gone.NDVI", "lost": "lost.loss", "that.lost": "that.lost.loss"}
    opened |= {"turn": "turn.loss", "turned": "turned.loss", "of.turn": "of.turn.loss"}
    opened |= {"turn.word": "turn.word.loss", "fu.slot": "fu.slot.dates"}
    opened |= {"fu.adverb": "fu.adverb.dates", "fu.noun": "fu.noun.dates"}
    opened |= {"fu.it": "fu.it.number", "fu.bare": "fu.bare.dates"}
    opened |= dict.fromkeys((f"{one}{form}" for one in "hlxy" for form in "wpk"), "=P")
    opened |= {"in.objs": "in.objs.set", "key.objs": "key.objs.set", "wh": "=where"}
    opened |= {name: f"{name}.place" for name in ("which.more", "which.more.w")}
    opened |= {name: f"{name}.one" for name in ("does.n", "is.n", "has.n", "compares.n")}
    opened |= {"lay": "lay.count", "their.n": "their.n.count", "their.q": "their.q.count"}
    opened |= {f"out.{part}": f"map.{part}" for part in ("verb", "part", "ing", "how")}
    opened |= {"a.out": "map.a", "key.place": "key.place.plain"}
    for name, section in sections().items():
        for production in section.productions:
            missing = names_in(production.body) - sections().keys() - opened.keys()
            assert not missing, (name, missing)
        assert expand(name, random.Random(1), opened) is not None


def test_a_section_can_be_added_to_from_another_file() -> None:
    found = read_grammar(":: a\nx\n::+ b\n*2 y\nz\n", "g.txt")
    assert {name: len(section.productions) for name, section in found.items()} == {
        "a": 1,
        f"{MORE}b": 2,
    }
    assert not [name for name in sections() if name.startswith(MORE)]
    # Both halves of a section that two files make are there: "how many …" and "how do … compare".
    bodies = str([one.body for one in sections()["compare.q.place.difference"].productions])
    assert "how many more " in bodies
    assert "richer in " in bodies


def test_an_alternative_can_be_said_of_other_names() -> None:
    plain = read_grammar(":: a\n*3 from {hp} ({lp}|{other}) to $place\n", "g.txt")["a"]
    changed = renamed(plain.productions[0], {"hp": "pa", "lp": "pb"})
    assert changed.weight == 3
    assert names_in(changed.body) == {"pa", "pb", "other"}
    assert changed.needs == {"pa", "pb", "other", "place"}


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("a , b .", "A, b."),
        ("data, .tif", "Data, .tif"),
        ("is it , ? yes", "Is it? Yes"),
    ],
)
def test_marks_are_joined_but_file_endings_are_kept(text: str, tidied: str) -> None:
    assert tidy(text) == tidied
