"""What `terragate serve status` makes of texts that a real vLLM 0.32 sent, and of others."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.deploy.serving import metrics
from terragate.tests.support.command_line import command
from terragate.tools.errors import InfrastructureError

RECORDED = Path(__file__).parents[1] / "support"


def recorded(name, at):
    return metrics.parse((RECORDED / f"vllm_metrics_{name}.txt").read_text(), at)


def test_what_a_loaded_server_said_of_itself():
    before, after = recorded("before", 1000.0), recorded("after", 1002.0)
    found = metrics.load("http://h", before, after)
    assert found.models == ("nano",)
    assert (found.running, found.waiting) == (16, 4)
    assert found.kv_cache_use == pytest.approx(0.0794621)
    assert found.prefix_hit_rate == pytest.approx(2176 / 4746)
    assert found.prompt_tokens_per_s == (4746 - 740) / 2
    assert found.generation_tokens_per_s == (4937 - 104) / 2


def test_uptime_and_a_restart():
    before, after = recorded("before", 1.79564786839e9), recorded("after", 1.79564786839e9 + 90)
    assert metrics.load("u", before, after).uptime_s == pytest.approx(90)
    assert metrics.load("u", after, before).prompt_tokens_per_s is None
    restarted = after.model_copy(update={"started": after.started + 60})
    assert metrics.load("u", before, restarted).generation_tokens_per_s is None


def test_two_engines_are_added_and_an_idle_one_has_no_hit_rate():
    one = "".join(
        f'vllm:num_requests_{what}{{engine="{engine}",model_name="m"}} {engine + 1}\n'
        f'vllm:kv_cache_usage_perc{{engine="{engine}",model_name="m"}} {engine / 2}\n'
        for engine in (0, 1)
        for what in ("running", "waiting")
    )
    sample = metrics.parse(one, 0.0)
    found = metrics.load("u", sample, sample)
    assert (found.running, found.waiting, found.kv_cache_use) == (3, 3, 0.25)
    assert found.prefix_hit_rate is None
    assert found.prompt_tokens_per_s is None
    assert found.uptime_s is None


@given(st.text(max_size=200))
def test_other_texts_are_no_metrics_of_vllm(text):
    with pytest.raises(InfrastructureError, match="not the metrics page"):
        metrics.parse(text, 0.0)


@given(st.integers(0, 4400), st.binary(min_size=1, max_size=3))
def test_damaged_metrics_are_read_or_refused(at, noise):
    text = (RECORDED / "vllm_metrics_after.txt").read_bytes()
    damaged = (text[:at] + noise + text[at + len(noise) :]).decode("utf-8", "replace")
    with suppress(InfrastructureError):
        metrics.parse(damaged, 0.0)


@contextmanager
def metrics_server(answers):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(200 if self.path == "/metrics" and body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_status_of_a_url_as_a_command():
    texts = [(RECORDED / f"vllm_metrics_{n}.txt").read_bytes() for n in ("before", "after")]
    with metrics_server(list(texts)) as url:
        told = command("serve", "status", f"{url}/v1", "--interval", "0.1")
    assert told.code == 0
    assert told.out.startswith("nano: 16 running, 4 waiting, cache 8% used, prefix hits 46%,")
    with metrics_server(list(texts)) as url:
        found = json.loads(command("serve", "status", url, "--interval", "0.1", "--json").out)
    assert found["generation_tokens_per_s"] > 1000


def test_watch_goes_on_until_interrupted():
    text = (RECORDED / "vllm_metrics_after.txt").read_bytes()
    with metrics_server([text]) as url:
        argv = ["serve", "status", url, "--watch", "--json", "--interval", "0.1"]
        with subprocess.Popen(
            [sys.executable, "-m", "terragate.deploy.cli", *argv], stdout=subprocess.PIPE
        ) as process:
            lines = [json.loads(process.stdout.readline()) for _ in range(3)]
            process.send_signal(2)
            assert process.wait(20) == 130
    assert [line["running"] for line in lines] == [16, 16, 16]


@pytest.mark.parametrize("body", [b"", b"<html>hello</html>", b"x 1\n" * 3_000_000])
def test_a_server_that_is_no_vllm(body):
    with metrics_server([body]) as url, pytest.raises(InfrastructureError, match="vLLM server"):
        anyio.run(metrics.read, url)


def test_status_without_a_server(monkeypatch, tmp_path):
    monkeypatch.setattr("terragate.deploy.serving.server.default_state_dir", lambda: tmp_path)
    assert command("serve", "status").out == "nano: stopped\n"
    found = json.loads(command("serve", "status", "--json").out)
    assert found == {"profile": "nano", "state": "stopped", "url": None}
    assert command("serve", "status", "http://127.0.0.1:9").code == 3
    assert command("serve", "status", "ftp://h").code == 2
