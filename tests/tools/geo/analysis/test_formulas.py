import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.errors import ToolUnavailable
from terragate.tools.geo.analysis import formulas
from terragate.tools.geo.analysis.formulas import BANDS, CONSTANTS, band_formula, catalogue
from terragate.tools.geo.analysis.formulas_scene import COMMON_INDICES

RANDOM = np.random.default_rng(7)
REFLECTANCES = {letter: RANDOM.uniform(0.01, 0.9, (9, 11)) for letter in BANDS}
S2 = (
    "coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "nir09",
    "swir1", "swir2",
)  # fmt: skip


@pytest.fixture
def own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder whose JSON files are read instead of the package's."""
    monkeypatch.setattr(formulas, "_data_folder", lambda: tmp_path)
    catalogue.cache_clear()
    yield tmp_path
    catalogue.cache_clear()


def write(folder: Path, texts: dict[str, str], constants: dict[str, float | None]) -> None:
    entries = {
        name: {
            "short_name": name,
            "long_name": name,
            "application_domain": "vegetation",
            "reference": "",
            "formula": text,
            "bands": [*BANDS, *constants],
        }
        for name, text in texts.items()
    }
    path = folder / "spectral-indices-dict.json"
    path.write_text(json.dumps({"SpectralIndices": entries}), encoding="utf-8")
    defaults = {name: {"default": number} for name, number in constants.items()}
    (folder / "constants.json").write_text(json.dumps(defaults), encoding="utf-8")


# As the papers print them, which is what the catalogue is checked against: Rouse et al. 1974,
# McFeeters 1996, Xu 2006, Zha et al. 2003, Key and Benson 2006, Wilson and Sader 2002, Huete 1988
# (L = 0.5), Huete et al. 1997 (the MODIS coefficients), Riggs et al. 1994, Jiang et al. 2008.
PAPERS: dict[str, Callable[[SimpleNamespace], np.ndarray]] = {
    "NDVI": lambda b: (b.N - b.R) / (b.N + b.R),
    "NDWI": lambda b: (b.G - b.N) / (b.G + b.N),
    "MNDWI": lambda b: (b.G - b.S1) / (b.G + b.S1),
    "NDBI": lambda b: (b.S1 - b.N) / (b.S1 + b.N),
    "NBR": lambda b: (b.N - b.S2) / (b.N + b.S2),
    "NDMI": lambda b: (b.N - b.S1) / (b.N + b.S1),
    "SAVI": lambda b: 1.5 * (b.N - b.R) / (b.N + b.R + 0.5),
    "EVI": lambda b: 2.5 * (b.N - b.R) / (b.N + 6 * b.R - 7.5 * b.B + 1),
    "NDSI": lambda b: (b.G - b.S1) / (b.G + b.S1),
    "EVI2": lambda b: 2.5 * (b.N - b.R) / (b.N + 2.4 * b.R + 1),
}


@pytest.mark.parametrize("name", COMMON_INDICES)
def test_the_usual_indices_are_those_of_the_papers(name: str) -> None:
    found = catalogue().formulas[name](REFLECTANCES)
    truth = PAPERS[name](SimpleNamespace(**REFLECTANCES))
    np.testing.assert_allclose(found, truth, rtol=0, atol=1e-12)


def test_the_constants_are_those_of_the_papers() -> None:
    known = catalogue().formulas
    assert known["EVI"].constants == {"g": 2.5, "C1": 6.0, "C2": 7.5, "L": 1.0}
    assert known["SAVI"].constants == {"L": 0.5}
    assert known["NDVI"].constants == {}
    assert set(CONSTANTS) <= set(known)


def test_every_formula_agrees_with_the_package_itself() -> None:
    spyndex = pytest.importorskip("spyndex")
    assert len(catalogue().formulas) > 200
    for name, formula in catalogue().formulas.items():
        values = {letter: REFLECTANCES[letter] for letter in formula.letters}
        with np.errstate(all="ignore"):
            truth = spyndex.computeIndex(name, params={**values, **formula.constants})
        np.testing.assert_allclose(formula(values), truth, rtol=1e-12, err_msg=name)


def test_what_needs_more_than_reflectances_is_left_out() -> None:
    left_out = ("kNDVI", "NBRT1", "VHVVD", "CRSWIR", "NIRvP", "RWI", "NDVI4RE", "NDWIns")
    assert not set(left_out) & set(catalogue().formulas)


