"""`rtl explain`: what a waveform shows, in words, as a small table and as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ...tools.errors import UsageError
from ...tools.rtl.design import Design
from ...tools.rtl.waveform import as_text, explain, picture, read_wave, window
from ...tools.rtl.waveform.wave import MAX_BYTES
from .rtl_input import read_bytes, usage
from .rtl_show import print_json


def explain_waves(
    vcd: Path,
    design: Design | None,
    signals: tuple[str, ...],
    around: int | None,
    pictures: Mapping[str, Path | None],
    *,
    as_json: bool,
) -> None:
    """Print what a dump shows around a time; by default around its first mismatch, or its end."""
    with usage(f"{vcd}: "):
        wave = read_wave(read_bytes(vcd, MAX_BYTES))
        found = explain(wave, design)
        if around is None and found.mismatch is not None:
            around = found.mismatch.time
        table = window(wave, signals, around=around)
        drawn = {
            path: picture(wave, table.signals, kind="svg" if kind == "svg" else "png")
            for kind, path in pictures.items()
            if path is not None
        }
    for path, data in drawn.items():
        try:
            path.write_bytes(data)
        except OSError as error:
            raise UsageError(f"cannot write {str(path)!r} ({error.strerror})") from error
    if as_json:
        print_json(json.dumps({**asdict(found), "text": found.text(), "table": table.model_dump()}))
        return
    console = Console()
    console.print(Text(found.text()), soft_wrap=True)
    console.print()
    console.print(Text(as_text(table, width=console.width)), soft_wrap=True)
    for path in drawn:
        console.print(Text(f"wrote {path}"), soft_wrap=True)
