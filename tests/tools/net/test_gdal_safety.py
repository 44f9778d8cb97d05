"""GDAL in processes of its own: hardened it reaches nothing, unhardened the same probes do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from terragate.tests.support.canary import SECRET, Canary
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.geo.gdal_safety import SKIPPED_DRIVERS, gdal_is_hardened, harden_gdal

RASTERS = {
    "vrt of a local file": "FOLDER/local.tif",
    "vrt of an address": "FOLDER/remote.tif",
    "vrt of raw bytes": "FOLDER/raw.tif",
    "inline vrt": "<VRTDataset rasterXSize='4' rasterYSize='4'><VRTRasterBand dataType='Byte' "
    "band='1'><SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1:PORT/a.tif</SourceFilename>"
    "</SimpleSource></VRTRasterBand></VRTDataset>",
    "vrt of a protocol": "vrt:///vsicurl/http://127.0.0.1:PORT/a.tif",
    "address": "http://127.0.0.1:PORT/a.tif",
    "zipped address": "zip+http://127.0.0.1:PORT/a.zip!a.tif",
    "vsicurl": "/vsicurl/http://127.0.0.1:PORT/a.tif",
    "vsicurl without extension": "/vsicurl/http://127.0.0.1:PORT/a",
    "vsicurl options": "/vsicurl?use_head=no&url=http%3A%2F%2F127.0.0.1%3APORT%2Fa.tif",
    "vsicurl streaming": "/vsicurl_streaming/http://127.0.0.1:PORT/a.tif",
    "vsizip of vsicurl": "/vsizip//vsicurl/http://127.0.0.1:PORT/a.zip/a.tif",
    "vsigzip of vsicurl": "/vsigzip//vsicurl/http://127.0.0.1:PORT/a.gz",
    "vsitar of vsicurl": "/vsitar//vsicurl/http://127.0.0.1:PORT/a.tar/a.tif",
    "vsisubfile of vsicurl": "/vsisubfile/0_100,/vsicurl/http://127.0.0.1:PORT/a.tif",
    "vsicached of vsicurl": "/vsicached?file=/vsicurl/http://127.0.0.1:PORT/a.tif",
    "vsis3": "/vsis3/bucket/a.tif",
    "vsis3 streaming": "/vsis3_streaming/bucket/a.tif",
    "vsigs": "/vsigs/bucket/a.tif",
    "vsiaz": "/vsiaz/bucket/a.tif",
    "vsiadls": "/vsiadls/bucket/a.tif",
    "vsioss": "/vsioss/bucket/a.tif",
    "vsiswift": "/vsiswift/bucket/a.tif",
    "vsiwebhdfs": "/vsiwebhdfs/http://127.0.0.1:PORT/webhdfs/v1/a.tif",
    "wms": "WMS:http://127.0.0.1:PORT/?layers=a",
    "wmts": "WMTS:http://127.0.0.1:PORT/wmts.xml",
    "wcs": "WCS:http://127.0.0.1:PORT/?coverage=a",
    "stac item": 'STACIT:"/vsicurl/http://127.0.0.1:PORT/a.json"',
    "tile index": "GTI:/vsicurl/http://127.0.0.1:PORT/a.gti.gpkg",
    "derived": "DERIVED_SUBDATASET:AMPLITUDE:/vsicurl/http://127.0.0.1:PORT/a.tif",
    "mrf": "<MRF_META><CachedSource><Source>/vsicurl/http://127.0.0.1:PORT/a.tif</Source>"
    "</CachedSource><Raster><Size x='4' y='4' c='1'/></Raster></MRF_META>",
    "zarr": 'ZARR:"/vsicurl/http://127.0.0.1:PORT/a.zarr"',
}
VECTORS = {
    "ogr vrt": "FOLDER/vector.vrt",
    "inline ogr vrt": "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>"
    "/vsicurl/http://127.0.0.1:PORT/a.json</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "wfs": "WFS:http://127.0.0.1:PORT/",
    "oapif": "OAPIF:http://127.0.0.1:PORT/",
    "csw": "CSW:http://127.0.0.1:PORT/",
    "elasticsearch": "ES:http://127.0.0.1:PORT",
    "ngw": "NGW:http://127.0.0.1:PORT/resource/1",
    "ogcapi": "OGCAPI:http://127.0.0.1:PORT/",
    "geojson address": "http://127.0.0.1:PORT/a.geojson",
    "vector vsicurl": "/vsicurl/http://127.0.0.1:PORT/a.geojson",
    "swift folder": "/vsiswift/bucket/",
    "s3 folder": "/vsis3/bucket/",
    "gs folder": "/vsigs/bucket/folder/",
    "azure folder": "/vsiaz/bucket/",
    "folder of an address": "/vsicurl/http://127.0.0.1:PORT/folder/",
    "pmtiles": "/vsicurl/http://127.0.0.1:PORT/a.pmtiles",
}
PROBE = """
import json, sys, importlib.util, logging, warnings
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
plan = json.load(sys.stdin)
if plan["harden"]:
    from terragate.tools.geo.gdal_safety import harden_gdal, gdal_is_hardened
    assert harden_gdal(), "too late"
