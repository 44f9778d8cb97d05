"""Slices merged in any order are the run; two Ray workers give what one machine gives."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.suites.rows import read_result
from terragate.benchmarks.suites.shards import Shard, read_shard
from terragate.tests.benchmarks.suites.test_resume import by_seed, told
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import needs_icarus, needs_slang
from terragate.tests.support.openai_server import serving
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval
from terragate.tools.errors import UsageError

pytestmark = [
    needs_icarus, needs_slang,
]  # fmt: skip
NAMES = tuple(f"Prob{number:03}_and" for number in range(1, 6))
SAMPLES = 4


def words(data: Path, url: str, out: Path, *more: Any) -> tuple[Any, ...]:
    return (
        "eval", "run", "verilogeval", "--data", data, "--model", url, "--samples", SAMPLES,
        "--in-flight", 4, "--out", out, "--json", *more,
    )  # fmt: skip


@given(st.lists(st.integers(), min_size=1, max_size=40, unique=True), st.integers(1, 40))
def test_slices_share_out_all_items(items: list[int], of: int) -> None:
    of = min(of, len(items))
    slices = [Shard(number, of).take(items) for number in range(1, of + 1)]
    assert sorted(sum(slices, [])) == sorted(items)
    assert max(map(len, slices)) - min(map(len, slices)) <= 1


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "1", "1/0", "-1/2", "a/b", "1/99999"])
def test_what_is_no_slice(text: str) -> None:
    with pytest.raises(UsageError, match="no shard"):
        read_shard(text)


def test_an_empty_slice_is_said() -> None:
    with pytest.raises(UsageError, match="is empty"):
        Shard(3, 4).take([1, 2])


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Run whole and in three slices; return the folder and the whole run's figures."""
    root = tmp_path_factory.mktemp("shards")
    data = write_verilog_eval(root / "set", NAMES)
    with serving(by_seed(0.0), model="recorded") as served:
        done = command(*words(data, served.url, root / "whole"))
        assert done.code == 0, done.err
        for number in (1, 2, 3):
            part = command(*words(data, served.url, root / f"s{number}", "--shard", f"{number}/3"))
            assert part.code == 0, part.err
    return root, json.loads(done.out)


def test_merged_in_any_order_they_are_the_run(ran: tuple[Path, dict[str, Any]]) -> None:
    root, left = ran
    done = command(
        "eval", "merge", root / "s3", root / "s1", root / "s2", "--out", root / "merged", "--json"
    )
    assert done.code == 0, done.err
    right = json.loads(done.out)
    for part in ("pass", "groups", "failures", "ceiling", "published", "fingerprint", "items"):
        assert left[part] == right[part], part
    ones, twos = (read_result(root / name).rows for name in ("whole", "merged"))
    assert len(ones) == len(NAMES) * SAMPLES
    assert list(map(told, ones)) == list(map(told, twos))
    again = command("eval", "merge", root / "s1", "--out", root / "merged")
    assert (again.code, "holds a run" in again.err) == (2, True)


def test_what_is_missing_or_foreign_is_named(
    ran: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    root, _ = ran
    done = command("eval", "merge", root / "s3", root / "s1", "--out", tmp_path / "out")
    assert (done.code, "run 2/3 too" in done.err) == (2, True)
    done = command("eval", "merge", root / "whole", "--out", tmp_path / "out")
    assert (done.code, "no shard" in done.err) == (2, True)
    data = root / "set"
    with serving(by_seed(0.0), model="another") as served:
        other = command(*words(data, served.url, tmp_path / "other", "--shard", "2/3"))
    assert other.code == 0, other.err
    done = command(
        "eval", "merge", root / "s1", tmp_path / "other", root / "s3", "--out", tmp_path / "out"
    )
    assert (done.code, "no shards of one run" in done.err) == (2, True)
    assert not (tmp_path / "out").exists()


@contextmanager
def viewer(folder: Path) -> Iterator[httpx.Client]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    words = ("-m", "inspect_ai", "view", "start", "--log-dir", folder, "--port", port)
    process = subprocess.Popen(
        [sys.executable, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=30) as client:
            for _ in range(600):
                with suppress(httpx.TransportError):
                    client.get("/log-dir").raise_for_status()
                    break
                time.sleep(0.1)
            yield client
    finally:
        process.terminate()
        process.wait()


def test_inspects_viewer_opens_the_logs(ran: tuple[Path, dict[str, Any]]) -> None:
    root, _ = ran
    with viewer(root) as client:
        names = [
            entry["name"] for entry in client.get("/log-files").raise_for_status().json()["files"]
        ]
        assert sum("/whole/" in name for name in names) == 1
        for name in names:
            log = client.get(f"/logs/{quote(name, safe='')}").raise_for_status().json()
            assert log["status"] == "success"
            assert log["samples"]
            assert log["results"]["scores"][0]["metrics"]["mean"]["value"] >= 0


def test_two_ray_workers_give_what_one_machine_gives(
    ran: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    root, left = ran
    more = ("--ray", "local", "--shards", 3, "--workers", 1)
    with serving(by_seed(0.0), model="recorded") as served:
        done = command(*words(root / "set", served.url, tmp_path / "ray", *more))
        assert done.code == 0, done.err
        asked = len(served.requests)
        # A slice that was lost is asked again, and no other.
        (lost,) = (tmp_path / "ray" / "shards").glob("0002-*")
        lost.unlink()
        for path in (tmp_path / "ray" / "logs").glob("*.eval"):
            path.unlink()
        again = command(*words(root / "set", served.url, tmp_path / "ray", *more, "--resume"))
        assert again.code == 0, again.err
        assert 0 < len(served.requests) - asked < asked
    for said in (done, again):
        right = json.loads(said.out)
        for part in ("pass", "groups", "failures", "ceiling", "fingerprint"):
            assert left[part] == right[part], part
    ones, twos = (read_result(folder).rows for folder in (root / "whole", tmp_path / "ray"))
    assert list(map(told, ones)) == list(map(told, twos))
