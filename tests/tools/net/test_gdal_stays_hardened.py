"""No tool of ours switches a GDAL driver back on that the hardening switched off."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import terragate
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.geo.gdal_safety import harden_gdal

WORK = """
import sys
from pathlib import Path
import numpy as np, pyproj, rasterio, shapely
from affine import Affine
from terragate.tests.support.raster_runs import UTM_GRID, raster_record, run_of
from terragate.tools.geo.analysis.blocks import raster_path
from terragate.tools.geo.analysis.terrain import HEIGHT_DIFFERENCE, SLOPE_OF
from terragate.tools.geo.analysis.zones import zone_statistics
from terragate.tools.geo.gdal_safety import gdal_is_hardened, live_dangerous_drivers
from terragate.tools.geo.raster import clip_grid, read_band
folder = Path(sys.argv[1])
heights = np.add.outer(np.arange(40.0), np.arange(40.0))
coarse = Affine(40, 0, UTM_GRID.c, 0, -40, UTM_GRID.f)
lonlat = pyproj.Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
west, north = lonlat.transform(UTM_GRID.c, UTM_GRID.f)
degrees = {"crs": "EPSG:4326", "transform": Affine(1e-4, 0, west, 0, -1e-4, north)}
meta = {"index": "surface", "unit": "m"}
records = [
    raster_record(folder, "top", heights, meta),
    raster_record(folder, "coarse", heights, meta | {"index": "terrain"}, transform=coarse),
    raster_record(folder, "degrees", heights, meta | {"index": "terrain"}, **degrees),
]
run = run_of(folder, *records)
for base in ("coarse", "degrees"):
    result = HEIGHT_DIFFERENCE(run, {"raster": "top", "before": base})
    assert "was resampled" in result.notes[1], result.notes
SLOPE_OF(run, {"raster": "top"})
box = shapely.box(UTM_GRID.c, UTM_GRID.f - 200, UTM_GRID.c + 200, UTM_GRID.f)
top, _, degrees = (raster_path(run, record.outputs["raster"]) for record in records)
zone_statistics(top, np.array([box], dtype=object), ("mean", "median", "majority"))
area = shapely.box(west, north - 1e-3, west + 1e-3, north)
read_band(degrees, 1, clip_grid(top, area))
try:
    rasterio.open(folder / "local.vrt").read()
    print("opened")
except rasterio.errors.RasterioIOError:
    print("refused", gdal_is_hardened(), live_dangerous_drivers())
"""


def test_work_on_rasters_switches_no_driver_back_on(tmp_path: Path) -> None:
    plain = write_tif(tmp_path / "plain.tif", np.full((1, 4, 4), 77, "uint8"))
    (tmp_path / "local.vrt").write_text(
        "<VRTDataset rasterXSize='4' rasterYSize='4'><VRTRasterBand dataType='Byte' band='1'>"
        f"<SimpleSource><SourceFilename>{plain}</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    made: dict[str, str] = {}
    harden_gdal(made)
    ended = subprocess.run(
        [sys.executable, "-c", WORK, str(tmp_path)],
        env={name: value for name, value in os.environ.items() if name not in made},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stdout.strip() == "refused True ()", ended.stderr


def test_nothing_of_ours_warps_through_the_vrt_driver() -> None:
    # A WarpedVRT registers the driver anew, and from then on any .vrt opens in the whole process.
    root = Path(terragate.__file__).parent
    rooms = ("agents", "benchmarks", "deploy", "tools", "verifiers", "workflows")
    sources = [path for room in rooms for path in (root / room).rglob("*.py")]
    assert len(sources) > 100
    assert [path.name for path in sources if "WarpedVRT" in path.read_text("utf-8")] == []
