import json

import pytest
from terragate.deploy.models.quantize import environment
from terragate.deploy.models.quantize.gate import Margins, judge, to_json
from terragate.deploy.models.quantize.publish import write_manifest
from terragate.tests.support.command_line import command
from terragate.tests.support.quantizing import measured, tiny_folder


@pytest.fixture
def held(tmp_path):
    """A result that waits for its tasks, as `--hold` leaves it."""
    folder = tiny_folder(tmp_path / "out.held")
    write_manifest(folder, {"scheme": "w8a8"})
    gate = judge(measured(), Margins(), seen_in_calibration=0, rows_sha256="0")
    (folder / "gate.json").write_text(to_json(gate))
    return folder


def scored(held, lost):
    digest = json.loads((held / "manifest.json").read_text())["sha256"]["model.safetensors"]
    items = [{"id": str(n), "source": True, "result": n >= lost} for n in range(1000)]
    suites = [{"name": "geo tasks", "domain": "geo", "items": items}]
    path = held.with_name("scores.json")
    path.write_text(json.dumps({"result_sha256": digest, "suites": suites}))
    return path


def published(held, lost, *options):
    out = held.with_name("out")
    scores = scored(held, lost)
    return out, command("models", "publish", held, "--out", out, "--task-scores", scores, *options)


def test_a_held_result_is_published(held):
    out, done = published(held, 0)
    assert done.code == 0
    assert "tasks: geo tasks" in done.out
    assert f"published in '{out}'" in done.out
    assert (out / "model.safetensors").exists()
    assert not held.exists()


def test_a_held_result_is_refused_and_the_report_kept(held):
    out, done = published(held, 50, "--json")
    assert done.code == 1
    found = json.loads(done.out)
    assert found["state"] == "refused"
    assert found["folder"] is None
    assert found["gate"]["tasks"][0]["success"]["only_source"] == 50
    assert not out.exists()
    assert json.loads(out.with_name("out.refused.json").read_text()) == found["gate"]


def test_an_environment_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "is_installed", lambda _: False)
    done = command("models", "quantize", tmp_path, "--out", tmp_path / "out")
    assert done.code == 3
    assert "make quantize-install" in done.err


@pytest.mark.parametrize(
    ("option", "value"), [("--margin", 2), ("--divergence", 0), ("--perplexity", 0.5)]
)
def test_margins_that_are_none(tmp_path, option, value):
    done = command("models", "quantize", tmp_path, "--out", tmp_path / "out", option, value)
    assert done.code == 2
    assert f"is {float(value)!r}" in done.err


def test_a_source_that_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "is_installed", lambda _: True)
    done = command("models", "quantize", tmp_path / "no", "--out", tmp_path / "out")
    assert done.code == 2
    assert "no checkpoint folder" in done.err
    assert not list(tmp_path.iterdir())
