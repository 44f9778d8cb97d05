"""The client against servers that cut, lie, stall, redirect and refuse."""

import pickle
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
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
from terragate.tools.errors import ToolError, ToolUnavailable, UsageError
from terragate.tools.net import AllowedHost, HttpClient, Limits, UrlPolicy
from terragate.tools.net.address import address_flaw
from terragate.tools.net.policy import shown
from terragate.tools.net.retry import retry_after_s


@pytest.fixture
def files() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server


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


def test_private_host_may_link_to_another_if_the_operator_says_so() -> None:
    catalog, store = AllowedHost("stac.internal"), AllowedHost("files.internal", 9000)
    url, origin = "http://files.internal:9000/a.tif", "http://stac.internal/search"
    assert UrlPolicy([catalog, store]).judge(url).trusted
    assert not UrlPolicy([catalog, store]).judge(url, origin).trusted
    linked = AllowedHost("files.internal", 9000, linked_from=("stac.internal",))
    assert UrlPolicy([catalog, linked]).judge(url, origin).trusted
    assert not UrlPolicy([catalog, linked]).judge(url, "http://other.example/").trusted


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


# ---- the policy by itself ----


@given(st.ip_addresses())
def test_only_global_addresses_pass(address: object) -> None:
    text = str(address)
    if address_flaw(text) is None:
        one = ip_address(text)
        carried = getattr(one, "ipv4_mapped", None) or getattr(one, "sixtofour", None) or one
        assert carried.is_global
        assert not any((carried.is_private, carried.is_loopback, carried.is_multicast))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_pass(address: str) -> None:
    assert address_flaw(address) is None


@given(st.ip_addresses(v=4))
def test_every_ipv4_spelling_is_judged_or_refused(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    for host in (str(number), hex(number), oct(number).replace("o", ""), f"{number >> 24}.1"):
        with pytest.raises(ToolError, match="unusual spelling"):
            UrlPolicy().judge(f"http://{host}/")
    if address_flaw(str(address)):
        with pytest.raises(ToolError, match="refused"):
            UrlPolicy().judge(f"http://{address}/")


@given(st.text(max_size=60))
def test_any_text_is_judged_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://public.example/{text}"):
        try:
            there = UrlPolicy().judge(url)
        except ToolError:
            continue
        assert there.scheme in ("http", "https")
        assert there.url.host == there.host
        assert not there.trusted


@pytest.mark.parametrize(
    ("text", "name", "port"),
    [
        ("stac.internal", "stac.internal", None),
        ("STAC.internal.:8080", "stac.internal", 8080),
        ("http://10.0.0.1/stac", "10.0.0.1", 80),
        ("https://[::1]:8443/", "::1", 8443),
        ("[fd00::1]", "fd00::1", None),
    ],
)
def test_allowed_hosts_are_parsed(text: str, name: str, port: int | None) -> None:
    assert AllowedHost.parse(text) == AllowedHost(name, port)


@pytest.mark.parametrize("text", ["", "a b", "ftp://x", "user@host", "::1", "0x7f.1", "x:0"])
def test_host_that_cannot_be_allowed_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="allowed host"):
        AllowedHost.parse(text)


def test_shown_addresses_keep_no_secret() -> None:
    url = "https://user:word@h.example/a?sig=secret#part\u202e"
    assert shown(url) == "https://…@h.example/a"
    assert len(shown("http://" + "a" * 900)) == 160
