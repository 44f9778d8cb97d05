"""Areas of interest from everything people have: boxes, coordinates, drawings and files."""

from .box import BBOX_AOI, bbox_spans
from .drawn import DRAWN_AOI
from .part import PART_OF_AOI
from .point import BUFFER_POINT, POINT_AOI, point_spans
from .upload import FILE_AOI, UPLOADS_FOLDER

__all__ = [
    "BBOX_AOI",
    "BUFFER_POINT",
    "DRAWN_AOI",
    "FILE_AOI",
    "PART_OF_AOI",
    "POINT_AOI",
    "UPLOADS_FOLDER",
    "bbox_spans",
    "point_spans",
]
