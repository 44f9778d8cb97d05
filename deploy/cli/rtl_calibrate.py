"""`terragate rtl calibrate`: learn from examples when the cascade goes on, for one model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from ...tools.errors import UsageError

if TYPE_CHECKING:
    from ...agents.protocol import Model

Objective = Literal["pass", "area", "delay"]
Controller = Literal["auto", "thresholds", "learned"]


@dataclass(frozen=True)
class Asked:
    """What the person asked to be learned; see `calibrate` below for what each means."""

    train: Path
    out: Path
    model: str | None = None
    samples: int = 20
    limit: int = 500
    weight: float = 1e-3
    objective: Objective = "pass"
    controller: Controller = "auto"
    seed: int = 0
    record: Path | None = None
    replay: Path | None = None
    console: Console = field(default_factory=lambda: Console(stderr=True))


def calibrate(
    train: Annotated[Path, typer.Option(help="Examples, one JSON object a line (at most 500).")],
    out: Annotated[Path, typer.Option(help="File to write, for `rtl generate --calibration`.")],
    model: Annotated[str | None, typer.Option(help="Model profile or server URL.")] = None,
    samples: Annotated[int, typer.Option("-k", min=1, max=64, help="Candidates a draw.")] = 20,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most examples.")] = 500,
    weight: Annotated[
        float, typer.Option("--lambda", min=0, help="Points that one unit of cost takes.")
    ] = 1e-3,
    objective: Annotated[Objective, typer.Option(help="What costs: tokens, area or delay.")] = (
        "pass"
    ),
    controller: Annotated[
        Controller, typer.Option(help="What decides; auto takes what does better on unseen folds.")
    ] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Seed of sampled answers.")] = 0,
    record: Annotated[Path | None, typer.Option(help="Write the model's answers here.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from a recording.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Learn from examples when the cascade goes on, for one model.

    A calibration that was stopped goes on where it was, beside its output.
    """
    import anyio

    asked = Asked(
        train, out, model, samples, limit, weight, objective, controller, seed, record, replay
    )
    found = anyio.run(_calibrate, asked)
    text = found.model_dump_json(indent=1)
    out.write_text(f"{text}\n", "utf-8")
    if as_json:
        typer.echo(text)
    else:
        _show(found, out)


async def _calibrate(asked: Asked) -> Any:
    try:
        import sklearn as _  # noqa: F401 - before anything is drawn
    except ImportError as error:
        raise UsageError("calibration needs scikit-learn: pip install 'terragate[eval]'") from error
    from ...benchmarks.rtl.calibrate import Aim
    from ...benchmarks.rtl.calibration import calibrated
    from ...benchmarks.rtl.examples import read_examples

    examples = read_examples(asked.train, limit=asked.limit)
    async with _open_model(asked) as model:
        with Progress(console=asked.console, transient=True) as bar:
            task = bar.add_task("drawing", total=len(examples))
            return await calibrated(
                examples,
                model,
                aim=Aim(asked.objective, asked.weight),
                samples=asked.samples,
                controller=asked.controller,
                seed=asked.seed,
                kept=asked.out.with_suffix(".draws.jsonl"),
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )


@asynccontextmanager
async def _open_model(asked: Asked) -> AsyncGenerator[Model]:
    from ...agents.profiles import find_profile
    from ...agents.recording import RecordingModel, ReplayModel
    from ...workflows.settings import Settings
    from .locations import profiles
    from .model_server import open_profile

    if asked.record and asked.replay:
        raise UsageError("--record and --replay exclude each other: choose one")
    if asked.replay:
        yield ReplayModel(asked.replay)
        return
    settings = Settings()
    profile = find_profile(asked.model or settings.model or "nano", profiles())
    async with aclosing(await open_profile(settings, profile, asked.console)) as client:
        yield RecordingModel(client, asked.record) if asked.record else client


def _show(found: Any, out: Path) -> None:
    console = Console()
    shown = Table("way to decide", "points on unseen folds")
    for name, score in found.provenance["cross_validated"].items():
        shown.add_row(name, f"{score:.2f}")
    console.print(shown)
    for operator, above in found.thresholds.items():
        ruled = "learned controller" if operator in found.policies else f"failure rate > {above:g}"
        console.print(Text(f"{operator}: goes on when {ruled}"))
    console.print(Text(f"wrote {out}"), soft_wrap=True)
