"""Faults of plans are found before anything runs, and sound plans pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.agents.choice import Choice
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo.holdings import read_holdings
from terragate.benchmarks.geo.plan_faults import Bench, draw, measure
from terragate.benchmarks.geo.plan_spoilers import SPOILERS
from terragate.tests.support.toy_domain import TODAY
from terragate.tests.workflows.planned.toy_plans import TOY_PLANNING
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.geo.catalog import NoCatalog
from terragate.tools.geo.static_catalog import open_catalog
from terragate.tools.spec import ToolContext
from terragate.workflows.planned.domain import PLANNING
from terragate.workflows.planned.dry_run import dry_run
from terragate.workflows.planned.plan import Node, Plan, ancestors, wire

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

PLACES = [("Split", "HR"), ("Da Nang", "VN"), ("Athens", "GR"), ("Porto", "PT")]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    root = tmp_path_factory.mktemp("faults")
    archive = root / "archive"
    write_archive(archive, locate(PLACES), seed=3, size=ArchiveSize(pixels=48, scenes=5, images=8))
    return Bench(open_catalog(archive), read_holdings(archive), root / "runs")


def plan(*calls: tuple[str, dict[str, Any]]) -> Plan:
    return wire([Choice(tool=tool, args=args) for tool, args in calls], PLANNING)


FIRST = (("find_place", {"place": "Porto"}), ("find_dates", {"dates": "2021"}))
LOAD = ("load_features", {"collection": "xview1", "category": "ships"})
END = (("count_features", {}), ("report_value", {}))


def faults(held: Plan, bench: Bench) -> list[str]:
    return [f"{fault.code} {fault.node}" for fault in bench.judge(held)]


def test_seeded_faults_are_caught_and_correct_plans_are_not_refused(bench: Bench) -> None:
    """The large run is `python -m terragate.benchmarks.geo.plan_faults`."""
    tasks = list(draw(Path(bench.catalog.root), 4, 60))
    tally = measure(bench, tasks, 14, 2)
    assert tally.correct >= 14
    assert set(tally.seeded) == set(SPOILERS)
    assert tally.refused == []
    assert tally.missed == []


def test_sound_plans_have_no_fault(bench: Bench) -> None:
    assert faults(plan(*FIRST, LOAD, *END), bench) == []
    zoomed = plan(*FIRST, ("zoom_map", {}))
    assert faults(zoomed, bench) == []


def test_a_comparison_of_places_is_two_branches(bench: Bench) -> None:
    held = plan(
        *FIRST, LOAD, END[0], ("other_place", {"place": "Split"}), LOAD, END[0],
        ("compare_values", {"measure": "difference"}), END[1],
    )  # fmt: skip
    assert [node.after for node in held.nodes] == [
        (),
        (),
        ("n1", "n2"),
        ("n3",),
        (),
        ("n2", "n5"),
        ("n6",),
        ("n4", "n7"),
        ("n8",),
    ]
    assert faults(held, bench) == []


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ((*FIRST, ("fly_to", {})), ["unknown_tool n3"]),
        ((FIRST[0], LOAD, *END), ["missing_input n2"]),
        ((*FIRST, END[0]), ["missing_input n3"]),
        ((*FIRST, LOAD, END[0], LOAD, *END), ["unused n3", "unused n4"]),
        ((*FIRST, ("find_place", {"place": "Split"}), LOAD, *END), ["unused n1"]),
        ((("find_place", {}), FIRST[1], LOAD, *END), ["bad_argument n1"]),
        ((("whole_archive", {"scope": "archive"}), FIRST[1], LOAD, *END), ["bad_argument n1"]),
        (
            (("find_place", {"place": "Qwxzport"}), FIRST[1], LOAD, *END),
            ["unknown_place n1"],
        ),
        (
            (FIRST[0], ("find_dates", {"dates": "in 1970"}), LOAD, *END),
            ["out_of_coverage n3"],
        ),
        (
            (("bbox_aoi", {"box": "bbox 10.0, -89.0, 11.0, -88.0"}), FIRST[1], LOAD, *END),
            ["disjoint_area n3"],
        ),
        (
            (*FIRST, ("load_features", {"collection": "xview1", "category": "unicorns"}), *END),
            ["unknown_class n3"],
        ),
        (
            (*FIRST, ("load_features", {"collection": "moon", "category": "ships"}), *END),
            ["unknown_collection n3"],
        ),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_node(calls: Any, found: list[str], bench: Bench) -> None:
    assert faults(plan(*calls), bench) == found


def edges(held: Plan, name: str, *after: str) -> Plan:
    nodes = (n.model_copy(update={"after": after}) if n.id == name else n for n in held.nodes)
    return Plan(nodes=tuple(nodes))


def test_edges_that_carry_nothing_go_in_circles_or_lead_nowhere(bench: Bench) -> None:
    sound = plan(*FIRST, LOAD, *END)
    assert faults(edges(sound, "n4", "n3", "n2"), bench) == ["wrong_type n4"]
    assert faults(edges(sound, "n1", "n5"), bench) == [
        "cycle n1",
        "cycle n3",
        "cycle n4",
        "cycle n5",
    ]
    assert faults(edges(sound, "n1", "n1"), bench)[0] == "cycle n1"
    assert faults(edges(sound, "n1", "n9"), bench) == ["unknown_node n1"]
    twice = Plan(nodes=(*sound.nodes, sound.nodes[0]))
    assert faults(twice, bench) == ["duplicate_node n1"]


def test_an_ambiguous_place_is_no_fault_of_the_plan(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    places = locate([("Athens", "GR"), ("Athens", "US")])
    write_archive(archive, places, seed=3, size=ArchiveSize(pixels=48, scenes=2, images=2))
    bench = Bench(open_catalog(archive), read_holdings(archive), tmp_path)
    held = plan(("find_place", {"place": "Athens"}), FIRST[1], LOAD, *END)
    assert faults(held, bench) == []


NAMES = ("n1", "n2", "n3", "n4", "n5")
GRAPHS = st.lists(
    st.tuples(
        st.sampled_from(("find", "weigh", "report", "dance")),
        st.lists(st.sampled_from((*NAMES, "n9")), max_size=3, unique=True),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300)
@given(GRAPHS)
def test_whatever_the_graph_a_plan_without_faults_can_be_ordered_and_fed(graph: Any) -> None:
    args = {"find": {"word": "crane"}, "report": {"value": "n1.weight"}}
    held = Plan(
        nodes=tuple(
            Node(id=f"n{at}", tool=tool, args=args.get(tool, {}), after=tuple(after))
            for at, (tool, after) in enumerate(graph, start=1)
        )
    )
    context = ToolContext(ArtifactStore(Path("unused")), NoCatalog(), {}, TODAY)
    codes = {fault.code for fault in dry_run(held, TOY_PLANNING, context)}
    after = {node.id: set(node.after) for node in held.nodes}
    known = all(names <= after.keys() for names in after.values())
    assert (not known) == ("unknown_node" in codes)
    # Independent of `ancestors`: take away what waits for nothing until nothing is left.
    left = dict(after)
    while ready := [name for name, names in left.items() if not names & left.keys()]:
        for name in ready:
            del left[name]
    assert bool(left) == ("cycle" in codes)
    if codes:
        return
    tools = {node.id: node.tool for node in held.nodes}
    for node in held.nodes:
        behind = {tools[name] for name in ancestors(held)[node.id]}
        assert {"weigh": "find", "report": "weigh", "find": node.tool}[node.tool] in (
            behind | {node.tool if node.tool == "find" else ""}
        )


@given(st.lists(st.sampled_from(("find", "weigh", "report")), min_size=1, max_size=8))
def test_wired_calls_never_wait_for_later_ones(tools: list[str]) -> None:
    held = wire([Choice(tool=tool) for tool in tools], TOY_PLANNING)
    order = [node.id for node in held.nodes]
    for place, node in enumerate(held.nodes):
        assert set(node.after) <= set(order[:place])
    assert Plan.model_validate(json.loads(held.model_dump_json())) == held
