"""Run the worker with an interpreter that has its own packages, but not this distribution.

The package is known there by this file's place alone, and only modules that need nothing but the
standard library and pydantic may be imported from it.

    PYTHON -P .../deploy/models/quantize/launch.py < job.json
"""

from __future__ import annotations

import runpy
import sys
import types
from pathlib import Path


def main() -> None:
    """Name the package without running its own `__init__`, whose imports are not there."""
    package = types.ModuleType("terragate")
    package.__path__ = [str(Path(__file__).resolve().parents[3])]
    sys.modules["terragate"] = package
    runpy.run_module("terragate.deploy.models.quantize.worker", run_name="__main__")


if __name__ == "__main__":
    main()
