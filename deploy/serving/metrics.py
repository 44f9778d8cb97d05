"""What a vLLM server says of itself at /metrics: load, cache use, tokens."""

from __future__ import annotations

import time
from collections import defaultdict

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ...agents.transport import server_root
from ...tools.errors import InfrastructureError
from ...tools.records import Frozen

_TIMEOUT_S = 5.0
_MAX_BYTES = 8 * 1024 * 1024
_REQUIRED = ("vllm:num_requests_running", "vllm:num_requests_waiting")


class Sample(Frozen):
    """One reading; counts are since the server started, times in s since the epoch.

    `kv_cache_use` is a share of the cache, the mean over the server's engines.
    """

    models: tuple[str, ...]
    running: int
    waiting: int
    kv_cache_use: float | None = None
    prefix_queries: float = 0.0
    prefix_hits: float = 0.0
    prompt_tokens: float = 0.0
    generation_tokens: float = 0.0
    started: float | None = None
    at: float


class Load(Frozen):
    """What a server is doing, as it is shown; a rate is missing when it cannot be known."""

    url: str
    models: tuple[str, ...]
    running: int
    waiting: int
    kv_cache_use: float | None
    prefix_hit_rate: float | None
    prompt_tokens_per_s: float | None
    generation_tokens_per_s: float | None
    uptime_s: float | None


def parse(text: str, at: float) -> Sample:
    """Return one reading of vLLM's metrics; InfrastructureError if the text is of another server.

    The names are those of vLLM 0.32.
    """
    values: dict[str, list[float]] = defaultdict(list)
    models: set[str] = set()
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                values[sample.name].append(float(sample.value))
                if sample.name in _REQUIRED:
                    models.add(sample.labels.get("model_name", ""))
    except (ValueError, KeyError, IndexError) as error:
        raise _foreign(f"it cannot be read ({error})") from error
    missing = [name for name in _REQUIRED if name not in values]
    if missing:
        raise _foreign(f"{missing[0]!r} is missing")
    use = values["vllm:kv_cache_usage_perc"]
    return Sample(
        models=tuple(sorted(models - {""})),
        running=int(sum(values["vllm:num_requests_running"])),
        waiting=int(sum(values["vllm:num_requests_waiting"])),
        kv_cache_use=sum(use) / len(use) if use else None,
        prefix_queries=sum(values["vllm:prefix_cache_queries_total"]),
        prefix_hits=sum(values["vllm:prefix_cache_hits_total"]),
        prompt_tokens=sum(values["vllm:prompt_tokens_total"]),
        generation_tokens=sum(values["vllm:generation_tokens_total"]),
        started=min(values["process_start_time_seconds"], default=None),
        at=at,
    )


def load(url: str, before: Sample, after: Sample) -> Load:
    """Return what happened between two readings; a restart in between leaves no rates."""
    return Load(
        url=url,
        models=after.models,
        running=after.running,
        waiting=after.waiting,
        kv_cache_use=after.kv_cache_use,
        prefix_hit_rate=(
            after.prefix_hits / after.prefix_queries if after.prefix_queries else None
        ),
        prompt_tokens_per_s=_rate(before, after, "prompt_tokens"),
        generation_tokens_per_s=_rate(before, after, "generation_tokens"),
        uptime_s=None if after.started is None else max(0.0, after.at - after.started),
    )


async def read(url: str) -> Sample:
    """Return the metrics of a server now."""
    address = f"{server_root(url)}/metrics"
    try:
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client,
            client.stream("GET", address) as response,
        ):
            if not response.is_success:
                raise _foreign(f"{address!r} answers with status {response.status_code}")
            text = await _text(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InfrastructureError(
            f"no metrics at {address!r} ({type(error).__name__}: {error}): start a server with "
            "'terragate serve model', or give its URL"
        ) from error
    return parse(text, time.time())


async def _text(response: httpx.Response) -> str:
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > _MAX_BYTES:
            raise _foreign(f"it sends more than {_MAX_BYTES} bytes")
    return data.decode("utf-8", errors="replace")


def _rate(before: Sample, after: Sample, name: str) -> float | None:
    seconds = after.at - before.at
    count = getattr(after, name) - getattr(before, name)
    restarted = before.started != after.started or count < 0
    return None if restarted or seconds <= 0 else count / seconds


def _foreign(what: str) -> InfrastructureError:
    return InfrastructureError(
        f"this is not the metrics page of a vLLM server: {what}; give the URL of one that "
        "'terragate serve model' started, or of vLLM 0.32 or newer"
    )
