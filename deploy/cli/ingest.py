"""`terragate data ingest`: a published data set, as it was downloaded, into tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def ingest(
    dataset: Annotated[str, typer.Argument(help="xview1, fair1m or bigearthnet.")],
    path: Annotated[Path, typer.Argument(help="Folder of the download.")],
    out: Annotated[Path, typer.Option(help="Folder to write the tables to.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Turn a downloaded data set into the tables that questions are asked of."""
    from ..ingest import ingest as take_in

    report = take_in(dataset, path, out)
    if as_json:
        sys.stdout.write(report.model_dump_json() + "\n")
        return
    console = Console()
    for problem in report.problems:
        console.print(f"skipped {problem.file}: {problem.reason}", markup=False, soft_wrap=True)
    for name, count in report.classes.items():
        console.print(f"{count:>9}  {name}", markup=False, highlight=False, soft_wrap=True)
    resumed = f", {report.resumed_chunks} chunks resumed" if report.resumed_chunks else ""
    console.print(
        f"{report.rows} rows of {report.images} images, {report.skipped} skipped{resumed}",
        markup=False,
        soft_wrap=True,
    )
    console.print(report.about, markup=False, soft_wrap=True)
    for file in report.files:
        console.print(f"wrote {file}", markup=False, soft_wrap=True)
