"""What stands beside a thing that was looked at, and was not looked at, is owned up to."""

from __future__ import annotations

from datetime import date

import pytest
from terragate.tests.support.point_catalog import PointCatalog
from terragate.tools.records import Record
from terragate.workflows.answer import compose_answer
from terragate.workflows.domain import AnswerParts
from terragate.workflows.report import BoundValue
from terragate.workflows.request import Request
from terragate.workflows.unsaid import unsaid


def looked_at(**args: str) -> Record:
    return Record(id="r1", stage="s", tool="load_features", args=args, status="ok", summary="")


def left_out(text: str, **args: str) -> tuple[str, ...]:
    request = Request(text=text, today=date(2025, 1, 1))
    return unsaid(request, (looked_at(**args),), PointCatalog())


@pytest.mark.parametrize(
    ("text", "args", "left"),
    [
        ("How many ships and aircraft are in Porto?", {"category": "ships"}, ("aircraft",)),
        ("How many ships and how many trucks?", {"category": "trucks"}, ("ships",)),
        ("Are there more ferries in Porto or in Oslo?", {"place": "Porto"}, ("Oslo",)),
        ("Ships of Bergen, Oslo", {"place": "Oslo"}, ()),
        ("Compare the NDVI of Porto in 2019 and 2023", {"dates": "2019"}, ("2023",)),
        ("More yachts than ferries?", {"category": "yachts"}, ("ferries",)),
    ],
)
def test_what_stands_beside_it_is_left_out(
    text: str, args: dict[str, str], left: tuple[str, ...]
) -> None:
    assert left_out(text, **args) == left


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("How many ships and aircraft?", {"category": "ships", "other": "aircraft"}),
        ("Count the trailers of Porto for the forest service", {"category": "trailers"}),
        ("I am at the court, how many ships are in Oslo?", {"category": "ships"}),
        ("How many ships?", {}),
    ],
)
def test_what_was_looked_at_or_is_a_story_is_not(text: str, args: dict[str, str]) -> None:
    assert left_out(text, **args) == ()


def test_an_answer_owns_up_to_it() -> None:
    request = Request(text="ships and aircraft?", today=date(2025, 1, 1))
    value = BoundValue(name="feature_count", value=7, unit="", about="", record="r1")
    parts = AnswerParts(
        "answered", request, (looked_at(),), (value,), None, (), unsaid=("aircraft",)
    )
    assert "Not looked at: aircraft." in compose_answer(parts)
