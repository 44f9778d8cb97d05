"""One HTTP client for addresses nobody vouches for: judged, pinned, bounded in bytes and time."""

from __future__ import annotations

import os
import ssl
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, Literal, NamedTuple

import httpcore
import httpx

from ..errors import ToolError, ToolUnavailable
from .policy import Destination, UrlPolicy, refused, shown
from .retry import PASSING_STATUS, PassingFailure, patiently, retry_after_s
from .transport import NETWORK_ERRORS, PinnedBackend, PinnedTransport, Resolve, resolve_host

Method = Literal["GET", "POST"]
_Pools = dict[tuple[int, bool], httpx.Client]
NOT_MODIFIED: Final = 304
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEPT_ACROSS_HOSTS: Final = frozenset({"accept", "range", "if-range"})
_OWN_HEADERS: Final = {"User-Agent": "terragate", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Limits:
    """Bounds of one request in seconds, bytes and tries; `total_s` holds for a whole answer."""

    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 120.0
    max_bytes: int = 64 * 1024 * 1024
    redirects: int = 5
    attempts: int = 4
    backoff_s: float = 0.5
    max_wait_s: float = 30.0


class Reply(NamedTuple):
    """A whole answer; header names are case-insensitive."""

    status: int
    headers: httpx.Headers
    body: bytes


class Incoming:
    """An answer that is being read: at most `max_bytes`, and done before `deadline`."""

    def __init__(
        self, there: Destination, response: httpx.Response, max_bytes: int, deadline: float
    ) -> None:
        self.place = there
        self.status = response.status_code
        self.headers = response.headers
        self._response = response
        self._max_bytes = max_bytes
        self._deadline = deadline

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes; a broken connection is a `PassingFailure`."""
        name = shown(str(self.place.url))
        if self.headers.get("content-encoding", "identity") != "identity":
            raise ToolError(f"{name!r} answers compressed without being asked", kind="bad_data")
        declared = self.headers.get("content-length", "")
        received = int(declared) if declared.isdecimal() and len(declared) < 20 else 0
        self._bound(name, received)
        received = 0
        try:
            for chunk in self._response.iter_raw():
                received += len(chunk)
                self._bound(name, received)
                yield chunk
        except NETWORK_ERRORS as error:
            raise PassingFailure(
                f"the answer of {name!r} broke off after {received} bytes "
                f"({type(error).__name__}); try again later"
            ) from error

    def _bound(self, name: str, size: int) -> None:
        if size > self._max_bytes:
            raise ToolError(
                f"the answer of {name!r} is larger than {self._max_bytes} bytes; ask for less",
                kind="too_large",
            )
        if time.monotonic() > self._deadline:
            raise ToolUnavailable(f"the answer of {name!r} took too long; try again later")


class HttpClient:
    """Asks http(s) addresses under a policy; safe to share between threads and to pickle."""

    def __init__(
        self,
        policy: UrlPolicy,
        limits: Limits | None = None,
        *,
        ca_file: str | None = None,
        resolve: Resolve = resolve_host,
        backend: httpcore.NetworkBackend | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.policy = policy
        self.limits = limits or Limits()
        self._ca_file = ca_file
        self._resolve = resolve
        self._backend = backend
        self._sleep = sleep
        self._pools: _Pools = {}
        weakref.finalize(self, _close, self._pools)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_pools": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        weakref.finalize(self, _close, self._pools)

    def fetch(
        self,
        url: str,
        *,
        origin: str | None = None,
        method: Method = "GET",
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        max_bytes: int | None = None,
    ) -> Reply:
        """Return a whole answer with a status below 400, asking again while a failure may pass."""

        def once() -> Reply:
            with self.stream(
                url, origin=origin, method=method, headers=headers, json=json, max_bytes=max_bytes
            ) as incoming:
                return Reply(incoming.status, incoming.headers, b"".join(incoming.chunks()))

        return self.patiently()(once)

    def patiently(self) -> Callable[[Callable[[], Any]], Any]:
        """Return the retry loop of these limits."""
        bounds = self.limits
        return patiently(bounds.attempts, bounds.backoff_s, bounds.max_wait_s, self._sleep)

    @contextmanager
    def stream(
        self,
        url: str,
        *,
        origin: str | None = None,
        method: Method = "GET",
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        max_bytes: int | None = None,
        total_s: float | None = None,
    ) -> Generator[Incoming, None, None]:
        """Ask once, follow redirects that the policy allows, and give the answer to be read."""
        there = self.policy.judge(url, origin)
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        deadline = time.monotonic() + (total_s or self.limits.total_s)
        for _ in range(self.limits.redirects + 1):
            response = self._send(there, method, sent, json)
            try:
                if response.status_code not in REDIRECTS:
                    _require_success(there, response)
                    cap = self.limits.max_bytes if max_bytes is None else max_bytes
                    yield Incoming(there, response, cap, deadline)
                    return
            finally:
                response.close()
            onward = self._follow(there, response)
            if method == "POST" and (response.status_code < 307 or onward.place != there.place):
                raise refused(str(onward.url), "a search was redirected", str(there.url))
            if onward.place != there.place:
                sent = {n: value for n, value in sent.items() if n in _KEPT_ACROSS_HOSTS}
            there = onward
        raise refused(url, f"it redirects more than {self.limits.redirects} times", str(there.url))

    def close(self) -> None:
        """Close every connection of this process; they also close with the last reference."""
        _close(self._pools)

    def _follow(self, here: Destination, response: httpx.Response) -> Destination:
        location = response.headers.get("location")
        if not location:
            raise ToolError(
                f"{shown(str(here.url))!r} redirects to nowhere; report it to its operator",
                kind="bad_data",
            )
        return self.policy.follow(here, location)

    def _send(
        self, there: Destination, method: Method, headers: Mapping[str, str], json: Any
    ) -> httpx.Response:
        pool = self._pool(there.trusted)
        request = pool.build_request(method, there.url, headers=headers, json=json)
        try:
            return pool.send(request, stream=True)
        except NETWORK_ERRORS as error:
            said = f"{shown(str(there.url))!r} cannot be reached ({_cause(error)})"
            if isinstance(error.__context__, ssl.SSLError):
                raise ToolUnavailable(f"{said}; its certificate must be valid") from error
            raise PassingFailure(f"{said}; check the network and try again later") from error

    def _pool(self, trusted: bool) -> httpx.Client:
        """Return this process's connections; those to configured hosts are kept apart."""
        key = (os.getpid(), trusted)
        if key not in self._pools:
            backend = PinnedBackend(
                self._resolve, self._backend or httpcore.SyncBackend(), trusted=trusted
            )
            tls = (
                ssl.create_default_context(cafile=self._ca_file)
                if self._ca_file
                else httpx.create_ssl_context()
            )
            bounds = self.limits
            pool = httpx.Client(
                transport=PinnedTransport(backend, tls),
                timeout=httpx.Timeout(bounds.read_s, connect=bounds.connect_s),
                headers=_OWN_HEADERS,
                follow_redirects=False,
                trust_env=False,
            )
            pool.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._pools[key] = pool
        return self._pools[key]


def _close(pools: _Pools) -> None:
    for process, trusted in tuple(pools):
        pool = pools.pop((process, trusted))
        if process == os.getpid():
            pool.close()


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _require_success(there: Destination, response: httpx.Response) -> None:
    status, name = response.status_code, shown(str(there.url))
    if status < 300 or status == NOT_MODIFIED:
        return
    if status in PASSING_STATUS:
        wait_s = retry_after_s(response.headers.get("retry-after"))
        asks = f" and asks to wait {wait_s:g} s" if wait_s else ""
        raise PassingFailure(
            f"{name!r} answers with status {status}{asks}; try again later", wait_s=wait_s
        )
    if status in (401, 403):
        raise ToolError(
            f"{name!r} refuses access (status {status}); it needs a key or a signer",
            kind="precondition",
        )
    if status in (404, 410):
        raise ToolError(f"{name!r} does not exist (status {status})", kind="not_found")
    if status == 416:
        raise RangeRefused(f"{name!r} has no such range of bytes")
    raise ToolError(
        f"{name!r} answers with status {status}; check the address and the request",
        kind="bad_data",
    )


class RangeRefused(ToolError):
    """The server has no such bytes (status 416)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="bad_data")
