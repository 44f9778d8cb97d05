"""A real vLLM loads what the pipeline wrote, with no flag, and answers."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import pytest
from terragate.agents.profiles import NANO_SOURCE
from terragate.deploy.cli.locations import serving_venv
from terragate.deploy.models.quantize.pipeline import Order, quantize
from terragate.deploy.models.serving_bench import served
from terragate.deploy.serving.install import is_installed, serving_python
from terragate.deploy.serving.server import Launcher
from terragate.tests.support.quantizing import environment, random_model, write_rows
from terragate.workflows.settings import Settings

pytestmark = pytest.mark.llm
SYSTEM = "place\nfind_place(place) whole_archive()"
USER = "How many ships are there in the port of Turku?\n>"


@pytest.fixture(scope="module")
def python():
    return environment()


@pytest.fixture
def launcher(tmp_path):
    venv = serving_venv(Settings())
    if not is_installed(venv):
        pytest.skip("vLLM is not installed: run `make serve-install`")
    return Launcher(python=serving_python(venv), state_dir=tmp_path / "state")


def completed(url, model, tokens):
    body = {
        "model": model,
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}],
        "temperature": 0,
        "max_tokens": tokens,
        "logprobs": True,
        "top_logprobs": 5,
    }
    answer = httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]


def first_choices(choice):
    top = choice["logprobs"]["content"][0]["top_logprobs"]
    return {entry["token"]: entry["logprob"] for entry in top}


def test_the_shipped_model_still_answers(python, launcher, tmp_path):
    order = Order(
        source=NANO_SOURCE.weights,
        out=tmp_path / "nano-w4a16",
        scheme="w4a16",
        group=64,
        calibration=write_rows(tmp_path / "train.jsonl", 64),
        gate_data=write_rows(tmp_path / "held.jsonl", 100, first=500),
    )
    outcome = quantize(order, python, lambda _: None)
    assert outcome.state == "published"
    with served("nano-w4a16", outcome.folder, launcher, 1) as server:
        said = completed(server.url, "nano-w4a16", 40)
    assert said["message"]["content"] == '{"tool":"find_place","place":"Turku"}'
    assert said["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("architecture", "scheme"), [("Llama", "w8a8"), ("Qwen3", "w4a16"), ("Mamba2", "w8a8")]
)
def test_other_architectures_predict_what_their_source_does(
    python, launcher, tmp_path, architecture, scheme
):
    source = random_model(python, architecture, tmp_path / "source")
    order = Order(
        source=source,
        out=tmp_path / "result",
        scheme=scheme,
        calibration=write_rows(tmp_path / "train.jsonl", 16),
        gate_data=write_rows(tmp_path / "held.jsonl", 100, first=500),
    )
    outcome = quantize(order, python, lambda _: None)
    assert outcome.state == "published", outcome.gate.reasons
    assert outcome.size_bytes < outcome.source_bytes
    with ExitStack() as stack:
        servers = [
            stack.enter_context(served(folder.name, folder, launcher, 1))
            for folder in (source, outcome.folder)
        ]
        ours, theirs = (first_choices(completed(server.url, server.name, 4)) for server in servers)
    # 2,560 tokens are almost alike in a random model: of the first five some stay, as likely.
    shared = set(ours) & set(theirs)
    assert shared
    assert all(abs(ours[token] - theirs[token]) < 0.3 for token in shared)
