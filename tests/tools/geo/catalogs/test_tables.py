"""GeoPackage, GeoParquet and FlatGeobuf tables give the same rows as a full read, or an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tools.errors import ToolError
from terragate.tools.geo.catalog import Interval
from terragate.tools.geo.catalogs import vector_layer
from terragate.tools.geo.static_catalog import open_catalog
from terragate.tools.geo.table_file import TableFile

WORLD = shapely.box(-180, -90, 180, 90)
ALWAYS = Interval(date(1900, 1, 1), date(2050, 1, 1))
CLASSES = ("Ferry", "Tug boat", "O'Brien's \"hut\"", "x') OR 1=1 --")
SUFFIXES = (".gpkg", ".fgb", ".parquet", ".plain.parquet")


def rows(count: int = 120) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-3, 3, count), rng.uniform(50, 53, count)
    days = pd.to_datetime("2017-01-01", utc=True) + pd.to_timedelta(
        rng.integers(0, 900 * 24, count), unit="h"
    )
    return gpd.GeoDataFrame(
        {
            "cat_name": rng.choice(CLASSES, count),
            "date": days.astype("datetime64[ms, UTC]"),
            "number": np.arange(count),
        },
        geometry=shapely.box(lon, lat, lon + 0.2, lat + 0.1),
        crs="EPSG:4326",
    )


def write(frame: gpd.GeoDataFrame, path: Path) -> Path:
    if path.name.endswith(".plain.parquet"):
        frame.to_parquet(path)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, write_covering_bbox=True, row_group_size=16)
    else:
        frame.to_file(path, driver={".gpkg": "GPKG", ".fgb": "FlatGeobuf"}[path.suffix])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for suffix in SUFFIXES:
        write(rows(), folder / f"ships{suffix}")
    return folder


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=15, deadline=None)
@given(
    west=st.floats(-3.2, 3),
    south=st.floats(49.9, 53),
    side=st.floats(0.01, 4),
    start=st.dates(date(2016, 12, 1), date(2019, 7, 1)),
    days=st.integers(0, 900),
    classes=st.none() | st.sets(st.sampled_from((*CLASSES, "absent"))),
)
def test_filters_that_are_pushed_down_equal_a_full_read(
    folder: Path,
    suffix: str,
    west: float,
    south: float,
    side: float,
    start: date,
    days: int,
    classes: set[str] | None,
) -> None:
    chosen = None if classes is None else tuple(sorted(classes))
    area = shapely.box(west, south, west + side, south + side)
    interval = Interval(start, start + timedelta(days=days))
    table = TableFile.open(folder / f"ships{suffix}", class_column="cat_name")
    found = table.read(area, interval, chosen)
    full = rows()
    day = full["date"].dt.date
    keep = (day >= interval.start) & (day < interval.end)
    keep &= full.geometry.representative_point().intersects(area)
    if chosen is not None:
        keep &= full["cat_name"].isin(chosen)
    assert sorted(found["number"]) == list(full[keep]["number"])
    assert str(found["date"].dtype) == "datetime64[ms, UTC]"
    assert found.crs == "EPSG:4326"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_file_is_a_catalog(folder: Path, suffix: str) -> None:
    path = folder / f"ships{suffix}"
    (info,) = open_catalog(path).collections()
    full = rows()
    assert info.id == ("ships.plain" if "plain" in suffix else "ships")
    assert (info.kind, info.classes) == ("detections", tuple(sorted(CLASSES)))
    assert info.start == full["date"].min().date()
    assert info.end == full["date"].max().date() + timedelta(days=1)
    assert info.bbox == pytest.approx(tuple(full.total_bounds))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "dates",
    [
        ["2017-06-29", "2017-06-30T10:00:00Z"],
        pd.to_datetime(["2017-06-29", "2017-06-30 10:00"], format="ISO8601"),
        [date(2017, 6, 29), date(2017, 6, 30)],
    ],
)
def test_dates_may_be_text_days_or_times_without_a_zone(
    tmp_path: Path, suffix: str, dates: object
) -> None:
    frame = gpd.GeoDataFrame(
        {"cat_name": ["a", "b"], "date": dates},
        geometry=gpd.points_from_xy([0, 1], [0, 1], crs=4326),
    )
    path = write(frame, tmp_path / f"t{suffix}")
    table = TableFile.open(path, class_column="cat_name")
    assert table.days == (date(2017, 6, 29), date(2017, 6, 30))
    found = table.read(WORLD, Interval(date(2017, 6, 30), date(2017, 7, 1)), None)
    assert found["cat_name"].tolist() == ["b"]
    assert not table.polygons


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_coordinate_systems_are_read_in_degrees(tmp_path: Path, suffix: str) -> None:
    path = write(rows().to_crs(32630), tmp_path / f"utm{suffix}")
    table = TableFile.open(path, class_column="cat_name")
    area = shapely.box(-1, 51, 1, 52)
    truth = rows()[rows().geometry.representative_point().intersects(area)]
    found = table.read(area, ALWAYS, None)
    assert sorted(found["number"]) == list(truth["number"])
    first = found.set_index("number").geometry.loc[truth["number"].iloc[0]]
    assert first.centroid.x == pytest.approx(truth.geometry.iloc[0].centroid.x, abs=1e-6)
    # The box of a projected box contains the rows, and is not much larger.
    assert shapely.box(*table.bbox).contains(shapely.box(*rows().total_bounds))
    assert table.bbox == pytest.approx(tuple(rows().total_bounds), abs=0.5)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_too_many_rows_are_an_error(
    folder: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_layer, "MAX_ROWS", 10)
    table = TableFile.open(folder / f"ships{suffix}", class_column="cat_name")
    with pytest.raises(ToolError, match="more than 10 rows") as raised:
        table.read(WORLD, ALWAYS, None)
    assert raised.value.kind == "too_large"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_needs_class_and_date(tmp_path: Path, suffix: str) -> None:
    path = write(rows(3).drop(columns=["cat_name", "date"]), tmp_path / f"t{suffix}")
    with pytest.raises(ToolError, match=r"lacks the columns \['cat_name', 'date'\]"):
        open_catalog(path)
    path = write(rows(3).assign(date="yesterday"), tmp_path / f"u{suffix}")
    with pytest.raises(ToolError, match="'yesterday', not ISO 8601"):
        open_catalog(path)


@pytest.mark.parametrize("suffix", [".fgb", ".parquet"])
@pytest.mark.parametrize("cut", [3, 60, -200])
def test_damaged_files_are_named(tmp_path: Path, suffix: str, cut: int) -> None:
    path = write(rows(), tmp_path / f"t{suffix}")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ToolError, match=rf"t\{suffix}") as raised:
        TableFile.open(path, class_column="cat_name").read(WORLD, ALWAYS, None)
    assert raised.value.kind == "bad_data"


def test_another_format_under_a_tables_name_is_refused(tmp_path: Path) -> None:
    for suffix, said in ((".fgb", "FlatGeobuf"), (".parquet", "Parquet"), (".gpkg", "GeoPackage")):
        path = tmp_path / f"t{suffix}"
        path.write_text("<OGRVRTDataSource/>")
        with pytest.raises(ToolError, match=f"is no {said}"):
            open_catalog(path)


def _edited(path: Path, change: Callable[[dict[str, object]], object]) -> Path:
    """Rewrite a GeoParquet file with other geometry metadata."""
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    change(geo)
    metadata = {**table.schema.metadata, b"geo": json.dumps(geo).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda geo: geo.pop("primary_column"), "no readable GeoParquet"),
        (lambda geo: geo.update(primary_column="absent"), "no readable GeoParquet"),
        (lambda geo: geo["columns"]["geometry"].update(crs=None), "coordinate reference system"),
        (lambda geo: geo["columns"]["geometry"].update(crs={"a": 1}), "unusable CRS"),
        (lambda geo: geo["columns"]["geometry"].update(encoding="zip"), "cannot be read"),
    ],
)
def test_lying_geometry_metadata_is_an_error(
    tmp_path: Path, change: Callable[[dict[str, object]], object], said: str
) -> None:
    path = _edited(write(rows(5), tmp_path / "t.plain.parquet"), change)
    with pytest.raises(ToolError, match=said):
        TableFile.open(path, class_column="cat_name").read(WORLD, ALWAYS, None)


def test_a_parquet_file_without_geometry_is_an_error(tmp_path: Path) -> None:
    pd.DataFrame({"cat_name": ["a"], "date": ["2020-01-01"]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ToolError, match="no readable GeoParquet"):
        open_catalog(tmp_path / "t.parquet")


def test_row_groups_outside_the_box_are_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The covering columns reach pyarrow: a count under the same filter is that of the boxes."""
    asked: list[object] = []
    read = gpd.read_parquet

    def heard(path: Path, **options: object) -> gpd.GeoDataFrame:
        asked.append(options["filters"])
        return read(path, **options)

    monkeypatch.setattr(gpd, "read_parquet", heard)
    table = TableFile.open(folder / "ships.parquet", class_column="cat_name")
    area = shapely.box(-1, 51, 0, 52)
    table.read(area, ALWAYS, ("Ferry",))
    (filters,) = asked
    full = rows()
    truth = full[full.intersects(area) & (full["cat_name"] == "Ferry")]
    import pyarrow.dataset as ds

    assert ds.dataset(folder / "ships.parquet").count_rows(filter=filters) == len(truth)


def test_categories_and_a_geometry_of_another_name(tmp_path: Path) -> None:
    frame = rows(20).rename_geometry("shape")
    frame["cat_name"] = frame["cat_name"].astype("category")
    frame.to_parquet(tmp_path / "t.parquet", write_covering_bbox=True)
    table = TableFile.open(tmp_path / "t.parquet", class_column="cat_name")
    found = table.read(WORLD, ALWAYS, ("Ferry",))
    assert sorted(found["number"]) == list(frame[frame["cat_name"] == "Ferry"]["number"])
    assert "shape" not in found
    assert table.classes == tuple(sorted(set(frame["cat_name"])))
