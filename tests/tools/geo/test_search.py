"""The two search tools on a real archive: what they find, what they say, what they refuse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from terragate.tests.support.small_archive import NORTH, SIZE, write_small_archive
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.catalog import Scene
from terragate.tools.geo.class_tables import XVIEW_SHIPS
from terragate.tools.geo.search import LOAD_FEATURES, SEARCH_SCENES
from terragate.tools.geo.static_catalog import StaticCatalog, open_catalog
from terragate.tools.records import Record, ToolResult
from terragate.tools.spec import ToolContext

AREA = shapely.box(NORTH.lon - 0.15, NORTH.lat - 0.1, NORTH.lon + 0.15, NORTH.lat + 0.1)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> StaticCatalog:
    return open_catalog(write_small_archive(tmp_path_factory.mktemp("archive") / "small"))


class Tools:
    """Calls the tools as a run would, over one area and one interval."""

    def __init__(self, catalog: StaticCatalog, folder: Path) -> None:
        self.catalog = catalog
        self.store = ArtifactStore(folder)

    def __call__(
        self, tool: Any, start: str = "2017-01-01", end: str = "2026-01-01", **args: str
    ) -> ToolResult:
        aoi = {"name": "Northport", "geometry": shapely.geometry.mapping(AREA)}
        outputs = {"aoi": aoi, "interval": {"start": start, "end": end, "phrase": ""}}
        made = Record(
            id="r1", stage="s", tool="t", args={}, status="ok", summary="", outputs=outputs
        )
        context = ToolContext(self.store, self.catalog, {"r1": made}, date(2025, 6, 1))
        return tool(context, args | {"aoi": "r1", "interval": "r1"})

    def read(self, result: ToolResult) -> gpd.GeoDataFrame:
        return gpd.read_file(self.store.path(result.artifacts[0]))


@pytest.fixture
def tools(catalog: StaticCatalog, tmp_path: Path) -> Tools:
    return Tools(catalog, tmp_path / "run")


def test_scenes_survive_the_journey_through_a_record(tools: Tools) -> None:
    result = tools(SEARCH_SCENES, collection="sentinel-2")
    payload = result.outputs["scenes"]
    scenes = [Scene.model_validate(item) for item in payload["items"]]
    assert len(scenes) == SIZE.scenes
    assert result.summary == f"scenes {SIZE.scenes} sentinel-2"
    assert payload["synthetic"]
    assert any("synthetic" in note for note in result.notes)


@pytest.mark.parametrize("name", ["Sentinel-2", "S2", "satellite imagery", "SENTINEL 2"])
def test_collections_answer_to_their_aliases(tools: Tools, name: str) -> None:
    assert tools(SEARCH_SCENES, collection=name).outputs["scenes"]["collection"] == "sentinel-2"


def test_no_scenes_is_an_empty_result_with_the_coverage(tools: Tools) -> None:
    result = tools(SEARCH_SCENES, "2012-07-01", "2013-01-01", collection="sentinel-2")
    assert result.empty
    assert result.outputs == {}
    assert [(v.name, v.value) for v in result.values] == [("scene_count", 0)]
    assert any("covers 20" in note for note in result.notes)


def test_features_of_a_group_are_written_as_found(tools: Tools, catalog: StaticCatalog) -> None:
    result = tools(LOAD_FEATURES, collection="xview1", category="ships")
    payload, rows = result.outputs["features"], tools.read(result)
    assert set(payload["classes"]) == set(XVIEW_SHIPS)
    assert payload["count"] == len(rows) > 0
    assert set(rows["cat_name"]) <= set(XVIEW_SHIPS)
    assert rows.geometry.representative_point().within(AREA).all()
    assert any("'ships'" in note and "Tugboat" in note for note in result.notes)
    assert len(result.summary) <= 80


def test_everything_means_every_class(tools: Tools) -> None:
    everything = tools(LOAD_FEATURES, collection="bigearthnet", category="everything")
    one = tools(LOAD_FEATURES, collection="bigearthnet", category="Sea and ocean")
    rows = tools.read(everything)
    assert rows["cat_name"].nunique() > 5
    assert len(tools.read(one)) == (rows["cat_name"] == "Sea and ocean").sum()
    assert one.outputs["features"]["classes"] == ["Sea and ocean"]


def test_the_same_call_gives_the_same_artifact(tools: Tools) -> None:
    calls = [tools(LOAD_FEATURES, collection="xview1", category="Building") for _ in range(2)]
    assert calls[0] == calls[1]
    assert tools.read(calls[0]).crs.to_epsg() == 4326


def test_no_features_is_an_empty_result(tools: Tools) -> None:
    result = tools(
        LOAD_FEATURES, "2017-01-01", "2017-01-02", collection="xview1", category="Oil Tanker"
    )
    assert result.empty
    assert result.artifacts == ()
    assert [(v.name, v.value) for v in result.values] == [("feature_count", 0)]
    assert not list(tools.store.root.glob(".part-*"))


def test_wrong_names_come_back_with_candidates(tools: Tools) -> None:
    with pytest.raises(RetryableToolError, match="landsat") as unknown:
        tools(SEARCH_SCENES, collection="landsat")
    assert unknown.value.candidates == ("sentinel-2",)
    with pytest.raises(RetryableToolError, match="'sentinel-2' with features") as unfitting:
        tools(LOAD_FEATURES, collection="sentinel-2", category="ships")
    assert unfitting.value.candidates == ("xview1", "fair1m", "bigearthnet")
    with pytest.raises(RetryableToolError, match="none of the 60 classes") as strange:
        tools(LOAD_FEATURES, collection="xview1", category="unicorn")
    assert strange.value.kind == "not_found"
    assert strange.value.candidates
