import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from terragate.agents.profiles import CHAT_EXAMPLE, NANO, Profile
from terragate.deploy.serving import install as installing
from terragate.deploy.serving import process
from terragate.deploy.serving.server import (
    Launcher,
    ensure_server,
    fingerprint,
    server_argv,
    server_status,
    stop_server,
)
from terragate.tools.errors import InfrastructureError, UsageError

STAND_IN = "terragate.tests.support.stand_in_vllm"


@pytest.fixture
def launcher(tmp_path):
    made = Launcher(Path(sys.executable), tmp_path / "state", module=STAND_IN, patience_s=20.0)
    yield made
    stop_server("small", made.state_dir)


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text('{"acts": "honours"}')
    return folder


def profile_of(weights, **changes):
    fields = {"name": "small", "model": "terragate-small", "rendering": "compact"}
    return Profile(**{**fields, "weights": weights, **changes})


def ensured(profile, launcher):
    lines = []
    handle = asyncio.run(ensure_server(profile, launcher, progress=lines.append))
    return handle, lines


def state(launcher):
    return asyncio.run(server_status("small", launcher.state_dir)).state


def test_started_once_reused_and_stopped(launcher, weights):
    first, _ = ensured(profile_of(weights), launcher)
    second, lines = ensured(profile_of(weights), launcher)
    assert first == second
    assert first.proven
    assert lines == []
    assert state(launcher) == "healthy"
    assert stop_server("small", launcher.state_dir) == first
    assert state(launcher) == "stopped"
    assert not process.is_running(first.pid, first.started_at)


def test_two_callers_at_once_start_one_server(launcher, weights):
    async def both():
        calls = (ensure_server(profile_of(weights), launcher) for _ in range(2))
        return await asyncio.gather(*calls)

    first, second = asyncio.run(both())
    assert first.pid == second.pid


def test_other_weights_replace_the_server(launcher, weights):
    first, _ = ensured(profile_of(weights), launcher)
    (weights / "model.safetensors").write_bytes(b"new")
    second, _ = ensured(profile_of(weights), launcher)
    assert first.pid != second.pid
    assert not process.is_running(first.pid, first.started_at)


def test_a_killed_server_is_started_again(launcher, weights):
    first, _ = ensured(profile_of(weights), launcher)
    engine = int((weights.parent / "engine.pid").read_text())
    os.kill(first.pid, 9)
    os.waitpid(first.pid, 0)
    assert state(launcher) == "stopped"
    assert process.started_at(engine) is not None
    second, _ = ensured(profile_of(weights), launcher)
    assert first.pid != second.pid
    assert process.started_at(engine) is None


def test_an_interrupted_start_is_waited_for(launcher, weights):
    async def interrupted():
        starting = asyncio.ensure_future(ensure_server(profile_of(weights), launcher))
        while not (launcher.state_dir / "serve-small.json").exists():
            await asyncio.sleep(0.005)
        starting.cancel()
        await asyncio.wait([starting])

    asyncio.run(interrupted())
    left = json.loads((launcher.state_dir / "serve-small.json").read_text())
    assert not left["proven"]
    handle, _ = ensured(profile_of(weights), launcher)
    assert handle.pid == left["pid"]


def test_a_server_that_dies_shows_its_log(launcher, weights):
    (weights / "config.json").write_text('{"acts": "dies"}')
    with pytest.raises(InfrastructureError, match="not enough memory"):
        ensured(profile_of(weights), launcher)
    assert state(launcher) == "stopped"


def test_a_server_that_is_never_ready_is_stopped(launcher, weights):
    (weights / "config.json").write_text('{"acts": "never ready"}')
    impatient = Launcher(launcher.python, launcher.state_dir, STAND_IN, patience_s=0.3)
    with pytest.raises(InfrastructureError, match=r"not ready after 0\.3 s"):
        ensured(profile_of(weights), impatient)
    assert state(launcher) == "stopped"


def test_a_server_that_ignores_schemas_is_refused(launcher, weights):
    (weights / "config.json").write_text('{"acts": "ignores"}')
    with pytest.raises(InfrastructureError, match="does not honour JSON schemas"):
        ensured(profile_of(weights), launcher)
    assert state(launcher) == "stopped"


def test_the_server_does_not_learn_our_secrets(launcher, weights, monkeypatch):
    monkeypatch.setenv("OTHER_API_KEY", "s3cret")
    handle, _ = ensured(profile_of(weights), launcher)
    assert "secret=None" in Path(handle.log).read_text()
    kept = process.server_environment({"VLLM_API_KEY": "k", "VLLM_X": "1"}, {"A": "b"})
    assert kept == {"VLLM_X": "1", "A": "b"}


def test_the_command_line_binds_loopback_and_constrains(launcher, weights):
    argv = server_argv(profile_of(weights), launcher, 4711)
    assert argv[argv.index("--host") + 1] == "127.0.0.1"
    structured = json.loads(argv[argv.index("--structured-outputs-config") + 1])
    assert structured == {"backend": "xgrammar", "disable_any_whitespace": True}


def test_nothing_to_serve(tmp_path, launcher):
    with pytest.raises(UsageError, match="no weights"):
        fingerprint(CHAT_EXAMPLE)
    with pytest.raises(InfrastructureError, match=r"config\.json is missing"):
        ensured(profile_of(tmp_path), launcher)


def test_vllm_not_installed(tmp_path, weights):
    with pytest.raises(InfrastructureError, match="terragate serve install"):
        ensured(profile_of(weights), Launcher(tmp_path / "python", tmp_path))


def test_a_state_folder_that_cannot_be_made(tmp_path, weights):
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="choose another folder"):
        ensured(profile_of(weights), Launcher(Path(sys.executable), tmp_path / "file" / "state"))


def test_a_damaged_state_file_counts_as_none(launcher):
    launcher.state_dir.mkdir()
    (launcher.state_dir / "serve-small.json").write_text("{")
    assert state(launcher) == "stopped"
    assert stop_server("small", launcher.state_dir) is None


def test_a_process_of_the_same_id_is_left_alone():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        process.stop(other.pid, start=1.0)
        assert other.poll() is None
        other.communicate(b"\n")


def test_nano_serves_the_packaged_weights_on_one_thread():
    assert NANO.weights is not None
    assert NANO.weights.parts[-3:] == ("deploy", "models", "terragate-nano")
    assert NANO.server_environment["OMP_NUM_THREADS"] == "1"


def test_an_installed_environment_is_left_alone(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("")
    assert not installing.is_installed(tmp_path, "cpu")
    (tmp_path / installing.STAMP).write_text(json.dumps(installing._stamp("cpu")))
    said = []
    python = installing.install(tmp_path, accelerator="cpu", progress=said.append)
    assert python == tmp_path / "bin" / "python"
    assert len(said) == 1
    assert "up to date" in said[0]
    assert not installing.is_installed(tmp_path, "cuda")


def test_an_installation_that_fails_says_why(tmp_path, monkeypatch):
    broken = tmp_path / "requirements.txt"
    broken.write_text("no-such-file.whl==1\n")
    monkeypatch.setattr(installing, "_requirements", lambda accelerator: broken)
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 'disk is full' >&2\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(InfrastructureError, match=r"exit code 3(.|\n)*disk is full"):
        installing.install(tmp_path / "venv", accelerator="cpu", progress=lambda _: None)
    assert not installing.is_installed(tmp_path / "venv", "cpu")
