"""Geospatial tools: place, time, catalog, raster, vector, presentation."""