import pyogrio, rasterio
found = {}
for name, path in plan["rasters"].items():
    try:
        with rasterio.open(path) as dataset:
            found[name] = "read " + repr(dataset.read(1).tobytes())
    except Exception as error:
        found[name] = type(error).__name__
for name, path in plan["vectors"].items():
    try:
        found[name] = "read " + repr(pyogrio.read_dataframe(path).to_json())
    except Exception as error:
        found[name] = type(error).__name__
if plan["harden"]:
    assert gdal_is_hardened()
print(json.dumps(found))
"""


def write_sources(folder: Path, port: int) -> None:
    (folder / "secret.bin").write_bytes(SECRET)
    write_tif(folder / "plain.tif", np.full((1, 4, 4), 77, "uint8"))
    head = "<VRTDataset rasterXSize='4' rasterYSize='4'><VRTRasterBand dataType='Byte' band='1'"
    simple = "><SimpleSource><SourceFilename>{}</SourceFilename></SimpleSource>"
    raw = " subClass='VRTRawRasterBand'><SourceFilename>{}</SourceFilename>"
    tail = "</VRTRasterBand></VRTDataset>"
    address = f"/vsicurl/http://127.0.0.1:{port}/a.tif"
    local, secret = folder / "plain.tif", folder / "secret.bin"
    (folder / "local.tif").write_text(head + simple.format(local) + tail)
    (folder / "remote.tif").write_text(head + simple.format(address) + tail)
    (folder / "raw.tif").write_text(head + raw.format(secret) + tail)
    (folder / "vector.vrt").write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>"
        f"/vsicurl/http://127.0.0.1:{port}/a.json</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )


class Probed(NamedTuple):
    """What each probe ended in, what the canary was sent, and what was printed as error."""

    found: dict[str, str]
    seen: list[bytes]
    printed: str


def unhardened() -> dict[str, str]:
    """Return this process's environment without what importing the package has set in it."""
    made: dict[str, str] = {}
    harden_gdal(made)
    return {name: value for name, value in os.environ.items() if name not in made}


def clouds_at(here: str) -> dict[str, str]:
    """Return an environment that points everything that sends GDAL to a cloud at one server."""
    return {
        "AWS_S3_ENDPOINT": here,
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_NO_SIGN_REQUEST": "YES",
        "GS_NO_SIGN_REQUEST": "YES",
        "CPL_GS_ENDPOINT": f"http://{here}/",
        "AZURE_NO_SIGN_REQUEST": "YES",
        "AZURE_STORAGE_ACCOUNT": "a",
        "CPL_AZURE_ENDPOINT": f"http://{here}/",
        "OSS_ENDPOINT": here,
        "OSS_HTTPS": "NO",
        "OSS_NO_SIGN_REQUEST": "YES",
        "SWIFT_STORAGE_URL": f"http://{here}/v1",
        "SWIFT_AUTH_TOKEN": "t",
        "CPL_AWS_EC2_API_ROOT_URL": f"http://{here}",
        "GDAL_HTTP_TIMEOUT": "5",
    }


