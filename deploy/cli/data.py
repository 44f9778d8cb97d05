"""`terragate data`: the embedded archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from ...workflows.settings import Settings
from .session import demo_folder

app = typer.Typer(help="Data archives.", no_args_is_help=True)
SEED = 7


@app.callback()
def _group() -> None:
    """Data archives."""


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option(help="Folder to write; must not exist.")] = None,
    force: Annotated[bool, typer.Option(help="Write it again when it is there.")] = False,
) -> None:
    """Write the synthetic demo archive: 12 harbours, 2017 to 2025, deterministic."""
    import shutil

    from ...benchmarks.archive import demo_places, write_archive

    root = out or demo_folder(Settings())
    console = Console(stderr=True)
    if (root / "catalog.json").exists():
        if not force:
            console.print(f"the demo archive is in {root}", markup=False)
            return
        shutil.rmtree(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    with Progress(console=console) as bar:
        places = demo_places()
        task = bar.add_task("writing synthetic places", total=len(places))

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        write_archive(root, places, seed=SEED, progress=progress)
    console.print(f"wrote the synthetic demo archive to {root}", markup=False)
