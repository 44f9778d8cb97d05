"""The client against servers that cut, lie, stall, redirect and refuse."""

import pickle
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.canary import (
    Answer,
    Canary,
    FileServer,
    Internet,
    Request,
    redirect,
    scripted,
)
from terragate.tools.errors import ToolError, ToolUnavailable
from terragate.tools.net import AllowedHost, HttpClient, Limits, UrlPolicy
from terragate.tools.net.retry import retry_after_s


def client_of(server: FileServer, waits: list[float] | None = None, **bounds: float) -> HttpClient:
    values: dict[str, float] = {"connect_s": 2, "read_s": 2, "total_s": 10} | bounds
    limits = Limits(**values)  # type: ignore[arg-type]
    slept = waits if waits is not None else []
    return HttpClient(UrlPolicy([AllowedHost.parse(server.host)]), limits, sleep=slept.append)


def test_answer_is_whole(files: FileServer) -> None:
    url = files.add("/a", lambda request: Answer(200, b"body", {"X-Kind": "test"}))
    reply = client_of(files).fetch(f"{url}?q=1#fragment")
    assert (reply.status, reply.body, reply.headers["x-kind"]) == (200, b"body", "test")
    assert files.log[0].path == "/a?q=1"
    assert files.log[0].headers["host"] == files.host
    assert files.log[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("status", "kind", "asked"),
    [
        (400, "bad_data", 1),
        (401, "precondition", 1),
        (403, "precondition", 1),
        (404, "not_found", 1),
        (405, "bad_data", 1),
        (410, "not_found", 1),
        (416, "bad_data", 1),
        (429, "unavailable", 4),
        (500, "unavailable", 4),
        (501, "bad_data", 1),
        (503, "unavailable", 4),
    ],
)
def test_status_is_a_typed_error(files: FileServer, status: int, kind: str, asked: int) -> None:
    url = files.add("/a", lambda request: Answer(status))
    with pytest.raises(ToolError, match=str(status) if status != 416 else "range") as caught:
        client_of(files).fetch(f"{url}?secret=1")
    assert caught.value.kind == kind
    assert "secret" not in str(caught.value)
    assert len(files.log) == asked


def test_retry_after_is_honoured(files: FileServer) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    busy = [Answer(429, headers={"Retry-After": "7"}), Answer(503, headers={"Retry-After": later})]
    url = files.add("/a", scripted(*busy, Answer(500), Answer(200, b"ok")))
    waits: list[float] = []
    assert client_of(files, waits).fetch(url).body == b"ok"
    assert waits[0] == 7
    assert 15 < waits[1] <= 20
    assert 0 <= waits[2] <= 2


def test_retry_after_beyond_the_cap_is_not_waited_for(files: FileServer) -> None:
    url = files.add("/a", lambda request: Answer(429, headers={"Retry-After": "3600"}))
    waits: list[float] = []
    with pytest.raises(ToolUnavailable, match="asks to wait 3600 s"):
        client_of(files, waits).fetch(url)
    assert (waits, len(files.log)) == ([], 1)


@given(st.text(max_size=40))
def test_any_retry_after_text_is_seconds_or_nothing(text: str) -> None:
    said = retry_after_s(text)
    assert said is None or said >= 0


def test_cut_answer_is_asked_again(files: FileServer) -> None:
    url = files.add("/a", scripted(Answer(200, b"x" * 1000, cut=500), Answer(200, b"whole")))
    assert client_of(files).fetch(url).body == b"whole"


@pytest.mark.parametrize("length", [10**6, 10**30])
def test_length_above_the_cap_is_refused_before_reading(files: FileServer, length: int) -> None:
    url = files.add("/a", lambda request: Answer(200, b"x" * 9, length=length))
    with pytest.raises(ToolError) as caught:
        client_of(files, max_bytes=100, attempts=1).fetch(url)
    assert caught.value.kind == "too_large" if length < 10**19 else "unavailable"


def test_body_above_the_cap_is_cut_off(files: FileServer) -> None:
    body = b"5\r\nxxxxx\r\n" * 100 + b"0\r\n\r\n"
    chunked = Answer(200, body, {"Transfer-Encoding": "chunked"})
    url = files.add("/a", lambda request: chunked)
    assert client_of(files).fetch(url).body == b"x" * 500
    with pytest.raises(ToolError, match="larger than 499 bytes") as caught:
        client_of(files, max_bytes=499).fetch(url)
    assert caught.value.kind == "too_large"


def test_length_above_the_body_is_unavailable(files: FileServer) -> None:
    url = files.add("/a", lambda request: Answer(200, b"x" * 10, length=11))
    with pytest.raises(ToolUnavailable, match="broke off after 10 bytes"):
        client_of(files).fetch(url)
    assert len(files.log) == 4


def test_length_below_the_body_leaks_nothing_into_the_next_answer(files: FileServer) -> None:
    url = files.add("/a", lambda request: Answer(200, b"goodEVIL", length=4))
    client = client_of(files)
    assert [client.fetch(url).body for _ in range(3)] == [b"good"] * 3


def test_compressed_answer_is_refused(files: FileServer) -> None:
    url = files.add("/a", lambda request: Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}))
    with pytest.raises(ToolError, match="compressed"):
        client_of(files).fetch(url)


