"""Terragate: agentic workflows for Earth observation and RTL design on open, local models."""

from .tools.geo.gdal_safety import harden_gdal

__version__ = "0.1.0"

# The one setting made at import: GDAL reads it when it is first loaded, and never again.
harden_gdal()
