from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.raster_runs import centres, stars
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.geo.analysis import scanline, zone_engine, zone_gather
from terragate.tools.geo.analysis.blocks import Unit, open_readers, units
from terragate.tools.geo.analysis.scanline import (
    Runs,
    flat_index,
    pixel_edges,
    scan,
    split_units,
)
from terragate.tools.geo.analysis.zones import zone_statistics

GRID = Affine(1, 0, 0, 0, -1, 0)


def pixels_of(runs: Runs) -> set[tuple[int, int, int]]:
    """Return (zone, row, column) of every pixel, one by one."""
    rows = zip(*(column.tolist() for column in runs), strict=True)
    return {(zone, row, at) for zone, row, start, stop in rows for at in range(start, stop)}


def by_points(shapes: Any, rows: tuple[int, int], width: int) -> set[tuple[int, int, int]]:
    points = centres((rows[1], width), GRID)
    return {
        (zone, int(row), int(column))
        for zone, shape in enumerate(shapes)
        for row, column in zip(*np.nonzero(shapely.contains(shape, points)), strict=True)
        if row >= rows[0]
    }


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    first=st.integers(0, 20),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    far=st.sampled_from([0, 5, 2**40]),
)
def test_runs_are_the_contained_centres_in_order_and_units_share_them(
    seed: int, first: int, size: tuple[int, int], far: int
) -> None:
    shapes = stars(np.random.default_rng(seed), 9, (30, 37), GRID)
    edges = pixel_edges(shapes, GRID)
    # Large zone numbers do not fit into one sorting key with row and column.
    runs = scan(edges._replace(zone=edges.zone + far), (first, 30), 37)
    rows = list(zip(*(column.tolist() for column in runs), strict=True))
    assert rows == sorted(rows)
    expected = {(zone + far, r, c) for zone, r, c in by_points(shapes, (first, 30), 37)}
    assert pixels_of(runs) == expected
    found = list(split_units(runs, size))
    whole = list(units((30, 37), size))
    at = 0
    for part in found:
        cells = {(row // size[0], column // size[1]) for _, row, column in pixels_of(part)}
        assert len(cells) == 1
        row, column = next(iter(cells))
        place = next(
            i for i, unit in enumerate(whole) if unit[:2] == (row * size[0], column * size[1])
        )
        assert place >= at
        at = place + 1
        ordered = list(zip(*(column.tolist() for column in part), strict=True))
        assert ordered == sorted(ordered)
    assert sum(int(part.lengths.sum()) for part in found) == len(expected)
    assert set().union(*map(pixels_of, found)) == expected


def test_no_polygon_has_no_runs() -> None:
    runs = scan(pixel_edges(np.array([shapely.Polygon()], dtype=object), GRID), (0, 9), 9)
    assert len(runs.zone) == 0
    assert list(split_units(runs, (3, 3))) == []
    assert flat_index(runs, Unit(0, 0, 9, 9)).tolist() == []


def test_positions_lie_in_the_room_that_is_given() -> None:
    runs = Runs(*(np.array(column) for column in ([0, 0, 3], [4, 5, 4], [2, 2, 3], [5, 3, 4])))
    unit = Unit(4, 1, 2, 5)
    room = np.full(9, -1)
    index = flat_index(runs, unit, room)
    assert index.tolist() == flat_index(runs, unit).tolist() == [1, 2, 3, 6, 2]
    assert np.shares_memory(index, room)
    assert room[5:].tolist() == [-1] * 4


def test_a_desk_reuses_its_arrays_and_grows_them(tmp_path: Any) -> None:
    with open_readers(write_tif(tmp_path / "a.tif", np.ones((1, 4, 4), "uint8"))) as readers:
        desk = zone_gather.Desk(readers[0])
        first = desk.room("x", 10, "int64")
        assert np.shares_memory(first, desk.room("x", 4, "int64"))
        assert not np.shares_memory(first, desk.room("y", 4, "int64"))
        assert len(desk.room("x", 20, "int64")) == 20
        assert desk.room("x", 3, "float32").dtype == np.float32


def test_rows_are_scanned_many_units_at_once(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tif(tmp_path / "a.tif", np.ones((1, 64, 30), "uint8"), blockysize=4)
    monkeypatch.setattr("terragate.tools.geo.analysis.blocks.UNIT_PIXELS", 150)
    monkeypatch.setattr(zone_engine, "SCANNED_ROWS", 18)
    seen: list[tuple[int, int]] = []

    def spy(edges: Any, rows: tuple[int, int], width: int) -> Runs:
        seen.append(rows)
        return scanline.scan(edges, rows, width)

    monkeypatch.setattr(zone_engine, "scan", spy)
    with open_readers(path) as (dataset,):
        whole = shapely.box(*dataset.bounds)
    found = zone_statistics(path, np.array([whole], dtype=object), ("count",))
    assert found["count"].tolist() == [64 * 30]
    assert seen == [(0, 16), (16, 32), (32, 48), (48, 64)]
