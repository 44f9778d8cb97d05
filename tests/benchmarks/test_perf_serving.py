import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from terragate.benchmarks.perf import serving
from terragate.benchmarks.perf.serving import Family, Load, Server, measure
from terragate.tests.support.openai_server import Server as RealServer
from terragate.tests.support.openai_server import says, status
from terragate.tests.support.openai_server import serving as serve
from terragate.tools.errors import InfrastructureError, UsageError

LOAD = Load(requests=64, tokens=5, rounds=2)


def writes(delay_s):
    """A server that writes as many tokens as are wanted, after a while."""

    def answer(handler, body):
        time.sleep(delay_s)
        usage = {"completion_tokens": body["max_tokens"]}
        handler.send_json({"choices": [{"text": "x"}], "usage": usage})

    return answer


def server_of(name, served, folder):
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(b"0" * 1000)
    return Server(name, served.url.removesuffix("/v1"), os.getpid(), folder)


def test_all_are_asked_alike_in_turn_and_rates_are_what_they_are(tmp_path, monkeypatch):
    # So many connect at once that the usual queue of five would turn some away.
    monkeypatch.setattr(RealServer, "request_queue_size", 64)
    with serve(writes(0.02)) as fast, serve(writes(0.06)) as slow:
        servers = [
            server_of("fast", fast, tmp_path / "fast"),
            server_of("slow", slow, tmp_path / "slow"),
        ]
        found = measure(servers, LOAD)
    asked = [[body["prompt"] for body in served.requests] for served in (fast, slow)]
    assert sorted(asked[0]) == sorted(asked[1])
    # Three rounds, the first of which is dropped, of 8 requests one by one and 64 together.
    assert len(fast.requests) == 3 * (8 + 64)
    assert len(set(asked[0])) == len(asked[0])
    assert all(body["ignore_eos"] and body["max_tokens"] == 5 for body in fast.requests)
    # As many as asked for, unless the machine was too busy to send them all at once.
    assert 16 < fast.most_at_once <= 32
    assert 16 < slow.most_at_once <= 32
    first, second = found["servers"]
    assert first["weights_bytes"] == 1000
    assert first["peak_rss_bytes"] > 20 * 2**20
    # One at a time: 5 tokens every 20 ms at the very most.
    assert 0 < first["in_flight"]["1"]["tokens_s"] <= 250
    assert len(first["in_flight"]["1"]["rounds"]) == 2
    assert first["in_flight"]["1"]["over_first"] == 1
    assert second["in_flight"]["1"]["tokens_s"] <= 83.4
    assert second["in_flight"]["1"]["over_first"] < 1
    assert second["in_flight"]["32"]["tokens_s"] > second["in_flight"]["1"]["tokens_s"]


def test_a_server_that_stops_early_is_no_measurement(tmp_path):
    with (
        serve(says("five tokens")) as served,
        pytest.raises(UsageError, match="wrote 5 tokens where 6 were due"),
    ):
        measure([server_of("short", served, tmp_path / "m")], Load(8, 6, 1))


def test_servers_that_fail(tmp_path):
    with serve(status(500)) as served:
        broken = server_of("broken", served, tmp_path / "m")
        with pytest.raises(InfrastructureError, match="server 'broken' at .* failed"):
            measure([broken], LOAD)
    with pytest.raises(InfrastructureError, match="names no model"):
        measure([broken], LOAD)


def test_memory_and_time_of_children_count():
    code = "import time; x = bytearray(64 << 20); print('up', flush=True); time.sleep(60)"
    parent = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {code!r}])\n"
        "child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"
        family = Family(process.pid)
        with family.watched():
            time.sleep(0.2)
        assert family.peak_bytes > 64 * 2**20
        assert family.cpu_s() > 0
        for member in family._members()[::-1]:
            member.kill()
    with pytest.raises(InfrastructureError, match="has ended"):
        family.cpu_s()


@pytest.mark.parametrize("text", ["", "a,b", "a,http://x,one,.", "a,http://x,1,/nowhere"])
def test_servers_that_are_none(text):
    with pytest.raises(UsageError, match="NAME,URL,PID,FOLDER"):
        serving.parsed(text)


def test_the_command_line(tmp_path, capsys):
    with serve(writes(0.0)) as served:
        server = server_of("one", served, tmp_path / "m")
        argument = f"one,{server.url}/,{server.pid},{server.folder}"
        options = ["--requests", "8", "--rounds", "1", "--out", str(tmp_path / "f.json")]
        assert serving.main(["--server", argument, *options]) == 0
    assert "one" in capsys.readouterr().out
    found = json.loads(Path(tmp_path / "f.json").read_text())
    assert found["load"] == {"requests": 8, "tokens": 64, "rounds": 1}
    assert {"git", "machine", "servers", "schema"} <= set(found)
