"""Numbers as people write them."""

from __future__ import annotations

import math
import re
from typing import Final

from ..errors import RetryableToolError

_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:,\d{3})+|\d*)(?:\.?\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
# A thousand is never written with a leading zero: "0,125" is an eighth.
_DECIMAL_COMMA: Final = re.compile(r"[-+]?(?:\d+,(?:\d{1,2}|\d{4,})|0,\d+)")


def parse_number(text: str, what: str = "value") -> float:
    """Return a number such as "0.3", "0,3", "-5", "1,200" (a thousand), "3e6" or "40 %" (40).

    `what` is what an error calls it.
    """
    plain = text.strip().replace("−", "-").removesuffix("%").strip()
    if _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    number = math.nan
    if plain and _NUMBER.fullmatch(plain):
        try:
            number = float(plain.replace(",", ""))
        except ValueError:
            number = math.nan
    if not math.isfinite(number):
        raise RetryableToolError(
            f"{what} {text!r} is not a number; give one such as 0.3 or 1200", kind="bad_argument"
        )
    return number
