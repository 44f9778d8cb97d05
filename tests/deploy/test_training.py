"""Training: killed and resumed it ends with the bytes of a run that was not, and it is drawn."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from terragate.deploy.models.curves import draw, read_curve
from terragate.tools.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-serve" / "bin" / "python"
needs_torch = pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-serve: make serve-install")
# 240 steps of 512 tokens, so small that a step takes milliseconds.
RUN = """
import logging, sys, time
import torch
from pathlib import Path
from terragate.deploy.models.plan import Plan
from terragate.deploy.models.train import Training
logging.basicConfig(level=logging.INFO)
torch.set_num_threads(1)
plan = Plan(vocabulary=400, hidden=32, layers=2, heads=2, kv_heads=1, head_dim=16,
    intermediate=64, positions=256, batch_tokens=512, tokens=512 * 240, warmup_steps=10,
    checkpoint_every=20)
Training(plan, [Path(sys.argv[1]), Path(sys.argv[2])], Path(sys.argv[3])).run()
"""


def write_data(folder: Path, domain: str, seed: int) -> Path:
    rng = random.Random(seed)
    folder.mkdir()
    for split, count in (("train", 400), ("validation", 40)):
        rows = []
        for _ in range(count):
            word = "".join(rng.choice("abcdef") for _ in range(rng.randint(3, 20)))
            rows.append({"system": domain, "user": f"say {word}", "answer": word, "domain": domain})
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return folder


def start(script: Path, *folders: Path) -> subprocess.Popen[bytes]:
    package = script.parent / "path"
    package.mkdir(exist_ok=True)
    link = package / "terragate"
    if not link.exists():
        link.symlink_to(ROOT)
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONSAFEPATH": "1"}
    command = [str(PYTHON), str(script), *map(str, folders)]
    with (folders[-1].with_suffix(".log")).open("ab") as log:
        return subprocess.Popen(command, env=environment, stderr=log)


def weights(run: Path) -> str:
    return hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()


@needs_torch
@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(RUN)
    data = [write_data(tmp_path / name, name, n) for n, name in enumerate(("geo", "rtl"))]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    ended = start(script, *data, whole).wait(timeout=240)
    assert ended == 0, whole.with_suffix(".log").read_text()
    for _ in range(2):
        # Killed some time after a checkpoint was written, so that work is lost.
        held = killed / "checkpoint.pt"
        before = held.stat().st_mtime_ns if held.exists() else 0
        run = start(script, *data, killed)
        until = time.monotonic() + 120
        while time.monotonic() < until and run.poll() is None:
            if held.exists() and held.stat().st_mtime_ns > before:
                break
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL, "it ended before it could be killed"
    assert start(script, *data, killed).wait(timeout=240) == 0
    assert weights(killed) == weights(whole)
    curve = read_curve(whole)
    assert curve[-1]["tokens"] >= 512 * 240
    assert set(curve[-1]["validation"]) == {"geo", "rtl"}


def test_the_curves_are_drawn(tmp_path: Path) -> None:
    rows = [
        {"step": n, "tokens": n * 4096, "loss": 3.0 / n, "validation": {"geo": n / 10, "rtl": 0.1}}
        for n in range(1, 6)
    ]
    (tmp_path / "curve.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    draw(read_curve(tmp_path), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match=r"no curve\.jsonl"):
        read_curve(tmp_path / "elsewhere")
