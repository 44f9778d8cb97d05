"""Zonal statistics against rasterstats, as it is called by default and as it is fastest.

rasterstats runs in a process that nobody hardened, because its default (`boundless=True`) reads
through GDAL's VRT driver, which is off in ours; rounds alternate and start-up is not timed. Without
that option it is faster, and refuses polygons that reach beyond the raster.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from ...tools.errors import InfrastructureError
from ...tools.geo.analysis.zones import Statistic, zone_statistics
from ...tools.geo.gdal_safety import harden_gdal
from .data import CRS
from .timing import Comparison, Elapsed, compare, interleave

GOAL: Final = 3.0
STATISTICS: Final[tuple[Statistic, ...]] = ("count", "min", "max", "mean")
MODES: Final[dict[str, dict[str, Any]]] = {
    "rasterstats": {},
    "rasterstats with boundless=False": {"boundless": False},
}
SCRIPT: Final = Path(__file__).with_name("rasterstats_rounds.py")

Figures = list[dict[str, float | None]]


def zone_query(
    path: Path, shapes: NDArray[np.object_], rounds: int
) -> tuple[Comparison, Comparison]:
    """Compare count, minimum, maximum and mean of every polygon with both ways of rasterstats."""

    def ours() -> dict[Statistic, NDArray[np.float64]]:
        return zone_statistics(path, shapes, STATISTICS)

    with rasterstats(path, shapes) as rival:
        found = ours()
        equal = {mode: _equal(found, rival.figures(mode)) for mode in MODES}
        calls: dict[str, Callable[[], object]] = {"ours": ours}
        calls.update({mode: lambda mode=mode: rival.round(mode) for mode in MODES})
        seconds = interleave(rounds, calls)
    default, inside = (
        compare(
            f"zones: {len(shapes)} polygons, against {mode}",
            seconds["ours"],
            seconds[mode],
            equal=equal[mode],
            goal=GOAL,
        )
        for mode in MODES
    )
    return default, inside


def _equal(ours: dict[Statistic, NDArray[np.float64]], theirs: Figures) -> bool:
    for name in STATISTICS:
        expected = np.array([np.nan if row[name] is None else row[name] for row in theirs])
        # rasterstats adds float32 up as float32: its means are good to about six digits.
        if not np.allclose(ours[name], expected, rtol=1e-5, atol=1e-6, equal_nan=True):
            return False
    return True


@dataclass
class Rival:
    """The process in which rasterstats answers rounds; what it complains of goes to `errors`."""

    process: subprocess.Popen[str]
    errors: IO[str]

    def round(self, mode: str) -> Elapsed:
        """Return how long one call took, measured in that process."""
        return Elapsed(float(self._ask(mode, figures=False)["seconds"]))

    def figures(self, mode: str) -> Figures:
        """Return the statistics of every polygon."""
        return self._ask(mode, figures=True)["figures"]

    def _ask(self, mode: str, *, figures: bool) -> dict[str, Any]:
        self.tell({"options": MODES[mode], "figures": figures})
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise self._ended()
        return json.loads(line)

    def tell(self, document: dict[str, Any]) -> None:
        """Write one line to the process."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(document) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _ended(self) -> InfrastructureError:
        self.process.wait()
        self.errors.seek(0)
        return InfrastructureError(f"rasterstats failed: {self.errors.read()[-2000:]}")


@contextmanager
def rasterstats(
    path: Path, shapes: NDArray[np.object_], command: Sequence[str] = ()
) -> Generator[Rival, None, None]:
    """Start rasterstats on a raster and polygons, in an environment without our hardening."""
    ours: dict[str, str] = {}
    harden_gdal(ours)
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    # -P: the folder of the script holds modules that must not be found by their bare names.
    words = [*(command or (sys.executable, "-P", str(SCRIPT)))]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            words,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        rival = Rival(process, errors)
        plan = {"raster": str(path), "crs": CRS, "statistics": STATISTICS}
        try:
            rival.tell({**plan, "polygons": shapely.to_wkb(shapes, hex=True).tolist()})
            yield rival
        finally:
            process.kill()
            if process.stdin is not None:
                # What a process that is gone did not read cannot be flushed.
                with suppress(BrokenPipeError):
                    process.stdin.close()
