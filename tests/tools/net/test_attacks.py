"""Attacks with a canary that nobody may reach: every one ends in its typed error, with 0 hits."""

import ssl
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import trustme
from terragate.tests.support.canary import (
    SECRET,
    Answer,
    Canary,
    FileServer,
    Internet,
    file_route,
    redirect,
)
from terragate.tests.support.stac_server import FakeStac, asset, item
from terragate.tests.support.tiny_geo import utm_box, write_tif
from terragate.tools.errors import ToolError, ToolUnavailable
from terragate.tools.geo.catalog import UNDATED, Interval
from terragate.tools.geo.catalogs.signing import unsigned
from terragate.tools.geo.catalogs.stac_assets import RemoteAsset, open_remote
from terragate.tools.geo.raster import asset_path, open_geotiff
from terragate.tools.net import AllowedHost, DiskCache, HttpClient, Limits, UrlPolicy

CATALOG = "http://public.example/catalog.json"


@dataclass
class World:
    """A public site, a secure one, an internal host that the operator configured, a canary."""

    canary: Canary
    net: Internet
    public: FileServer
    secure: FileServer
    client: HttpClient
    folder: Path

    def fetch(self, url: str, origin: str | None = CATALOG) -> bytes:
        return self.client.fetch(url.replace("PORT", str(self.canary.port)), origin=origin).body

    def redirected(self, location: str, status: int = 302, site: str = "public") -> bytes:
        where = location.replace("PORT", str(self.canary.port))
        getattr(self, site).add("/away", redirect(where, status))
        scheme = "https" if site == "secure" else "http"
        return self.fetch(f"{scheme}://{site}.example/away")

    def remote(self, data: bytes) -> RemoteAsset:
        self.public.add("/a.tif", file_route(data))
        cache = DiskCache(self.folder / "cache")
        return RemoteAsset("http://public.example/a.tif", CATALOG, self.client, cache, unsigned)


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("secure.example").configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    with Canary() as canary, FileServer() as public, FileServer(tls) as secure:
        net = Internet(canary)
        client = HttpClient(
            UrlPolicy([AllowedHost("internal.example"), AllowedHost("127.0.0.1", public.port)]),
            Limits(attempts=1, connect_s=2, read_s=2, total_s=5, redirects=4),
            ca_file=str(folder / "ca.pem"),
            resolve=net.resolve,
            backend=net,
        )
        yield World(canary, net, public, secure, client, folder)
        client.close()


@pytest.fixture
def world(shared_world: World, tmp_path: Path) -> World:
    """Return the world as it was in the beginning."""
    world = replace(shared_world, folder=tmp_path)
    world.client.close()
    world.canary.hits = 0
    world.net.forget()
    for server in (world.public, world.secure):
        server.routes.clear()
        server.log.clear()
    world.net.site("public.example", "93.184.216.34", 80, world.public)
    world.net.site("secure.example", "93.184.216.35", 443, world.secure)
    world.net.host("internal.example", ("10.0.0.5",))
    return world


