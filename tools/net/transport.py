"""Connections that go to the address that was judged, whatever the name resolves to a moment later.

A name is resolved once per connection; every address it has must pass, and the connection is made
to one of them. TLS still verifies the name, and requests still carry it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import httpcore
import httpx

from ..errors import ToolError, ToolUnavailable
from .address import address_flaw

Resolve = Callable[[str, int], tuple[str, ...]]

NETWORK_ERRORS: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
)
MAX_CONNECTIONS: Final = 16
KEEP_ALIVE_S: Final = 15.0


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host, in the system's order of preference."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ToolUnavailable(
            f"host {host!r} cannot be resolved ({error}); check the name and the network"
        ) from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedBackend(httpcore.NetworkBackend):
    """Resolves, judges and connects in one step; `trusted` hosts may lie anywhere."""

    def __init__(self, resolve: Resolve, inner: httpcore.NetworkBackend, *, trusted: bool) -> None:
        self._resolve = resolve
        self._inner = inner
        self._trusted = trusted

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers, all of them being allowed."""
        addresses = self._resolve(host, port)
        if not self._trusted:
            self._judge(host, addresses)
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in addresses:
            try:
                return self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
        raise failure or ToolUnavailable(f"host {host!r} has no address; check the name")

    def _judge(self, host: str, addresses: Iterable[str]) -> None:
        for address in addresses:
            if flaw := address_flaw(address):
                raise ToolError(
                    f"host {host!r} is refused: it resolves to the {flaw} {address!r}; use a "
                    "public host, or permit this one in TERRAGATE_ALLOWED_HOSTS",
                    kind="bad_data",
                )


class PinnedTransport(httpx.BaseTransport):
    """Sends httpx requests through a pool whose connections are pinned."""

    def __init__(self, backend: httpcore.NetworkBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_S,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; errors are those of httpcore (`NETWORK_ERRORS`) or typed refusals."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.read(),
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
