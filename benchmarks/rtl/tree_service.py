"""Parse one Verilog text with slang and print its syntax tree as JSON: a sandbox service.

A node is [kind, children]; a token is [kind, start, end], in bytes of the text.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

PARSING: Final[Any] = import_module("pyslang.parsing")
SYNTAX: Final[Any] = import_module("pyslang.syntax")
DEEPEST: Final = 2000


def call(name: str) -> None:
    """Print the tree of the job's file `name`."""
    sys.setrecursionlimit(2 * DEEPEST)
    text = Path(name).read_text(encoding="latin-1")
    tree = SYNTAX.SyntaxTree.fromText(text)
    sys.stdout.write(json.dumps(_plain(tree.root)))


def _plain(node: Any) -> list[Any]:
    kind = str(node.kind).rpartition(".")[2]
    if isinstance(node, PARSING.Token):
        start = node.location.offset
        return [kind, start, start + len(node.rawText)]
    children = [node[at] for at in range(len(node))]
    return [kind, [_plain(child) for child in children if child is not None]]
