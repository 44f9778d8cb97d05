import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.distance import parse_distance_m


@pytest.mark.parametrize(
    ("phrase", "metres"),
    [
        ("5 km", 5000),
        ("500m", 500),
        ("10 kilometres", 10_000),
        ("3 miles", 4828.032),
        ("2.5 km", 2500),
        ("2,5 km", 2500),
        ("1,500 m", 1500),
        ("two nautical miles", 3704),
        ("a mile", 1609.344),
    ],
)
def test_a_distance_is_read_in_metres(phrase: str, metres: float):
    assert parse_distance_m(phrase) == pytest.approx(metres)


@pytest.mark.parametrize("phrase", ["", "far", "0 km", "-5 km", "5", "2000 km", "1.2.3 km", "I am"])
def test_what_is_no_distance_is_refused(phrase: str):
    with pytest.raises(RetryableToolError) as caught:
        parse_distance_m(phrase)
    assert "5 km" in caught.value.candidates


@given(st.integers(1, 1000))
def test_a_kilometre_is_a_thousand_metres(count: int):
    assert parse_distance_m(f"{count} km") == parse_distance_m(f"{count * 1000} m")
