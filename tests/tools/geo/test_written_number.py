import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.written_number import parse_number


@given(
    st.floats(-1e12, 1e12), st.sampled_from(["{:.3f}", "{:,.0f}", "{:e}", " {:.2f} %", "{:+.1f}"])
)
def test_numbers_are_read_as_written(number: float, form: str) -> None:
    text = form.format(number)
    truth = float(text.replace(",", "").replace("%", ""))
    assert parse_number(text.replace("-", "−", 1) if text[0] == "-" else text) == truth


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("0,3", 0.3),
        ("-12,25", -12.25),
        ("0,125", 0.125),
        ("−0,250", -0.25),
        ("1,200", 1200),
        ("1,200,000.5", 1200000.5),
    ],
)
def test_a_comma_before_three_digits_groups_and_else_is_decimal(text: str, truth: float) -> None:
    assert parse_number(text) == truth


@pytest.mark.parametrize(
    "text",
    ["1,2,3", "", "much", "nan", "inf", "1;2", "--1", "1e999", "%", "e5", ".", "0x1", "1 2", "-"],
)
def test_what_is_no_number_is_said(text: str) -> None:
    with pytest.raises(RetryableToolError, match="^threshold .* is not a number") as caught:
        parse_number(text, "threshold")
    assert caught.value.kind == "bad_argument"
