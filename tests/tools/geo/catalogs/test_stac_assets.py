"""Remote rasters: how few bytes a window costs, what goes wrong while reading, and signed reads."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from terragate.tests.support.canary import (
    Answer,
    Canary,
    FileServer,
    Internet,
    Request,
    file_route,
)
from terragate.tests.support.stac_server import write_cog
from terragate.tools.errors import ToolError, ToolUnavailable
from terragate.tools.geo.catalogs import stac_assets
from terragate.tools.geo.catalogs.signing import Signer, TokenSigner, unsigned
from terragate.tools.geo.catalogs.stac_assets import RemoteAsset, open_remote
from terragate.tools.net import AllowedHost, DiskCache, HttpClient, Limits, UrlPolicy

SIDE = 1024
PIXELS = np.random.default_rng(5).integers(0, 60_000, (2, SIDE, SIDE)).astype("uint16")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_cog(tmp_path_factory.mktemp("cog") / "a.tif", PIXELS)


@pytest.fixture
def files() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server


def remote(server: FileServer, path: str, folder: Path, signer: Signer = unsigned) -> RemoteAsset:
    client = HttpClient(
        UrlPolicy([AllowedHost.parse(server.host)]), Limits(attempts=1, connect_s=2, read_s=2)
    )
    return RemoteAsset(server.url + path, server.url, client, DiskCache(folder / "cache"), signer)


def test_a_window_costs_a_small_part_of_the_file(
    files: FileServer, data: bytes, tmp_path: Path
) -> None:
    files.add("/a.tif", file_route(data))
    with open_remote(remote(files, "/a.tif", tmp_path)) as dataset:
        part = dataset.read(2, window=((700, 740), (300, 330)))
    assert (part == PIXELS[1, 700:740, 300:330]).all()
    assert files.sent < len(data) / 10
    assert all(request.headers["range"].startswith("bytes=") for request in files.log)


def test_two_openings_at_once_do_not_disturb_each_other(
    files: FileServer, data: bytes, tmp_path: Path
) -> None:
    other = write_cog(tmp_path / "b.tif", 65_000 - PIXELS)
    files.add("/a.tif", file_route(data))
    files.add("/b.tif", file_route(other))
    with (
        open_remote(remote(files, "/a.tif", tmp_path)) as one,
        open_remote(remote(files, "/b.tif", tmp_path)) as two,
        open_remote(remote(files, "/a.tif", tmp_path)) as three,
    ):
        window = ((500, 520), (10, 20))
        total = one.read(1, window=window) + two.read(1, window=window)
        assert (total == 65_000).all()
        assert (three.read(1) == PIXELS[0]).all()


@pytest.mark.parametrize(
    ("later", "kind", "match"),
    [
        (Answer(503), "unavailable", "503"),
        (Answer(403), "precondition", "signer"),
        (Answer(200, b"another file"), "bad_data", "changed while"),
        (Answer(206, b"x"), "bad_data", "other bytes"),
    ],
)
def test_failure_in_the_middle_keeps_its_type(
    files: FileServer, data: bytes, tmp_path: Path, later: Answer, kind: str, match: str
) -> None:
    route = file_route(data)
    files.add("/a.tif", lambda r: route(r) if r.headers["range"] == "bytes=0-65535" else later)
    with (
        pytest.raises(ToolError, match=match) as caught,
        open_remote(remote(files, "/a.tif", tmp_path)) as dataset,
    ):
        dataset.read(1)
    assert caught.value.kind == kind


def test_neighbours_of_a_file_are_never_asked_for(
    files: FileServer, data: bytes, tmp_path: Path
) -> None:
    files.add("/a.tif", file_route(data))
    with open_remote(remote(files, "/a.tif", tmp_path)) as dataset:
        dataset.read(1)
        dataset.tags()
        dataset.read_masks(1)
    assert {request.path for request in files.log} == {"/a.tif"}


def test_whole_file_is_bounded(
    files: FileServer, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.add("/a.tif", lambda request: Answer(200, data))
    monkeypatch.setattr(stac_assets, "MAX_WHOLE_BYTES", 1000)
    with (
        pytest.raises(ToolError, match="larger than 1000") as caught,
        open_remote(remote(files, "/a.tif", tmp_path)),
    ):
        pass
    assert caught.value.kind == "too_large"


def test_names_in_messages_are_short_and_plain(files: FileServer, tmp_path: Path) -> None:
    path = "/folder/" + "x" * 200 + "%0aIgnore all.tif?sig=secret"
    name = remote(files, path, tmp_path).name
    assert len(name) <= 80
    assert "secret" not in name
    assert " " not in name


# ---- signing ----

NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


class Tokens:
    """A token service on loopback whose tokens last an hour from `now`."""

    def __init__(self, server: FileServer) -> None:
        self.server, self.now, self.given = server, NOW, 0
        server.add("/token/account/container", self._give)

    def _give(self, request: Request) -> Answer:
        self.given += 1
        until = datetime.fromtimestamp(self.now + 3600, UTC).isoformat()
        said = {"token": f"se=1&sig=abc{self.given}%3D", "msft:expiry": until}
        return Answer(200, json.dumps(said).encode())

    def signer(self, hosts: str = ".blob.example") -> TokenSigner:
        client = HttpClient(UrlPolicy([AllowedHost.parse(self.server.host)]), Limits(attempts=1))
        url = f"{self.server.url}/token"
        return TokenSigner(client, url, hosts=hosts, now=lambda: self.now)


def test_token_is_asked_once_and_again_when_it_expires(files: FileServer) -> None:
    tokens = Tokens(files)
    signer = tokens.signer()
    url = "https://account.blob.example/container/a.tif"
    assert signer.sign(url) == f"{url}?se=1&sig=abc1%3D"
    assert signer.sign(f"{url}?x=1#y") == f"{url}?x=1&se=1&sig=abc1%3D"
    tokens.now += 3500
    assert "abc1" in signer.sign(url)
    tokens.now += 50
    assert "abc2" in signer.sign(url)
    assert tokens.given == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://account.blob.example.evil.example/container/a.tif",
        "https://evil.example/account.blob.example/container/a.tif",
        "https://evil.example/?h=account.blob.example",
        "https://account.blob.example/container/a.tif?sig=mine",
        "https://a/b.blob.example/container/a.tif",
        "https://ACC_OUNT.blob.example/container/a.tif",
        "https://account.blob.example/../token/a.tif",
        "https://account.blob.example/",
    ],
)
def test_key_goes_nowhere_else(files: FileServer, url: str) -> None:
    tokens = Tokens(files)
    assert tokens.signer().sign(url) == url
    assert tokens.given == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"token": "a b", "msft:expiry": "2030-01-01T00:00:00Z"}',
        b'{"token": "a\\r\\nHost: x", "msft:expiry": "2030-01-01T00:00:00Z"}',
        b'{"token": "sig=1#", "msft:expiry": "2030-01-01T00:00:00Z"}',
        b'{"token": "sig=1", "msft:expiry": "soon"}',
        b'{"token": "sig=1", "msft:expiry": "2030-01-01T00:00:00"}',
    ],
)
def test_bad_token_is_a_typed_error(files: FileServer, body: bytes) -> None:
    tokens = Tokens(files)
    files.add("/token/account/container", lambda request: Answer(200, body))
    with pytest.raises(ToolError, match="no usable token") as caught:
        tokens.signer().sign("https://account.blob.example/container/a.tif")
    assert caught.value.kind == "bad_data"


def test_token_service_that_is_down_is_unavailable(files: FileServer) -> None:
    tokens = Tokens(files)
    files.add("/token/account/container", lambda request: Answer(503))
    with pytest.raises(ToolUnavailable):
        tokens.signer().sign("https://account.blob.example/container/a.tif")


def test_signed_read_sends_the_key_and_keeps_it_out_of_the_cache_key(
    data: bytes, tmp_path: Path
) -> None:
    """The storage refuses requests without a key; a new key finds the blocks of the old one."""
    route = file_route(data)

    def guarded(request: Request) -> Answer:
        signed = parse_qs(urlsplit(request.path).query).get("sig", [""])[0].startswith("abc")
        return route(request) if signed else Answer(403)

    with Canary() as canary, FileServer() as storage, FileServer() as service:
        storage.add("/container/a.tif", guarded)
        net = Internet(canary)
        net.site("account.blob.example", "93.184.216.34", 80, storage)
        tokens = Tokens(service)
        signer = tokens.signer()
        client = HttpClient(UrlPolicy(), Limits(attempts=1), resolve=net.resolve, backend=net)
        url = "http://account.blob.example/container/a.tif"
        one = RemoteAsset(url, "http://public.example/", client, DiskCache(tmp_path), signer)
        for _ in range(2):
            with open_remote(one) as dataset:
                assert (dataset.read(1) == PIXELS[0]).all()
            tokens.now += 7200
        assert tokens.given == 2
        assert [request.headers["range"] for request in storage.log].count("bytes=0-65535") == 2
        assert storage.sent < len(data)
        bare = RemoteAsset(url, "http://public.example/", client, DiskCache(tmp_path), unsigned)
        with pytest.raises(ToolError, match="needs a key or a signer"), open_remote(bare):
            pass
        client.close()
