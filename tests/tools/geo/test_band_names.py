"""The one table of band names, against the band table that the package spyndex brings."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from terragate.tools.geo.analysis.formulas import BANDS as LETTERS
from terragate.tools.geo.band_names import (
    ALIASES,
    BANDS,
    MASKS,
    OLI,
    SENTINEL2,
    TM,
    USUAL_BANDS,
    stac_band,
    usual_name,
)


def letters_of(platform: str) -> dict[str, str]:
    """Return spyndex's letter of every band of a platform that reflects light, by band."""
    package = importlib.util.find_spec("spyndex")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "data" / "bands.json"
    bands: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {
        entry["platforms"][platform]["band"]: letter
        for letter, entry in bands.items()
        if platform in entry["platforms"] and letter not in ("T", "T1", "T2")
    }


@pytest.mark.parametrize(
    ("platform", "table"),
    [("sentinel2a", SENTINEL2), ("landsat8", OLI), ("landsat5", TM), ("landsat7", TM)],
)
def test_the_bands_of_a_sensor_are_those_of_the_catalogue(
    platform: str, table: dict[str, str]
) -> None:
    theirs = letters_of(platform)
    # Our keys of Sentinel-2 are written with a zero (B02); Landsat's as USGS does.
    ours = {(key if key == "B8A" else key.replace("B0", "B")): name for key, name in table.items()}
    assert set(ours) == set(theirs)
    for band, letter in theirs.items():
        names = LETTERS["N" if (platform, letter) == ("landsat8", "N2") else letter]
        assert ours[band] == names[0], band


def test_a_band_has_one_name_whatever_a_data_set_calls_it() -> None:
    assert [usual_name(name) for name in ("SWIR16", "rededge071", "Near Infrared", "nir")] == [
        "swir1", "rededge1", "nir", "nir",
    ]  # fmt: skip
    assert usual_name("thermal") == usual_name("cloud") == ""


@pytest.mark.parametrize(
    ("common", "name", "ours"),
    [
        ("swir16", "anything", "swir1"),
        ("rededge", "B05", "rededge1"),
        ("rededge", "b8a", "nir08"),
        ("rededge", "some", ""),
        (None, "b04", "red"),
        (None, "rededge075", "rededge2"),
        ("lwir11", "B10", ""),
    ],
)
def test_a_stac_band_is_known_by_its_common_or_its_own_name(
    common: str | None, name: str, ours: str
) -> None:
    assert stac_band(common, name) == ours


def test_the_tables_use_the_names_and_no_others() -> None:
    assert set(USUAL_BANDS) < set(BANDS)
    assert not set(ALIASES) & {*BANDS, *MASKS}
    for table in (ALIASES, SENTINEL2, OLI, TM):
        assert set(table.values()) <= set(BANDS)
    assert {names[0] for names in LETTERS.values()} == set(BANDS)
