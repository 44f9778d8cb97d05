"""`terragate data`: the embedded archive, folders of data, and downloads taken in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...tools.errors import UsageError
from . import folder_data, ingest

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(help="Data archives.", no_args_is_help=True)
SEED = 7


app.command("describe")(folder_data.describe)
app.command("ingest")(ingest.ingest)


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option(help="Folder to write; must be empty.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write it anew when it is there.")] = False,
) -> None:
    """Write the synthetic demo archive: 12 harbours, 2017 to 2025, deterministic."""
    from rich.console import Console

    from ...workflows.settings import Settings
    from .locations import demo_folder

    root = out or demo_folder(Settings())
    console = Console(stderr=True)
    if (root / "catalog.json").exists() and not force:
        console.print(f"the demo archive is in {root}", markup=False, soft_wrap=True)
        return
    if force:
        _remove(root)
    _write(root, console)
    console.print(f"wrote the synthetic demo archive to {root}", markup=False, soft_wrap=True)


def _write(root: Path, console: Console) -> None:
    from rich.progress import Progress

    from ...benchmarks.archive import demo_places, write_archive

    root.parent.mkdir(parents=True, exist_ok=True)
    with Progress(console=console) as bar:
        places = demo_places()
        task = bar.add_task("writing synthetic places", total=len(places))

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        write_archive(root, places, seed=SEED, progress=progress)


def _remove(root: Path) -> None:
    """Remove an archive that we wrote; real data is never removed."""
    path = root / "catalog.json"
    if not path.exists():
        return
    try:
        ours = "synthetic" in json.loads(path.read_text("utf-8"))["description"].lower()
    except (ValueError, KeyError, AttributeError):
        ours = False
    if not ours:
        raise UsageError(f"{str(root)!r} does not say it is synthetic: remove it yourself")
    shutil.rmtree(root)
