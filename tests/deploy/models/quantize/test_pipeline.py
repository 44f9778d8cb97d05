"""Real quantisations of tiny random models, and everything that may go wrong with one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest
from terragate.deploy.models.quantize.checkpoint import read_checkpoint
from terragate.deploy.models.quantize.gate import Margins
from terragate.deploy.models.quantize.pipeline import Order, publish, quantize
from terragate.tests.support.quantizing import environment, random_model, tiny_folder, write_rows
from terragate.tools.errors import InfrastructureError, UsageError

pytestmark = pytest.mark.slow
NOWHERE = "/nowhere/python"


@pytest.fixture(scope="module")
def python():
    return environment()


@pytest.fixture(scope="module")
def llama(python, tmp_path_factory):
    return random_model(python, "Llama", tmp_path_factory.mktemp("models") / "llama")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    train = write_rows(folder / "train.jsonl", 40)
    held = folder / "held.jsonl"
    write_rows(folder / "geo.jsonl", 120, first=30, domain="geo")
    write_rows(folder / "rtl.jsonl", 110, first=200, domain="rtl")
    held.write_text((folder / "geo.jsonl").read_text() + (folder / "rtl.jsonl").read_text())
    return train, held


def order_of(source, out, rows, **changes):
    train, held = rows
    return replace(
        Order(source=source, out=out, scheme="w8a8", calibration=train, gate_data=held), **changes
    )


def check_files_of_w4a16(folder, llama):
    """Check what the folder of a w4a16 result says of itself; return its manifest."""
    config = json.loads((folder / "config.json").read_text())["quantization_config"]
    assert config["quant_method"] == "compressed-tensors"
    assert config["format"] == "pack-quantized"
    assert config["config_groups"]["group_0"]["weights"]["group_size"] == 64
    assert config["ignore"] == ["lm_head"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["calibration"]["rows"] == 40
    assert manifest["tools"]["llmcompressor"].startswith("0.14")
    assert manifest["source"]["sha256"] == read_checkpoint(llama).digests()
    return manifest


def check_gate_of_w4a16(gate, llama):
    # Rows 30 to 39 are in the calibration file too.
    assert gate.seen_in_calibration == 10
    assert [(domain.name, domain.exact.n) for domain in gate.domains] == [
        ("all", 220),
        ("geo", 110),
        ("rtl", 110),
    ]
    assert 0 < gate.domains[0].answer.divergence < 0.05
    # A random model knows next to nothing: about the logarithm of its vocabulary a token.
    vocabulary = json.loads((llama / "config.json").read_text())["vocab_size"]
    assert 0.8 < gate.domains[0].answer.source_perplexity / vocabulary < 1.3


def test_w4a16_is_calibrated_measured_held_and_published(python, llama, rows, tmp_path):
    said = []
    order = order_of(llama, tmp_path / "out", rows, scheme="w4a16", group=64, hold=True)
    held = quantize(order, python, said.append)
    assert held.state == "held"
    assert held.folder == tmp_path / "out.held"
    assert "quantising matrix 14" in said
    # 294,912 numbers of 2 bytes became half a byte and a 64th of a scale of 2 bytes.
    assert held.source_bytes - held.size_bytes == pytest.approx(294_912 * (1.5 - 2 / 64), rel=0.02)
    manifest = check_files_of_w4a16(held.folder, llama)
    check_gate_of_w4a16(held.gate, llama)
    digest = manifest["sha256"]["model.safetensors"]
    scores = tmp_path / "scores.json"
    write_scores(scores, digest, lost=100)
    refused = publish(held.folder, tmp_path / "out", scores)
    assert refused.state == "refused"
    assert refused.report == tmp_path / "out.refused.json"
    assert not (tmp_path / "out").exists()
    write_scores(scores, "0" * 64, lost=0)
    with pytest.raises(UsageError, match="score these"):
        publish(held.folder, tmp_path / "out", scores)
    write_scores(scores, digest, lost=0)
    done = publish(held.folder, tmp_path / "out", scores)
    assert done.state == "published"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "scores.json"]
    kept = json.loads((tmp_path / "out" / "gate.json").read_text())
    assert kept["tasks"][0]["success"]["n"] == 1000


def write_scores(path, digest, *, lost):
    items = [{"id": str(n), "source": True, "result": n >= lost} for n in range(1000)]
    suites = [{"name": "rtl", "domain": "rtl", "items": items}]
    path.write_text(json.dumps({"result_sha256": digest, "suites": suites}))


def test_a_result_that_loses_too_much_is_not_published(python, llama, rows, tmp_path):
    margins = Margins(divergence=1e-9)
    order = order_of(llama, tmp_path / "out", rows, calibration=None, margins=margins)
    outcome = quantize(order, python, lambda _: None)
    assert outcome.state == "refused"
    assert outcome.folder is None
    assert [path.name for path in tmp_path.iterdir()] == ["out.refused.json"]
    kept = json.loads(outcome.report.read_text())
    assert len(kept["reasons"]) == 3
    assert all("is above 1e-09" in reason for reason in kept["reasons"])


def broken(llama, folder, change):
    shutil.copytree(llama, folder)
    change(folder)
    return folder


def without_layer(folder):
    config = json.loads((folder / "config.json").read_text())
    config["num_hidden_layers"] = 3
    (folder / "config.json").write_text(json.dumps(config))


def with_nan(folder):
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    # The last tensor's last number: NaN in bfloat16.
    data[-2:] = b"\xc0\x7f"
    path.write_bytes(data)


def without_tokens(folder):
    (folder / "tokenizer.json").write_text("{")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_layer, "do not fit its config.json .missing_keys"),
        (with_nan, "holds NaN or infinity"),
        (without_tokens, "tokenizer of .* cannot be read"),
    ],
)
def test_checkpoints_that_only_loading_finds_out(python, llama, rows, tmp_path, change, words):
    source = broken(llama, tmp_path / "m", change)
    with pytest.raises(UsageError, match=words):
        quantize(order_of(source, tmp_path / "o" / "out", rows), python, lambda _: None)
    assert not list((tmp_path / "o").iterdir())


def test_a_disk_that_fills_up(python, llama, rows, tmp_path, monkeypatch):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        order = order_of(llama, small / "out", rows, calibration=None)
        with pytest.raises(InfrastructureError, match="0 MB free, and quantising may need"):
            quantize(order, python, lambda _: None)
        # As if another program had filled it after we looked.
        monkeypatch.setattr(
            "terragate.deploy.models.quantize.pipeline.must_have_room", lambda *_: None
        )
        with pytest.raises(InfrastructureError, match="is full: free some space"):
            quantize(order, python, lambda _: None)
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", small], check=True)


KILLED = """
import pathlib, sys
from terragate.deploy.models.quantize.pipeline import Order, quantize
source, out, held, python = map(pathlib.Path, sys.argv[1:])
order = Order(source=source, out=out, scheme="w8a8", gate_data=held)
quantize(order, python, lambda line: print(line, flush=True))
"""


def test_a_killed_run_leaves_no_result_and_no_worker(python, llama, rows, tmp_path):
    out = tmp_path / "out"
    argv = [sys.executable, "-c", KILLED, llama, out, rows[1], python]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            if line.startswith("writing weights"):
                break
        workers = psutil.Process(run.pid).children(recursive=True)
        os.kill(run.pid, signal.SIGKILL)
    assert workers
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == [".out.part"]


def test_refusals_before_any_work(rows, tmp_path):
    source = tiny_folder(tmp_path / "m", inputs=72)
    order = order_of(source, tmp_path / "out", rows)
    cases = (
        (replace(order, scheme="w4a16"), "does not divide the 72 inputs"),
        (replace(order, out=source), "there already"),
        (replace(order, calibration=None, gate_data=None), "the gate needs rows"),
        (replace(order, gate_data=order.calibration), "is calibrated on"),
        (replace(order, source=tmp_path / "none"), "no checkpoint folder"),
    )
    began = time.monotonic()
    for case, words in cases:
        with pytest.raises(UsageError, match=words):
            quantize(case, NOWHERE, pytest.fail)
    whole = tiny_folder(tmp_path / "even")
    with pytest.raises(UsageError, match="w4a16 needs rows"):
        quantize(
            replace(order, source=whole, scheme="w4a16", group=32, calibration=None),
            NOWHERE,
            pytest.fail,
        )
    assert time.monotonic() - began < 5
    assert not (tmp_path / "out").exists()
