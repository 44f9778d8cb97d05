"""Questions for the rarer tools: the choices are recorded, the tools and the figures are real."""

from __future__ import annotations

import numpy as np
from terragate.tests.real_files import truths as t
from terragate.tests.real_files import truths_layers as layers
from terragate.tests.real_files.questions import (
    DONE,
    LANDSAT,
    MEASURED,
    MORE,
    SENTINEL,
    Question,
    Truth,
    around,
    at,
    dates,
    features,
    index,
    report,
    say,
    statistic,
    surface,
)

ALEXANDRIA = "Alexandria, Virginia"
HEIGHT = (*at(ALEXANDRIA), surface("dsm"))
ABOVE_GROUND = (
    *(*HEIGHT, MORE, MORE, surface("dtm"), say("height_difference"), DONE),
    *(MORE, features("buildings")),
)
TWO_DATES = (
    *(*at("Pucallpa"), dates("1990"), LANDSAT),
    *(index("NDVI"), DONE, say("other_dates", dates="2020"), LANDSAT, index("NDVI")),
)
POINT = "49.6117, 6.1319"


def only(name: str) -> tuple[dict[str, str], ...]:
    """Return the choices that leave one country."""
    by_name = say("filter_where", column="name", comparison="equal", value=name)
    return (*at(name), features("countries"), MORE, by_name)


IMAGES = (
    Question(
        "vegetation_lost",
        "How many hectares of Pucallpa with NDVI of at least 0.4 in 1990 were below it in 2020?",
        (
            *(*TWO_DATES, MORE, MORE, MORE),
            *(say("loss_area", comparison="loss", threshold="0.4"), DONE, DONE),
            report("r8.loss_ha"),
        ),
        Truth("loss_ha", "ha", lambda f: t.fell_below(f, 0.4), MEASURED),
    ),
    Question(
        "water_gained",
        "How many hectares of Pucallpa were no water in 1990 but water in 2020, by MNDWI?",
        (
            *at("Pucallpa"),
            *(dates("1990"), LANDSAT, index("MNDWI"), DONE),
            *(say("other_dates", dates="2020"), LANDSAT, index("MNDWI"), MORE, MORE, MORE),
            *(say("cover_change", comparison="gain"), DONE, DONE, report("r8.gain_ha")),
        ),
        Truth("gain_ha", "ha", t.water_gained, MEASURED),
    ),
    Question(
        "compared_years",
        "How much higher was the mean NDVI of Pucallpa in 2020 than in 2000?",
        (
            *(*at("Pucallpa"), dates("2020"), LANDSAT, index("NDVI"), statistic("mean")),
            *(say("other_dates", dates="2000"), LANDSAT, index("NDVI"), statistic("mean")),
            *(say("compare_values", measure="difference"), DONE, report("r10.difference")),
        ),
        Truth("difference", "", t.mean_difference),
    ),
    Question(
        "composite",
        "What is the mean of the median NDVI composite of Pucallpa from 1990 to 2020?",
        (
            *(*at("Pucallpa"), dates("from 1990 to 2020"), LANDSAT, MORE),
            *(say("median_composite", index="NDVI"), DONE, statistic("mean"), DONE),
        ),
        Truth("zonal_mean", "", t.composite_mean),
    ),
    Question(
        "gndvi",
        "What is the mean GNDVI of the Sentinel-2 chip?",
        (SENTINEL, MORE, say("index_of", index="GNDVI"), DONE, statistic("mean"), DONE),
        Truth("zonal_mean", "", lambda f: float(np.nanmean(t.gndvi(t.chip(f))))),
    ),
    Question(
        "fullest_bin",
        "In a histogram of NDVI in Ryde, how many pixels does the fullest bin hold?",
        (
            *(*at("Ryde"), SENTINEL, index("NDVI"), MORE, say("histogram_of"), DONE, DONE),
            report("r5.mode_pixels"),
        ),
        Truth("mode_pixels", "", t.fullest_bin),
    ),
)

