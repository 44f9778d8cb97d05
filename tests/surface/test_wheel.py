"""The wheel holds the whole package and no test."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from terragate.tests.support.snapshot import matches

ROOT = Path(__file__).parents[2]
NOT_SHIPPED = {"tests", "docs", "build", "dist", "runs", "data"}
WEIGHTS = [ROOT / "deploy" / "models" / name for name in ("terragate-nano", "terragate-nano-bf16")]


def tracked():
    """Return the files git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    return [Path(name) for name in listed if (ROOT / name).is_file()]


def packages():
    inits = (path.parent for path in tracked() if path.name == "__init__.py")
    shipped = (folder for folder in inits if not NOT_SHIPPED & set(folder.parts))
    return sorted(".".join(("terragate", *folder.parts)) for folder in shipped)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """The names in a wheel built from a copy of the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for path in tracked():
        if "tests" not in path.parts:
            target = source / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(ROOT / path)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*build, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_every_package_is_listed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert sorted(listed) == packages()


def test_the_wheel_holds_every_module(held):
    modules = [p for p in tracked() if p.suffix == ".py" and not NOT_SHIPPED & set(p.parts)]
    missing = [str(path) for path in modules if f"terragate/{path.as_posix()}" not in held]
    assert missing == []


def test_the_wheel_holds_no_test(held):
    assert [name for name in held if "tests" in Path(name).parts] == []


def test_files_that_are_no_modules(held):
    data = sorted(n for n in held if not n.endswith(".py") and ".dist-info/" not in n)
    weights = tuple(f"terragate/{folder.relative_to(ROOT).as_posix()}/" for folder in WEIGHTS)
    matches("wheel.txt", "\n".join(name for name in data if not name.startswith(weights)) + "\n")


def test_the_wheel_holds_the_weights(held):
    files = {
        f"terragate/{path.relative_to(ROOT).as_posix()}"
        for folder in WEIGHTS
        for path in folder.iterdir()
    }
    assert files <= held
