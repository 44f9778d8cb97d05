"""A project folder whose files a test writes, and the error that reading some ends in."""

from __future__ import annotations

from pathlib import Path

import pytest
from terragate.tools.errors import ToolError
from terragate.tools.rtl.reading import read_project

LEAF = "module leaf(input a, output y); assign y = ~a; endmodule\n"
TOP = "module top(input a, output y); leaf l(.a(a), .y(y)); endmodule\n"


def write(folder: Path, **files: str) -> None:
    """Write files by their path, in which "__" stands for "/" and a last "_" for "."."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def refused(*paths: str, **more: object) -> ToolError:
    """Return the error that reading the paths ends in."""
    with pytest.raises(ToolError) as caught:
        read_project([Path(p) for p in paths], **more)  # type: ignore[arg-type]
    return caught.value
