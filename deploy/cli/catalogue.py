"""`terragate models show|fetch|verify`: the catalogue, and the model folders on this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ..models.catalogue import Entry
    from ..models.fetch import Wanted
    from ..models.verify import Manifest

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Name = Annotated[str, typer.Argument(help="Name of the catalogue.", show_default=False)]


def models_folder() -> Path:
    """Return where fetched models lie, each in a folder of its name."""
    from ...workflows.settings import Settings

    return Settings().home / "models"


def show(name: Name, as_json: AsJson = False) -> None:
    """Show what the catalogue says of a model, and the memory that it needs."""
    from rich.console import Console
    from rich.table import Column, Table

    from ..models.catalogue import find_entry

    entry = find_entry(name)
    found = described(entry)
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    table = Table("what", Column("found", overflow="fold"))
    for key, value in found.items():
        parts = value.items() if isinstance(value, dict) else ()
        shown = ", ".join(f"{part} {number}" for part, number in parts)
        table.add_row(key, shown or str(value or "-"))
    Console().print(table)


def fetch(
    name: Name,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit instead of the catalogue's.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a model from the hub: safetensors only, hashes checked; a killed fetch goes on."""
    from rich.console import Console

    from ...tools.errors import UsageError
    from ..models.catalogue import find_entry
    from ..models.fetch import Wanted

    entry = find_entry(name)
    if entry.repository is None:
        raise UsageError(f"the weights of {name!r} are in the package: there is nothing to fetch")
    if entry.pickle_only:
        raise UsageError(
            f"{entry.repository!r} holds pickles only, which are never fetched, for they run "
            "code: choose another model, or convert it to safetensors yourself"
        )
    # Digests belong to the commit that the catalogue names.
    known = entry.sha256 if revision in (None, entry.revision) else {}
    wanted = Wanted(name, entry.repository, revision or entry.revision, known)
    folder = to or models_folder() / name
    manifest = _fetch(wanted, folder, Console(stderr=True))
    if as_json:
        sys.stdout.write(json.dumps({"folder": str(folder), **manifest.model_dump()}) + "\n")
        return
    Console().print(
        f"{name}: {manifest.repository} at {manifest.commit} is in {folder}",
        markup=False,
        soft_wrap=True,
    )


def verify(
    model: Annotated[
        str, typer.Argument(help="Name of the catalogue, or a folder.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Check a model folder: hashes, whole safetensors, no pickles, no code of its own."""
    from rich.console import Console

    from ..models.catalogue import catalogue
    from ..models.verify import problems

    entries = {entry.name: entry for entry in catalogue()}
    known = entries.get(model)
    folder = Path(model) if known is None else known.place(models_folder())
    found = problems(folder)
    if as_json:
        sys.stdout.write(json.dumps({"folder": str(folder), "problems": found}) + "\n")
    else:
        console = Console()
        for problem in found or (f"{folder} is whole and may be loaded",):
            console.print(problem, markup=False, soft_wrap=True)
    raise typer.Exit(1 if found else 0)


def table() -> Table:
    """Return the catalogue as a table; memory is that of the weights alone."""
    from rich.table import Column, Table

    from ..models.catalogue import catalogue

    models = models_folder()
    name = Column("model", no_wrap=True)
    made = Table(name, "for", "GB bf16/w8a8/w4a16", "licence", "here", "about")
    for entry in catalogue():
        shape = entry.checkpoint().shape
        sizes = "/".join(f"{shape.weight_bytes(s) / 1e9:.2g}" for s in ("bf16", "w8a8", "w4a16"))
        made.add_row(
            entry.name,
            entry.domain,
            sizes,
            entry.licence or "not known",
            "yes" if (entry.place(models) / "config.json").is_file() else "no",
            entry.about,
        )
    return made


def described(entry: Entry) -> dict[str, Any]:
    """Return what is known of a model as plain values; memory is in GB (1e9 bytes)."""
    from ..models.shape import SCHEMES

    point = entry.checkpoint()
    folder = entry.place(models_folder())
    return {
        "name": entry.name,
        "about": entry.about,
        "repository": entry.repository or "in the package",
        "revision": entry.revision if entry.pinned else f"{entry.revision} (not pinned)",
        "licence": entry.licence or "not known",
        "gated": entry.gated,
        "weights": "pickles only: cannot be fetched" if entry.pickle_only else "safetensors",
        "domain": entry.domain,
        "context": point.context,
        "architecture": point.shape.architecture,
        "parameters": point.shape.parameters,
        "tool_call_parser": entry.tool_call_parser or "not known",
        "weights_gb": {s: round(point.shape.weight_bytes(s) / 1e9, 3) for s in SCHEMES},
        "cache_gb_of_full_context": round(point.shape.cache_bytes(point.context) / 1e9, 3),
        "sha256": entry.sha256,
        "folder": str(folder) if (folder / "config.json").is_file() else "not fetched",
        "source": entry.source,
    }


def _fetch(wanted: Wanted, folder: Path, console: Console) -> Manifest:
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from ..models.fetch import Progress as At
    from ..models.fetch import fetch as run

    columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TextColumn("{task.fields[file]}"), console=console) as bar:
        task = bar.add_task(f"fetching {wanted.name}", total=None, file="")

        def progress(at: At) -> None:
            bar.update(task, completed=at.done, total=at.total, file=at.file)

        return run(wanted, folder, progress=progress)
