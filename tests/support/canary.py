"""Loopback servers that count what reaches them: a canary nobody may touch, and a bad-mannered one.

`Canary` answers anything with a secret and counts the connections. `FileServer` serves bytes with
ranges and validators, and can cut, lie, stall or redirect as told.
"""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpcore

SECRET = b"CANARY-SECRET-7f3a"


class Canary:
    """A listener on a free loopback port: `hits` counts connections, `seen` is what they sent."""

    def __init__(self) -> None:
        self.hits = 0
        self.seen: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"STOP")
        self._thread.join(5)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            peer, _ = self._socket.accept()
            with peer:
                peer.settimeout(2)
                try:
                    said = peer.recv(4096)
                    if said == b"STOP":
                        return
                    self.hits += 1
                    self.seen.append(said)
                    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                    peer.sendall(head % len(SECRET) + SECRET)
                except OSError:
                    self.hits += 1


@dataclass
class Request:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Answer:
    """What to send: `cut` bytes of the body and then a closed connection, if it is not None."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    length: int | None = None
    """A declared Content-Length that may differ from the body's."""


Route = Callable[[Request], Answer]


def file_route(data: bytes, *, etag: str | None = None) -> Route:
    """Return a route that serves bytes with ranges, If-Range and If-None-Match."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"' if etag is None else etag

    def serve(request: Request) -> Answer:
        named = {"ETag": tag} if tag else {}
        if tag and request.headers.get("if-none-match") == tag:
            return Answer(304, headers=named)
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if span is None or request.headers.get("if-range", tag) != tag:
            return Answer(200, data, named | {"Accept-Ranges": "bytes"})
        first = int(span[1])
        last = min(int(span[2] or len(data) - 1), len(data) - 1)
        if first >= len(data):
            return Answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        said = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        return Answer(206, data[first : last + 1], named | said)

    return serve


def redirect(location: str, status: int = 302) -> Route:
    return lambda request: Answer(status, headers={"Location": location})


def scripted(*answers: Answer) -> Route:
    """Return a route that gives one answer after the other, the last one for ever."""
    ahead = list(answers)
    return lambda request: ahead.pop(0) if len(ahead) > 1 else ahead[0]


class FileServer:
    """Routes by path on a free loopback port; `log` and `sent` say what was asked and given."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.log: list[Request] = []
        self.sent = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, path: str, route: Route) -> str:
        """Serve a path and return its address."""
        self.routes[path] = route
        return self.url + path

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(size))
                owner.log.append(request)
                route = owner.routes.get(self.path.split("?")[0])
                self._send(route(request) if route else Answer(404))

            def _send(self, answer: Answer) -> None:
                length = len(answer.body) if answer.length is None else answer.length
                part = answer.body if answer.cut is None else answer.body[: answer.cut]
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 304 and "Transfer-Encoding" not in answer.headers:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                owner.sent += len(part)
                try:
                    self.wfile.write(part)
                except OSError:
                    self.close_connection = True
                if answer.cut is not None or length != len(answer.body):
                    self.close_connection = True

            do_GET = do_POST = do_HEAD = _answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


class Internet(httpcore.NetworkBackend):
    """A network of the test's own: names and addresses as told, any other address is the canary.

    `dialled` are the addresses that were connected, `asked` the names that were resolved.
    """

    def __init__(self, canary: Canary) -> None:
        self._canary = canary
        self._names: dict[str, list[tuple[str, ...]]] = {}
        self._servers: dict[tuple[str, int], int] = {}
        self.dialled: list[tuple[str, int]] = []
        self.asked: list[str] = []

    def host(self, name: str, *answers: tuple[str, ...]) -> None:
        """Say what a name resolves to, time after time; the last answer stays."""
        self._names[name] = list(answers)

    def site(self, name: str, address: str, port: int, server: FileServer) -> str:
        """Put a server at a public name and return its address."""
        self.host(name, (address,))
        self.place(address, port, server)
        return f"{'https' if port == 443 else 'http'}://{name}"

    def place(self, address: str, port: int, server: FileServer) -> None:
        """Put a server at an address."""
        self._servers[address, port] = server.port

    def forget(self) -> None:
        """Go back to an empty network."""
        for known in (self._names, self._servers, self.dialled, self.asked):
            known.clear()

    def resolve(self, name: str, port: int) -> tuple[str, ...]:
        self.asked.append(name)
        if name not in self._names:
            return tuple(dict.fromkeys(str(e[4][0]) for e in socket.getaddrinfo(name, port)))
        ahead = self._names[name]
        return ahead.pop(0) if len(ahead) > 1 else ahead[0]

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *rest: Any, **named: Any
    ) -> httpcore.NetworkStream:
        self.dialled.append((host, port))
        real = self._servers.get((host, port), self._canary.port)
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", real, timeout)
