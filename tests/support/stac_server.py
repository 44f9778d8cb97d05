"""A real STAC API (rustac's own server) on loopback over tiny real COGs that a file server holds.

`FakeStac` is the opposite: an API written by hand whose every part can be replaced by a lie.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import shapely
from terragate.tests.support.canary import Answer, FileServer, Request, file_route
from terragate.tests.support.tiny_geo import lonlat, write_tif
from terragate.tools.geo.catalogs.stac_api import StacApiCatalog, open_stac_api
from terragate.tools.net import AllowedHost, DiskCache, HttpClient, Limits, UrlPolicy

COLLECTION = "sentinel-2-l2a"
RUSTAC = Path(sys.executable).with_name("rustac")


@dataclass
class StacServer:
    """Where the API answers, and the server of its files."""

    url: str
    files: FileServer


def write_cog(path: Path, bands: np.ndarray, **profile: Any) -> bytes:
    """Write a COG with 128-pixel tiles on the tiny UTM grid and return its bytes."""
    settings = {"driver": "COG", "blocksize": 128, "compress": "deflate"} | profile
    return write_tif(path, bands, **settings).read_bytes()


def item(
    name: str, day: str, assets: Mapping[str, Any], *, size: int = 512, **properties: Any
) -> dict[str, Any]:
    """Return a STAC 1.1 item over the first `size` pixels of the tiny UTM grid."""
    outline = lonlat(shapely.box(590_000, 5_760_000 - 10 * size, 590_000 + 10 * size, 5_760_000))
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": name,
        "collection": COLLECTION,
        "geometry": shapely.geometry.mapping(outline),
        "bbox": list(outline.bounds),
        "properties": {"datetime": f"{day}T10:30:00Z"} | properties,
        "assets": dict(assets),
        "links": [],
    }


def asset(href: str, common_name: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return a COG asset; `common_name` is that of its one band."""
    made: dict[str, Any] = {
        "href": href,
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "roles": ["data"],
    }
    if common_name:
        made["bands"] = [{"name": common_name, "eo:common_name": common_name}]
    return made | fields


def collection(**fields: Any) -> dict[str, Any]:
    """Return the collection the items belong to."""
    return {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": COLLECTION,
        "description": "tiny scenes",
        "license": "CC0-1.0",
        "extent": {
            "spatial": {"bbox": [[3.0, 50.0, 6.0, 53.0]]},
            "temporal": {"interval": [["2020-01-01T00:00:00Z", "2020-12-31T00:00:00Z"]]},
        },
        "item_assets": {
            "red": {"type": "image/tiff", "bands": [{"eo:common_name": "red"}]},
            "nir": {"type": "image/tiff", "bands": [{"eo:common_name": "nir"}]},
        },
        "links": [],
    } | fields


@contextmanager
def serve_stac(
    folder: Path, collections: Sequence[Mapping[str, Any]], items: Sequence[Mapping[str, Any]]
) -> Generator[str, None, None]:
    """Run the STAC API over items in memory and give its address."""
    sources = [folder / "items.json"]
    sources[0].write_text(json.dumps({"type": "FeatureCollection", "features": list(items)}))
    for number, one in enumerate(collections):
        sources.insert(0, folder / f"collection{number}.json")
        sources[0].write_text(json.dumps(one))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "{}:{}".format(*free.getsockname())
    command = [str(RUSTAC), "serve", "--addr", address, *map(str, sources)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(f"http://{address}/", process, folder / "server.log")
        yield f"http://{address}/"
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            httpx.get(url, timeout=2, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the STAC server did not start: {log.read_text()}")


@contextmanager
def tiny_stac(folder: Path, pixels: Mapping[str, np.ndarray]) -> Generator[StacServer, None, None]:
    """Serve three scenes whose red and nir pixels are given, of 1 May, 1 June and 1 July 2020."""
    with FileServer() as files:
        made = {
            name: asset(
                files.add(f"/{name}.tif", file_route(write_cog(folder / "x.tif", band))), name
            )
            for name, band in pixels.items()
        }
        days = ("2020-05-01", "2020-06-01", "2020-07-01")
        items = [
            item(f"scene-{n}", day, made, **{"eo:cloud_cover": 10.0 * n})
            for n, day in enumerate(days)
        ]
        with serve_stac(folder, [collection()], items) as url:
            yield StacServer(url, files)


class FakeStac:
    """A STAC API on a file server whose parts can be replaced."""

    def __init__(self, files: FileServer, folder: Path) -> None:
        self.files, self.folder = files, folder
        self.landing: dict[str, Any] = {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "fake",
            "description": "fake",
            "conformsTo": [
                f"https://api.stacspec.org/v1.0.0/{name}"
                for name in ("core", "collections", "item-search", "ogcapi-features")
            ],
            "links": [
                {"rel": "data", "href": f"{files.url}/collections"},
                {
                    "rel": "search",
                    "href": f"{files.url}/search",
                    "method": "POST",
                    "type": "application/geo+json",
                },
            ],
        }
        self.collections: list[dict[str, Any]] = [collection()]
        self.items: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []
        files.add("/", lambda request: self.json(self.landing))
        files.add("/collections", lambda request: self.json({"collections": self.collections}))
        files.add("/search", self.answer)

    def json(self, content: Any) -> Answer:
        return Answer(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def answer(self, request: Request) -> Answer:
        found = {"type": "FeatureCollection", "features": self.items, "links": self.links}
        return self.json(found)

    def open(self) -> StacApiCatalog:
        policy = UrlPolicy([AllowedHost.parse(self.files.host)])
        client = HttpClient(policy, Limits(attempts=1, connect_s=2, read_s=2))
        cache = DiskCache(self.folder / "cache")
        return open_stac_api(f"{self.files.url}/", cache, client=client)
