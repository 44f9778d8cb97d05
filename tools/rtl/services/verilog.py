"""Read Verilog-2005 with pyverilog: signal dependencies and the shape of the syntax tree.

The parser tables are built once, at start; a text that pyverilog cannot read ends the call with
code 1 and its reason.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

sys.setrecursionlimit(20_000)
PARSER: Final[Any] = import_module("pyverilog.vparser.parser").VerilogParser()
AST: Final[Any] = import_module("pyverilog.vparser.ast")
VISITORS: Final[dict[str, Any]] = {
    name: getattr(import_module(f"pyverilog.dataflow.{name.lower()}"), name)
    for name in ("ModuleVisitor", "SignalVisitor", "BindVisitor")
}
TREES: Final[Any] = import_module("pyverilog.dataflow.dataflow")
# What says nothing about structure: where a node stands, and an identifier's spelling.
PLACES: Final = frozenset({"lineno", "end_lineno"})


def call(request: str) -> None:
    """Print {"structure": ..., "depends": {...}, "lines": {...}} for the job file `request`."""
    ask = json.loads(Path(request).read_text(encoding="utf-8"))
    texts = [Path(name).read_text(encoding="utf-8") for name in ask["order"]]
    try:
        tree = PARSER.parse("\n".join(texts))
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}"[:300])
        raise SystemExit(1) from error
    answer: dict[str, Any] = {"structure": " ".join(_shape(tree, {}))}
    if ask["depends"]:
        answer |= _depends(tree, ask["top"])
    print(json.dumps(answer))


def _shape(node: Any, names: dict[str, str]) -> Iterator[str]:
    """Yield the tree in Polish notation, identifiers numbered in the order they appear."""
    yield type(node).__name__
    for field, value in sorted(vars(node).items()):
        if field in PLACES or isinstance(value, AST.Node):
            continue
        if isinstance(value, str):
            yield names.setdefault(value, f"#{len(names)}") if _named(node, field) else value
        elif not isinstance(value, (tuple, list)):
            yield str(value)
    for child in node.children():
        yield from _shape(child, names)
    yield ")"


def _named(node: Any, field: str) -> bool:
    return field in ("name", "module", "portname", "paramname", "scope") or (
        field == "value" and isinstance(node, AST.Identifier)
    )


def _depends(tree: Any, top: str) -> dict[str, Any]:
    modules = VISITORS["ModuleVisitor"]()
    modules.visit(tree)
    table = modules.get_moduleinfotable()
    signals = VISITORS["SignalVisitor"](table, top)
    signals.start_visit()
    binds = VISITORS["BindVisitor"](table, top, signals.getFrameTable(), noreorder=False)
    binds.start_visit()
    found: dict[str, list[str]] = {}
    for name, rows in binds.getDataflows().getBinddict().items():
        read: dict[str, None] = {}
        for bind in rows:
            for terminal in _terminals(bind.tree):
                read[terminal] = None
            for control in (bind.getClockName(), bind.getResetName()):
                if control is not None:
                    read[_plain(control)] = None
        found[_plain(name)] = [source for source in read if source]
    return {"depends": found, "lines": _lines(tree)}


def _terminals(node: Any) -> Iterator[str]:
    if isinstance(node, TREES.DFTerminal):
        yield _plain(node.name)
        return
    for child in getattr(node, "children", tuple)() or ():
        if child is not None:
            yield from _terminals(child)


def _plain(chain: Any) -> str:
    """Return a hierarchical name below the top, as in "core.state"."""
    return ".".join(str(part) for part in str(chain).split(".")[1:])


def _lines(tree: Any) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}

    def visit(node: Any) -> None:
        if isinstance(node, AST.Lvalue):
            for name in _identifiers(node):
                found.setdefault(name, []).append(int(node.lineno))
        for child in node.children():
            visit(child)

    visit(tree)
    return found


def _identifiers(node: Any) -> Iterator[str]:
    if isinstance(node, AST.Identifier):
        yield node.name
    elif isinstance(node, (AST.Pointer, AST.Partselect)):
        yield from _identifiers(node.var)
    else:
        for child in node.children():
            yield from _identifiers(child)
