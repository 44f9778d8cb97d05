from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from terragate.tests.support.tiny_geo import SHARED
from terragate.tests.tools.geo.vectors.made_layers import (
    GEOD,
    UTM,
    frame,
    left,
    metres_frame,
    number,
    run_of,
    table,
)
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.vectors.measure import MEASURE_AREA, MEASURE_LENGTH

SQUARES = [shapely.box(0, 0, 1000, 1000), shapely.box(5000, 0, 5200, 100)]
SCALE = 0.9996


@pytest.mark.parametrize(("unit", "short", "size"), [("hectares", "ha", 1e4), ("km2", "km2", 1e6),
                                                     ("m2", "m2", 1)])  # fmt: skip
def test_areas_of_known_squares(tmp_path: Path, unit, short, size) -> None:
    run = run_of(tmp_path, f=metres_frame(SQUARES, name=["big", "small"]))
    result = MEASURE_AREA(run, {"unit": unit, "features": "f"})
    truth = np.array([1e6, 2e4]) / SCALE**2 / size
    assert number(result, f"total_area_{short}") == pytest.approx(truth.sum(), rel=1e-4)
    assert number(result, f"largest_area_{short}") == pytest.approx(truth[0], rel=1e-4)
    assert number(result, f"smallest_area_{short}") == pytest.approx(truth[1], rel=1e-4)
    assert number(result, f"mean_area_{short}") == pytest.approx(truth.mean(), rel=1e-4)
    assert number(result, "largest_area_feature") == "big"
    assert {value.unit for value in result.values} == {short, ""}
    assert "WGS 84 ellipsoid" in result.values[0].about
    assert left(run, result)[f"area_{short}"].to_numpy() == pytest.approx(truth, rel=1e-4)
    assert table(run, result)[f"area_{short}"].to_numpy() == pytest.approx(truth, rel=1e-4)


def test_overlapping_features_are_said_to_count_twice(tmp_path: Path) -> None:
    one = shapely.box(0, 0, 1, 1)
    touching = run_of(tmp_path, f=frame([one, shapely.box(1, 0, 2, 1)]))
    args = {"unit": "km2", "features": "f"}
    assert not any("twice" in note for note in MEASURE_AREA(touching, args).notes)
    over = run_of(tmp_path / "over", f=frame([one, shapely.box(0.5, 0, 2, 1)]))
    assert any("1 pairs of features overlap" in note for note in MEASURE_AREA(over, args).notes)


def test_perimeters_and_lines(tmp_path: Path) -> None:
    line = shapely.LineString([(0, 3000), (3000, 7000)])
    run = run_of(tmp_path, f=metres_frame([*SQUARES, line]))
    result = MEASURE_LENGTH(run, {"unit": "km", "features": "f"})
    truth = np.array([4, 0.6, 5]) / SCALE
    assert left(run, result)["length_km"].to_numpy() == pytest.approx(truth, rel=1e-4)
    assert number(result, "total_length_km") == pytest.approx(truth.sum(), rel=1e-4)
    assert any("outline" in note for note in result.notes)


def test_a_line_along_the_equator(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([shapely.LineString([(0, 0), (1, 0)])]))
    result = MEASURE_LENGTH(run, {"unit": "metres", "features": "f"})
    assert number(result, "total_length_m") == pytest.approx(np.radians(1) * 6378137.0, rel=1e-9)
    assert not any("outline" in note for note in result.notes)


def test_points_have_neither(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([shapely.Point(0, 0)]))
    with pytest.raises(RetryableToolError, match="needs polygons"):
        MEASURE_AREA(run, {"unit": "km2", "features": "f"})
    with pytest.raises(RetryableToolError, match="needs polygons or lines"):
        MEASURE_LENGTH(run, {"unit": "km", "features": "f"})


def test_a_column_of_that_name_is_not_overwritten(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=metres_frame(SQUARES, area_ha=[1.0, 2.0]))
    found = left(run, MEASURE_AREA(run, {"unit": "hectares", "features": "f"}))
    assert list(found["area_ha"]) == [1.0, 2.0]
    assert found["area_ha_2"][0] == pytest.approx(100 / SCALE**2, rel=1e-4)


def test_natural_earth_against_the_cylindrical_equal_area(tmp_path: Path) -> None:
    path = SHARED / "naturalearth" / "naturalearth_lowres.shp"
    if not path.exists():
        pytest.skip("shared data folder naturalearth is absent")
    countries = gpd.read_file(path)[["name", "geometry"]]
    run = run_of(tmp_path, f=countries)
    result = MEASURE_AREA(run, {"unit": "km2", "features": "f"})
    # EPSG:6933 keeps areas and draws parallels and meridians straight.
    dense = countries.geometry.segmentize(0.02).to_crs("EPSG:6933")
    assert table(run, result)["area_km2"].to_numpy() == pytest.approx(
        dense.area.to_numpy() / 1e6, rel=1e-5
    )
    assert number(result, "largest_area_feature") == "Russia"


def test_buildings_against_utm_and_geod(tmp_path: Path) -> None:
    path = SHARED / "opengeos" / "buildings.geojson"
    if not path.exists():
        pytest.skip("shared data folder opengeos is absent")
    buildings = gpd.read_file(path)[["geometry"]]
    run = run_of(tmp_path, f=buildings)
    area = MEASURE_AREA(run, {"unit": "m2", "features": "f"})
    length = MEASURE_LENGTH(run, {"unit": "metres", "features": "f"})
    on_earth = [abs(GEOD.geometry_area_perimeter(s)[0]) for s in buildings.geometry]
    around = [GEOD.geometry_length(s.boundary) for s in buildings.geometry]
    assert number(area, "total_area_m2") == pytest.approx(sum(on_earth), rel=1e-6)
    assert number(length, "total_length_m") == pytest.approx(sum(around), rel=1e-6)
    projected = buildings.to_crs(buildings.estimate_utm_crs())
    assert number(area, "total_area_m2") == pytest.approx(projected.area.sum(), rel=2e-3)


def test_projected_polygons_of_rasterstats(tmp_path: Path) -> None:
    path = SHARED / "rasterstats" / "polygons.shp"
    if not path.exists():
        pytest.skip("shared data folder rasterstats is absent")
    polygons = gpd.read_file(path)
    run = run_of(tmp_path, f=polygons)
    result = MEASURE_AREA(run, {"unit": "m2", "features": "f"})
    assert any("converted" in note for note in result.notes)
    degrees = polygons.geometry.segmentize(5).to_crs("EPSG:4326")
    truth = [abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in degrees]
    assert table(run, result)["area_m2"].to_numpy() == pytest.approx(truth, rel=1e-3)


def test_the_utm_grid_used_here_has_the_scale_assumed() -> None:
    line = gpd.GeoSeries(
        [shapely.LineString([(500_000, 5_700_000), (500_000, 5_701_000)])], crs=UTM
    )
    (degrees,) = line.to_crs("EPSG:4326")
    assert GEOD.geometry_length(degrees) == pytest.approx(1000 / SCALE, rel=1e-7)
