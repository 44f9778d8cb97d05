"""Questions in the words that the shipped model was trained on: it may answer them by itself."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from terragate.tests.real_files import truths as t
from terragate.tests.real_files.questions import (
    DONE,
    LANDSAT,
    MEASURED,
    SENTINEL,
    Question,
    Said,
    Truth,
    around,
    at,
    dates,
    index,
    report,
    say,
    statistic,
)

Make = Callable[[dict[str, t.Pixels]], t.Pixels]
RYDE = (*at("Ryde"), dates("2020"), SENTINEL)
BOX = "bbox -1.23 50.73 -1.20 50.74"
POINT = "50.7352, -1.2134"
SPAN = "from 1990 to 2020"
PUCALLPA = (*at("Pucallpa"), dates(SPAN), LANDSAT)


def chip_of(reduce: Callable[[t.Pixels], float], make: Make) -> Callable[[Path], float]:
    """Return the truth that takes a statistic of an index over the whole chip."""
    return lambda files: float(reduce(make(t.chip(files))))


def landsat_mean(make: Make, year: int) -> Callable[[Path], float]:
    return lambda files: float(np.nanmean(make(t.landsat(files, year))[t.pucallpa(files)]))


def _ryde(name: str, text: str, said: tuple[Said, ...], truth: Truth) -> Question:
    return Question(f"ryde_{name}", text, (*RYDE, *said, DONE), truth, plain=True)


def _pucallpa(name: str, text: str, said: tuple[Said, ...], truth: Truth) -> Question:
    return Question(f"pucallpa_{name}", text, (*PUCALLPA, *said), truth, plain=True)


def _area(comparison: str, threshold: str) -> Said:
    return say("area_where", comparison=comparison, threshold=threshold)


def _changed(direction: str, threshold: str) -> tuple[Said, ...]:
    change = say("change_over", index="NDVI")
    return change, say("changed_area", direction=direction, threshold=threshold)


CHIP_QUESTIONS = (
    _ryde(
        "ndvi_mean",
        "What was the mean NDVI in Ryde in 2020?",
        (index("NDVI"), statistic("mean")),
        Truth("zonal_mean", "", chip_of(np.nanmean, t.ndvi)),
    ),
    _ryde(
        "ndvi_median",
        "What was the median NDVI in Ryde in 2020?",
        (index("NDVI"), statistic("median")),
        Truth("zonal_median", "", chip_of(np.nanmedian, t.ndvi)),
    ),
    _ryde(
        "ndvi_max",
        "What was the maximum NDVI in Ryde in 2020?",
        (index("NDVI"), statistic("max")),
        Truth("zonal_max", "", chip_of(np.nanmax, t.ndvi)),
    ),
    _ryde(
        "ndvi_std",
        "What was the standard deviation of NDVI in Ryde in 2020?",
        (index("NDVI"), statistic("std")),
        Truth("zonal_std", "", chip_of(np.nanstd, t.ndvi)),
    ),
    _ryde(
        "ndwi_mean",
        "What was the mean NDWI in Ryde in 2020?",
        (index("NDWI"), statistic("mean")),
        Truth("zonal_mean", "", chip_of(np.nanmean, t.ndwi)),
    ),
    _ryde(
        "ndwi_min",
        "What was the minimum NDWI in Ryde in 2020?",
        (index("NDWI"), statistic("min")),
        Truth("zonal_min", "", chip_of(np.nanmin, t.ndwi)),
    ),
    _ryde(
        "savi_mean",
        "What was the mean SAVI in Ryde in 2020?",
        (index("SAVI"), statistic("mean")),
        Truth("zonal_mean", "", chip_of(np.nanmean, t.savi)),
    ),
    _ryde(
        "ndvi_area",
        "How many hectares in Ryde had NDVI above 0.5 in 2020?",
        (index("NDVI"), _area("above", "0.5")),
        Truth("area_ha", "ha", lambda f: t.chip_hectares(f, t.ndvi(t.chip(f)) > 0.5), MEASURED),
    ),
    _ryde(
        "water_area",
        "How many hectares in Ryde had NDWI above 0.1 in 2020?",
        (index("NDWI"), _area("above", "0.1")),
        Truth("area_ha", "ha", lambda f: t.chip_hectares(f, t.ndwi(t.chip(f)) > 0.1), MEASURED),
    ),
    _ryde(
        "scenes",
        "How many Sentinel-2 scenes of Ryde are there in 2020?",
        (say("count_scenes"),),
        Truth("scene_count", "", lambda _: 1),
    ),
    Question(
        "box_ndvi_median",
        f"What was the median NDVI within {BOX} in 2020?",
        (say("bbox_aoi", box=BOX), *RYDE[1:], index("NDVI"), statistic("median"), DONE),
        Truth(
            "zonal_median",
            "",
            lambda f: float(
                np.nanmedian(t.ndvi(t.chip(f))[t.chip_in_box(f, -1.23, 50.73, -1.2, 50.74)])
            ),
        ),
        plain=True,
    ),
    Question(
        "point_ndvi_mean",
        f"What was the mean NDVI within 500 m of {POINT} in 2020?",
        (*around(POINT, "500 m"), *RYDE[1:], index("NDVI"), statistic("mean"), DONE),
        Truth(
            "zonal_mean",
            "",
            lambda f: float(
                np.nanmean(t.ndvi(t.chip(f))[t.chip_within(f, -1.2134, 50.7352, 500.0)])
            ),
            5e-3,
            "the circle is drawn with 32 corners, and so is 0.6 % too small",
        ),
        plain=True,
    ),
)

LANDSAT_QUESTIONS = (
    Question(
        "pucallpa_ndvi_mean",
        "What was the mean NDVI in Pucallpa in 2020?",
        (*at("Pucallpa"), dates("2020"), LANDSAT, index("NDVI"), statistic("mean"), DONE),
        Truth("zonal_mean", "", landsat_mean(t.ndvi, 2020)),
        plain=True,
    ),
    Question(
        "pucallpa_ndwi_mean",
        "What was the mean NDWI in Pucallpa in 2000?",
        (*at("Pucallpa"), dates("2000"), LANDSAT, index("NDWI"), statistic("mean"), DONE),
        Truth("zonal_mean", "", landsat_mean(t.ndwi, 2000)),
        plain=True,
    ),
    Question(
        "pucallpa_north_mean",
        "What was the mean NDVI in the north of Pucallpa in 2010?",
        (
            say("find_place", place="Pucallpa"),
            say("part_of_aoi", part="north"),
            *(dates("2010"), LANDSAT, index("NDVI"), statistic("mean"), DONE),
        ),
        Truth(
            "zonal_mean",
            "",
            lambda f: float(np.nanmean(t.ndvi(t.landsat(f, 2010))[t.pucallpa_north(f)])),
        ),
        plain=True,
    ),
    Question(
        "pucallpa_water_area",
        "How many hectares in Pucallpa had MNDWI above 0 in 2010?",
        (*at("Pucallpa"), dates("2010"), LANDSAT, index("MNDWI"), _area("above", "0"), DONE),
        Truth(
            "area_ha",
            "ha",
            lambda f: t.landsat_hectares(f, (t.mndwi(t.landsat(f, 2010)) > 0) & t.pucallpa(f)),
            MEASURED,
        ),
        plain=True,
    ),
    _pucallpa(
        "scenes",
        f"How many Landsat scenes of Pucallpa are there {SPAN}?",
        (say("count_scenes"), DONE),
        Truth("scene_count", "", lambda _: len(t.YEARS)),
    ),
    _pucallpa(
        "change",
        f"How much did NDVI change in Pucallpa {SPAN}?",
        (say("change_over", index="NDVI"), DONE),
        Truth(
            "mean_change",
            "",
            lambda f: float(np.nanmean(t.ndvi_change(f)[t.pucallpa(f)])),
        ),
    ),
    _pucallpa(
        "loss",
        f"How many hectares lost more than 0.2 NDVI in Pucallpa {SPAN}?",
        (*_changed("loss", "0.2"), DONE, report("r5.loss_ha")),
        Truth(
            "loss_ha",
            "ha",
            lambda f: t.landsat_hectares(f, t.changed(f, "loss", Fraction("0.2")) & t.pucallpa(f)),
            MEASURED,
        ),
    ),
    _pucallpa(
        "gain",
        f"How many hectares gained more than 0.3 NDVI in Pucallpa {SPAN}?",
        (*_changed("gain", "0.3"), DONE, report("r5.gain_ha")),
        Truth(
            "gain_ha",
            "ha",
            lambda f: t.landsat_hectares(f, t.changed(f, "gain", Fraction("0.3")) & t.pucallpa(f)),
            MEASURED,
        ),
    ),
    _pucallpa(
        "trend",
        f"What is the trend of the median NDVI in Pucallpa {SPAN}?",
        (
            *(say("index_series", index="NDVI", statistic="median"), say("trend_of")),
            *(DONE, report("r5.slope_per_year")),
        ),
        Truth("slope_per_year", "/a", t.trend),
    ),
    Question(
        "landsat_loss",
        f"How many hectares lost more than 0.2 NDVI in the Landsat scenes {SPAN}?",
        (dates(SPAN), LANDSAT, *_changed("loss", "0.2"), DONE, report("r5.loss_ha")),
        Truth(
            "loss_ha",
            "ha",
            lambda f: t.landsat_hectares(f, t.changed(f, "loss", Fraction("0.2"))),
            MEASURED,
        ),
        plain=True,
    ),
)

PLAIN = (*CHIP_QUESTIONS, *LANDSAT_QUESTIONS)
