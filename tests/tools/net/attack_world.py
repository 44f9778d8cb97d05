"""A network of public, secure and internal hosts in which only a canary may never be reached."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import trustme
from terragate.tests.support.canary import Canary, FileServer, Internet, file_route, redirect
from terragate.tools.geo.catalogs.signing import unsigned
from terragate.tools.geo.catalogs.stac_assets import RemoteAsset
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


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """Start the servers; `folder` gets the certificate of the authority that the client trusts."""
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


def renewed(world: World, folder: Path) -> World:
    """Return the world as it was in the beginning, with a folder of the test's own."""
    world = replace(world, folder=folder)
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
