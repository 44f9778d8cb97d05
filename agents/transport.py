"""JSON over HTTP to a model server: bounded, retried, and every failure a `ModelError`."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import anyio
import httpx
import tenacity
from pydantic import SecretStr

from ..tools.errors import ModelError, ModelErrorKind, UsageError

log = logging.getLogger(__name__)

MAX_RESPONSE_BYTES = 4 * 1024 * 1024
_CONNECT_TIMEOUT_S = 5.0
_EXCERPT_CHARS = 200
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Limits:
    """How long one attempt may take, how many calls run at once and how failures are retried.

    Pauses grow from `first_pause_s` (s) with jitter; a server's `Retry-After` goes before them.
    """

    timeout_s: float = 60.0
    max_concurrency: int = 8
    attempts: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0


class RejectedError(ModelError):
    """The server understood the request and rejected it (HTTP 4xx); `detail` is its own text."""

    def __init__(self, message: str, *, status: int, detail: str) -> None:
        super().__init__(message, kind="invalid")
        self.status = status
        self.detail = detail


class _TransientError(ModelError):
    """Another attempt may succeed."""

    def __init__(
        self, message: str, *, kind: ModelErrorKind, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, kind=kind)
        self.retry_after_s = retry_after_s


class JsonServer:
    """One HTTP server that speaks JSON, asked by at most `max_concurrency` calls at a time."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: SecretStr | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.root = server_root(base_url)
        self._limits = limits or Limits()
        self._headers = {"Accept-Encoding": "identity", **_authorization(api_key)}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(self._limits.max_concurrency)

    async def get(self, path: str) -> Any:
        """Return the parsed JSON of a GET."""
        return await self._send("GET", path, None)

    async def post(self, path: str, payload: dict[str, Any]) -> Any:
        """Return the parsed JSON of a POST."""
        return await self._send("POST", path, payload)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.aclose()
        self._client = None

    async def _send(self, method: str, path: str, payload: dict[str, Any] | None) -> Any:
        limits = self._limits
        backoff = tenacity.wait_exponential(
            multiplier=limits.first_pause_s, max=limits.longest_pause_s
        ) + tenacity.wait_random(0, limits.first_pause_s)

        def pause_s(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            after_s = error.retry_after_s if isinstance(error, _TransientError) else None
            log.warning("model_server=%s attempt=%d error=%s", path, state.attempt_number, error)
            return backoff(state) if after_s is None else min(after_s, limits.longest_pause_s)

        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(_TransientError),
            # A server that hangs is given up after two time-outs, not after every attempt.
            stop=tenacity.stop_after_attempt(limits.attempts)
            | tenacity.stop_after_delay(2 * limits.timeout_s),
            wait=pause_s,
            reraise=True,
        )
        return await attempts(self._attempt, method, path, payload)

    async def _attempt(self, method: str, path: str, payload: dict[str, Any] | None) -> Any:
        client, slots = self._bound()
        url = self.root + path
        try:
            async with slots:
                with anyio.fail_after(self._limits.timeout_s):
                    async with client.stream(method, url, json=payload) as response:
                        body = await _read_capped(response, url)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _TransientError(
                f"the model server at {self.root!r} gave no answer within "
                f"{self._limits.timeout_s:g} s: raise the profile's timeout_s or use a smaller one",
                kind="timeout",
            ) from error
        except httpx.TransportError as error:
            raise _TransientError(
                f"the model server at {self.root!r} cannot be reached or died while answering "
                f"({type(error).__name__}: {error}): check the URL, or start one with "
                "'terragate serve model'",
                kind="unreachable",
            ) from error
        _check_status(response, body, url)
        return _parse(body, url)

    def _bound(self) -> tuple[httpx.AsyncClient, asyncio.Semaphore]:
        # Connections belong to one event loop; a second asyncio.run gets fresh ones.
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._loop = loop
            self._slots = asyncio.Semaphore(self._limits.max_concurrency)
            self._client = httpx.AsyncClient(
                headers=self._headers,
                timeout=httpx.Timeout(self._limits.timeout_s, connect=_CONNECT_TIMEOUT_S),
                limits=httpx.Limits(max_connections=self._limits.max_concurrency),
                # A proxy set for the outside world must not see a server on this machine.
                trust_env=httpx.URL(self.root).host not in _LOOPBACK,
            )
        return self._client, self._slots


def server_root(base_url: str) -> str:
    """Return the server's root URL, without a trailing '/' or '/v1'."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise UsageError(f"model URL {base_url!r} is not a URL: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise UsageError(
            f"model URL {str(url.copy_with(userinfo=b''))!r} must look like "
            "'http://127.0.0.1:8000/v1' (a key goes into the variable of the profile's api_key_env)"
        )
    return str(url.copy_with(query=None, fragment=None)).rstrip("/").removesuffix("/v1")


def excerpt(text: str) -> str:
    """Return the beginning of a text that others wrote, fit for an error message."""
    return text if len(text) <= _EXCERPT_CHARS else text[:_EXCERPT_CHARS] + "…"


def _authorization(api_key: SecretStr | None) -> dict[str, str]:
    if api_key is None:
        return {}
    secret = api_key.get_secret_value().strip()
    if not secret or not secret.isascii() or not secret.isprintable():
        raise UsageError("the model API key is empty or holds characters no HTTP header can carry")
    return {"Authorization": f"Bearer {secret}"}


async def _read_capped(response: httpx.Response, url: str) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise ModelError(
                f"the answer of {url!r} is larger than {MAX_RESPONSE_BYTES} bytes: "
                "this is not a chat server, or max_tokens is far too high",
                kind="invalid",
            )
    return bytes(body)


def _check_status(response: httpx.Response, body: bytes, url: str) -> None:
    status = response.status_code
    if response.is_success:
        return
    detail = body.decode("utf-8", errors="replace")
    said = f"{url!r} answered HTTP {status}: {excerpt(detail)!r}"
    if status == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error:
        after_s = _retry_after_s(response.headers.get("Retry-After"))
        raise _TransientError(f"{said}: try again later", kind="unreachable", retry_after_s=after_s)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise ModelError(f"{said}: set the variable of the profile's api_key_env", kind="refused")
    if status == HTTPStatus.NOT_FOUND or response.is_redirect:
        raise ModelError(f"{said}: check the URL and the model's name", kind="unreachable")
    raise RejectedError(said, status=status, detail=detail)


def _retry_after_s(header: str | None) -> float | None:
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _parse(body: bytes, url: str) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError) as error:
        text = body[: _EXCERPT_CHARS * 4].decode("utf-8", errors="replace")
        raise ModelError(
            f"{url!r} answered something that is not JSON ({excerpt(text)!r}): "
            "is this an OpenAI-compatible server?",
            kind="invalid",
        ) from error