ADDRESSES = [
    "http://127.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST.:PORT/",
    "http://[::1]:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0:PORT/",
    "http://[::]:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://017700000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.000.000.001:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::1]:PORT/",
    "http://[fe80::1%25lo]:PORT/",
    "http://[fe80::1%lo]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fd00:ec2::254]/latest/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/latest/",
    "http://2852039166/latest/",
    "http://168.63.129.16/machine",
    "http://100.100.100.200/latest/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://198.18.0.1/",
    "http://192.0.0.8/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://user:word@public.example/",
    "http://public.example@127.0.0.1:PORT/",
    "http://@127.0.0.1:PORT/",
    "http://public.example\\@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@public.example/",
    "http://127.0.0.1%2f@public.example/",
    "http://127%2e0%2e0%2e1:PORT/",
    "http://127.0.0.1%00.public.example:PORT/",
    "http://127。0。0。1:PORT/",
    "http://①②⑦.0.0.1:PORT/",
    "http://ｌocalhost:PORT/",
    "http://127.0.0.1:PORT/\r\nHost: public.example",
    " http://127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "file:///etc/passwd",
    "ftp://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_x",
    "/vsicurl/http://127.0.0.1:PORT/a.tif",
    "http://public.example:0/",
    "http://public.example:99999/",
    "http://pub..lic.example/",
    "http://" + "a" * 64 + ".example/",
    "http://public.example/" + "a" * 5000,
    # The operator's private hosts, named by a public document.
    "http://internal.example/",
    "http://INTERNAL.example./",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_address_from_data_is_refused(world: World, url: str) -> None:
    with pytest.raises(ToolError, match="refused") as caught:
        world.fetch(url)
    assert caught.value.kind == "bad_data"
    assert (world.canary.hits, world.net.dialled) == (0, [])


@pytest.mark.parametrize("url", ADDRESSES[:-2])
def test_address_from_the_operator_is_refused_too(world: World, url: str) -> None:
    with pytest.raises(ToolError, match="refused"):
        world.fetch(url, origin=None)
    assert (world.canary.hits, world.net.dialled) == (0, [])


REDIRECTS = [
    *[("http://127.0.0.1:PORT/", status) for status in (301, 302, 303, 307, 308)],
    ("http://2130706433:PORT/", 302),
    ("http://[::ffff:127.0.0.1]:PORT/", 302),
    ("http://169.254.169.254/latest/", 302),
    ("//127.0.0.1:PORT/", 302),
    ("http://public.example@127.0.0.1:PORT/", 302),
    ("http://localhost:PORT/", 307),
    ("http://internal.example/", 302),
    ("http://internal.example/", 308),
    ("file:///etc/passwd", 302),
    ("FILE:/etc/passwd", 302),
    ("ftp://public.example/", 302),
    ("/vsicurl/http://127.0.0.1:PORT/", 302),
]


@pytest.mark.parametrize(("location", "status"), REDIRECTS)
@pytest.mark.parametrize("site", ["public", "secure"])
def test_redirect_is_judged_anew(world: World, location: str, status: int, site: str) -> None:
    with pytest.raises(ToolError) as caught:
        world.redirected(location, status, site)
    assert caught.value.kind == ("not_found" if location.startswith("/v") else "bad_data")
    assert world.canary.hits == 0


def test_redirect_from_https_to_http_is_refused(world: World) -> None:
    with pytest.raises(ToolError, match="https to http"):
        world.redirected("http://public.example/x", site="secure")
    assert world.public.log == []


def test_redirect_from_a_configured_host_to_another_is_refused(world: World) -> None:
    world.public.add("/away", redirect(f"http://127.0.0.1:{world.canary.port}/"))
    world.net.place("127.0.0.1", world.public.port, world.public)
    with pytest.raises(ToolError, match="loopback"):
        world.fetch(f"{world.public.url}/away", origin=None)
    assert world.canary.hits == 0


def test_chain_of_redirects_ends_at_the_private_one(world: World) -> None:
    world.public.add("/1", redirect("/2"))
    world.public.add("/2", redirect("https://secure.example/3", 307))
    world.secure.add("/3", redirect(f"https://127.0.0.1:{world.canary.port}/"))
    with pytest.raises(ToolError, match="loopback"):
        world.fetch("http://public.example/1")
    assert world.canary.hits == 0


def test_endless_redirects_end(world: World) -> None:
    world.public.add("/loop", redirect("/loop"))
    with pytest.raises(ToolError, match="more than 4 times"):
        world.fetch("http://public.example/loop")
    assert len(world.public.log) == 5


@pytest.mark.parametrize(
    "answers",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("fe80::1%lo",),
        ("93.184.216.34", "127.0.0.1"),
        ("127.0.0.1", "93.184.216.34"),
        ("64:ff9b::a00:1",),
        ("169.254.169.254",),
    ],
)
def test_name_that_resolves_to_a_private_address_is_refused(
    world: World, answers: tuple[str, ...]
) -> None:
    world.net.host("rebind.example", answers)
    with pytest.raises(ToolError, match="resolves to") as caught:
        world.fetch("http://rebind.example/")
    assert caught.value.kind == "bad_data"
    assert (world.canary.hits, world.net.dialled) == (0, [])


def test_name_that_changes_its_mind_is_never_followed(world: World) -> None:
    public = ("93.184.216.34",)
    world.public.add("/", lambda request: Answer(200, b"public", {"Connection": "close"}))
    for turns in range(1, 5):
        world.net.host("rebind.example", *[public] * turns, ("127.0.0.1",))
        for _ in range(turns):
            assert world.fetch("http://rebind.example/") == b"public"
            world.client.close()
        with pytest.raises(ToolError, match="loopback"):
            world.fetch("http://rebind.example/")
    assert world.canary.hits == 0
    assert {address for address, _ in world.net.dialled} == {"93.184.216.34"}
    assert world.net.asked.count("rebind.example") == 1 + 2 + 3 + 4 + 4


