"""The lock file pins all that pyproject.toml asks for, within its bounds, and nothing else."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ASKED = [*PROJECT["dependencies"], *(line for lines in EXTRAS.values() for line in lines)]
LINES = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
# The first is the oldest that the project names; Debian 12 has 3.11.2, Ubuntu 24.04 has 3.12.3.
PYTHONS = ("3.11.0", "3.11.2", "3.11.14", "3.12.3", "3.13.5", "3.14.0")


def applies(requirement: Requirement, python: str, extra: str = "") -> bool:
    here = {"python_full_version": python, "python_version": ".".join(python.split(".")[:2])}
    marker = requirement.marker
    return marker is None or marker.evaluate({**default_environment(), **here, "extra": extra})


def pins(python: str) -> dict[NormalizedName, Version]:
    """The version of each package that the lock file gives to this Python."""
    found: dict[NormalizedName, Version] = {}
    for line in LINES:
        pin = Requirement(line)
        if applies(pin, python):
            (only,) = pin.specifier
            assert only.operator == "==", line
            assert canonicalize_name(pin.name) not in found, f"{line}: pinned twice"
            found[canonicalize_name(pin.name)] = Version(only.version)
    return found


def needs(name: NormalizedName, extras: frozenset[str]) -> Iterator[Requirement]:
    """What the installed release asks for here; nothing where it is not installed."""
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return
    python = default_environment()["python_full_version"]
    for need in map(Requirement, lines):
        if any(applies(need, python, extra) for extra in ("", *extras)):
            yield need


def reached() -> dict[NormalizedName, list[Requirement]]:
    """Follow the requirements of the installed packages from those that the project names."""
    found: dict[NormalizedName, list[Requirement]] = {}
    todo, seen = [Requirement(line) for line in ASKED], set[tuple[str, frozenset[str]]]()
    while todo:
        need = todo.pop()
        name, extras = canonicalize_name(need.name), frozenset(need.extras)
        found.setdefault(name, []).append(need)
        if (name, extras) not in seen:
            seen.add((name, extras))
            todo.extend(needs(name, extras))
    return found


def installed_as_locked() -> bool:
    locked = pins(default_environment()["python_full_version"])
    try:
        return all(Version(distribution(name).version) == locked[name] for name in locked)
    except PackageNotFoundError:
        return False


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("asked", ASKED)
def test_what_the_project_asks_for_is_pinned_within_its_bounds(asked, python):
    need = Requirement(asked)
    assert need.specifier.contains(pins(python)[canonicalize_name(need.name)])


@pytest.mark.parametrize("asked", ASKED)
def test_the_project_gives_a_lower_bound_and_no_exact_pin(asked):
    operators = {part.operator for part in Requirement(asked).specifier}
    assert ">=" in operators
    assert not operators & {"==", "==="}


@pytest.mark.parametrize("python", PYTHONS)
def test_a_pinned_release_runs_on_the_pythons_it_is_pinned_for(python):
    wrong = []
    for name, locked in pins(python).items():
        with suppress(PackageNotFoundError):
            held = distribution(name)
            wanted = SpecifierSet(held.metadata.get("Requires-Python") or "")
            if Version(held.version) == locked and not wanted.contains(python):
                wrong.append(f"{name}=={locked} wants Python {wanted}")
    assert wrong == []


def test_lines_are_sorted_by_name():
    names = [Requirement(line).name.lower() for line in LINES]
    assert names == sorted(names)


@pytest.mark.skipif(not installed_as_locked(), reason="what is installed is not what is locked")
def test_the_lock_is_closed():
    locked = pins(default_environment()["python_full_version"])
    found = reached()
    wrong = [
        str(need)
        for name, list_of_needs in found.items()
        for need in list_of_needs
        if name not in locked or not need.specifier.contains(locked[name], prereleases=True)
    ]
    assert wrong == []
    assert sorted(set(locked) - set(found)) == []
