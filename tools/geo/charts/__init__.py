"""Presentation: choropleths, before and after, time series, histograms, tables for spreadsheets."""
