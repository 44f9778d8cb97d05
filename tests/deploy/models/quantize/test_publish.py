import json
import subprocess
import sys
from pathlib import Path

import pytest
from terragate.deploy.models.quantize import publish
from terragate.tools.errors import InfrastructureError, UsageError


def test_the_work_is_out_of_sight_and_gone_afterwards(tmp_path):
    out = tmp_path / "out"
    with publish.building(out) as part:
        assert part.parent == tmp_path
        assert part.name.startswith(".")
        (part / "weights").mkdir()
        publish.move_into_place(part / "weights", out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_work_that_fails_leaves_nothing(tmp_path):
    def fail():
        with publish.building(tmp_path / "out") as part:
            (part / "weights").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_cleared(tmp_path):
    code = (
        "import os, pathlib, sys\n"
        "from terragate.deploy.models.quantize.publish import building\n"
        "with building(pathlib.Path(sys.argv[1])) as part:\n"
        "    (part / 'weights').mkdir(); (part / 'weights' / 'config.json').write_text('{}')\n"
        "    (part / 'rows').write_text('x')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    out = tmp_path / "out"
    done = subprocess.run([sys.executable, "-c", code, out], check=False)
    assert done.returncode == -9
    assert not out.exists()
    assert (tmp_path / ".out.part" / "weights" / "config.json").exists()
    with publish.building(out) as part:
        assert [path.name for path in part.iterdir()] == ["lock"]
    assert not list(tmp_path.iterdir())


def test_two_at_once(tmp_path):
    code = (
        "import pathlib, sys\n"
        "from terragate.deploy.models.quantize.publish import building\n"
        "with building(pathlib.Path(sys.argv[1])):\n"
        "    print('in', flush=True); input()\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "out")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"in\n"
        with (
            pytest.raises(UsageError, match="another process is building"),
            publish.building(tmp_path / "out"),
        ):
            pytest.fail("both were let in")
        other.communicate(b"\n")
    assert other.returncode == 0


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("out", "link"):
        with pytest.raises(UsageError, match="there already"):
            publish.must_be_free(tmp_path / name)
    (tmp_path / "new").mkdir()
    with pytest.raises(UsageError, match="there already"):
        publish.move_into_place(tmp_path / "new", tmp_path / "out")


def test_no_room(tmp_path):
    publish.must_have_room(tmp_path, 1)
    with pytest.raises(InfrastructureError, match="MB free, and quantising may need 1000000000"):
        publish.must_have_room(tmp_path, 10**15)


def whole(folder: Path) -> Path:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    publish.write_manifest(folder, {"scheme": "w8a8"})
    return folder


def test_the_manifest_holds_every_file(tmp_path):
    folder = whole(tmp_path / "m")
    manifest = json.loads((folder / "manifest.json").read_text())
    found = subprocess.run(
        ["sha256sum", folder / "model.safetensors"], check=True, capture_output=True, text=True
    ).stdout.split()[0]
    assert manifest["scheme"] == "w8a8"
    assert manifest["sha256"] == {"model.safetensors": found}
    assert publish.weights_digest(folder) == found


def test_weights_that_were_changed(tmp_path):
    folder = whole(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(b"others!")
    with pytest.raises(UsageError, match="was changed"):
        publish.weights_digest(folder)


@pytest.mark.parametrize(
    "text", [None, "", "{}", "[]", '{"sha256": {"model.safetensors": "0", "x": "1"}}']
)
def test_no_result(tmp_path, text):
    folder = whole(tmp_path / "m")
    (folder / "manifest.json").unlink()
    if text is not None:
        (folder / "manifest.json").write_text(text)
    with pytest.raises(UsageError, match="no result of a quantisation"):
        publish.weights_digest(folder)
