"""How fast running model servers write, one beside another: tokens a second and peak memory.

Every server gets the same prompts and writes the same number of tokens, so nothing depends on what
a model says. Rounds go from server to server in turn, so that a busy machine slows all alike; the
first round is dropped. CPU time is counted too, for it says more where others use the machine.

    python -m terragate.benchmarks.perf.serving --server bf16,http://127.0.0.1:8001,4711,DIR ...
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import anyio
import httpx
import psutil

from ...tools.errors import InfrastructureError, UsageError
from .timing import git_sha, machine

IN_FLIGHT: Final = (1, 32)
SAMPLE_S: Final = 0.05
TIMEOUT_S: Final = 600.0
# Of a call-maker's length, and each its own from the first word, so that no cache helps any.
PROMPT: Final = (
    "{number} ships were counted near harbour {number}; how many are there in the {name}?"
)
NAMES: Final = ("north", "east", "south", "west")


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, its leading process, and the checkpoint's folder."""

    name: str
    url: str
    pid: int
    folder: Path

    @property
    def weights_bytes(self) -> int:
        """Return the size of the weights on disk."""
        return sum(path.stat().st_size for path in self.folder.glob("*.safetensors"))


@dataclass(frozen=True)
class Speed:
    """Tokens written in one round, the seconds it took, and the server's CPU seconds."""

    tokens: int
    seconds: float
    cpu_s: float


@dataclass(frozen=True)
class Load:
    """What is asked of every server in every round."""

    requests: int = 32
    tokens: int = 64
    rounds: int = 5


