"""Opening a catalog by its address: what is a path, what is an API, and what opens it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from terragate.tests.support.canary import FileServer
from terragate.tests.support.small_archive import table, write_small_archive
from terragate.tests.support.stac_server import FakeStac
from terragate.tools.errors import ToolError, UsageError
from terragate.tools.geo.addresses import names_api, open_address
from terragate.tools.geo.catalogs.stac_api import open_stac_api
from terragate.tools.geo.catalogs.stac_endpoints import KNOWN, Endpoint
from terragate.tools.net import AllowedHost, DiskCache, HttpClient, UrlPolicy


def opened(address: object, folder: Path, *hosts: str):
    return open_address(str(address), cache=folder / "cache", hosts=hosts)


@pytest.mark.parametrize(
    ("address", "api"),
    [
        ("earth-search", True),
        ("planetary-computer", True),
        ("https://example.com/v1", True),
        ("HTTP://127.0.0.1:8080/", True),
        ("./earth-search", False),
        ("earth-search/", False),
        ("s3://bucket", False),
        ("data/2020", False),
        ("", False),
    ],
)
def test_which_addresses_are_apis(address: str, api: bool) -> None:
    assert names_api(address) is api


def test_a_file_of_a_folder_is_opened_again_alone(tmp_path: Path) -> None:
    table(tmp_path / "ferries.gpkg", ["Ferry"])
    table(tmp_path / "tugs.gpkg", ["Tug"])
    catalog = opened(tmp_path / "tugs.gpkg", tmp_path)
    again = opened(catalog.address, tmp_path)
    assert [info.id for info in again.collections()] == ["tugs"]
    assert again.collections() == catalog.collections()
    assert len(opened(tmp_path, tmp_path).collections()) == 2


@pytest.mark.parametrize("inside", ["", "catalog.json"])
def test_a_stac_folder_is_opened_again(
    tmp_path: Path, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_small_archive(tmp_path / "archive")
    monkeypatch.chdir(tmp_path)
    catalog = opened(Path("archive") / inside, tmp_path)
    assert catalog.address == str(tmp_path / "archive" / inside)
    monkeypatch.chdir("/")
    assert opened(catalog.address, tmp_path).collections() == catalog.collections()


def test_a_folder_called_like_an_api_is_meant_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "earth-search").mkdir()
    table(tmp_path / "earth-search" / "tugs.gpkg", ["Tug"])
    monkeypatch.chdir(tmp_path)
    assert [info.id for info in opened("./earth-search", tmp_path).collections()] == ["tugs"]


def test_a_known_api_is_opened_again_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer() as files:
        FakeStac(files, tmp_path)
        monkeypatch.setitem(KNOWN, "near", Endpoint(f"{files.url}/"))  # type: ignore[arg-type]
        client = HttpClient(UrlPolicy([AllowedHost.parse(files.host)]))
        assert open_stac_api("near", DiskCache(tmp_path / "c"), client=client).address == "near"
        asked = len(files.log)
        # That it is known does not make a private address the operator's.
        with pytest.raises(ToolError, match="refused"):
            opened("near", tmp_path)
        assert len(files.log) == asked


def test_permitted_hosts_are_those_that_the_catalog_names(tmp_path: Path) -> None:
    with FileServer() as files:
        FakeStac(files, tmp_path)
        catalog = opened(f"{files.url}/", tmp_path, "localhost:9", "10.0.0.1")
        assert catalog.address == f"{files.url}/"
        assert catalog.asset("http://10.0.0.1/a.tif").name == "a.tif"
        assert catalog.asset("http://localhost:9/a.tif").name == "a.tif"
        client = catalog.asset("http://10.0.0.1/a.tif").client
        for href in ("http://localhost:10/a.tif", "http://10.0.0.2/a.tif"):
            # A name is refused when it is resolved, an address before.
            with pytest.raises(ToolError, match="refused"):
                client.fetch(href, origin=catalog.address)
        # A document of any other host cannot lead there.
        with pytest.raises(ToolError, match="refused"):
            client.fetch("http://10.0.0.1/a.tif", origin="https://example.com/")


@pytest.mark.parametrize("address", ["", " ", "nowhere", "a\0b", "ftp://example.com/x", "gs://b"])
def test_no_address_is_a_usage_error(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no catalog at"):
        opened(address, tmp_path)
