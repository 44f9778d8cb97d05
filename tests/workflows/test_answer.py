"""What an answer says of place and time: of the data the value rests on, and of no other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import shapely
from terragate.tests.support.tiny_geo import aoi_payload, scenes_payload
from terragate.tools.records import Record, Value
from terragate.workflows.answer import compose_answer
from terragate.workflows.domain import AnswerParts
from terragate.workflows.report import BoundValue
from terragate.workflows.request import Request

HERE = shapely.box(4, 51, 5, 52)
HEIGHTS = {"index": "elevation", "unit": "m", "collection": "dem", "date": ""}
NDVI = {"index": "NDVI", "unit": "", "collection": "sentinel-2", "date": "2020-06-01"}


def made(name: str, tool: str, args: dict[str, str], status: str = "ok", **fields: Any) -> Record:
    values = tuple(
        Value(name=key, value=number, unit="", about=f"the {key}")
        for key, number in fields.pop("values", {}).items()
    )
    return Record(
        id=name, stage="s", tool=tool, args=args, status=status, summary="", outputs=fields,
        values=values,
    )  # fmt: skip


def place(name: str, called: str) -> Record:
    return made(name, "find_place", {"place": called}, aoi=aoi_payload(HERE, called))


def period(name: str, start: str, end: str) -> Record:
    days = {"start": start, "end": end}
    return made(name, "find_dates", {"dates": "then"}, interval=days)


def scenes(name: str, interval: str, aoi: str = "r1") -> Record:
    args = {"collection": "sentinel-2", "aoi": aoi, "interval": interval}
    return made(name, "search_scenes", args, scenes=scenes_payload([]))


def answered(*records: Record, said: str = "") -> str:
    """Return the answer of an answered run; `said` is the value that it reports."""
    record, _, name = said.partition(".")
    values = tuple(
        BoundValue(name=v.name, value=v.value, unit=v.unit, about=v.about, record=r.id)
        for r in records
        for v in r.values
        if said and (r.id, v.name) == (record, name)
    )
    request = Request(text="?", today=date(2025, 1, 1))
    return compose_answer(AnswerParts("answered", request, records, values, None, ()))


def test_a_surface_has_no_period() -> None:
    told = answered(
        place("r1", "Delft"),
        period("r2", "2019-01-01", "2020-01-01"),
        made("r3", "open_surface", {"collection": "dem", "aoi": "r1"}, raster=HEIGHTS),
        made("r4", "zonal_stats", {"raster": "r3", "aoi": "r1"}, values={"mean": 12.5}),
        said="r4.mean",
    )
    assert told == "The mean: 12.5, in Delft, Testland."


def test_scenes_and_what_is_computed_of_them_have_theirs() -> None:
    records = (
        place("r1", "Delft"),
        period("r2", "2019-01-01", "2020-01-01"),
        scenes("r3", "r2"),
        made("r4", "spectral_index", {"scenes": "r3", "aoi": "r1"}, raster=NDVI),
        made("r5", "zonal_stats", {"raster": "r4", "aoi": "r1"}, values={"mean": 0.25}),
    )
    told = answered(*records, said="r5.mean")
    assert told.startswith("The mean: 0.25, in Delft, Testland from 2019-01-01 to 2019-12-31.")
    found = answered(*records[:4])
    assert found.startswith(
        "Found NDVI of sentinel-2 on 2020-06-01, in Delft, Testland from 2019-01-01 to 2019-12-31."
    )


def test_a_surface_that_is_only_loaded_has_no_period() -> None:
    told = answered(
        place("r1", "Delft"),
        period("r2", "2019-01-01", "2020-01-01"),
        made("r3", "open_surface", {"collection": "dem", "aoi": "r1"}, raster=HEIGHTS),
    )
    assert told == "Found elevation of dem, in Delft, Testland."


def test_a_change_names_both_its_days() -> None:
    change = {**NDVI, "index": "NDVI change", "date": "1990-07-01/2020-07-01"}
    told = answered(
        place("r1", "Delft"), made("r2", "change_between", {"aoi": "r1"}, raster=change)
    )
    assert told == (
        "Found NDVI change of sentinel-2 on 1990-07-01 to 2020-07-01, in Delft, Testland."
    )


def test_the_period_is_that_of_the_value_and_not_the_newest() -> None:
    told = answered(
        place("r1", "Delft"),
        period("r2", "2019-01-01", "2020-01-01"),
        scenes("r3", "r2"),
        made("r4", "count_scenes", {"scenes": "r3"}, values={"scene_count": 3}),
        period("r5", "2021-01-01", "2022-01-01"),
        said="r4.scene_count",
    )
    assert "from 2019-01-01 to 2019-12-31" in told
    assert "2021" not in told


@pytest.mark.parametrize("other", ["period", "place"])
def test_a_comparison_names_both_sides(other: str) -> None:
    aoi, interval = ("r1", "r5") if other == "period" else ("r5", "r2")
    fifth = period("r5", "2021-01-01", "2022-01-01") if other == "period" else place("r5", "Gouda")
    told = answered(
        place("r1", "Delft"),
        period("r2", "2019-01-01", "2020-01-01"),
        scenes("r3", "r2"),
        made("r4", "count_scenes", {"scenes": "r3"}, values={"scene_count": 3}),
        fifth,
        scenes("r6", interval, aoi),
        made("r7", "count_scenes", {"scenes": "r6"}, values={"scene_count": 5}),
        made("r8", "compare_values", {"measure": "difference", "name": "scene_count"},
             values={"difference": 2}),
        said="r8.difference",
    )  # fmt: skip
    where = "in Delft, Testland" + (" and in Gouda, Testland" if other == "place" else "")
    when = "from 2019-01-01 to 2019-12-31"
    when += " and from 2021-01-01 to 2021-12-31" if other == "period" else ""
    assert told.startswith(f"The difference: 2, {where} {when}.")


def test_what_is_not_there_is_called_what_it_is() -> None:
    here, then = place("r1", "Delft"), period("r2", "2019-01-01", "2020-01-01")
    layer = made("r3", "open_features", {"collection": "rivers", "aoi": "r1"}, status="empty")
    assert answered(here, then, layer) == (
        "Nothing there: no feature in Delft, Testland in rivers."
    )
    search = {"collection": "sentinel-2", "aoi": "r1", "interval": "r2"}
    none = made("r3", "search_scenes", search, status="empty")
    assert answered(here, then, none) == (
        "Nothing there: no scene in Delft, Testland from 2019-01-01 to 2019-12-31 in sentinel-2."
    )


@pytest.mark.parametrize(
    ("question", "warning"),
    [
        ("How many hectares of forest are in Porto?", "asks for an area"),
        ("How many km² of forest are in Porto?", "asks for an area"),
        ("Did the forest of Porto shrink since 2020?", "asks for a change"),
        ("How many ships are in Porto each year from 2018 to 2022?", "a figure of each"),
        ("How many patches of forest are in Porto?", ""),
        ("How many more are in Porto than in Oslo?", ""),
        ("How many ships passed Havana?", ""),
    ],
)
def test_a_count_that_was_not_asked_for_is_said_to_be_one(question: str, warning: str) -> None:
    counted = made("r1", "count_features", {}, values={"feature_count": 7})
    value = BoundValue(name="feature_count", value=7, unit="", about="", record="r1")
    request = Request(text=question, today=date(2025, 1, 1))
    said = compose_answer(AnswerParts("answered", request, (counted,), (value,), None, ()))
    assert ("The question asks" in said) == bool(warning)
    assert warning in said
