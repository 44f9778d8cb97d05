"""Range reads: like a file, in few requests, kept by version, bounded, and lies noticed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.canary import Answer, FileServer, file_route
from terragate.tests.tools.net.cut_answers import DATA, client_of, cutting, ranges
from terragate.tools.errors import ToolError
from terragate.tools.net import DiskCache, RangeReader
from terragate.tools.net.ranges import RangesRefused


@given(st.lists(st.tuples(st.integers(0, 300_500), st.integers(0, 90_000)), max_size=8))
@settings(max_examples=20, deadline=None)
def test_reader_reads_like_a_file(
    tmp_path_factory: pytest.TempPathFactory, reads: list[tuple[int, int]]
) -> None:
    with FileServer() as server:
        url = server.add("/a.bin", file_route(DATA))
        cache = DiskCache(tmp_path_factory.mktemp("cache"))
        client = client_of(server)
        reader = RangeReader(client, url, cache=cache, block_bytes=16_384)
        for first, size in reads:
            assert reader.seek(first) == first
            assert reader.read(size) == DATA[first : first + size]
            assert reader.tell() == min(first + size, len(DATA)) if first < len(DATA) else True
        assert reader.seek(-10, 2) == len(DATA) - 10
        assert reader.read() == DATA[-10:]
        client.close()


def test_neighbouring_blocks_come_in_one_request(files: FileServer, tmp_path: Path) -> None:
    url = files.add("/a.bin", file_route(DATA))
    reader = RangeReader(client_of(files), url, block_bytes=1000)
    reader.seek(5500)
    reader.read(1)
    reader.seek(2500)
    assert reader.read(6000) == DATA[2500:8500]
    reader.seek(2500)
    reader.read(6000)
    assert ranges(files) == [
        "bytes=0-999",
        "bytes=5000-5999",
        "bytes=2000-4999",
        "bytes=6000-8999",
    ]
    assert reader.fetched == 8000


def test_blocks_of_a_version_are_kept_on_disk(files: FileServer, tmp_path: Path) -> None:
    url = files.add("/a.bin", file_route(DATA))
    cache = DiskCache(tmp_path)
    for expected in (2, 3):
        reader = RangeReader(client_of(files), url, cache=cache, block_bytes=1000)
        reader.seek(50_000)
        assert reader.read(1000) == DATA[50_000:51_000]
        assert len(files.log) == expected
    files.add("/a.bin", file_route(DATA[::-1]))
    reader = RangeReader(client_of(files), url, cache=cache, block_bytes=1000)
    reader.seek(50_000)
    assert reader.read(1000) == DATA[::-1][50_000:51_000]


def test_file_that_changes_while_it_is_read_is_an_error(files: FileServer) -> None:
    url = files.add("/a.bin", file_route(DATA))
    reader = RangeReader(client_of(files), url, block_bytes=1000)
    files.add("/a.bin", file_route(DATA[::-1]))
    reader.seek(5000)
    with pytest.raises(ToolError, match="changed while it was read") as caught:
        reader.read(10)
    assert reader.failure is caught.value


def test_reader_is_bounded(files: FileServer) -> None:
    url = files.add("/a.bin", file_route(DATA))
    reader = RangeReader(client_of(files), url, block_bytes=1000, max_bytes=3000)
    with pytest.raises(ToolError, match="more than 3000 bytes") as caught:
        reader.read(20_000)
    assert caught.value.kind == "too_large"
    assert files.sent == 1000


def test_server_without_ranges_is_told_apart(files: FileServer) -> None:
    url = files.add("/a.bin", lambda request: Answer(200, DATA))
    with pytest.raises(RangesRefused, match="bring the whole file") as caught:
        RangeReader(client_of(files), url)
    assert caught.value.kind == "precondition"


@pytest.mark.parametrize(
    "said",
    ["", "bytes 0-999", "bytes 1-1000/300000", "bytes 0-998/300000", "bytes 0-999/*", "x 0-999/9"],
)
def test_ranges_that_lie_are_an_error(files: FileServer, said: str) -> None:
    lie = Answer(206, DATA[:1000], {"Content-Range": said, "ETag": '"1"'})
    url = files.add("/a.bin", lambda request: lie)
    with pytest.raises(ToolError, match="other bytes") as caught:
        RangeReader(client_of(files), url, block_bytes=1000)
    assert caught.value.kind == "bad_data"


@pytest.mark.parametrize("size", [900, 1100])
def test_ranges_of_another_length_are_an_error(files: FileServer, size: int) -> None:
    said = {"Content-Range": "bytes 0-999/300000"}
    url = files.add("/a.bin", lambda request: Answer(206, DATA[:size], said))
    with pytest.raises(ToolError, match="declared 1000|larger than 1000"):
        RangeReader(client_of(files), url, block_bytes=1000)


def test_cut_range_is_asked_again(files: FileServer) -> None:
    url = files.add("/a.bin", cutting(file_route(DATA), 500, times=2))
    assert RangeReader(client_of(files), url, block_bytes=1000).read(1000) == DATA[:1000]


def test_empty_file_has_no_range(files: FileServer) -> None:
    url = files.add("/a.bin", file_route(b""))
    with pytest.raises(ToolError, match="no such range"):
        RangeReader(client_of(files), url)
