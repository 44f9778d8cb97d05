"""One text with several questions: each is asked whole, and what is one question stays one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.point_catalog import PointCatalog
from terragate.workflows.several import several_questions

TODAY = date(2026, 1, 1)


def asked(text: str) -> tuple[str, ...]:
    return several_questions(text, PointCatalog(), TODAY)


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        (
            "How many ships are in the port of Rotterdam in June 2024, and did the wetland north "
            "of it shrink since 2020?",
            (
                "How many ships are in the port of Rotterdam in June 2024?",
                "Did the wetland north of Rotterdam shrink since 2020?",
            ),
        ),
        (
            "Count the tugboats in Oslo in 2023; what was the mean NDVI there?",
            ("Count the tugboats in Oslo in 2023.", "What was the mean NDVI in Oslo in 2023?"),
        ),
        (
            "Please tell me how many ferries are near Bergen and show the forest of 2022.",
            (
                "Please tell me how many ferries are near Bergen.",
                "Show the forest of 2022 near Bergen.",
            ),
        ),
        (
            "What is the NDWI of Porto in 2020? How many yachts are in Oslo? And how many scenes?",
            (
                "What is the NDWI of Porto in 2020?",
                "How many yachts are in Oslo in 2020?",
                "How many scenes in Oslo in 2020?",
            ),
        ),
    ],
)
def test_every_question_is_whole(text: str, questions: tuple[str, ...]) -> None:
    assert asked(text) == questions


@pytest.mark.parametrize(
    "text",
    [
        "How many ships are in Porto in 2023? Show them on a map.",
        "Map the ships of Porto and tell me how many there are",
        "How many more ferries than yachts are in Bergen, and which has the most?",
        "How many ships and how many aircraft are in Porto?",
        "Show the forest around Porto on a map and export it as GeoJSON",
        "We count yachts. What is the count for Odesa in 2017?",
        "Are more tippers in Ottawa in 2025 than in 2023? How many times?",
        "Within 2 km of Brisbane, what is the minimum NDVI in 2017?",
        "ships?",
        "",
    ],
)
def test_one_question_stays_as_it_is(text: str) -> None:
    assert asked(text) == (text,)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ("How many ships are in Oslo", "and", "what is the NDVI there", "? ", ", ", "; ", ". ",
             "show", "in 2020", "it", "of it", "did the forest shrink", "\\", "\\1", "{}")
        ),
        max_size=8,
    ).map(" ".join)
)  # fmt: skip
def test_any_text_is_some_question(text: str) -> None:
    found = asked(text)
    assert found == (text,) or all(question[-1] in ".?" for question in found)
