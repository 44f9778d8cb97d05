"""With the solution known, every planning family answers what the state machine answers."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, get_args

import anyio
import pytest
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo.draw import draw_tasks, said
from terragate.benchmarks.geo.oracle_plan import plan, whole_plan
from terragate.benchmarks.geo.sample import SampledTask
from terragate.benchmarks.geo.task import Family, Slots
from terragate.deploy.models import traces
from terragate.deploy.models.mixture import reworded, training_names
from terragate.deploy.models.oracle import OracleModel
from terragate.deploy.models.traces import FAMILIES, Job, record, undrawing
from terragate.tools.geo.catalog import Catalog
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.live import thread_spans
from terragate.workflows.planned.member import KINDS, kinds_plan
from terragate.workflows.registry import find_family
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

PLACES = [("Split", "HR"), ("Da Nang", "VN"), ("Athens", "GR"), ("Athens", "US"), ("Porto", "PT")]
TODAY = date(2026, 1, 1)
SPANS = ("span.place", "span.dates", "span.class", "span.distance", "span.number") + (
    "span.bbox",
    "span.point",
)
SLOTS = ("place", "place2", "dates", "dates2", "category", "category2", "distance", "threshold")
OURS = ("planned", "flow", "flow-isolated", "single-call")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("planned") / "archive"
    write_archive(root, locate(PLACES), seed=3, size=ArchiveSize(pixels=48, scenes=5, images=8))
    return root


class Asked(NamedTuple):
    """A task in words that hold every span of it."""

    slots: Slots
    earlier: tuple[str, ...]
    text: str


@pytest.fixture(scope="module")
def tasks(archive: Path) -> list[Asked]:
    """Return a task of every family, of every trap, of every kind of comparison, a follow-up."""
    found: dict[Any, Asked] = {}
    catalog = open_catalog(archive)
    for task in draw_tasks(archive, 250, seed=5):
        s = task.slots
        twice = (s.place2 is None, s.dates2 is None, s.category2 is None)
        plain = s.trap == "none" and s.follows is None
        kind = (s.family, s.family == "compare" and twice) if plain else s.trap
        kind = "follow-up" if s.follows else kind
        asked = None if kind in found else worded(task, catalog)
        if asked is not None:
            found[kind] = asked
    return list(found.values())


def worded(task: SampledTask, catalog: Catalog) -> Asked | None:
    """Say a task so that its spans are found: an oracle of other words knows another question."""
    chosen = {str(v) for call in whole_plan(task.slots) for v in call.args.values()}
    for seed in range(40):
        text, earlier = said(task, random.Random(seed))
        spans = thread_spans((*earlier, text), catalog, TODAY)
        offered = {span for source, found in spans.items() for span in found if source in SPANS}
        wanted = {str(getattr(task.slots, slot)) for slot in SLOTS if getattr(task.slots, slot)}
        if all(any(word in span for span in offered) for word in chosen & wanted):
            return Asked(task.slots, earlier, text)
    return None


def ask(task: Asked, family: str, archive: Path, out: Path) -> Report:
    request = Request(text=task.text, earlier=task.earlier, today=TODAY, workflow=family)
    oracle = OracleModel(plan(task.slots), whole_plan(task.slots))
    families = {family: undrawing(find_family(family))}
    platform = Platform(oracle, open_catalog(archive), out, persist=False, families=families)
    return anyio.run(run, request, platform)


def gist(report: Report) -> Any:
    shown = sorted(
        kind for r in report.records for kind in r.outputs if kind in ("map", "file", "picture")
    )
    values = [(v.name, v.value) for v in report.values]
    return report.status, values, shown, report.answer if report.status == "answered" else ""


def test_every_family_answers_as_the_state_machine_does(
    archive: Path, tasks: list[Asked], tmp_path: Path
) -> None:
    assert {task.slots.family for task in tasks} == set(get_args(Family))
    traps = {task.slots.trap for task in tasks}
    assert traps >= {"none", "empty", "ambiguous", "unknown_place"}
    assert any(task.earlier for task in tasks)
    wrong: list[str] = []
    spent = dict.fromkeys((*OURS, "stateful"), 0)
    for number, task in enumerate(tasks):
        known = ask(task, "stateful", archive, tmp_path)
        spent["stateful"] += known.usage.model_calls
        for family in ("planned", OURS[1 + number % 3]):
            report = ask(task, family, archive, tmp_path)
            spent[family] += report.usage.model_calls
            if gist(report) != gist(known):
                wrong.append(f"{family} {task.text!r}\n {gist(known)}\n {gist(report)}")
    assert not wrong, f"{len(wrong)} of {len(tasks)}\n" + "\n".join(wrong)
    assert spent["single-call"] == len(tasks[2::3])
    assert spent["planned"] < 0.3 * spent["stateful"]


def test_traces_of_plans_stay_true_in_other_words(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = draw_tasks(archive, 10, seed=9)
    monkeypatch.setattr(traces, "FAMILIES", ("planned",))
    monkeypatch.setattr(traces, "SPOILT_SHARE", 1.0)
    rows = [row for row in record(Job(archive, tuple(tasks), 3)) if row["stage"] == "plan"]
    told = [row["user"].rpartition("\n! ")[2] for row in rows if "\n! " in row["user"]]
    assert told
    assert all(fault.startswith("n") for fault in told)
    assert {row["workflow"] for row in rows} == {"planned"}
    catalog, names, rng = open_catalog(archive), training_names(), random.Random(2)
    made = [new for row in rows for _ in range(4) if (new := reworded(row, names, catalog, rng))]
    assert len(made) > len(rows)
    for new in made:
        assert new["system"] == rows[0]["system"]
        assert '{"plan":[{"tool":"' in new["answer"]
        said = new["answer"]
        for argument in ("place", "dates", "box", "distance", "threshold"):
            for part in said.split(f'"{argument}":"')[1:]:
                assert part.partition('"')[0] in new["user"]


def test_every_family_is_registered_and_recorded() -> None:
    for name in OURS:
        family = find_family(name)
        assert family.spec().name == name
        assert set(family.load_domain().steps) >= {s.taken_by for s in family.spec().stages[:2]}
    assert set(FAMILIES) == {"stateful", "react", "sequential", *OURS} - {"single-call"}


def test_members_see_only_what_their_work_rests_on() -> None:
    kinds = ("area", "period", "data", "analysis", "other", "data", "analysis", "compare", "answer")
    apart = [node.after for node in kinds_plan(kinds, isolated=True).nodes]
    assert apart == [
        (),
        (),
        ("n1", "n2"),
        ("n3",),
        ("n1", "n2"),
        ("n1", "n2", "n5"),
        ("n6",),
        ("n4", "n7"),
        ("n8",),
    ]
    together = [node.after for node in kinds_plan(kinds[:3], isolated=False).nodes]
    assert together == [(), ("n1",), ("n1", "n2")]
    assert {tool for kind in KINDS.values() for tool in kind.tools} == {
        *find_family("react").spec().stages[0].tools
    }