def run_probe(folder: Path, *, harden: bool) -> Probed:
    with Canary() as canary:
        write_sources(folder, canary.port)

        def filled(table: dict[str, str]) -> dict[str, str]:
            return {
                name: path.replace("PORT", str(canary.port)).replace("FOLDER", str(folder))
                for name, path in table.items()
            }

        plan = {"harden": harden, "rasters": filled(RASTERS), "vectors": filled(VECTORS)}
        # curl never asks a proxy for the hosts that this variable lists.
        plain = {k: v for k, v in unhardened().items() if k.lower() != "no_proxy"}
        ended = subprocess.run(
            [sys.executable, "-c", PROBE],
            input=json.dumps(plan),
            env=plain | clouds_at(f"127.0.0.1:{canary.port}"),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return Probed(json.loads(ended.stdout), canary.seen, ended.stderr)


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> Probed:
    return run_probe(tmp_path_factory.mktemp("hard"), harden=True)


@pytest.mark.parametrize("name", [*RASTERS, *VECTORS])
def test_hardened_gdal_opens_none_of_it(hardened: Probed, name: str) -> None:
    assert not hardened.found[name].startswith("read")
    assert hardened.seen == []


def test_hardened_gdal_is_quiet(hardened: Probed) -> None:
    assert "Unable to find driver" not in hardened.printed


def test_unhardened_gdal_is_what_the_canary_is_for(tmp_path: Path) -> None:
    probed = run_probe(tmp_path, harden=False)
    assert len(probed.seen) > 20
    assert probed.found["vrt of a local file"] == f"read {bytes([77] * 16)!r}"
    assert SECRET[:8].decode() in probed.found["vrt of raw bytes"]


LATE = """
import rasterio
with rasterio.Env():
    pass
from terragate.tools.geo.gdal_safety import harden_gdal, gdal_is_hardened
print(harden_gdal(), gdal_is_hardened())
"""
CHILD = """
import multiprocessing as mp
from terragate.tools.geo.gdal_safety import harden_gdal, gdal_is_hardened
def check():
    import pyogrio, rasterio
    return gdal_is_hardened()
if __name__ == "__main__":
    harden_gdal()
    with mp.get_context("spawn").Pool(1) as pool:
        print(pool.apply(check))
"""


@pytest.mark.parametrize(("code", "said"), [(LATE, "False False"), (CHILD, "True")])
def test_hardening_must_come_first_and_is_inherited(tmp_path: Path, code: str, said: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(code)
    ended = subprocess.run(
        [sys.executable, str(script)],
        env=unhardened(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.strip() == said


def test_settings_of_the_operator_are_kept() -> None:
    environ = {"GDAL_SKIP": "JPEG PNG", "OTHER": "1"}
    harden_gdal(environ)
    assert environ["GDAL_SKIP"].split(",") == ["JPEG", "PNG", *SKIPPED_DRIVERS]
    assert environ["OTHER"] == "1"
    again = dict(environ)
    harden_gdal(environ)
    assert set(again) == set(environ)


@pytest.mark.parametrize(
    "change",
    [
        {"GDAL_SKIP": "VRT"},
        {"CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif"},
        {"PROJ_NETWORK": "ON"},
    ],
)
def test_half_hardened_is_not_hardened(change: dict[str, str]) -> None:
    environ: dict[str, str] = {}
    harden_gdal(environ)
    assert not gdal_is_hardened(environ | change)
