"""References in catalogs and files that are not what they say: a typed error, and 0 hits."""

from pathlib import Path

import numpy as np
import pytest
from terragate.tests.support.canary import SECRET, Canary, FileServer
from terragate.tests.support.stac_server import FakeStac, asset, item
from terragate.tests.support.tiny_geo import utm_box, write_tif
from terragate.tests.tools.net.attack_tables import FILES, HREFS, lying_tiff
from terragate.tests.tools.net.attack_world import World
from terragate.tools.errors import ToolError, ToolUnavailable
from terragate.tools.geo.catalog import UNDATED, Interval
from terragate.tools.geo.catalogs.stac_assets import open_remote
from terragate.tools.geo.raster import asset_path, open_geotiff


@pytest.mark.parametrize("href", HREFS)
def test_stac_asset_address_is_judged(href: str, tmp_path: Path) -> None:
    with Canary() as canary, FileServer() as files:
        bad = href.replace("PORT", str(canary.port))
        fake = FakeStac(files, tmp_path)
        fake.items = [item("a", "2020-05-01", {"red": asset(bad, "red")})]
        catalog = fake.open()
        with pytest.raises(ToolError, match="refused|no GeoTIFF") as caught:
            catalog.search_scenes("sentinel-2-l2a", utm_box((0, 9), (0, 9)), Interval(*UNDATED))
        assert caught.value.kind == "bad_data"
        with pytest.raises(ToolError, match="refused"):
            catalog.asset(bad)
        assert canary.hits == 0


@pytest.mark.parametrize("href", [*HREFS, "link.tif", "folder/../../outside.tif", "folder/x.tif"])
def test_local_asset_never_leaves_its_folder(href: str, tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    root.mkdir()
    write_tif(tmp_path / "outside.tif", np.ones((1, 4, 4), "uint8"))
    (root / "link.tif").symlink_to(tmp_path / "outside.tif")
    (root / "folder").symlink_to(tmp_path)
    with Canary() as canary:
        with (
            pytest.raises(ToolError, match="outside the catalog|does not exist") as caught,
            open_geotiff(asset_path(root, href.replace("PORT", str(canary.port)))),
        ):
            pass
        assert caught.value.kind == "bad_data"
        assert canary.hits == 0


def read_all(world: World, name: str, *, remote: bool) -> bytes:
    data = FILES[name](world)
    (world.folder / "secret.bin").write_bytes(SECRET)
    path = world.folder / "disguised.tif"
    path.write_bytes(data)
    opened = open_remote(world.remote(data)) if remote else open_geotiff(path)
    with opened as dataset:
        return dataset.read(1, window=((0, 4), (0, 4))).tobytes()


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
@pytest.mark.parametrize("name", FILES)
def test_disguised_or_lying_file_is_a_typed_error(world: World, name: str, remote: bool) -> None:
    with pytest.raises(ToolError) as caught:
        read_all(world, name, remote=remote)
    assert caught.value.kind in ("bad_data", "too_large")
    assert not isinstance(caught.value, ToolUnavailable)
    assert SECRET.decode() not in str(caught.value)
    assert world.canary.hits == 0


def test_honest_files_are_read(world: World) -> None:
    """The control: the same reader opens an honest file, so the errors above mean something."""
    pixels = np.arange(16, dtype="uint8").reshape(1, 4, 4)
    data = write_tif(world.folder / "honest.tif", pixels).read_bytes()
    with open_remote(world.remote(data)) as dataset:
        assert (dataset.read(1) == pixels[0]).all()
    assert world.net.dialled == [("93.184.216.34", 80)]
    assert lying_tiff()[200:] == bytes(range(16))
