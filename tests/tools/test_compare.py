"""The difference and the ratio of two values of one name."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.point_catalog import PointCatalog
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.compare import COMPARE_VALUES
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.records import Record, Value
from terragate.tools.spec import ToolContext

NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False)


def record(number, *values, start=""):
    outputs = {"interval": {"start": start, "end": "2030-01-01"}} if start else {}
    held = tuple(Value(name=name, value=value, unit="m", about="of it") for name, value in values)
    blank = Record(id=f"r{number}", stage="s", tool="t", args={}, status="ok", summary="")
    return blank.model_copy(update={"outputs": outputs, "values": held})


def compare(tmp_path, measure, *records, name="mean"):
    context = ToolContext(
        ArtifactStore(tmp_path), PointCatalog(), {r.id: r for r in records}, date(2026, 1, 1)
    )
    return COMPARE_VALUES(context, {"measure": measure, "name": name})


def test_of_one_period_the_first_value_is_the_one(tmp_path):
    first, second = record(1, ("mean", 8.0)), record(2, ("mean", 2.0))
    (difference,) = compare(tmp_path, "difference", first, second).values
    (ratio,) = compare(tmp_path, "ratio", first, second).values
    assert (difference.value, difference.unit) == (6.0, "m")
    assert (ratio.value, ratio.unit) == (4.0, "")


@pytest.mark.parametrize("days", [("2020-01-01", "2022-01-01"), ("2022-01-01", "2020-01-01")])
def test_of_two_periods_the_later_is_the_one(tmp_path, days):
    worth = {"2020-01-01": 2.0, "2022-01-01": 5.0}
    records = [record(n, ("mean", worth[day]), start=day) for n, day in enumerate(days)]
    (value,) = compare(tmp_path, "difference", *records).values
    assert value.value == 3.0


def test_a_value_belongs_to_the_last_period_before_it(tmp_path):
    records = (
        record(1, start="2022-01-01"), record(2, ("mean", 5.0)),
        record(3, start="2020-01-01"), record(4, ("mean", 2.0)),
    )  # fmt: skip
    (value,) = compare(tmp_path, "ratio", *records).values
    assert value.value == 2.5


def test_counts_give_a_whole_number(tmp_path):
    (value,) = compare(
        tmp_path, "difference", record(1, ("count", 3)), record(2, ("count", 9)), name="count"
    ).values
    assert (value.value, type(value.value)) == (-6, int)


def test_only_the_two_newest_of_the_name_are_meant(tmp_path):
    records = (
        record(1, ("mean", 100.0)), record(2, ("mean", 7.0), ("other", 1.0)),
        record(3, ("mean", 4.0), ("name", "text")),
    )  # fmt: skip
    (value,) = compare(tmp_path, "difference", *records).values
    assert value.value == 3.0


def test_no_ratio_to_zero(tmp_path):
    with pytest.raises(ToolError, match="the other mean is 0") as raised:
        compare(tmp_path, "ratio", record(1, ("mean", 1.0)), record(2, ("mean", 0)))
    assert raised.value.kind == "bad_data"


@pytest.mark.parametrize("values", [(), (("mean", 1.0),), (("mean", "x"), ("mean", 1.0))])
def test_two_numbers_are_needed(tmp_path, values):
    with pytest.raises(RetryableToolError, match="'mean'; a comparison needs two") as raised:
        compare(tmp_path, "difference", record(1, *values))
    assert raised.value.kind == "precondition"


@given(NUMBERS, NUMBERS)
def test_what_is_compared_is_said(tmp_path_factory, one, other):
    result = compare(
        tmp_path_factory.getbasetemp(), "difference", record(1, ("mean", one), ("mean", other))
    )
    assert result.values[0].value == one - other
    assert f"{one:.6g} against {other:.6g}" in result.values[0].about
    assert len(result.summary) <= 80
