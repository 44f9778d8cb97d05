"""When to ask again: the failures that pass, and how long to wait for each."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from ..errors import ToolUnavailable

PASSING_STATUS: Final = frozenset({408, 429, 500, 502, 503, 504})


class PassingFailure(ToolUnavailable):
    """A failure that may be over soon; `wait_s` is how long the server asks to wait."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def patiently(
    attempts: int,
    backoff_s: float,
    max_wait_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Retrying:
    """Return the retry loop; a server that asks for more than `max_wait_s` is not asked again."""
    exponential = wait_random_exponential(multiplier=backoff_s, max=max_wait_s)

    def wait(state: RetryCallState) -> float:
        asked = _asked(state)
        return exponential(state) if asked is None else max(asked, 0.0)

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= attempts or (_asked(state) or 0.0) > max_wait_s

    return Retrying(
        retry=retry_if_exception_type(PassingFailure),
        wait=wait,
        stop=stop,
        sleep=sleep,
        reraise=True,
    )


def _asked(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.wait_s if isinstance(error, PassingFailure) else None


def retry_after_s(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds a Retry-After header asks for (RFC 9110 §10.2.3), None if it says none."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()) if len(value.strip()) < 10 else float("inf")
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - (now or datetime.now(UTC))).total_seconds(), 0.0)
