"""The catalog against a real STAC API server: search end to end, and pixels by range reads."""

import pickle
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from terragate.tests.support.canary import Answer, FileServer, Request, file_route
from terragate.tests.support.stac_server import (
    COLLECTION,
    StacServer,
    asset,
    collection,
    item,
    serve_stac,
    tiny_stac,
    write_cog,
)
from terragate.tests.tools.geo.catalogs.stac_question import HERE, YEAR
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.catalog import UNDATED, Catalog, Interval
from terragate.tools.geo.catalogs import stac_api
from terragate.tools.geo.catalogs.stac_api import StacApiCatalog, open_stac_api
from terragate.tools.geo.catalogs.stac_assets import open_remote
from terragate.tools.net import AllowedHost, DiskCache, HttpClient, UrlPolicy

PIXELS = {
    name: np.random.default_rng(seed).integers(1, 10_000, (1, 512, 512)).astype("uint16")
    for seed, name in enumerate(("red", "nir"))
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StacServer]:
    with tiny_stac(tmp_path_factory.mktemp("stac"), PIXELS) as running:
        yield running


def opened(server: StacServer, folder: Path) -> StacApiCatalog:
    allowed = [AllowedHost.parse(server.files.host)]
    return open_stac_api(server.url, DiskCache(folder / "cache"), hosts=allowed)


def test_collections_are_described(server: StacServer, tmp_path: Path) -> None:
    catalog: Catalog = opened(server, tmp_path)
    (info,) = catalog.collections()
    assert (info.id, info.kind, info.title) == (COLLECTION, "scenes", COLLECTION)
    assert info.bands == ("red", "nir")
    assert (info.start, info.end) == (date(2020, 1, 1), date(2021, 1, 1))
    assert info.bbox == (3.0, 50.0, 6.0, 53.0)
    assert "Sentinel-2" in info.aliases


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2020-01-01", "2021-01-01", ["scene-0", "scene-1", "scene-2"]),
        ("2020-05-01", "2020-06-01", ["scene-0"]),
        ("2020-05-02", "2020-06-02", ["scene-1"]),
        ("2020-07-02", "2020-09-01", []),
    ],
)
def test_intervals_are_half_open(
    server: StacServer, tmp_path: Path, start: str, end: str, found: list[str]
) -> None:
    interval = Interval(date.fromisoformat(start), date.fromisoformat(end))
    scenes = opened(server, tmp_path).search_scenes(COLLECTION, HERE, interval)
    assert [scene.id for scene in scenes] == found


def test_undated_interval_finds_everything(server: StacServer, tmp_path: Path) -> None:
    catalog = opened(server, tmp_path)
    assert len(catalog.search_scenes(COLLECTION, HERE, Interval(*UNDATED))) == 3


@pytest.mark.parametrize(
    ("area", "count"),
    [
        (shapely.box(4.3, 51.9, 4.4, 51.97), 3),
        (shapely.box(10.0, 51.9, 10.1, 52.0), 0),
        (HERE.centroid.buffer(0.01, quad_segs=8), 3),
        (HERE.centroid.buffer(0.01, quad_segs=400), 3),
    ],
)
def test_boxes_and_outlines_are_searched(
    server: StacServer, tmp_path: Path, area: shapely.Geometry, count: int
) -> None:
    assert len(opened(server, tmp_path).search_scenes(COLLECTION, area, YEAR)) == count


def test_scene_says_what_the_item_says(server: StacServer, tmp_path: Path) -> None:
    scenes = opened(server, tmp_path).search_scenes(COLLECTION, HERE, YEAR)
    assert [scene.cloud_cover for scene in scenes] == [0.0, 10.0, 20.0]
    assert all(scene.cloud_known for scene in scenes)
    assert scenes[0].assets == {
        name: (f"{server.files.url}/{name}.tif", 1) for name in ("red", "nir")
    }


def test_windowed_read_of_a_remote_asset(server: StacServer, tmp_path: Path) -> None:
    catalog = opened(server, tmp_path)
    scene = catalog.search_scenes(COLLECTION, HERE, YEAR)[0]
    before = server.files.sent
    whole = 0
    for name, truth in PIXELS.items():
        href, band = scene.assets[name]
        with open_remote(catalog.asset(href)) as dataset:
            part = dataset.read(band, window=((140, 180), (300, 350)))
            whole += dataset.width * dataset.height * 2
        assert (part == truth[0, 140:180, 300:350]).all()
    assert server.files.sent - before < whole / 2


def test_pixels_read_once_come_from_the_cache(server: StacServer, tmp_path: Path) -> None:
    sent = []
    for _ in range(2):
        catalog = opened(server, tmp_path)
        before = server.files.sent
        with open_remote(catalog.asset(f"{server.files.url}/red.tif")) as dataset:
            assert (dataset.read(1) == PIXELS["red"][0]).all()
        sent.append(server.files.sent - before)
    assert sent[1] <= 64 * 1024 < sent[0]


def test_remote_asset_survives_pickling(server: StacServer, tmp_path: Path) -> None:
    one = opened(server, tmp_path).asset(f"{server.files.url}/nir.tif")
    with open_remote(pickle.loads(pickle.dumps(one))) as dataset:
        assert dataset.read(1, window=((0, 1), (0, 1)))[0, 0] == PIXELS["nir"][0, 0, 0]


def test_paging_finds_every_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_api, "PAGE_ITEMS", 4)
    red = {"red": asset("https://example.com/red.tif", "red")}
    items = [item(f"s{n:02}", f"2020-03-{n + 1:02}", red) for n in range(11)]
    with serve_stac(tmp_path, [collection()], items) as url:
        catalog = open_stac_api(url, DiskCache(tmp_path / "cache"))
        assert len(catalog.search_scenes(COLLECTION, HERE, YEAR)) == 11
        monkeypatch.setattr(stac_api, "MAX_SCENES", 10)
        with pytest.raises(RetryableToolError, match="more than 10 scenes") as caught:
            catalog.search_scenes(COLLECTION, HERE, YEAR)
        assert caught.value.kind == "too_large"
        monkeypatch.setattr(stac_api, "MAX_PAGES", 2)
        with pytest.raises(ToolError, match="too many pages"):
            catalog.search_scenes(COLLECTION, HERE, YEAR)


def test_unknown_collection_and_features_are_refused(server: StacServer, tmp_path: Path) -> None:
    catalog = opened(server, tmp_path)
    with pytest.raises(RetryableToolError, match="no collection 'modis'") as caught:
        catalog.search_scenes("modis", HERE, YEAR)
    assert caught.value.candidates == (COLLECTION,)
    with pytest.raises(RetryableToolError, match="scenes, not features"):
        catalog.read_features(COLLECTION, HERE, YEAR, None)


def test_file_server_without_ranges_is_read_whole(tmp_path: Path) -> None:
    data = write_cog(tmp_path / "a.tif", PIXELS["red"])
    with FileServer() as files:
        url = files.add("/a.tif", lambda request: Answer(200, data, {"ETag": '"1"'}))
        client = HttpClient(UrlPolicy([AllowedHost.parse(files.host)]))
        cache = DiskCache(tmp_path / "cache")
        one = stac_api.RemoteAsset(url, files.url, client, cache, stac_api.unsigned)
        with open_remote(one) as dataset:
            assert (dataset.read(1) == PIXELS["red"][0]).all()


def test_ranges_are_served_by_the_stand_in() -> None:
    route = file_route(b"0123456789")
    answer = route(Request("GET", "/", {"range": "bytes=2-4"}))
    assert (answer.status, answer.body) == (206, b"234")