def test_server_that_says_nothing_times_out(files: FileServer) -> None:
    def slow(request: Request) -> Answer:
        time.sleep(0.6)
        return Answer(200)

    url = files.add("/a", slow)
    with pytest.raises(ToolUnavailable, match="ReadTimeout"):
        client_of(files, read_s=0.2, attempts=1).fetch(url)


def test_answer_that_drips_is_cut_off() -> None:
    def drip(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
            try:
                for _ in range(60):
                    peer.sendall(b"x")
                    time.sleep(0.05)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        client = HttpClient(
            UrlPolicy([AllowedHost.parse(host)]), Limits(read_s=2, total_s=0.4, attempts=1)
        )
        with pytest.raises(ToolUnavailable, match="took too long"):
            client.fetch(f"http://{host}/")
        thread.join(5)


def test_closed_port_and_unknown_name_are_unavailable(files: FileServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = HttpClient(
        UrlPolicy([AllowedHost("127.0.0.1")]), Limits(attempts=2), sleep=lambda seconds: None
    )
    with pytest.raises(ToolUnavailable, match="cannot be reached"):
        client.fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(ToolUnavailable, match="cannot be resolved"):
        client.fetch("http://no-such-host.invalid/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_on_one_host_keep_headers(files: FileServer, status: int) -> None:
    url = files.add("/a", redirect("b?x=1", status))
    files.add("/b", lambda request: Answer(200, b"here"))
    headers = {"Authorization": "key", "Range": "bytes=0-1"}
    assert client_of(files).fetch(url, headers=headers).body == b"here"
    assert files.log[1].headers["authorization"] == "key"


def test_redirects_across_hosts_drop_credentials() -> None:
    with Canary() as canary, FileServer() as one, FileServer() as two:
        net = Internet(canary)
        start = net.site("one.example", "93.184.216.34", 80, one)
        end = net.site("two.example", "93.184.216.35", 80, two)
        one.add(
            "/a",
            lambda request: Answer(
                302, headers={"Location": f"{end}/b", "Set-Cookie": "session=1; Domain=example"}
            ),
        )
        two.add("/b", lambda request: Answer(200, b"here"))
        client = HttpClient(UrlPolicy(), resolve=net.resolve, backend=net)
        headers = {"Authorization": "key", "X-Api-Key": "key", "Range": "bytes=0-1"}
        assert client.fetch(f"{start}/a", headers=headers).body == b"here"
        arrived = two.log[0].headers
        assert arrived["range"] == "bytes=0-1"
        assert not {"authorization", "x-api-key", "cookie"} & set(arrived)
        one.add("/a", redirect(f"{end}/b", 307))
        with pytest.raises(ToolError, match="a search was redirected"):
            client.fetch(f"{start}/a", method="POST", json={"q": 1})
        assert client.fetch(f"{start}/a").body == b"here"
        assert "cookie" not in one.log[-1].headers
        client.close()


def test_redirect_to_nowhere_is_an_error(files: FileServer) -> None:
    url = files.add("/a", lambda request: Answer(302))
    with pytest.raises(ToolError, match="redirects to nowhere"):
        client_of(files).fetch(url)


def test_tls_is_verified_by_name_at_the_pinned_address(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    names: list[str] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("good.example").configure_cert(tls)
    tls.sni_callback = lambda sock, name, context: names.append(name)
    with Canary() as canary, FileServer(tls) as files:
        net = Internet(canary)
        net.site("good.example", "93.184.216.34", 443, files)
        net.host("other.example", ("93.184.216.34",))
        files.add("/", lambda request: Answer(200, b"safe"))
        client = HttpClient(
            UrlPolicy(), ca_file=str(tmp_path / "ca.pem"), resolve=net.resolve, backend=net
        )
        assert client.fetch("https://good.example/").body == b"safe"
        assert client.fetch("https://GOOD.example./").body == b"safe"
        assert names == ["good.example"]
        assert files.log[0].headers["host"] == "good.example"
        with pytest.raises(ToolUnavailable, match="certificate"):
            client.fetch("https://other.example/")
        assert names == ["good.example", "other.example"]
        assert net.dialled == [("93.184.216.34", 443)] * 2
        client.close()
        strict = HttpClient(UrlPolicy(), resolve=net.resolve, backend=net)
        with pytest.raises(ToolUnavailable, match="certificate"):
            strict.fetch("https://good.example/")
        assert canary.hits == 0


def test_next_address_is_tried_when_one_does_not_answer(files: FileServer) -> None:
    client = HttpClient(
        UrlPolicy([AllowedHost("twin.example", files.port)]),
        Limits(attempts=1),
        resolve=lambda host, port: ("127.0.0.2", "127.0.0.1"),
    )
    files.add("/", lambda request: Answer(200, b"second"))
    assert client.fetch(f"http://twin.example:{files.port}/").body == b"second"


def test_client_survives_pickling(files: FileServer) -> None:
    url = files.add("/a", lambda request: Answer(200, b"body"))
    client = HttpClient(UrlPolicy([AllowedHost.parse(files.host)]), Limits(attempts=2))
    client.fetch(url)
    assert pickle.loads(pickle.dumps(client)).fetch(url).body == b"body"
