"""The worker process as it fails: its interpreter lacks torch, dies, or talks nonsense."""

import sys
from pathlib import Path

import pytest
from terragate.deploy.models.quantize.environment import (
    is_installed,
    quantize_python,
    quantize_venv,
)
from terragate.deploy.models.quantize.job import Job
from terragate.deploy.models.quantize.run import run_worker
from terragate.tools.errors import InfrastructureError, ToolUnavailable, UsageError


def job_in(folder):
    return Job(
        task="quantize",
        source=folder,
        result=folder / "result",
        report=folder / "report.json",
        rows=None,
    )


def script(folder, text):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def ran(folder, python):
    said = []
    run_worker(python, job_in(folder), folder / "log", said.append)
    return said


def test_an_interpreter_without_torch_says_so(tmp_path):
    # This very interpreter can start the worker, but the platform never has torch.
    with pytest.raises(InfrastructureError, match=r"exit code 1(.|\n)*No module named") as error:
        ran(tmp_path, Path(sys.executable))
    assert "make quantize-install" in str(error.value)


def test_a_worker_that_is_killed(tmp_path):
    with pytest.raises(InfrastructureError, match="memory runs out"):
        ran(tmp_path, script(tmp_path, "kill -9 $$"))


def test_a_worker_that_never_listens(tmp_path):
    with pytest.raises(InfrastructureError, match=r"exit code 3(.|\n)*broken"):
        ran(tmp_path, script(tmp_path, "exec <&-; echo broken >&2; exit 3"))


@pytest.mark.parametrize(
    ("kind", "error"), [("usage", UsageError), ("infrastructure", InfrastructureError)]
)
def test_errors_of_the_worker_are_ours(tmp_path, kind, error):
    line = f'{{"kind":"{kind}","text":"so it is"}}'
    with pytest.raises(error, match="^so it is$"):
        ran(tmp_path, script(tmp_path, f"echo nonsense; echo '{line}'; exit 1"))


def test_progress_is_passed_on(tmp_path):
    line = '{"kind":"progress","text":"half way"}'
    assert ran(tmp_path, script(tmp_path, f"echo '{line}'; echo nonsense; exit 0")) == ["half way"]


def test_the_worker_does_not_learn_our_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("OTHER_API_KEY", "s3cret")
    ran(tmp_path, script(tmp_path, "env >&2"))
    told = (tmp_path / "log").read_text()
    assert "s3cret" not in told
    assert "HF_HUB_OFFLINE=1" in told


def test_an_environment_that_is_missing(tmp_path):
    assert not is_installed(tmp_path)
    with pytest.raises(ToolUnavailable, match="make quantize-install"):
        quantize_python(tmp_path)
    assert quantize_venv(tmp_path).name in (".venv-quantize", "venv-quantize")