class Family:
    """A server's process with all of its children."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak_bytes = 0

    def _members(self) -> list[psutil.Process]:
        try:
            leader = psutil.Process(self.pid)
            return [leader, *leader.children(recursive=True)]
        except psutil.NoSuchProcess as error:
            raise InfrastructureError(f"server process {self.pid} has ended: start it") from error

    def cpu_s(self) -> float:
        """Return the CPU seconds used so far."""
        return sum(t.user + t.system for t in self._read("cpu_times"))

    def rss_bytes(self) -> int:
        """Return the memory in use now; pages that processes share count in each."""
        return sum(int(info.rss) for info in self._read("memory_info"))

    def _read(self, what: str) -> Iterator[Any]:
        for process in self._members():
            try:
                yield getattr(process, what)()
            except psutil.NoSuchProcess:
                continue

    @contextmanager
    def watched(self) -> Generator[None]:
        """Keep the peak of the memory while something runs."""
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                try:
                    self.peak_bytes = max(self.peak_bytes, self.rss_bytes())
                except InfrastructureError:
                    return
                done.wait(SAMPLE_S)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def prompts(count: int, first: int) -> list[str]:
    """Return prompts that no earlier round had."""
    numbers = range(first, first + count)
    return [PROMPT.format(number=n, name=NAMES[n % len(NAMES)]) for n in numbers]


async def write(server: Server, model: str, asked: Sequence[str], at_once: int, tokens: int) -> int:
    """Return how many tokens a server wrote; each answer has exactly `tokens`."""
    written = 0
    limit = anyio.Semaphore(at_once)
    connections = httpx.Limits(max_connections=at_once)

    async def one(client: httpx.AsyncClient, prompt: str) -> None:
        nonlocal written
        body = {
            "model": model, "prompt": prompt, "max_tokens": tokens, "ignore_eos": True,
            "temperature": 0,
        }  # fmt: skip
        async with limit:
            answer = await client.post("/v1/completions", json=body)
        answer.raise_for_status()
        made = int(answer.json()["usage"]["completion_tokens"])
        if made != tokens:
            raise UsageError(f"server {server.name!r} wrote {made} tokens where {tokens} were due")
        written += made

    async with httpx.AsyncClient(
        base_url=server.url, timeout=TIMEOUT_S, limits=connections, trust_env=False
    ) as client:
        try:
            async with anyio.create_task_group() as group:
                for prompt in asked:
                    group.start_soon(one, client, prompt)
        except ExceptionGroup as failed:
            raise _first(failed, server) from failed
    return written


def _first(failed: BaseException, server: Server) -> Exception:
    while isinstance(failed, ExceptionGroup):
        failed = failed.exceptions[0]
    if isinstance(failed, UsageError):
        return failed
    # Some errors of a broken connection have no words.
    return InfrastructureError(f"server {server.name!r} at {server.url!r} failed: {failed!r}")


def served_model(server: Server) -> str:
    """Return the name under which a server knows its model."""
    try:
        answer = httpx.get(f"{server.url}/v1/models", timeout=30.0, trust_env=False)
        answer.raise_for_status()
        return str(answer.json()["data"][0]["id"])
    except (httpx.HTTPError, ValueError, LookupError) as error:
        raise InfrastructureError(
            f"server {server.name!r} at {server.url!r} names no model ({error}): start it"
        ) from error


def measure(servers: Sequence[Server], load: Load) -> dict[str, Any]:
    """Return tokens a second of every server, in turn, at each number of requests in flight."""
    models = {server.name: served_model(server) for server in servers}
    families = {server.name: Family(server.pid) for server in servers}
    speeds: dict[tuple[str, int], list[Speed]] = {}
    first = 0
    for _ in range(load.rounds + 1):
        for at_once in IN_FLIGHT:
            # One at a time takes longer by the batch that it lacks.
            count = load.requests if at_once > 1 else max(1, load.requests // 8)
            asked = prompts(count, first)
            first += count
            for server in servers:
                family = families[server.name]
                with family.watched():
                    cpu_s, began = family.cpu_s(), time.perf_counter()
                    model = models[server.name]
                    made = anyio.run(write, server, model, asked, at_once, load.tokens)
                    speed = Speed(made, time.perf_counter() - began, family.cpu_s() - cpu_s)
                speeds.setdefault((server.name, at_once), []).append(speed)
    return {
        "load": asdict(load),
        "servers": [_row(server, families[server.name], speeds, servers[0]) for server in servers],
    }


def _row(
    server: Server, family: Family, speeds: dict[tuple[str, int], list[Speed]], base: Server
) -> dict[str, Any]:
    return {
        "name": server.name,
        "weights_bytes": server.weights_bytes,
        "peak_rss_bytes": family.peak_bytes,
        "in_flight": {
            str(at_once): _summary(speeds[server.name, at_once][1:], speeds[base.name, at_once][1:])
            for at_once in IN_FLIGHT
        },
    }


def _summary(rounds: Sequence[Speed], base: Sequence[Speed]) -> dict[str, Any]:
    rates = [speed.tokens / speed.seconds for speed in rounds]
    ratios = [rate * b.seconds / b.tokens for rate, b in zip(rates, base, strict=True)]
    cpu = [speed.tokens / speed.cpu_s for speed in rounds if speed.cpu_s > 0]
    return {
        "tokens_s": round(statistics.median(rates), 1),
        "least": round(min(rates), 1),
        "most": round(max(rates), 1),
        "tokens_cpu_s": round(statistics.median(cpu), 1) if cpu else None,
        "over_first": round(statistics.median(ratios), 3),
        "rounds": [round(rate, 1) for rate in rates],
    }


def report(servers: Sequence[Server], load: Load) -> dict[str, Any]:
    """Return the figures with what they depend on."""
    return {"schema": 1, "git": git_sha(), "machine": machine(), **measure(servers, load)}


def table(found: dict[str, Any]) -> str:
    """Return the figures as lines for people."""
    lines = [f"{'':16}{'MB':>8}{'peak MiB':>10}" + "".join(f"{n:>9} at once" for n in IN_FLIGHT)]
    for row in found["servers"]:
        rates = [row["in_flight"][str(n)]["tokens_s"] for n in IN_FLIGHT]
        lines.append(
            f"{row['name']:16}{row['weights_bytes'] / 1e6:8.2f}"
            f"{row['peak_rss_bytes'] / 2**20:10.0f}" + "".join(f"{rate:>17.1f}" for rate in rates)
        )
    return "\n".join((*lines, "tokens a second, median of rounds"))


def parsed(text: str) -> Server:
    """Return the server of `NAME,URL,PID,FOLDER`."""
    name, *rest = text.split(",", 3)
    if len(rest) != 3 or not rest[1].isdecimal() or not Path(rest[2]).is_dir():
        raise UsageError(f"{text!r} is no NAME,URL,PID,FOLDER of a running server: give these four")
    return Server(name, rest[0].rstrip("/"), int(rest[1]), Path(rest[2]))


def add_load(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is asked, and where the figures go."""
    parser.add_argument("--requests", type=int, default=Load.requests)
    parser.add_argument("--tokens", type=int, default=Load.tokens)
    parser.add_argument("--rounds", type=int, default=Load.rounds)
    parser.add_argument("--json", action="store_true", help="print the JSON")
    parser.add_argument("--out", type=Path, help="write the JSON to a file")


def finish(found: dict[str, Any], options: argparse.Namespace) -> None:
    """Print and write the figures as the options say."""
    text = json.dumps(found, indent=1)
    if options.out is not None:
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write((text if options.json else table(found)) + "\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure running servers from the command line."""
    parser = argparse.ArgumentParser(description="Speed and memory of running model servers.")
    parser.add_argument("--server", action="append", required=True, metavar="NAME,URL,PID,FOLDER")
    add_load(parser)
    options = parser.parse_args(argv)
    load = Load(options.requests, options.tokens, options.rounds)
    finish(report([parsed(text) for text in options.server], load), options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
