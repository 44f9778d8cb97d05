"""Presentation: choropleths, before and after, time series, histograms, tables for spreadsheets."""

from .choropleth import CHOROPLETH_MAP
from .histogram import CHART_HISTOGRAM
from .series import CHART_SERIES
from .swipe import SWIPE_MAP
from .table import TABLE_CSV

__all__ = ["CHART_HISTOGRAM", "CHART_SERIES", "CHOROPLETH_MAP", "SWIPE_MAP", "TABLE_CSV"]
