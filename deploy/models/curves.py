"""Draw a training run's curves: loss and each domain's held-out share against tokens.

python -m terragate.deploy.models.curves --run DIR [--out curves.png]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib.figure import Figure

from ...tools.errors import UsageError


def read_curve(run: Path) -> list[dict[str, Any]]:
    """Return the looks a run took at itself, oldest first; UsageError when it took none."""
    path = run / "curve.jsonl"
    if not path.is_file():
        raise UsageError(f"{str(run)!r} holds no curve.jsonl: it is no folder of a training run")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def draw(curve: list[dict[str, Any]], out: Path) -> None:
    """Write the picture: loss on the left axis, whole answers right on the right one."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    loss = figure.subplots()
    tokens = [row["tokens"] / 1e6 for row in curve]
    loss.plot(tokens, [row["loss"] for row in curve], color="0.6", label="training loss (nats)")
    loss.set_xlabel("tokens (millions)")
    loss.set_ylabel("training loss (nats)")
    loss.set_ylim(bottom=0)
    right = loss.twinx()
    for domain in sorted({name for row in curve for name in row["validation"]}):
        seen = [(t, row["validation"].get(domain)) for t, row in zip(tokens, curve, strict=True)]
        right.plot(*zip(*[p for p in seen if p[1] is not None], strict=True), label=domain)
    right.set_ylabel("held-out answers right, without a schema")
    right.set_ylim(0, 1)
    right.legend(loc="lower right")
    figure.savefig(out, dpi=150)


def main() -> None:
    """Draw a run's curves from the command line."""
    parser = argparse.ArgumentParser(description="Draw a training run's curves.")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    draw(read_curve(options.run), options.out or options.run / "curves.png")


if __name__ == "__main__":
    main()
