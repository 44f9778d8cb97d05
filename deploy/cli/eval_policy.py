"""`terragate eval policy`: calibrate the workflow `auto` by finished runs of its families."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...tools.errors import UsageError


def policy(
    runs: Annotated[list[Path], typer.Argument(help="Runs of its families.", show_default=False)],
    data: Annotated[
        Path, typer.Option(help="Archive that the questions are about.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("policy.json"),
) -> None:
    """Fit what 'ask --workflow auto' goes by; the runs are of the suite 'geo-drawn'."""
    from rich.console import Console

    from ...benchmarks.suites.auto_policy import calibrated
    from ...benchmarks.suites.geo import DrawnGeo
    from ...benchmarks.suites.rows import read_result

    found = calibrated([read_result(run) for run in runs], DrawnGeo().load(data))
    text = json.dumps(found.model_dump(mode="json"), indent=1) + "\n"
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {str(out)!r} ({error.strerror}): choose --out") from error
    console = Console()
    for model, about in found.provenance.items():
        said = ", ".join(f"{name} {rate:.1%}" for name, rate in about["families"].items())
        console.print(
            f"{model}: {said} of {about['questions']} questions; choosing {about['auto']:.1%} on "
            f"unseen ones, so the policy goes by {about['rule']}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    console.print(f"policy {out.absolute()}", markup=False, soft_wrap=True)