def test_the_package_is_read_and_never_imported() -> None:
    import subprocess

    code = (
        "import sys; from terragate.tools.geo.analysis.formulas import catalogue; "
        "assert catalogue().formulas; assert not {'spyndex', 'requests'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "open('x')",
        "(lambda: N)()",
        "N.__class__",
        "N if R else B",
        "[N for N in R]",
        "N @ R",
        "N // R",
        "'N' + 'R'",
        "True + N",
        "Q + N",
        "N +",
        "(N := R)",
        "f'{N}'",
        "1j * N",
    ],
)
def test_anything_but_arithmetic_is_left_out(own_catalogue: Path, text: str) -> None:
    write(own_catalogue, {"BAD": text, "GOOD": "-(N - 2.0 * R) ** 2 / B + G"}, {})
    assert list(catalogue().formulas) == ["GOOD"]
    bands = {"N": 0.5, "R": 0.1, "B": 0.3, "G": 0.2}
    found = catalogue().formulas["GOOD"]({k: np.array(v) for k, v in bands.items()})
    assert float(found) == pytest.approx(-((0.5 - 0.2) ** 2) / 0.3 + 0.2)


@given(st.text(max_size=30))
def test_any_text_is_read_or_left_out(text: str) -> None:
    tree = formulas._parse(text, {"N", "R"})
    assert tree is None or formulas._plain(tree, {"N", "R"})


def test_a_constant_without_a_value_is_left_out(own_catalogue: Path) -> None:
    write(own_catalogue, {"X": "N * PAR"}, {"PAR": None})
    assert catalogue().formulas == {}


def test_undefined_pixels_are_nan() -> None:
    zero, one = np.zeros(1), np.ones(1)
    assert np.isnan(catalogue().formulas["NDVI"]({"N": zero, "R": zero})).all()
    assert np.isnan(catalogue().formulas["SR"]({"N": one, "R": zero})).all()
    assert np.isnan(catalogue().formulas["NDVI"]({"N": np.array([np.nan]), "R": one})).all()


def test_pure_ratios_are_told_from_the_others() -> None:
    known = catalogue().formulas
    assert all(known[name].scale_free() for name in ("NDVI", "NBR", "SR", "MSI"))
    assert not any(known[name].scale_free() for name in ("SAVI", "EVI", "EVI2", "DVI", "NIRv"))


def test_band_names_are_matched_to_letters() -> None:
    ndvi = catalogue().formulas["NDVI"]
    assert ndvi.bands(("Red", "NIR", "cloud")) == {"N": "NIR", "R": "Red"}
    assert ndvi.bands(("red", "nir08")) == {"N": "nir08", "R": "red"}
    assert ndvi.bands(("nir", "nir08", "red")) == {"N": "nir", "R": "red"}
    assert ndvi.bands(("red",)) is None
    assert catalogue().formulas["NDMI"].bands(("nir", "swir16")) == {"N": "nir", "S1": "swir16"}


def test_what_a_scene_can_give() -> None:
    assert {"NDVI", "NDWI", "MNDWI", "NDBI"} <= set(
        catalogue().able(("swir1", "nir", "red", "green"))
    )
    assert not {"EVI", "NBR"} & set(catalogue().able(("swir1", "nir", "red", "green")))
    everything = set(catalogue().able(S2)) | {"G1", "Y"}
    needed = {n for n, f in catalogue().formulas.items() if not {"G1", "Y"} & set(f.letters)}
    assert needed <= everything
    assert catalogue().able(()) == ()


def test_a_band_is_given_as_it_is() -> None:
    red = band_formula("Red")
    assert red is not None
    np.testing.assert_array_equal(red({"R": REFLECTANCES["R"]}), REFLECTANCES["R"])
    swir = band_formula("swir16")
    assert swir is not None
    assert swir.name == "swir1"
    assert band_formula("thermal") is None


def test_a_missing_or_broken_package_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(ToolUnavailable, match="pip install spyndex"):
            catalogue()
    (tmp_path / "spectral-indices-dict.json").write_text("{", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(formulas, "_data_folder", lambda: tmp_path)
        with pytest.raises(ToolUnavailable, match="install spyndex again"):
            catalogue()
    catalogue.cache_clear()
