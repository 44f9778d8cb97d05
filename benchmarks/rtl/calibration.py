"""A whole calibration: draw, fit, and say what it was learned from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from ...agents.protocol import Model
from ...tools.errors import ToolError, UsageError
from ...tools.rtl.icarus import icarus_version
from ...tools.rtl.slang import slang_version
from ...tools.rtl.yosys import yosys_version
from ...workflows.cascade.tuning import Tuning
from .calibrate import FEWEST, Aim, Controller, calibrate
from .draws import draw_all
from .examples import Example, digest_of

LIBRARIES: Final = ("numpy", "scikit-learn")


async def calibrated(
    examples: Sequence[Example],
    model: Model,
    *,
    aim: Aim,
    samples: int,
    controller: Controller = "auto",
    seed: int = 0,
    kept: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Tuning:
    """Return the cascade's settings, learned from what a model answers to the examples.

    The settings keep `samples`, for a failure rate means little with another number of candidates.
    """
    if len(examples) < FEWEST:
        raise UsageError(f"{len(examples)} examples are too few: give {FEWEST} or more")
    draws = await draw_all(
        examples, model, samples=samples, seed=seed, kept=kept, progress=progress
    )
    fitted = calibrate(draws, aim, base=Tuning(samples=samples), controller=controller, seed=seed)
    provenance: dict[str, Any] = {
        "train_sha256": digest_of(tuple(examples)),
        "examples": len(examples),
        "model": model.name,
        "seed": seed,
        "objective": aim.objective,
        "lambda": aim.weight,
        "cross_validated": fitted.scores,
        "tools": _tools(),
    }
    return fitted.tuning.model_copy(update={"provenance": provenance})


def _tools() -> dict[str, str]:
    """Return the versions of what judged the candidates and of what fitted the rules."""
    found = {library: version(library) for library in LIBRARIES}
    for name, ask in (("icarus", icarus_version), ("slang", slang_version),
                      ("yosys", yosys_version)):  # fmt: skip
        try:
            found[name] = ask()
        except ToolError as error:
            found[name] = str(error)
    found["verilator"] = "found" if shutil.which("verilator") else "missing"
    return found
