"""Fetching from a hub on loopback: whole, killed, cut, redirected, on a full disk, as a command."""

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from terragate.deploy.models import fetch as fetching
from terragate.deploy.models.catalogue import CATALOGUE, load_catalogue
from terragate.deploy.models.verify import problems, read_manifest
from terragate.tests.support.command_line import command
from terragate.tests.support.hub_server import COMMIT, REPOSITORY, hub_server, tiny_files, weights
from terragate.tests.support.tiny_fetch import got
from terragate.tools.errors import InfrastructureError

HEAVY = tiny_files(**{"model.safetensors": weights(megabytes=24)})
CHILD = """
import sys
from pathlib import Path
from terragate.deploy.models.fetch import Wanted, fetch
from terragate.tools.errors import TerragateError
try:
    fetch(Wanted("tiny", "acme/tiny", "main", {}), Path(sys.argv[2]), endpoint=sys.argv[1])
except TerragateError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture(autouse=True)
def _no_hub_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


def child(hub, to, **options):
    argv = [sys.executable, "-c", CHILD, hub.url, str(to)]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, **options)


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_model_is_fetched_whole_and_once(tmp_path):
    seen = []
    with hub_server() as hub:
        manifest = got(hub, tmp_path / "m", progress=seen.append)
        asked = len(hub.log)
        again = got(hub, tmp_path / "m")
        assert len(hub.log) == asked + 1
    assert again == manifest == read_manifest(tmp_path / "m")
    assert (manifest.commit, manifest.revision) == (COMMIT, "main")
    assert set(manifest.sha256) == set(tiny_files())
    assert problems(tmp_path / "m") == ()
    done = [at.done for at in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total == sum(map(len, tiny_files().values()))


def test_only_what_a_server_needs_is_fetched(tmp_path):
    others = {
        "pytorch_model.bin": b"pickle",
        "modeling_evil.py": b"code",
        "consolidated.safetensors": weights(seed=1),
        "original/model.safetensors": weights(seed=2),
        "../outside.json": b"{}",
        "/etc/outside.json": b"{}",
        "manifest.json": b"{}",
        ".hidden.json": b"{}",
        "LICENSE": b"do as you like",
        "chat_template.jinja": b"",
    }
    with hub_server(tiny_files(**others)) as hub:
        manifest = got(hub, tmp_path / "m")
    assert set(manifest.sha256) == {*tiny_files(), "LICENSE", "chat_template.jinja"}
    assert {p.name for p in tmp_path.iterdir()} <= {"m", ".m.lock", "hf"}


def test_a_killed_fetch_goes_on_where_it_was(tmp_path):
    to, part = tmp_path / "m", tmp_path / ".m.fetching" / "model.safetensors.part"
    with hub_server(HEAVY) as hub:
        hub.stall_after = 12_000_000
        with child(hub, to) as process:
            wait_for(lambda: part.exists() and part.stat().st_size >= 10_000_000)
            process.kill()
        kept = part.stat().st_size
        assert not to.exists()
        hub.stall_after = None
        hub.go_on.set()
        got(hub, to)
        assert hub.ranges() == [f"bytes={kept}-"]
    assert (to / "model.safetensors").read_bytes() == HEAVY["model.safetensors"]
    assert problems(to) == ()


def test_a_connection_that_breaks_is_taken_up_again(tmp_path):
    with hub_server(HEAVY) as hub:
        hub.drop_after = 15_000_000
        got(hub, tmp_path / "m")
        assert len(hub.ranges()) == 1
        assert int(hub.ranges()[0][6:-1]) >= 10_000_000
    assert problems(tmp_path / "m") == ()


def test_a_hub_that_ignores_ranges_is_asked_for_all_of_it(tmp_path):
    work = tmp_path / ".m.fetching"
    work.mkdir()
    state = {"repository": REPOSITORY, "commit": COMMIT}
    (work / ".source.json").write_text(json.dumps(state))
    (work / "model.safetensors.part").write_bytes(b"wrong beginning")
    with hub_server() as hub:
        hub.ignores_ranges = True
        got(hub, tmp_path / "m")
        assert hub.ranges() == ["bytes=15-"]
    assert problems(tmp_path / "m") == ()


def test_two_fetches_at_once(tmp_path):
    with hub_server(HEAVY) as hub:
        hub.stall_after = 1_000_000
        with child(hub, tmp_path / "m") as process:
            wait_for(lambda: any(path.endswith("safetensors") for path, _, _ in hub.log))
            with pytest.raises(InfrastructureError, match="another process is fetching"):
                got(hub, tmp_path / "m")
            hub.go_on.set()
            assert process.wait(20) == 0
    assert problems(tmp_path / "m") == ()


def test_the_token_is_not_given_to_another_host(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with hub_server() as hub, hub_server() as cdn:
        hub.cdn = cdn.url
        got(hub, tmp_path / "m")
        assert {token for _, _, token in hub.log} == {"Bearer hf_secret"}
        assert [(path, token) for path, _, token in cdn.log] == [
            ("/acme/cdn/model.safetensors", "")
        ]


def test_what_was_begun_of_another_commit_is_dropped(tmp_path):
    work = tmp_path / ".m.fetching"
    work.mkdir()
    (work / ".source.json").write_text('{"repository": "acme/tiny", "commit": "old"}')
    (work / "model.safetensors").write_bytes(b"old")
    with hub_server() as hub:
        got(hub, tmp_path / "m")
    assert problems(tmp_path / "m") == ()


def test_too_little_space_is_said_before_anything_is_fetched(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda path: usage)
    with hub_server() as hub:
        with pytest.raises(InfrastructureError, match=r"needs 0\.0 GB more"):
            got(hub, tmp_path / "m")
        assert len(hub.log) == 1


def test_a_disk_that_fills_up_on_the_way(tmp_path):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (11_000_000, 11_000_000))

    with hub_server(HEAVY) as hub:
        with child(hub, tmp_path / "m", preexec_fn=limit) as process:
            _, said = process.communicate(timeout=20)
        assert process.returncode == 1
        assert "InfrastructureError: the disk is full" in said
        assert not (tmp_path / "m").exists()
        got(hub, tmp_path / "m")
        assert len(hub.ranges()) == 1
    assert problems(tmp_path / "m") == ()


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A catalogue in which qwen3-4b is the tiny repository of the hub."""
    text = CATALOGUE.read_text().replace("Qwen/Qwen3-4B", REPOSITORY)
    path = tmp_path / "catalogue.toml"
    path.write_text(text.replace("1cfa9a7208912126459214e8b04321603b3df60c", "main"))
    monkeypatch.setattr("terragate.deploy.models.catalogue.catalogue", lambda: load_catalogue(path))
    monkeypatch.setenv("TERRAGATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "models" / "qwen3-4b"


def test_fetch_as_a_command(listed, monkeypatch):
    with hub_server() as hub:
        # What HF_ENDPOINT does when the library is imported.
        template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        shown = json.loads(command("models", "show", "qwen3-4b", "--json").out)
        assert shown["revision"] == "main (not pinned)"
        assert shown["folder"] == "not fetched"
        outcome = command("models", "fetch", "qwen3-4b", "--json")
        assert outcome.code == 0, outcome.err
        assert json.loads(outcome.out)["commit"] == COMMIT
        told = command("models", "fetch", "qwen3-4b")
        assert str(listed) in told.out
        assert COMMIT in told.out
        assert command("models", "fetch", "qwen3-4b", "--revision", "v9").code == 2
    assert command("models", "verify", "qwen3-4b").code == 0
    assert Path(json.loads(command("models", "show", "qwen3-4b", "--json").out)["folder"]) == listed
    assert {path.name for path in listed.parent.iterdir()} == {".qwen3-4b.lock", "qwen3-4b"}
