"""How much memory the summary of a large scene takes: 20 000 x 20 000 pixels of six bands.

The scene is written once; a fresh process summarises it and reports its own peak.

    python -m terragate.benchmarks.perf.memory --json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import psutil

from ...tools.errors import InfrastructureError
from ...tools.geo.analysis.summarise import summarise_scene
from .data import default_folder, scene
from .timing import git_sha, machine, versions

LIMIT_MIB: Final = 1536
BANDS: Final = 6
SIDE: Final = 20_000
QUICK_SIDE: Final = 1500
GRAIN: Final = 16
TIMEOUT_S: Final = 3600


def peak_memory_bytes() -> int:
    """Return the most memory this process has had in use since it was started."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage, whose peak on Linux counts the parent's memory from before the exec.
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        info: Any = psutil.Process().memory_info()
        return int(info.peak_wset)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024


def measure(path: Path) -> dict[str, Any]:
    """Return the peak memory of a fresh process that summarises the scene, and what it found."""
    command = [sys.executable, "-m", "terragate.benchmarks.perf.memory", "--child", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode:
        raise InfrastructureError(f"the summary failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _child(path: Path) -> str:
    before = peak_memory_bytes()
    summaries = [asdict(summary) for summary in summarise_scene(path)]
    return json.dumps(
        {"peak_bytes": peak_memory_bytes(), "start_bytes": before, "summaries": summaries}
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the peak; exit status 1 when it is above the limit."""
    parser = argparse.ArgumentParser(description="Peak memory of the summary of a large scene.")
    parser.add_argument("--json", action="store_true", help="print the JSON")
    parser.add_argument("--out", type=Path, help="write the JSON to a file")
    parser.add_argument("--quick", action="store_true", help="a small scene, to see that it works")
    parser.add_argument("--data", type=Path, default=default_folder(), help="folder of the data")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child is not None:
        sys.stdout.write(_child(args.child))
        return 0
    side = QUICK_SIDE if args.quick else SIDE
    found = measure(scene(args.data, side, BANDS, GRAIN))
    peak = found["peak_bytes"] / 2**20
    report = {
        "schema": 1,
        "git": git_sha(),
        "machine": machine(),
        "versions": versions(),
        "side": side,
        "bands": BANDS,
        "peak_mib": round(peak, 1),
        "limit_mib": LIMIT_MIB,
        "within": peak <= LIMIT_MIB,
        **found,
    }
    text = json.dumps(report, indent=1)
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    said = f"{side} x {side} pixels, {BANDS} bands: peak {peak:.0f} MiB (limit {LIMIT_MIB} MiB)"
    sys.stdout.write((text if args.json else said) + "\n")
    return 0 if peak <= LIMIT_MIB else 1


if __name__ == "__main__":
    raise SystemExit(main())
