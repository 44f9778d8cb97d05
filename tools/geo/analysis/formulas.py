"""Spectral index formulas of the Awesome Spectral Indices catalogue, evaluated safely.

The catalogue (Montero et al., Scientific Data 10, 2023; MIT licence) is the JSON inside the package
spyndex. Only that JSON is read: the package itself evaluates text with `eval`. Here a formula is
parsed once; anything but names, numbers and + - * / ** is left out of the catalogue.

Of the catalogue, indices of surface reflectance are offered. Left out are those that need thermal
or radar bands, wavelengths, kernels or statistics of the scene, and those whose constants the
catalogue documents for another index only.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import operator
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from ...errors import ToolUnavailable
from ..band_names import ALIASES
from ..raster import Pixels

_LETTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "A": ("coastal",),
    "B": ("blue",),
    "G": ("green",),
    "G1": ("green05",),
    "Y": ("yellow",),
    "R": ("red",),
    "RE1": ("rededge1",),
    "RE2": ("rededge2",),
    "RE3": ("rededge3",),
    "N": ("nir", "nir08"),
    "N2": ("nir08",),
    "WV": ("nir09",),
    "S1": ("swir1",),
    "S2": ("swir2",),
}
BANDS: Final[Mapping[str, tuple[str, ...]]] = {
    letter: (*names, *(other for other, ours in ALIASES.items() if ours in names))
    for letter, names in _LETTERS.items()
}
"""The catalogue's letter of a band, and what scenes call that band, preferred name first."""

CONSTANTS: Final[Mapping[str, Mapping[str, float]]] = {
    "SAVI": {"L": 0.5},
    "GSAVI": {"L": 0.5},
    "SARVI": {"L": 0.5},
    "MNLI": {"L": 0.5},
    "IBI": {"L": 0.5},
    "NDPI": {"alpha": 0.74},
    "WCI1": {"epsilon": 1e-10},
    "WCI2": {"epsilon": 1e-10},
}
"""Constants of the indices' own papers where the catalogue's one default belongs to another index:
SAVI Huete 1988, GSAVI Sripada et al. 2006, SARVI Kaufman and Tanre 1992, MNLI Yang et al. 2008, IBI
Xu 2008, NDPI Wang et al. 2017; the WCI ones are in the catalogue's own description."""

_DOCUMENTED_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "alpha": ("WDRVI", "BWDRVI", "NDPI"),
    "beta": ("NDSInw",),
    "gamma": ("ARVI", "IAVI"),
    "n": (),
}
_OPERATORS: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_PROBE: Final = (0.31, 0.17, 0.23, 0.13, 0.41, 0.29, 0.37, 0.19, 0.43, 0.11, 0.47, 0.07)


class Formula(NamedTuple):
    """An index: `letters` are the bands it reads, `constants` the numbers it was given."""

    name: str
    long_name: str
    domain: str
    source: str
    text: str
    letters: tuple[str, ...]
    constants: Mapping[str, float]
    tree: ast.expr

    def __call__(self, bands: Mapping[str, Pixels]) -> Pixels:
        """Return the index of reflectances by letter; NaN where it is undefined."""
        with np.errstate(all="ignore"):
            pixels = np.asarray(_value(self.tree, {**self.constants, **bands}), dtype=np.float64)
            return np.where(np.isfinite(pixels), pixels, np.nan)

    def bands(self, available: Iterable[str]) -> dict[str, str] | None:
        """Return the scene's band for each letter, or nothing when one is missing."""
        have = {name.casefold(): name for name in available}
        found: dict[str, str] = {}
        for letter in self.letters:
            known = next((have[name] for name in BANDS[letter] if name in have), None)
            if known is None:
                return None
            found[letter] = known
        return found

    def scale_free(self) -> bool:
        """Say whether unscaled numbers give the same index as reflectances: a pure ratio."""
        probe = {name: np.array(_PROBE[at]) for at, name in enumerate(self.letters)}
        tripled = {name: value * 3 for name, value in probe.items()}
        return bool(np.isclose(self(probe), self(tripled), rtol=1e-9, atol=1e-12))


class Catalogue(NamedTuple):
    """The formulas by their short name, in the order of the catalogue."""

    formulas: Mapping[str, Formula]

    def able(self, available: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the indices that a scene with these bands can give."""
        have = tuple(available)
        return tuple(name for name, one in self.formulas.items() if one.bands(have) is not None)


@cache
def catalogue() -> Catalogue:
    """Return the offered part of the catalogue."""
    folder = _data_folder()
    indices: dict[str, Any] = _read(folder / "spectral-indices-dict.json")["SpectralIndices"]
    defaults: dict[str, float | None] = {
        name: entry["default"] for name, entry in _read(folder / "constants.json").items()
    }
    made = (_formula(entry, defaults) for entry in indices.values())
    return Catalogue({one.name: one for one in made if one is not None})


def band_formula(band: str) -> Formula | None:
    """Return the formula that gives one band as it is, or nothing for an unknown band."""
    for letter, names in BANDS.items():
        if band.casefold() in names:
            tree = ast.Name(letter)
            return Formula(
                names[0], f"{names[0]} reflectance", "band", "", letter, (letter,), {}, tree
            )
    return None


def _data_folder() -> Path:
    # Found, not imported: the import would bring an HTTP client and `eval`.
    found = importlib.util.find_spec("spyndex")
    if found is None or not found.submodule_search_locations:
        raise ToolUnavailable(
            "the catalogue of spectral indices is missing; install it with `pip install spyndex`"
        )
    return Path(next(iter(found.submodule_search_locations))) / "data"


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ToolUnavailable(
            f"the catalogue of spectral indices is unreadable ({error}); install spyndex again"
        ) from error


def _formula(entry: Mapping[str, Any], defaults: Mapping[str, float | None]) -> Formula | None:
    name, text = str(entry["short_name"]), str(entry["formula"])
    parameters = [str(one) for one in entry["bands"]]
    letters = tuple(one for one in parameters if one in BANDS)
    constants: dict[str, float] = {}
    for one in parameters:
        if one in BANDS:
            continue
        number = CONSTANTS.get(name, {}).get(one, defaults.get(one))
        if number is None or name not in _DOCUMENTED_FOR.get(one, (name,)):
            return None
        constants[one] = float(number)
    tree = _parse(text, {*letters, *constants})
    if tree is None or not letters:
        return None
    return Formula(
        name,
        str(entry["long_name"]),
        str(entry["application_domain"]),
        str(entry["reference"]),
        text,
        letters,
        constants,
        tree,
    )


def _parse(text: str, names: set[str]) -> ast.expr | None:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        # Before Python 3.11.4 a NUL is a ValueError.
        return None
    return tree if _plain(tree, names) else None


def _plain(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.BinOp):
        known = type(node.op) in _OPERATORS
        return known and _plain(node.left, names) and _plain(node.right, names)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and _plain(node.operand, names)
    if isinstance(node, ast.Name):
        return node.id in names
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, names)
    if isinstance(node, ast.Name):
        return names[node.id]
    number = node.value if isinstance(node, ast.Constant) else None
    return float(number) if isinstance(number, int | float) else np.nan
