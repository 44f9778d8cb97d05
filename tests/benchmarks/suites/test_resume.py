"""A run that is killed goes on where it was, and ends as one that was left alone."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from terragate.benchmarks.suites.rows import Row, read_result
from terragate.tests.benchmarks.suites.test_rtl_run import BROKEN, NAMES, RIGHT, WRONG
from terragate.tests.support.command_line import command, start
from terragate.tests.support.eda import needs_icarus, needs_slang
from terragate.tests.support.openai_server import (
    Behaviour,
    Handler,
    Served,
    completion,
    honours_schema,
    serving,
)
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval

pytestmark = [
    needs_icarus, needs_slang,
]  # fmt: skip


def by_seed(pause_s: float) -> Behaviour:
    """Answer what the seed of the request says: a recorded model that takes its time."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        if body.get("response_format"):
            honours_schema(handler, body)
            return
        time.sleep(pause_s)
        seed = int(body.get("seed") or 0)
        text = f"// {seed % 97}\n"
        answer = (RIGHT, WRONG, BROKEN, "no code")[seed % 4].replace("  assign", f"{text}  assign")
        handler.send_json(completion(answer))

    return behave


def words(data: Path, url: str, out: Path, samples: int) -> tuple[Any, ...]:
    return (
        "eval", "run", "verilogeval", "--data", data, "--model", url, "--samples", samples,
        "--in-flight", 4, "--out", out, "--json",
    )  # fmt: skip


def told(row: Row) -> dict[str, Any]:
    """Return what of a row does not depend on the clock."""
    return row.model_dump(exclude={"seconds", "joules"})


def kill_when(asked: int, served: Served, data: Path, out: Path, samples: int) -> bool:
    """Start or go on with the run, kill it at that many questions; return whether it was killed."""
    process = start(*words(data, served.url, out, samples), "--resume", cwd=data.parent)
    while process.poll() is None and len(served.requests) < asked:
        time.sleep(0.01)
    alive = process.poll() is None
    if alive:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return alive


def check(tmp_path: Path, names: tuple[str, ...], samples: int, kills: list[int]) -> None:
    data = write_verilog_eval(tmp_path / "set", names)
    with serving(by_seed(0.0)) as served:
        calm = command(*words(data, served.url, tmp_path / "calm", samples))
        assert calm.code == 0, calm.err
        alone = len(served.requests)
    out, killed = tmp_path / "killed", 0
    with serving(by_seed(0.02)) as served:
        for more in kills:
            killed += kill_when(len(served.requests) + more, served, data, out, samples)
        before = len(served.requests)
        done = command(*words(data, served.url, out, samples), "--resume")
        assert done.code == 0, done.err
        last = len(served.requests) - before
    assert killed == len(kills)
    assert last < alone
    ones, twos = (read_result(folder).rows for folder in (tmp_path / "calm", out))
    assert len(ones) == len(names) * samples
    assert list(map(told, ones)) == list(map(told, twos))
    left, right = json.loads(calm.out), json.loads(done.out)
    for part in ("pass", "groups", "failures", "ceiling", "published"):
        assert left[part] == right[part]
    assert left["cost"]["total"]["tokens"] == right["cost"]["total"]["tokens"]


def test_a_killed_run_ends_as_one_left_alone(tmp_path: Path) -> None:
    check(tmp_path, NAMES, 12, [18])


@pytest.mark.acceptance
def test_twenty_kills_at_random_in_a_thousand_samples(tmp_path: Path) -> None:
    names = tuple(f"Prob{number:03}_and" for number in range(1, 51))
    chance = random.Random(20)
    check(tmp_path, names, 20, [chance.randrange(10, 45) for _ in range(20)])
