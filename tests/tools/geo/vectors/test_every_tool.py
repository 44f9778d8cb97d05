"""What holds for all vector tools: few arguments, and bad layers end as typed errors."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.tools.geo.vectors.made_layers import frame, run_of
from terragate.tools.errors import ToolError
from terragate.tools.geo.vectors import (
    centres,
    dissolve,
    joins,
    measure,
    nearness,
    overlay,
    repair,
    selection,
    thinning,
    touching,
)
from terragate.tools.spec import ToolContext, ToolSpec, live_fields

MODULES = (
    centres, dissolve, joins, measure, nearness, overlay, repair, selection, thinning, touching,
)  # fmt: skip
TOOLS = {
    tool.name: tool
    for module in MODULES
    for tool in vars(module).values()
    if isinstance(tool, ToolSpec)
}
SOURCES = {
    "handle.features": "f",
    "handle.features.before": "other",
    "handle.aoi": "area",
    "column.numeric": "n",
    "column.text": "name",
    "column.any": "name",
    "column.rank": "n",
    "span.value": "a",
    "span.number": "2",
    "span.distance": "5 km",
}
CHOICES = {
    "operation": "union", "unit": "km2", "statistic": "mean", "comparison": "equal",
    "order": "largest",
}  # fmt: skip
NASTY: list[Any] = [
    None,
    shapely.Polygon(),
    shapely.Point(4, 51),
    shapely.Point(4, 51, 7),
    shapely.LineString([(4, 51), (4, 51)]),
    shapely.LineString([(170, 1), (-170, 2)]),
    shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]),
    shapely.Polygon([(0, 0), (1, 1), (2, 2)]),
    shapely.box(3, 50, 5, 52),
    shapely.box(-180, -90, 180, -80),
    shapely.box(-180, -90, 180, 90),
    shapely.Polygon([(178, -18), (-178, -18), (-178, -16), (178, -16)]),
    shapely.GeometryCollection([shapely.Point(1, 1), shapely.box(1, 1, 2, 2)]),
    shapely.MultiPoint([(1, 1), (-179, 89)]),
    shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)]),
    shapely.Point(0, 90),
    shapely.Point(180, -90),
]


def arguments(tool: ToolSpec) -> dict[str, str]:
    marks = live_fields(tool.args)
    plain = {name: CHOICES[name] for name in tool.args.model_fields if name not in marks}
    if tool.name == "measure_length":
        plain["unit"] = "km"
    return plain | {name: SOURCES[mark.source] for name, mark in marks.items()}


def layers(folder: Path, one: list[Any], two: list[Any]) -> ToolContext:
    def content(shapes: list[Any]):
        count = len(shapes)
        return frame(shapes, name=(list("abc") * count)[:count], n=np.arange(count) / 2)

    return run_of(folder, aoi=shapely.box(3, 50, 5, 52), other=content(two), f=content(one))


def call(tool: ToolSpec, run: ToolContext) -> bool:
    """Run a tool and say whether it gave features; all but a typed error fails the test."""
    try:
        result = tool(run, arguments(tool))
    except ToolError:
        return False
    assert len(result.summary) <= 80
    made = set(result.outputs) | ({"value"} if result.values else set())
    assert made <= tool.produces | {"value"}
    for value in result.values:
        assert isinstance(value.value, str) or np.isfinite(value.value)
    assert result.empty == ("features" not in result.outputs)
    return not result.empty


def test_there_are_twenty_and_each_shows_few_arguments() -> None:
    assert len(TOOLS) == 20
    for tool in TOOLS.values():
        marks = live_fields(tool.args)
        visible = [n for n in tool.args.model_fields if not (n in marks and marks[n].hidden)]
        assert len(visible) <= 4
        assert {mark.source for mark in marks.values()} <= set(SOURCES)
        assert len(tool.summary) <= 64


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_layers_of_nothing(tmp_path: Path, name: str) -> None:
    call(TOOLS[name], layers(tmp_path, [None], [None]))
    call(TOOLS[name], layers(tmp_path / "b", [shapely.box(3, 50, 4, 51)], [None]))
    call(TOOLS[name], layers(tmp_path / "c", [None], [shapely.box(3, 50, 4, 51)]))


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_layers_of_everything(tmp_path: Path, name: str) -> None:
    # A hull around the whole world has no meaning and is refused.
    assert call(TOOLS[name], layers(tmp_path, NASTY, NASTY[::-1])) or name == "convex_hull"


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(sorted(TOOLS)),
    st.lists(st.sampled_from(NASTY), min_size=1, max_size=4),
    st.lists(st.sampled_from(NASTY), min_size=1, max_size=4),
)
def test_any_mixture(tmp_path_factory: pytest.TempPathFactory, name, one, two) -> None:
    call(TOOLS[name], layers(tmp_path_factory.mktemp("v"), one, two))


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_the_same_layers_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    squares = [shapely.box(x, 51, x + 0.6, 52) for x in (3.5, 4.5)]
    run = layers(tmp_path, squares, [shapely.box(3.8, 51, 4.8, 52)])
    first, second = (TOOLS[name](run, arguments(TOOLS[name])) for _ in range(2))
    assert first == second
    assert first.values
