"""How much a plan of independent branches gains by running them at the same time.

    python -m terragate.benchmarks.perf.plan_parallel --rounds 5 --out plan_parallel.json

Four branches each find a place, load its detections, measure how near two kinds of them are and let
an agent choose which of the values is reported: one call of a model each, over HTTP, against a
server that answers after a fixed time. The same plan is run with one node at a time. The server's
transcripts show whether any node was told of another branch.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from ...agents.model import HttpModel
from ...tools.geo.catalog import Catalog
from ...tools.geo.static_catalog import open_catalog
from ...workflows.planned.domain import PLANNING
from ...workflows.planned.plan import Node, Plan
from ...workflows.planned.planning import Toggles
from ...workflows.planned.working import work_step
from ...workflows.registry import Family, find_family
from ...workflows.request import Request
from ...workflows.runtime import Platform, run
from ..archive import ArchiveSize, demo_places, write_archive
from .timing import git_sha, interleave, machine

PLACES: Final = ("Rotterdam", "Singapore", "Valencia", "Mombasa")
BRANCH: Final = ("at", "one", "other", "near", "said")
GOAL: Final = 0.4
TODAY: Final = date(2026, 1, 1)


@dataclass(frozen=True)
class Result:
    """Wall-clock seconds of every round, the ratio of medians, and what the transcripts show."""

    branches: int
    latency_s: float
    parallel_s: tuple[float, ...]
    sequential_s: tuple[float, ...]
    ratio: float
    reached: bool
    transcripts: int
    isolated: bool
    load_before: float


class Transcripts:
    """What a server was asked, and how long it takes to answer."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.told: list[str] = []
        self.lock = threading.Lock()

    def answer(self, body: Mapping[str, Any]) -> bytes:
        """Wait the fixed time and choose the first of everything on offer."""
        with self.lock:
            self.told.append("\n".join(str(m["content"]) for m in body["messages"]))
        time.sleep(self.latency_s)
        schema = body["response_format"]["json_schema"]["schema"]
        branch = schema.get("anyOf", [schema])[0]
        chosen = {key: part["enum"][0] for key, part in branch["properties"].items()}
        message = {"role": "assistant", "content": json.dumps(chosen)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return json.dumps({"model": "fixed", "choices": [choice], "usage": usage}).encode()


@contextmanager
def serving(transcripts: Transcripts) -> Generator[str]:
    """Serve chat completions on this machine; yield the server's address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = transcripts.answer(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def branches(places: Sequence[str]) -> Plan:
    """Return a plan with one branch per place, all of one period."""
    nodes = [Node(id="days", tool="all_dates")]
    for number, place in enumerate(places, start=1):
        at, one, other, near, said = (f"{word}{number}" for word in BRANCH)
        load = partial(Node, tool="load_features", after=(at, "days"))
        nodes += [
            Node(id=at, tool="find_place", args={"place": place}),
            load(id=one, args={"collection": "xview1", "category": "everything"}),
            load(id=other, args={"collection": "xview1", "category": "everything"}),
            Node(id=near, tool="nearest_features", after=(one, other)),
            Node(id=said, tool="report_value", after=(near,)),
        ]
    return Plan(nodes=tuple(nodes))


def family(*, parallel: bool) -> Family:
    """Return `planned`, with as many nodes at a time as it will or with one."""
    steps = {**PLANNING.steps, "work": partial(work_step, Toggles(parallel=parallel))}
    return replace(find_family("planned"), domain=replace(PLANNING, steps=steps))


def measure(catalog: Catalog, scratch: Path, latency_s: float, rounds: int) -> Result:
    """Run the plan both ways in turn and compare."""
    plan, transcripts, load = branches(PLACES), Transcripts(latency_s), os.getloadavg()[0]
    request = Request(
        text="how near each other are they in every place",
        today=TODAY,
        workflow="planned",
        tuning={"plan": plan.model_dump(mode="json")},
    )
    with serving(transcripts) as url:

        async def once(parallel: bool) -> None:
            async with aclosing(HttpModel(url, "fixed", rendering="chat")) as model:
                families = {"planned": family(parallel=parallel)}
                held = Platform(model, catalog, scratch, persist=False, families=families)
                report = await run(request, held)
            if report.status != "answered":
                raise AssertionError(f"the plan was not executed: {report.reason}")

        taken = interleave(
            rounds,
            {
                "parallel": lambda: asyncio.run(once(parallel=True)),
                "sequential": lambda: asyncio.run(once(parallel=False)),
            },
        )
    ratio = statistics.median(taken["parallel"]) / statistics.median(taken["sequential"])
    named = [sum(place in told for place in PLACES) for told in transcripts.told]
    return Result(
        branches=len(PLACES),
        latency_s=latency_s,
        parallel_s=tuple(taken["parallel"]),
        sequential_s=tuple(taken["sequential"]),
        ratio=ratio,
        reached=ratio <= GOAL,
        transcripts=len(named),
        isolated=bool(named) and all(count == 1 for count in named),
        load_before=load,
    )


def main() -> None:
    """Measure from the command line; exits 1 when the goal is missed or a node saw another."""
    parser = argparse.ArgumentParser(description="Time a plan of independent branches.")
    parser.add_argument("--latency", type=float, default=2.0, help="Seconds of each answer.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="JSON file to write.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terragate-parallel-") as folder:
        archive = Path(folder) / "archive"
        size = ArchiveSize(pixels=32, scenes=2, images=6)
        write_archive(archive, demo_places(), seed=7, size=size)
        catalog = open_catalog(archive)
        result = measure(catalog, Path(folder) / "runs", options.latency, options.rounds)
    found = asdict(result) | {"machine": machine(), "git_sha": git_sha(), "goal": GOAL}
    text = json.dumps(found, indent=1)
    if options.out is not None:
        options.out.write_text(text + "\n", "utf-8")
    print(text)  # noqa: T201 - a command
    raise SystemExit(0 if result.reached and result.isolated else 1)


if __name__ == "__main__":
    main()
