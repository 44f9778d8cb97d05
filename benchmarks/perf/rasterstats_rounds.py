"""Rounds of rasterstats in a process that imports nothing of ours, timed inside it.

Our package switches off GDAL drivers that rasterstats' default needs, so this file is run as a
script, by its path. It reads one JSON document a line: first what to compute, then one for each
round, and answers each round with its seconds and, where asked, the figures.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from rasterstats import zonal_stats


def main() -> int:
    """Answer rounds until the input ends."""
    plan: dict[str, Any] = json.loads(sys.stdin.readline())
    shapes = shapely.from_wkb(np.array(plan["polygons"]))
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=plan["crs"])
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        started = time.perf_counter()
        found = zonal_stats(frame, plan["raster"], stats=plan["statistics"], **asked["options"])
        answer: dict[str, Any] = {"seconds": time.perf_counter() - started}
        if asked["figures"]:
            answer["figures"] = found
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
