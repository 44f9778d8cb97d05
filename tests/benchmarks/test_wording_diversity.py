from __future__ import annotations

import random
from collections import Counter
from math import exp, log
from pathlib import Path

import pytest
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording.compose import Draft, draft, followup_draft
from terragate.benchmarks.geo.wording.diversity import (
    bare,
    drafts_of,
    kind_of,
    main,
    measure,
    pool_of,
)
from terragate.benchmarks.geo.wording.grammar import MARKS
from terragate.tests.support.random_slots import FOLLOWS, follow, make

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
PLACES = [("Split", "HR"), ("Da Nang", "VN"), ("Athens", "GR"), ("Athens", "US"), ("Lomé", "TG")]


def made(family: str, count: int, **parts: object) -> list[Slots]:
    rng = random.Random(family)
    drawn = (make(family, rng).model_copy(update=parts) for _ in range(count))
    return [slots for slots in drawn if slots.place_kind == "name" or slots.place2 is None]


def test_the_measures_are_those_of_the_drafts_by_hand() -> None:
    place = MARKS["place"]
    texts = (f"How many in {place}?", f"how many, in {place}", f"In {place}: how many")
    drafts = [Draft(text, form) for text, form in zip(texts, ("a", "a", "b"), strict=True)]
    found = measure("count", [*drafts, Draft("one two three four five six seven", "c")])
    assert (found.draws, found.constructions, found.skeletons, found.openings) == (4, 3, 3, 3)
    # Seen once: b and c; twice: a. So at least 2 * 1 / (2 * 2) more, rounded.
    assert found.likely == round(3 + 0.5)
    assert found.even == round(exp(-(0.5 * log(0.5) + 2 * 0.25 * log(0.25))))
    assert (found.mean_length, found.p10_length, found.p90_length) == (4.8, 4, 7)


def test_a_skeleton_is_bare_of_case_and_marks_but_not_of_slots() -> None:
    place = MARKS["place"]
    assert bare(f"And the Ships, in {place}?!") == f"and the ships in {place}"


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"family": "count"}, "count"),
        ({"family": "count", "output": "map"}, "count+output"),
        ({"family": "plot", "output": "map"}, "plot"),
        ({"family": "plot", "output": "gpkg"}, "plot+file"),
        ({"family": "compare", "place2": "Q", "measure": "ratio"}, "compare_place_ratio"),
        ({"family": "count", "dates": "2020", "follows": "dates"}, "followup_dates"),
    ],
)
def test_questions_are_counted_by_their_kind(parts: dict[str, object], kind: str) -> None:
    assert kind_of(Slots.model_validate(parts)) == kind


def test_a_construction_stays_when_only_its_words_change() -> None:
    slots = Slots(family="count", place="P", category="ships", collection="xview1")
    rng = random.Random(8)
    texts: dict[str, set[str]] = {}
    for _ in range(3000):
        one = draft(slots, rng)
        texts.setdefault(one.construction, set()).add(bare(one.text))
    assert len(texts) > 200
    assert max(map(len, texts.values())) > 20


# How many constructions 1,500 draws must show, a quarter below what they do.
@pytest.mark.parametrize(
    ("family", "parts", "least"),
    [
        ("count", {"output": "none"}, 300),
        ("count", {"output": "map"}, 270),
        ("zonal", {"output": "picture"}, 250),
        ("area", {"output": "none"}, 300),
        ("fetch", {"output": "none"}, 270),
        ("plot", {"output": "map"}, 280),
        ("plot", {"output": "gpkg"}, 230),
        ("compare", {}, 900),
        ("nearest", {"output": "none"}, 330),
        ("refuse", {}, 220),
        ("zoom", {}, 180),
    ],
)
def test_wishes_are_put_in_very_many_ways(
    family: str, parts: dict[str, object], least: int
) -> None:
    found = measure(family, drafts_of(made(family, 300, **parts), 1500, random.Random(3)))
    assert found.constructions > least
    assert found.even > least / 3
    assert found.openings > 600


@pytest.mark.parametrize("said", FOLLOWS)
def test_follow_ups_have_many_constructions(said: str) -> None:
    rng = random.Random(3)
    drawn = Counter(followup_draft(follow(said, rng), rng).construction for _ in range(1000))
    assert len(drawn) > 120
    assert max(drawn.values()) < 60


def test_the_table_has_a_row_for_every_kind_of_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "archive"
    write_archive(root, locate(PLACES), seed=3, size=ArchiveSize(pixels=48, scenes=9, images=12))
    options = ["--archive", str(root), "--draws", "40", "--pool", "120"]
    monkeypatch.setattr("sys.argv", ["diversity", *options])
    main()
    head, *rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert head[:3] == ["kind", "draws", "constructions"]
    assert [row[0] for row in rows] == list(pool_of(root, 120, 1))
    assert all(row[1] == "40" and 1 < int(row[2]) <= 40 for row in rows)