def test_pooled_connection_of_a_trusted_host_is_not_lent(world: World) -> None:
    world.net.place("10.0.0.5", 80, world.public)
    world.public.add("/", lambda request: Answer(200, b"inside"))
    assert world.fetch("http://internal.example/", origin=None) == b"inside"
    with pytest.raises(ToolError, match="resolves to the private"):
        world.redirected("http://internal.example/")


# ---- catalogs: links and assets ----

HREFS = [
    "http://127.0.0.1:PORT/a.tif",
    "http://2130706433:PORT/a.tif",
    "https://[::1]:PORT/a.tif",
    "http://user@127.0.0.1:PORT/a.tif",
    "http://169.254.169.254/a.tif",
    "file:///etc/passwd",
    "/etc/passwd",
    "../../../etc/passwd",
    "/vsicurl/http://127.0.0.1:PORT/a.tif",
    "/vsicurl?url=http://127.0.0.1:PORT/a.tif",
    "/vsizip//vsicurl/http://127.0.0.1:PORT/a.zip/a.tif",
    "/vsis3/bucket/a.tif",
    "s3://bucket/a.tif",
    "zip+http://127.0.0.1:PORT/a.zip!a.tif",
    "<VRTDataset rasterXSize='1' rasterYSize='1'/>",
]


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


# ---- files that are not what they say ----


def vrt(source: str) -> bytes:
    return (
        "<VRTDataset rasterXSize='4' rasterYSize='4'><SRS>EPSG:32631</SRS>"
        "<GeoTransform>0,1,0,0,0,-1</GeoTransform>"
        "<VRTRasterBand dataType='Byte' band='1'><SimpleSource>"
        f"<SourceFilename>{source}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    ).encode()


def raw_vrt(path: str) -> bytes:
    return (
        "<VRTDataset rasterXSize='8' rasterYSize='1'><VRTRasterBand dataType='Byte' band='1' "
        f"subClass='VRTRawRasterBand'><SourceFilename>{path}</SourceFilename>"
        "<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset></VRTRasterBand></VRTDataset>"
    ).encode()


def lying_tiff(**changes: int) -> bytes:
    """Return a 4 x 4 byte TIFF by hand whose tags say otherwise."""
    tags = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1, 273: 200, 277: 1, 278: 4, 279: 16}
    tags |= {int(name[1:]): value for name, value in changes.items()}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + b"\0" * 4
    return head.ljust(200, b"\0") + bytes(range(16))


FILES: dict[str, Callable[[World], bytes]] = {
    "vrt of a local file": lambda world: vrt(str(world.folder / "secret.bin")),
    "vrt of an address": lambda world: vrt(f"/vsicurl/http://127.0.0.1:{world.canary.port}/a.tif"),
    "vrt of raw bytes": lambda world: raw_vrt(str(world.folder / "secret.bin")),
    "tile index": lambda world: (
        f"<GDALTileIndexDataset><IndexDataset>/vsicurl/http://127.0.0.1:{world.canary.port}/a.gpkg"
        "</IndexDataset></GDALTileIndexDataset>"
    ).encode(),
    "wms": lambda world: (
        "<GDAL_WMS><Service name='WMS'>"
        f"<ServerUrl>http://127.0.0.1:{world.canary.port}/</ServerUrl></Service></GDAL_WMS>"
    ).encode(),
    "not a raster": lambda world: SECRET * 40,
    "too wide and high": lambda world: lying_tiff(t256=2**31 - 1, t257=2**31 - 1, t278=2**31 - 1),
    "pixels beyond the end": lambda world: lying_tiff(t273=4_000_000_000),
    "more bytes than there are": lambda world: lying_tiff(t256=60_000, t257=60_000, t279=2**31 - 1),
    "no rows per strip": lambda world: lying_tiff(t278=0, t256=0),
    "cut in the directory": lambda world: lying_tiff()[:40],
}


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


def test_attacks_are_many() -> None:
    tables = (ADDRESSES, REDIRECTS, HREFS, FILES)
    assert sum(map(len, tables)) >= 40
