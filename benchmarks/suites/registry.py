"""Which suites there are: a tuple to read."""

from __future__ import annotations

from typing import Final

from ...tools.errors import UsageError
from .geo import DrawnGeo, GeoSuite
from .geo_files import GeoFiles
from .rtl_suites import RTL_SUITES
from .suite import Suite
from .verithoughts import VeriThoughts

# What was tuned on the first draw is checked on the second, whose failures nobody has read.
REDRAWN: Final = DrawnGeo("geo-redrawn", "as geo-drawn, with other questions", draw=1201)
SUITES: Final[tuple[Suite, ...]] = (
    *RTL_SUITES, VeriThoughts(), GeoSuite(), DrawnGeo(), REDRAWN, GeoFiles(),
)  # fmt: skip


def find_suite(name: str) -> Suite:
    """Return a suite; UsageError names the ones there are."""
    for suite in SUITES:
        if suite.name == name:
            return suite
    known = ", ".join(suite.name for suite in SUITES)
    raise UsageError(f"no suite {name!r}: choose one of {known}")