TERRAIN = (
    Question(
        "height_percentile",
        f"What is the 90th percentile of the surface height in {ALEXANDRIA}?",
        (*HEIGHT, MORE, say("percentile_of", percentile="90th"), DONE, DONE),
        Truth("percentile_90", "m", lambda f: layers.percentile(f, "dsm", 90)),
    ),
    Question(
        "height_summary",
        f"Summarise the ground height in {ALEXANDRIA}: below which height are three quarters?",
        (
            *(*at(ALEXANDRIA), surface("dtm"), MORE, say("summarise_raster"), DONE, DONE),
            report("r4.raster_p75"),
        ),
        Truth(
            "raster_p75",
            "m",
            lambda f: layers.percentile(f, "dtm", 75),
            5e-4,
            "percentiles of a summary are read from bins at most 0.05 % wide",
        ),
    ),
    Question(
        "ground_slope",
        f"What is the mean slope of the ground in {ALEXANDRIA}?",
        (
            *(*at(ALEXANDRIA), surface("dtm"), MORE, MORE, say("slope_of"), DONE),
            *(statistic("mean"), DONE),
        ),
        Truth("zonal_mean", "deg", layers.mean_slope),
    ),
    Question(
        "tallest_building",
        f"How high above the ground is the tallest building of {ALEXANDRIA}?",
        (
            *(*ABOVE_GROUND, say("zonal_by_feature", statistic="max"), DONE, DONE),
            report("r7.zone_max"),
        ),
        Truth("zone_max", "m", lambda f: float(layers.heights_above_ground(f, "max").max())),
    ),
    Question(
        "building_heights",
        f"How high above the ground are the buildings of {ALEXANDRIA} on average?",
        (
            *(*ABOVE_GROUND, say("zonal_by_feature", statistic="mean"), DONE, DONE),
            report("r7.zone_mean"),
        ),
        Truth("zone_mean", "m", lambda f: float(layers.heights_above_ground(f, "mean").mean())),
    ),
    Question(
        "steeper_polygon",
        "What is the mean slope value of the steeper one of the polygons?",
        (
            *(surface("slope"), MORE, features("polygons")),
            *(say("zonal_by_feature", statistic="mean"), DONE, DONE, report("r5.zone_max")),
        ),
        Truth("zone_max", "", layers.steeper_polygon),
    ),
    Question(
        "sampled_height",
        f"What is the mean surface height at the buildings of {ALEXANDRIA}, one point in each?",
        (
            *(*HEIGHT, MORE, features("buildings"), MORE),
            *(say("sample_points", method="nearest"), DONE, DONE, DONE, report("r5.point_mean")),
        ),
        Truth("point_mean", "m", layers.mean_at_buildings),
    ),
)

VECTORS = (
    Question(
        "countries_near",
        f"How many countries lie within 300 km of {POINT}?",
        (
            *(*around(POINT, "300 km"), features("countries"), MORE),
            *(say("count_touching", column="name"), DONE, DONE, report("r4.touching_count")),
        ),
        Truth("touching_count", "", lambda f: layers.countries_within(f, 6.1319, 49.6117, 3e5)),
    ),
    Question(
        "nearest_city",
        "How far is the nearest city from the buildings?",
        (
            *(features("buildings"), MORE, features("cities"), say("nearest_features")),
            *(DONE, DONE, report("r5.nearest_min_m")),
        ),
        Truth(
            "nearest_min_m",
            "m",
            layers.nearest_city_m,
            MEASURED,
            "the truth looks at points of the walls 10 cm apart",
        ),
    ),
    Question(
        "area_of_austria",
        "What is the area of Austria in square kilometres?",
        (
            *only("Austria"),
            say("measure_area", unit="km2"),
            DONE,
            DONE,
            report("r5.total_area_km2"),
        ),
        Truth("total_area_km2", "km2", lambda f: layers.country_km2(f, "Austria"), MEASURED),
    ),
    Question(
        "border_of_switzerland",
        "How long is the border of Switzerland in kilometres?",
        (
            *(*only("Switzerland"), MORE, MORE, say("measure_length", unit="km")),
            *(DONE, DONE, report("r5.total_length_km")),
        ),
        Truth("total_length_km", "km", lambda f: layers.border_km(f, "Switzerland"), MEASURED),
    ),
    Question(
        "most_cities",
        "How many cities does the country with most of them have?",
        (
            *(features("countries"), MORE, features("cities"), MORE),
            *(say("count_in_polygons"), DONE, DONE, report("r5.join_max")),
        ),
        Truth("join_max", "", layers.most_cities),
    ),
    Question(
        "most_people",
        "How many people live in the 5 countries with most of them?",
        (
            *(features("countries"), MORE),
            *(say("sort_top", order="largest", by="pop_est", count="5"), DONE, DONE),
            report("r4.top_sum"),
        ),
        Truth("top_sum", "", lambda f: layers.people_of_the_largest(f, 5), 0.0, "whole numbers"),
    ),
    Question(
        "high_buildings",
        f"How many buildings of {ALEXANDRIA} are higher than 8 m?",
        (
            *(*at(ALEXANDRIA), DONE, features("buildings"), MORE),
            *(say("filter_where", column="HEIGHT", comparison="above", value="8 m"), DONE, DONE),
        ),
        Truth("kept_count", "", lambda f: layers.buildings_above(f, 8)),
    ),
    Question(
        "footprint",
        f"How many square metres do the buildings of {ALEXANDRIA} cover?",
        (
            *(*at(ALEXANDRIA), features("buildings"), MORE, say("measure_area", unit="m2")),
            *(DONE, DONE, report("r4.total_area_m2")),
        ),
        Truth("total_area_m2", "m2", layers.footprint_m2, MEASURED),
    ),
)

RECORDED = (*IMAGES, *TERRAIN, *VECTORS)
