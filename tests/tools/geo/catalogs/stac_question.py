"""What the tests of a STAC API search for: a place on the tiny grid, and a year."""

from datetime import date

from terragate.tests.support.tiny_geo import utm_box
from terragate.tools.geo.catalog import Interval

YEAR = Interval(date(2020, 1, 1), date(2021, 1, 1))
HERE = utm_box((100, 140), (100, 130))
