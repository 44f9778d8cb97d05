"""The cache under many short processes, with unfinished files, and on a disk that is full."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest
from terragate.tests.support.canary import FileServer, file_route
from terragate.tools.net import AllowedHost, DiskCache, HttpClient, RangeReader, UrlPolicy
from terragate.tools.net.cache import UNFINISHED_S

DATA = bytes(range(256)) * 40


def held(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("objects/*/*"))


def test_many_processes_that_keep_little_are_bounded_together(tmp_path: Path) -> None:
    # Each keeps a quarter of what makes one process sweep.
    for number in range(400):
        DiskCache(tmp_path, max_bytes=64_000).put(str(number), number.to_bytes(2) * 500)
    assert 0 < held(tmp_path) < 128_000


def test_what_was_begun_long_ago_is_removed(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.put("kept", b"kept")
    old, new = cache.scratch(), cache.scratch()
    long_ago = time.time() - UNFINISHED_S - 60
    os.utime(old, (long_ago, long_ago))
    cache.sweep()
    assert (old.exists(), new.exists()) == (False, True)
    assert cache.get("kept") == b"kept"


class FullDisk(DiskCache):
    """A cache that nothing more can be written to."""

    def put(self, key: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("start", [0, 5000])
def test_a_full_disk_costs_time_and_no_answer(tmp_path: Path, start: int) -> None:
    with FileServer() as files:
        url = files.add("/a.bin", file_route(DATA))
        client = HttpClient(UrlPolicy([AllowedHost.parse(files.host)]))
        reader = RangeReader(client, url, cache=FullDisk(tmp_path), block_bytes=1000)
        reader.seek(start)
        assert reader.read(3000) == DATA[start : start + 3000]
        assert reader.failure is None
