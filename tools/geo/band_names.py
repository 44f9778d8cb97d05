"""What spectral bands and masks are called here, and the other names that data sets have for them.

Sources: common band names of the STAC `eo` extension 2.0 (`rededge071`, `swir16` …; red edge bands
are numbered here, as ESA does); Sentinel-2 bands of the Sentinel-2 Products Specification Document
(ESA); Landsat bands of the Collection 2 Data Format Control Books (USGS LSDS-1328 v6 for 8-9, 1414
for 7, 1415 v3 for 4-5). The sensors' tables agree with the band table of the Awesome Spectral
Indices catalogue, but that the near infrared is `nir` here on every Landsat; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

USUAL_BANDS: Final = ("blue", "green", "red", "nir", "swir1", "swir2")
BANDS: Final = (
    "coastal",
    "blue",
    "green05",
    "green",
    "yellow",
    "red",
    "rededge1",
    "rededge2",
    "rededge3",
    "nir",
    "nir08",
    "nir09",
    "swir1",
    "swir2",
)
"""Every band by wavelength; `nir08` is the narrow near infrared, `nir09` water vapour."""

MASKS: Final = ("cloud", "scl", "qa_pixel")
"""Masks that a scene may bring; what their numbers mean is in `analysis.masks`."""

ALIASES: Final[Mapping[str, str]] = {
    "aerosol": "coastal",
    "green1": "green05",
    "rededge071": "rededge1",
    "rededge075": "rededge2",
    "rededge078": "rededge3",
    "near infrared": "nir",
    "nir2": "nir08",
    "watervapour": "nir09",
    "swir16": "swir1",
    "swir22": "swir2",
}
"""Other names of bands, in lower case, and ours."""

SENTINEL2: Final[Mapping[str, str]] = {
    "B01": "coastal",
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B05": "rededge1",
    "B06": "rededge2",
    "B07": "rededge3",
    "B08": "nir",
    "B8A": "nir08",
    "B09": "nir09",
    "B11": "swir1",
    "B12": "swir2",
}
OLI: Final[Mapping[str, str]] = {
    "B1": "coastal",
    "B2": "blue",
    "B3": "green",
    "B4": "red",
    "B5": "nir",
    "B6": "swir1",
    "B7": "swir2",
}
TM: Final[Mapping[str, str]] = {
    "B1": "blue",
    "B2": "green",
    "B3": "red",
    "B4": "nir",
    "B5": "swir1",
    "B7": "swir2",
}


def stac_band(common: str | None, name: str) -> str:
    """Return our name of a STAC band, "" for one that is not known.

    A red edge band needs its own name, because the common one is shared by three.
    """
    if common and common != "rededge":
        return usual_name(common)
    return SENTINEL2.get(name.upper()) or usual_name(name)


def usual_name(name: str) -> str:
    """Return our name of a band that is called so, "" for any other word."""
    folded = name.casefold()
    return folded if folded in BANDS else ALIASES.get(folded, "")
