"""Fetching from a hub on loopback: lied to, refused, cut short, or of what is no usable model."""

import json

import pytest
from terragate.deploy.models.fetch import Wanted, fetch
from terragate.deploy.models.verify import problems
from terragate.tests.support.hub_server import CONFIG, hub_server, tiny_files, weights
from terragate.tests.support.tiny_fetch import got, tiny
from terragate.tools.errors import InfrastructureError, TerragateError, UsageError


@pytest.fixture(autouse=True)
def _no_hub_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_wrong_hash_is_refused_and_removed(tmp_path, name):
    right = tiny_files()[name]
    with hub_server() as hub:
        hub.lies = {name: bytes(len(right))}
        with pytest.raises(InfrastructureError, match=f"'{name}' .*must have"):
            got(hub, tmp_path / "m")
        assert not (tmp_path / "m").exists()
        assert not (tmp_path / ".m.fetching" / name).exists()
        hub.lies = {}
        got(hub, tmp_path / "m")
    assert problems(tmp_path / "m") == ()


def test_the_catalogue_knows_better_than_the_hub(tmp_path):
    wanted = tiny(**{"model.safetensors": "0" * 64})
    with hub_server() as hub, pytest.raises(InfrastructureError, match=f"must have {'0' * 64}"):
        got(hub, tmp_path / "m", wanted)
    assert not (tmp_path / "m").exists()


def test_more_bytes_than_announced_are_not_taken(tmp_path):
    with hub_server() as hub:
        hub.lies = {"model.safetensors": bytes(1_000_000)}
        with pytest.raises(InfrastructureError, match="sends more"):
            got(hub, tmp_path / "m")
    assert sum(p.stat().st_size for p in (tmp_path / ".m.fetching").iterdir()) < 10_000


def test_fewer_bytes_than_announced(tmp_path):
    with hub_server() as hub:
        hub.lies = {"model.safetensors": b"short"}
        with pytest.raises(InfrastructureError, match="try again"):
            got(hub, tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("refuse", "kind", "says"),
    [
        ((401, "GatedRepo"), InfrastructureError, "is gated: accept its licence"),
        ((403, "GatedRepo"), InfrastructureError, "is gated"),
        ((401, ""), InfrastructureError, "status 401: check HF_TOKEN"),
        ((404, "RepoNotFound"), InfrastructureError, "shows no repository"),
        ((403, ""), InfrastructureError, "status 403"),
        ((500, ""), InfrastructureError, "status 500"),
    ],
)
def test_a_hub_that_refuses(tmp_path, refuse, kind, says):
    with hub_server() as hub:
        hub.refuse = refuse
        with pytest.raises(kind, match=says):
            got(hub, tmp_path / "m")
    assert not list(tmp_path.glob("*m*"))


@pytest.mark.parametrize("answer", [b"<html>login</html>", b"[]", b"{}", b'{"id": "a"}'])
def test_something_that_is_no_hub(tmp_path, answer):
    with hub_server() as hub:
        hub.answer = answer
        with pytest.raises(TerragateError, match="HF_ENDPOINT|names no commit"):
            got(hub, tmp_path / "m")


def test_an_unknown_revision_and_a_wrong_name(tmp_path):
    with hub_server() as hub:
        with pytest.raises(UsageError, match="no revision 'v9'"):
            got(hub, tmp_path / "m", tiny("v9"))
        with pytest.raises(UsageError, match="no repository name"):
            got(hub, tmp_path / "m", Wanted("tiny", "../../x", "main", {}))


def test_without_a_network(tmp_path):
    with pytest.raises(InfrastructureError, match="cannot reach the hub"):
        fetch(tiny(), tmp_path / "m", endpoint="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"pytorch_model.bin": b"pickle", "config.json": b"{}"}, "no safetensors"),
        ({"model.safetensors": weights()}, "no config.json"),
        (tiny_files(**{"config.json": b'{"auto_map": {}}'}), "auto_map"),
        (tiny_files(**{"tokenizer_config.json": b'{"auto_map": {}}'}), "auto_map"),
        (
            tiny_files(**{"config.json": json.dumps({**CONFIG, "architectures": ["X"]}).encode()}),
            "unknown architecture",
        ),
        (tiny_files(**{"model.safetensors": b"no header"}), "no whole safetensors"),
    ],
)
def test_models_that_are_refused(tmp_path, files, says):
    with hub_server(files) as hub, pytest.raises(TerragateError, match=says):
        got(hub, tmp_path / "m")
    assert not (tmp_path / "m").exists()
    if "auto_map" in says:
        assert not any(path.endswith("safetensors") for path, _, _ in hub.log)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "thesis.tex").write_text("years of work")
    (tmp_path / ".n.fetching").mkdir()
    (tmp_path / ".n.fetching" / "thesis.tex").write_text("years of work")
    with hub_server() as hub:
        with pytest.raises(UsageError, match="holds something else"):
            got(hub, tmp_path / "m")
        with pytest.raises(UsageError, match="not made by a fetch"):
            got(hub, tmp_path / "n")
    assert len(list(tmp_path.rglob("thesis.tex"))) == 2
