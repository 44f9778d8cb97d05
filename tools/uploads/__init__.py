"""Open files that people send: by their content, within stated bounds, and never by their name.

No GDAL driver is ever chosen by a file: GeoJSON, GeoPackage and KML are read here with bounded
parsers, and of a zip archive only the members that a shapefile needs are handed on, renamed.
"""

from .contents import read_upload
from .shapes import ShapeLayer, Upload

__all__ = ["ShapeLayer", "Upload", "read_upload"]
