"""Addresses, redirects, references and files that attack; PORT stands for the canary's."""

import struct
from collections.abc import Callable

from terragate.tests.support.canary import SECRET
from terragate.tests.tools.net.attack_world import World

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
