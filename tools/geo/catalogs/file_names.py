"""What a raster's file name says: the day it was taken and the band it holds.

Naming conventions: Sentinel-2 products and granules (ESA, S2 Products Specification), Landsat
Collection 2 (USGS LSDS-1619 v6), and plain dates such as 1990, 2021-06, 20210603 or 2021-06-03.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Final, Literal, NamedTuple

from ..band_names import MASKS, OLI, SENTINEL2, TM, usual_name
from ..catalog import PixelRule

LAST_YEAR: Final = 2049

_DAY: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
_MONTH: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.](\d\d)(?!\d)")
_YEAR: Final = re.compile(r"(?<![0-9A-Za-z])((?:19|20)\d\d)(?![0-9A-Za-z])")
_BAND: Final = re.compile(
    r"(?:^|[_.-])(?:SR_)?(B(?:0[1-9]|1[0-2]|8A|[1-9])|SCL|QA_PIXEL|CLOUD|BLUE|GREEN|RED|NIR|SWIR[12])"
    r"(?:_[126]0m)?$",
    re.IGNORECASE,
)
_SENSOR: Final = re.compile(r"(?:^|_)(S2[A-D]|T\d\d[A-Z]{3}(?=_)|LC0[89]|LE07|LT0[45])")

_LANDSAT_L2: Final = re.compile(r"L[COTEM]0[4-9]_L2S[PR]_\d{6}_\d{8}_")


class NamedDate(NamedTuple):
    """A day, how much of it is known, and who says so.

    The first day of a month or year stands for the rest. "written" is TIFFTAG_DATETIME, which by
    the TIFF 6.0 specification is when the image was made.
    """

    day: date
    precision: Literal["day", "month", "year"] = "day"
    source: Literal["name", "stated", "tag", "written"] = "name"


def date_in_name(name: str) -> NamedDate | None:
    """Return the date in a file's or folder's name; the first day of several is the acquisition."""
    for year, _, month, day in _DAY.findall(name):
        if found := _valid(int(year), int(month), int(day)):
            return NamedDate(found)
    for year, month in _MONTH.findall(name):
        if found := _valid(int(year), int(month), 1):
            return NamedDate(found, "month")
    years = set(_YEAR.findall(name))
    found = _valid(int(years.pop()), 1, 1) if len(years) == 1 else None
    return NamedDate(found, "year") if found else None


def date_in_path(path: PurePosixPath) -> NamedDate | None:
    """Return the date in a file's own name, else in the nearest folder's that has one."""
    for name in (path.stem, *(parent.name for parent in path.parents)):
        if found := date_in_name(name):
            return found
    return None


def date_by_pattern(name: str, pattern: str) -> NamedDate | None:
    """Return the date of a name that follows a `strptime` pattern, such as "img_%d%m%Y"."""
    try:
        # Only the day is used, whatever the zone.
        day = datetime.strptime(name, pattern).date()  # noqa: DTZ007
    except ValueError:
        return None
    return NamedDate(day)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year <= LAST_YEAR else None
    except ValueError:
        return None


def sensor_in_name(name: str) -> str:
    """Return "S2", "L8" (OLI), "L5" (TM and ETM+), or "" for the sensor a product name states."""
    found = _SENSOR.search(name)
    if found is None:
        return ""
    return {"S": "S2", "T": "S2", "LC": "L8", "LE": "L5", "LT": "L5"}[
        found[1][:2] if found[1].startswith("L") else found[1][0]
    ]


def pixels_in_name(name: str) -> PixelRule:
    """Return how a product of that name stores reflectance, where it says so.

    Landsat Collection 2 Level-2: digital number times 0.0000275 less 0.2, and 0 is fill (USGS,
    LSDS-1619 v6, table 6-1).
    """
    if _LANDSAT_L2.match(name):
        return PixelRule(scale=2.75e-5, offset=-0.2, nodata=0.0)
    return PixelRule()


def split_band(stem: str) -> tuple[str, str]:
    """Return a file's stem without its band, and the band's usual name ("" when it names none)."""
    found = _BAND.search(stem)
    name = band_name(found[1], sensor_in_name(stem)) if found else ""
    return (stem[: found.start()], name) if found and name else (stem, "")


def band_name(label: str, sensor: str = "") -> str:
    """Return the usual name of a band label, "" when the label leaves it open.

    "B4" is red on Sentinel-2 and Landsat 8 but near infrared on Landsat 5: it needs the sensor.
    "B04" is Sentinel-2's own way of writing it.
    """
    label = label.strip()
    if word := usual_name(label) or (label.casefold() if label.casefold() in MASKS else ""):
        return word
    code = label.upper().removeprefix("SR_")
    if sensor == "L8":
        return OLI.get(code, "")
    if sensor == "L5":
        return TM.get(code, "")
    padded = f"B0{code[1:]}" if sensor == "S2" and re.fullmatch(r"B[1-9]", code) else code
    return SENTINEL2.get(padded, "")
