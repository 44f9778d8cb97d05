"""Find coding faults that only the elaborated syntax tree shows, and print them as JSON.

Rules: blocking assignment in clocked code, nonblocking in combinational code, and a sensitivity
list that leaves out a signal the block reads (IEEE 1800-2017, 9.2 and 9.4).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

SLANG: Final[Any] = import_module("pyslang")
SYNTAX: Final[Any] = import_module("pyslang.syntax")
AST: Final[Any] = import_module("pyslang.ast")
MOST: Final = 500
Fact = dict[str, Any]


def call(request: str) -> None:
    """Print the findings about the design that the job file `request` describes."""
    ask: Fact = json.loads(Path(request).read_text(encoding="utf-8"))
    manager = SLANG.SourceManager()
    manager.addUserDirectories(".")
    options = AST.CompilationOptions()
    options.topModules = {ask["top"]}
    options.paramOverrides = [f"{n}={v}" for n, v in ask["parameters"]]
    preprocessor = import_module("pyslang.parsing").PreprocessorOptions()
    preprocessor.predefines = [f"{n}={v}" for n, v in ask["defines"]]
    bag = SLANG.Bag([options, preprocessor])
    tree = SYNTAX.SyntaxTree.fromFiles(ask["order"], manager, bag)
    if any(said.isError() for said in tree.diagnostics):
        raise SystemExit(1)
    compilation = AST.Compilation(bag)
    compilation.addSyntaxTree(tree)
    found: dict[str, Fact] = {}
    blocks: list[Any] = []

    def collect(node: Any) -> None:
        if isinstance(node, AST.ProceduralBlockSymbol):
            blocks.append(node)

    compilation.getRoot().visit(collect)
    for block in blocks:
        for fact in _block(block, manager):
            found.setdefault(json.dumps(fact), fact)
    print(json.dumps(list(found.values())[:MOST]))


def _block(block: Any, manager: Any) -> Iterator[Fact]:
    kind = block.procedureKind.name
    timing = getattr(block.body, "timing", None)
    body = getattr(block.body, "stmt", block.body)
    edges, listed = _events(timing)
    if kind == "AlwaysFF" or edges:
        yield from _clocked(body, manager)
    elif kind == "AlwaysComb" or (kind == "Always" and timing is not None and _levels(timing)):
        yield from _combinational(body, manager)
        if listed:
            yield from _unlisted(block, body, listed, manager)


def _levels(timing: Any) -> bool:
    return timing.kind.name in ("ImplicitEvent", "EventList", "SignalEvent")


def _events(timing: Any) -> tuple[bool, frozenset[str]]:
    """Return whether the block waits for an edge, and the signals of an explicit level list."""
    if timing is None or timing.kind.name not in ("EventList", "SignalEvent"):
        return False, frozenset()
    events = list(timing.events) if timing.kind.name == "EventList" else [timing]
    edges = any(getattr(e, "edge", None) is not None and e.edge.name != "None_" for e in events)
    names: set[str] = set()
    for event in events:
        names |= {symbol.name for symbol in _read(event.expr)}
    return edges, frozenset(names)


def _assignments(body: Any) -> Iterator[Any]:
    found: list[Any] = []

    def collect(node: Any) -> None:
        if isinstance(node, AST.AssignmentExpression):
            found.append(node)

    body.visit(collect)
    yield from found


def _clocked(body: Any, manager: Any) -> Iterator[Fact]:
    for one in _assignments(body):
        targets = [s for s in _read(one.left) if not _local(s)]
        if not one.isNonBlocking and targets and not _counter(targets):
            name = targets[0].name
            yield _fact("blocking_in_clocked", name, one.sourceRange.start, manager)


def _combinational(body: Any, manager: Any) -> Iterator[Fact]:
    for one in _assignments(body):
        targets = _read(one.left)
        if one.isNonBlocking and targets:
            yield _fact("nonblocking_in_combinational", targets[0].name, one.sourceRange.start,
                        manager)  # fmt: skip


def _unlisted(block: Any, body: Any, listed: frozenset[str], manager: Any) -> Iterator[Fact]:
    written = {s.name for one in _assignments(body) for s in _read(one.left)}
    missing: dict[str, None] = {}
    for symbol in _read(body):
        constant = symbol.kind.name in ("Parameter", "EnumValue", "Genvar", "TypeParameter")
        if not constant and not _local(symbol) and symbol.name not in written | listed:
            missing[symbol.name] = None
    for name in missing:
        yield _fact("incomplete_sensitivity", name, block.location, manager)


def _read(node: Any) -> list[Any]:
    found: list[Any] = []

    def collect(item: Any) -> None:
        if isinstance(item, AST.ValueExpressionBase):
            found.append(item.symbol)

    node.visit(collect)
    return found


def _local(symbol: Any) -> bool:
    """Return whether a variable lives in a procedural block or a subroutine, not in the module."""
    scope = symbol.parentScope
    return scope is not None and bool(scope.isProceduralContext)


def _counter(targets: list[Any]) -> bool:
    """Return whether the target is a loop variable in the old style: an integer of the module."""
    return all(str(symbol.type) in ("integer", "int") for symbol in targets)


def _fact(rule: str, name: str, location: Any, manager: Any) -> Fact:
    at = manager.getFullyExpandedLoc(location)
    return {
        "rule": rule,
        "name": name[:200],
        "file": str(manager.getRawFileName(at.buffer)),
        "line": manager.getLineNumber(at),
        "column": manager.getColumnNumber(at),
    }
