"""What is sent becomes one valid area: axes, meridian, winding, repairs, sizes and bounds."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from terragate.tests.support.tiny_geo import context
from terragate.tests.tools.uploads.upload_files import frame, geojson, geopackage, save
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.areas import DRAWN_AOI, FILE_AOI
from terragate.tools.geo.areas.outline import Outline, area_km2, outline_of
from terragate.tools.geo.areas.thinning import MAX_OUTLINE
from terragate.tools.records import ToolResult
from terragate.tools.uploads import ShapeLayer

SQUARE = shapely.box(4.0, 51.8, 4.6, 52.1)
GEOD = Geod(ellps="WGS84")


def outline(*polygons: shapely.Polygon, crs: str = "EPSG:4326") -> Outline:
    return outline_of([ShapeLayer(list(polygons), CRS(crs), len(polygons))])


def drawn(folder: Path, geometry: Any) -> ToolResult:
    text = geometry if isinstance(geometry, str) else json.dumps(geometry)
    return DRAWN_AOI(context(folder), {"geometry": text})


def area(result: ToolResult) -> shapely.Geometry:
    shape = shapely.geometry.shape(result.outputs["aoi"]["geometry"])
    assert shape.is_valid
    return shape


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def wide(x: float, y: float) -> dict[str, Any]:
    return ring((-x, -y), (0, -y), (x, -y), (x, y), (0, y), (-x, y))


def signed_area(points: np.ndarray) -> float:
    x, y = points[:, 0], points[:, 1]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def test_a_drawn_square_is_the_area(tmp_path: Path) -> None:
    result = drawn(tmp_path, shapely.geometry.mapping(SQUARE))
    assert area(result).equals(SQUARE)
    payload = result.outputs["aoi"]
    assert payload["bbox"] == [4.0, 51.8, 4.6, 52.1]
    assert (payload["name"], payload["source"]) == ("the given area", "given")
    assert (result.summary, result.notes) == ("aoi given with the question", ())


@pytest.mark.parametrize("backwards", [False, True])
def test_rings_follow_the_right_hand_rule(backwards: bool) -> None:
    hole = shapely.box(4.2, 51.9, 4.3, 52.0)
    shell, inner = np.array(SQUARE.exterior.coords), np.array(hole.exterior.coords)
    step = -1 if backwards else 1
    shape = outline(shapely.Polygon(shell[::step], [inner[::step]])).shape
    assert signed_area(np.array(shape.exterior.coords)) > 0
    assert signed_area(np.array(shape.interiors[0].coords)) < 0
    assert shape.area == pytest.approx(0.6 * 0.3 - 0.01)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("over", ["jump", "beyond +180", "beyond -180", "0 to 360"])
def test_an_area_over_the_meridian_is_cut_there(over: str, backwards: bool) -> None:
    east = {"jump": -170, "beyond +180": 190, "beyond -180": -170, "0 to 360": 190}[over]
    west = -190 if over == "beyond -180" else 170
    points = [(west, -10), (east, -10), (east, 10), (west, 10)]
    made = outline(shapely.Polygon(points[::-1] if backwards else points))
    assert made.shape.equals(
        shapely.union_all([shapely.box(170, -10, 180, 10), shapely.box(-180, -10, -170, 10)])
    )
    assert made.notes == ("the area crosses the 180th meridian and was cut there",)


def test_an_area_around_a_pole_reaches_it(tmp_path: Path) -> None:
    cap = [(-180 + 10 * i, 80) for i in range(36)]
    result = drawn(tmp_path, ring(*cap))
    truth = 2 * np.pi * 6371.0072**2 * (1 - np.sin(np.radians(80)))
    assert area_km2(area(result)) == pytest.approx(truth, rel=0.01)
    assert result.outputs["aoi"]["bbox"][3] == 90


def test_latitude_first_is_noticed_when_it_must_be() -> None:
    tokyo = shapely.box(139.5, 35.5, 140.0, 36.0)
    made = outline(shapely.transform(tokyo, lambda points: points[:, ::-1]))
    assert made.shape.equals(tokyo)
    assert made.notes == ("latitude came before longitude; the two were swapped",)


def test_latitude_first_is_suspected_when_only_that_holds_data(tmp_path: Path) -> None:
    result = drawn(tmp_path, ring((51.8, 4.0), (52.1, 4.0), (52.1, 4.6), (51.8, 4.6)))
    assert any("swapped: check" in note for note in result.notes)
    elsewhere = drawn(tmp_path, ring((10, 20), (11, 20), (11, 21)))
    assert elsewhere.notes == ()


def test_a_bow_tie_is_repaired_and_said(tmp_path: Path) -> None:
    result = drawn(tmp_path, ring((0, 0), (2, 2), (2, 0), (0, 2)))
    assert area(result).area == pytest.approx(2.0)
    assert result.notes == ("an outline crossed or touched itself and was repaired",)


def test_features_are_joined_and_counted(tmp_path: Path) -> None:
    squares = [shapely.box(i, 50, i + 1.5, 51) for i in range(3)] + [shapely.Point(9, 9)]
    path = save(tmp_path, geojson(squares))
    result = FILE_AOI(context(tmp_path), {"file": str(path)})
    assert area(result).equals(shapely.box(0, 50, 3.5, 51))
    assert "4 features were joined into one area" in result.notes
    assert "1 points, lines or empty geometries were left out" in result.notes
    assert result.summary == "aoi of the uploaded GeoJSON file"


def test_parts_of_an_area_stay_parts(tmp_path: Path) -> None:
    parts = [shapely.box(4, 51, 4.1, 51.1), shapely.box(5, 51, 5.1, 51.1)]
    result = drawn(tmp_path, shapely.geometry.mapping(shapely.MultiPolygon(parts)))
    assert area(result).geom_type == "MultiPolygon"
    assert area(result).equals(shapely.MultiPolygon(parts))
    assert result.outputs["aoi"]["bbox"] == [4.0, 51.0, 5.1, 51.1]


def test_projected_layers_of_a_geopackage_become_degrees(tmp_path: Path) -> None:
    local = frame([shapely.box(80_000, 430_000, 100_000, 450_000)], "EPSG:28992")
    path = geopackage(tmp_path, a=frame([shapely.box(6, 52, 6.1, 52.1)]), b=local)
    result = FILE_AOI(context(tmp_path), {"file": str(path)})
    dense = gpd.GeoSeries(local.geometry.segmentize(200), crs=local.crs).to_crs("EPSG:4326")
    truth = shapely.union(dense.iloc[0], shapely.box(6, 52, 6.1, 52.1))
    assert area(result).symmetric_difference(truth).area < 1e-6
    assert "2 layers were joined" in result.notes


def test_uploads_are_found_by_name_in_the_run(tmp_path: Path) -> None:
    run = context(tmp_path)
    folder = run.store.root / "uploads"
    folder.mkdir(parents=True)
    save(folder, geojson(), "field.geojson")
    assert area(FILE_AOI(run, {"file": "field.geojson"})).equals(SQUARE)
    for name in ("../field.geojson", "other", "..", ""):
        with pytest.raises(RetryableToolError, match="no uploaded file") as caught:
            FILE_AOI(run, {"file": name})
        assert caught.value.candidates == ("field.geojson",)
    with pytest.raises(RetryableToolError, match="files sent: \\[\\]"):
        FILE_AOI(context(tmp_path / "other"), {"file": "x"})


@pytest.mark.parametrize(
    ("geometry", "kind", "words"),
    [
        ({"type": "Point", "coordinates": [4, 52]}, "bad_data", "holds no polygon"),
        (ring((1, 1), (2, 2), (3, 3)), "bad_data", "no area"),
        (ring((1, 1), (1, 1), (1, 1)), "bad_data", "no area"),
        (ring((500_000, 100), (500_100, 100), (500_000, 200)), "bad_data", "no degrees"),
        (wide(180, 90), "too_large", "half of Earth"),
        (wide(100, 80), "too_large", "half of Earth"),
        ("x" * 1_000_001, "too_large", "1,000,001 characters"),
        ('{"type": "Polygon", "coordinates": [[]]}', "bad_data", "no pairs of numbers"),
        ("not json", "bad_data", "no valid JSON"),
        ("[1]", "bad_data", "no object"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_area_is_a_typed_error(
    tmp_path: Path, geometry: Any, kind: str, words: str
) -> None:
    with pytest.raises(ToolError, match=words) as caught:
        drawn(tmp_path, geometry)
    assert caught.value.kind == kind


def test_coordinates_outside_their_system_are_a_typed_error() -> None:
    with pytest.raises(ToolError, match="outside its coordinate reference system"):
        outline(shapely.box(1e12, 1e12, 2e12, 2e12), crs="EPSG:3035")


def circle(count: int, noise: float = 0.0) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = 1 + noise * np.random.default_rng(0).uniform(-1, 1, count)
    return shapely.Polygon(np.column_stack([4 + radius * np.cos(turn), 52 + radius * np.sin(turn)]))


def test_a_million_vertices_are_simplified_within_the_stated_distance() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = circle(1_000_000)
    made = outline(whole)
    assert shapely.get_num_coordinates(made.shape) <= MAX_OUTLINE + 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000
    metres = float(made.notes[0].split("at most ")[1].removesuffix(" m").replace(",", ""))
    assert made.notes[0].startswith("the outline was simplified from 1,000,001 to ")
    moved_deg = shapely.distance(
        shapely.points(whole.exterior.coords[::500]), made.shape.boundary
    ).max()
    # A degree of latitude is at most 111.7 km, one of longitude never more.
    assert 0 < moved_deg * 111_700 <= metres <= 0.005 * 2**0.5 * 2 * 111_700
    assert made.shape.area == pytest.approx(np.pi, rel=0.01)


def test_an_outline_of_noise_is_refused_not_smoothed() -> None:
    with pytest.raises(ToolError, match="cannot be simplified") as caught:
        outline(circle(200_000, noise=0.3))
    assert caught.value.kind == "too_large"


def test_an_outline_that_overflows_a_recursive_simplifier_ends_well() -> None:
    count = 150_000
    at = np.arange(count)
    height = np.where(at % 2, -1, 1) * (count - at) / count
    comb = np.column_stack([4 + at / count, 50 + height])
    with pytest.raises(ToolError, match="cannot be simplified"):
        outline(shapely.Polygon([*comb, (5, 48), (4, 48)]))


def test_outlines_that_cross_everywhere_are_refused_quickly() -> None:
    star = shapely.Polygon(np.random.default_rng(1).uniform(0, 10, (800, 2)))
    bars = [shapely.box(0, i / 25, 10, i / 25 + 0.02) for i in range(200)]
    posts = [shapely.box(i / 25, 0, i / 25 + 0.02, 10) for i in range(200)]
    for shapes in ([star], bars + posts):
        with pytest.raises(ToolError, match="cross themselves or each other") as caught:
            outline(*shapes)
        assert caught.value.kind == "too_large"


def test_a_fabric_of_parcels_is_joined() -> None:
    parcels = [shapely.box(4 + i / 100, 50 + j / 100, 4.01 + i / 100, 50.01 + j / 100)
               for i in range(60) for j in range(60)]  # fmt: skip
    made = outline(*parcels)
    assert made.shape.area == pytest.approx(0.36, rel=1e-5)
    assert made.notes == ("3600 features were joined into one area",)


points = st.tuples(st.floats(-179, 179), st.floats(-85, 85))


@settings(max_examples=60, deadline=None)
@given(st.lists(points, min_size=3, max_size=9, unique=True))
def test_any_drawing_ends_valid_or_typed(corners: list[tuple[float, float]]) -> None:
    try:
        shape = outline(shapely.Polygon(corners)).shape
    except ToolError:
        return
    assert shape.is_valid
    assert shape.area > 0
    west, south, east, north = shape.bounds
    assert (west >= -180, south >= -90, east <= 180, north <= 90) == (True,) * 4
    for polygon in shapely.get_parts(shape):
        assert signed_area(np.array(polygon.exterior.coords)) > 0
    assert json.dumps(shapely.geometry.mapping(shape))


@settings(max_examples=30, deadline=None)
@given(st.floats(-179, 175), st.floats(-80, 78), st.floats(0.01, 4), st.floats(0.01, 2))
def test_the_measured_area_is_the_geodesic_one(
    west: float, south: float, width: float, height: float
) -> None:
    box = shapely.box(west, south, west + width, south + height)
    truth = abs(GEOD.geometry_area_perimeter(shapely.segmentize(box, 0.01))[0]) / 1e6
    assert area_km2(box) == pytest.approx(truth, rel=2e-3)
