"""Downloads and the cache: what is resumed, kept, bounded and noticed."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.canary import Answer, FileServer, Request, file_route
from terragate.tests.tools.net.cut_answers import DATA, client_of, cutting, ranges
from terragate.tools.errors import ToolError, ToolUnavailable
from terragate.tools.net import AllowedHost, DiskCache, HttpClient, UrlPolicy, download
from terragate.tools.net.download import cached_download


def test_download_resumes_after_every_cut(files: FileServer, tmp_path: Path) -> None:
    url = files.add("/a.bin", cutting(file_route(DATA), 40_000))
    target = download(client_of(files, attempts=1), url, tmp_path / "deep" / "a.bin")
    assert target.read_bytes() == DATA
    assert ranges(files) == ["", *(f"bytes={40_000 * n}-" for n in range(1, 8))]
    assert files.sent == len(DATA)
    assert not list(target.parent.glob("*.part")) + list(target.parent.glob("*.json"))


def test_download_resumes_in_a_later_run(files: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    url = files.add("/a.bin", cutting(file_route(DATA), 100_000, times=1))
    stop = RuntimeError("the process dies here")

    def die(seconds: float) -> None:
        raise stop

    dying = HttpClient(UrlPolicy([AllowedHost.parse(files.host)]), sleep=die)
    with pytest.raises(RuntimeError, match="dies"):
        download(dying, url, target)
    assert not target.exists()
    assert download(client_of(files), url, target).read_bytes() == DATA
    assert ranges(files) == ["", "bytes=100000-"]


def test_file_that_changed_meanwhile_is_brought_anew(files: FileServer, tmp_path: Path) -> None:
    newer = bytes(reversed(DATA))
    older = cutting(file_route(DATA), 100_000)

    def busy(request: Request) -> Answer:
        return Answer(503) if request.headers.get("range") else older(request)

    url = files.add("/a.bin", busy)
    with pytest.raises(ToolUnavailable):
        download(client_of(files, attempts=1), url, tmp_path / "a.bin")
    assert (tmp_path / "a.bin.part").stat().st_size == 100_000
    files.add("/a.bin", file_route(newer))
    assert download(client_of(files), url, tmp_path / "a.bin").read_bytes() == newer


def test_without_a_validator_nothing_is_pasted_together(files: FileServer, tmp_path: Path) -> None:
    url = files.add("/a.bin", cutting(file_route(DATA, etag=""), 100_000, times=2))
    assert download(client_of(files), url, tmp_path / "a.bin").read_bytes() == DATA
    assert ranges(files) == ["", "", ""]


def test_download_that_never_gets_further_ends(files: FileServer, tmp_path: Path) -> None:
    url = files.add("/a.bin", cutting(file_route(DATA, etag=""), 1000))
    with pytest.raises(ToolUnavailable, match="broke off"):
        download(client_of(files), url, tmp_path / "a.bin")
    assert len(files.log) == 3
    assert not (tmp_path / "a.bin").exists()


@pytest.mark.parametrize("chunked", [False, True])
def test_download_is_bounded(files: FileServer, tmp_path: Path, chunked: bool) -> None:
    body = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    endless = Answer(200, body * 100, {"Transfer-Encoding": "chunked"})
    url = files.add("/a.bin", (lambda request: endless) if chunked else file_route(DATA))
    with pytest.raises(ToolError, match="larger than 10000 bytes") as caught:
        download(client_of(files), url, tmp_path / "a.bin", max_bytes=10_000)
    assert caught.value.kind == "too_large"
    assert not (tmp_path / "a.bin").exists()


def test_part_that_the_server_cannot_continue_is_dropped(files: FileServer, tmp_path: Path) -> None:
    def no_tail(request: Request) -> Answer:
        return Answer(416) if request.headers.get("range") else file_route(DATA)(request)

    url = files.add("/a.bin", cutting(no_tail, 100_000, times=1))
    assert download(client_of(files), url, tmp_path / "a.bin").read_bytes() == DATA


def test_wrong_continuation_is_an_error(files: FileServer, tmp_path: Path) -> None:
    def wrong(request: Request) -> Answer:
        answer = file_route(DATA)(request)
        if answer.status == 206:
            said = {"Content-Range": f"bytes 0-{len(DATA) - 1}/{len(DATA)}"}
            return Answer(206, DATA, dict(answer.headers) | said)
        return answer

    url = files.add("/a.bin", cutting(wrong, 100_000, times=1))
    with pytest.raises(ToolError, match="other bytes"):
        download(client_of(files), url, tmp_path / "a.bin")


def test_cached_file_is_asked_about_and_kept(files: FileServer, tmp_path: Path) -> None:
    url = files.add("/a.bin", file_route(DATA))
    cache = DiskCache(tmp_path / "cache")
    first = cached_download(client_of(files), cache, url)
    sent = files.sent
    assert cached_download(client_of(files), cache, url) == first
    assert first.read_bytes() == DATA
    assert (files.sent, files.log[-1].headers["if-none-match"][:1]) == (sent, '"')
    newer = DATA[::-1]
    files.add("/a.bin", file_route(newer))
    assert cached_download(client_of(files), cache, url).read_bytes() == newer
    assert first.read_bytes() == DATA


def test_equal_content_is_stored_once(files: FileServer, tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache")
    paths = {
        cached_download(client_of(files), cache, files.add(f"/{name}", file_route(DATA)))
        for name in "abc"
    }
    assert len(paths) == 1
    assert oct((tmp_path / "cache").stat().st_mode)[-3:] == "700"


def test_damaged_content_is_noticed(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.put("key", b"content")
    path = cache.find("key")
    assert path is not None
    path.write_bytes(b"CONTENT")
    assert cache.get("key") is None
    assert cache.find("key") is None
    cache.put("key", b"content")
    path.write_bytes(b"longer than it was")
    assert cache.find("key") is None


def test_damaged_key_is_no_path(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.put("key", b"content")
    (named,) = tmp_path.glob("keys/*/*")
    for text in ("../../../etc/passwd 5", "", "x", "\xff" * 64 + " 7"):
        named.write_text(text)
        assert cache.get("key") is None


@given(st.dictionaries(st.text(max_size=9), st.binary(max_size=40), max_size=9))
@settings(max_examples=25)
def test_cache_gives_back_what_was_put(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, bytes]
) -> None:
    cache = DiskCache(tmp_path_factory.mktemp("cache"))
    for key, data in content.items():
        cache.put(key, data)
    assert {key: cache.get(key) for key in content} == content


def test_cache_is_bounded_and_drops_what_was_not_used(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_bytes=10_000)
    for number in range(9):
        cache.put(f"k{number}", bytes([number]) * 1000)
        path = cache.find(f"k{number}")
        assert path is not None
        os.utime(path, (number, number))
    assert cache.get("k0") == bytes(1000)
    for number in range(9, 14):
        cache.put(f"k{number}", bytes([number]) * 1000)
    held = [number for number in range(14) if cache.get(f"k{number}")]
    assert sum(path.stat().st_size for path in tmp_path.glob("objects/*/*")) <= 10_000
    assert {0, 13} <= set(held)
    assert not {1, 2} & set(held)
    assert len(list(tmp_path.glob("keys/*/*"))) <= len(held) + 2


def test_threads_share_a_cache(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_bytes=50_000)

    def work(seed: int) -> None:
        for number in range(40):
            cache.put(f"{number}", bytes([number]) * 1000)
            found = cache.get(f"{(number * seed) % 40}")
            assert found is None or found == bytes([number * seed % 40]) * 1000

    failures: list[BaseException] = []

    def guarded(seed: int) -> None:
        try:
            work(seed)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(seed,)) for seed in (1, 3, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
