"""Read a design with slang and print what stands in it as JSON: facts, no judgement.

The request file of the job names the sources in order, the top module, macros, parameters and the
constructs to watch. The answer holds the diagnostics, the modules, the interface of the top, and
every construct that a rule may refuse, with its place. A text that kills slang kills one fork.
"""

from __future__ import annotations

import json
import os
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

SLANG: Final[Any] = import_module("pyslang")
SYNTAX: Final[Any] = import_module("pyslang.syntax")
AST: Final[Any] = import_module("pyslang.ast")
PARSING: Final[Any] = import_module("pyslang.parsing")
ANALYSIS: Final[Any] = import_module("pyslang.analysis")
KIND: Final[Any] = SYNTAX.SyntaxKind
LATEST: Final[Any] = SLANG.LanguageVersion.v1800_2017
QUESTION: Final = re.compile(r"`\s*(?:ifdef|ifndef|elsif)\b\s*([^\n]*)")
WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
MOST: Final = 200
ALIKE: Final = 10
STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
LONGEST: Final = 400
HARMLESS: Final = re.compile(r"MacroUsage|(IfDef|IfNDef|ElsIf|Else|EndIf)Directive")
HIDDEN: Final = re.compile(r"\b(?:synopsys|synthesis|pragma)\s*translate_off\b")
PLACE: Final = ("file", "line", "column")
Fact = dict[str, Any]
ASSERTIONS: Final = re.compile(
    r"(Assert|Assume|Cover|Restrict|Expect)PropertyStatement|CoverSequenceStatement"
    r"|(Property|Sequence)Declaration"
)


def call(request: str) -> None:
    """Print the facts about the design that the job file `request` describes."""
    ask: Fact = json.loads(Path(request).read_text(encoding="utf-8"))
    os.chdir(ask["root"])
    ask["texts"] = [Path(name).read_text(encoding="utf-8") for name in ask["files"]]
    tails = (tail for text in ask["texts"] for tail in QUESTION.findall(text))
    ask["asked"] = sorted({word for tail in tails for word in WORD.findall(tail)})
    # A macro that stands anywhere, a comment too, may be asked for in a way not thought of.
    words = {word for text in ask["texts"] if "`" in text for word in WORD.findall(text)}
    facts = _Reading(ask, ()).facts()
    facts["variant_errors"] = 0
    for name, macros in ask["variants"].items():
        if words.intersection(macros):
            other = _Reading(ask, macros).facts()
            facts["found"] += [{**fact, "variant": name} for fact in other["found"]]
            facts["variant_errors"] += other["parse_errors"]
    # A text that is wrong in every language says nothing about its language.
    old = _Reading(ask, (), SLANG.LanguageVersion.v1364_2005)
    every = old.compilation(ask["top"]).getAllDiagnostics()
    facts["legacy"] = [] if facts["errors"] else old.errors(every)[:10]
    print(json.dumps(facts))


class _Reading:
    """One pass of slang over the sources, with some macros more."""

    def __init__(self, ask: Fact, macros: Iterable[str], version: Any = LATEST) -> None:
        self.ask = ask
        self.manager = SLANG.SourceManager()
        # As Icarus does: an include is looked for from the root, not beside the file that asks.
        self.manager.setDisableLocalIncludes(True)
        self.manager.addUserDirectories(".")
        self.bag = _options(ask, macros, version)
        self.tree = SYNTAX.SyntaxTree.fromFiles(ask["order"], self.manager, self.bag)
        self.engine = SLANG.DiagnosticEngine(self.manager)
        self.engine.setSeverity(SLANG.Diags.NewlineEOF, SLANG.DiagnosticSeverity.Ignored)
        self.names = frozenset(ask["files"])
        self.texts: dict[Any, tuple[str, bytes, list[int]]] = {}

    def facts(self) -> Fact:
        compilation = self.compilation(self.ask["top"])
        every = compilation.getAllDiagnostics()
        found = [*self._constructs(), *self._directives(), *self._driven(every, compilation)]
        said = [fact for each in every if (fact := self.diagnostic(each)) is not None]
        said.sort(key=lambda f: ("error", "warning").index(f["severity"]))
        errors, syntax = self.errors(every), self.errors(self.tree.diagnostics)
        found += [dict({k: f[k] for k in PLACE}, kind=f["code"], name=f["message"]) for f in errors]
        tops = (i for i in compilation.getRoot().topInstances if i.name == self.ask["top"])
        return {
            "diagnostics": said[:MOST],
            "dropped": max(0, len(said) - MOST),
            "errors": len(errors),
            "syntax": syntax[:50],
            "parse_errors": len(syntax),
            "tops": sorted(i.name for i in self.compilation("").getRoot().topInstances),
            "definitions": [
                self._fact(getattr(d, "definitionKind", d.kind).name.lower(), d.name, d.location)
                for d in compilation.getDefinitions()
            ],
            "packages": [p.name for p in compilation.getPackages()],
            "interface": next(map(_interface, tops), None),
            "found": list(_thinned(found)),
            "macros": sorted({f["name"] for f in found if f["kind"] == "DefineDirective"}),
            "asked": self.ask["asked"],
        }

    def compilation(self, top: str) -> Any:
        options = self.bag.compilationOptions
        options.topModules = {top} if top else set()
        options.paramOverrides = [f"{n}={v}" for n, v in self.ask["parameters"]] if top else []
        compilation = AST.Compilation(SLANG.Bag([options]))
        compilation.addSyntaxTree(self.tree)
        return compilation

    def diagnostic(self, said: Any) -> Fact | None:
        severity = self.engine.getSeverity(said.code, said.location).name.lower()
        if severity in ("ignored", "note"):
            return None
        place = self._place(said.location)
        # What stands in a file outside the design is nobody's business here.
        outside = not place["file"] and self.manager.getRawFileName(said.location.buffer)
        message = "in a file outside" if outside else self.engine.formatMessage(said)[:LONGEST]
        return {
            **place,
            "code": str(said.code).removeprefix("DiagCode(").removesuffix(")"),
            "severity": "warning" if severity == "warning" else "error",
            "message": message,
        }

    def errors(self, every: Iterable[Any]) -> list[Fact]:
        facts = map(self.diagnostic, every)
        return [fact for fact in facts if fact is not None and fact["severity"] == "error"]

    def _place(self, location: Any) -> Fact:
        """Return file, line and column as written: a `line directive has no say."""
        at = self.manager.getFullyExpandedLoc(location)
        if at.buffer not in self.texts:
            name = self.manager.getRawFileName(at.buffer)
            text = self.manager.getSourceText(at.buffer).encode() if name in self.names else b""
            ends = [found.start() for found in re.finditer(rb"\n", text)]
            self.texts[at.buffer] = (name, text, ends)
        name, text, ends = self.texts[at.buffer]
        if name not in self.names:
            return {"file": "", "line": 0, "column": 0}
        line = bisect_left(ends, at.offset)
        start = ends[line - 1] + 1 if line else 0
        before = text[start : at.offset]
        wide = 0 if before.isascii() else len(before) - len(before.decode("utf-8", "replace"))
        return {"file": name, "line": line + 1, "column": len(before) - wide + 1}

    def _fact(self, kind: str, name: str, location: Any, **more: Any) -> Fact:
        return {"kind": kind, "name": name[:LONGEST], **self._place(location), **more}

    def _constructs(self) -> list[Fact]:
        found: list[Fact] = []

        def note(node: Any) -> None:
            name = node.name.valueText if node.kind == KIND.AttributeSpec else ""
            found.append(self._fact(node.kind.name, name, node.getFirstToken().location))

        def system(node: Any) -> None:
            token = node.name if node.kind == KIND.ElabSystemTask else node.systemIdentifier
            found.append(self._fact("system", token.valueText, token.location, **_context(node)))

        table: dict[Any, Callable[[Any], None]] = {
            getattr(KIND, n): note for n in self.ask["watch"]
        }
        table[KIND.SystemName] = table[KIND.ElabSystemTask] = system
        self.tree.root.visit(lookup_table=table)
        return found

    def _driven(self, every: Iterable[Any], compilation: Any) -> Iterator[Fact]:
        """Yield the input ports that something inside drives: the driver reaches the testbench."""
        compilation.freeze()
        manager = ANALYSIS.AnalysisManager()
        manager.analyze(compilation)
        assigned = (said.location for said in every if said.code == SLANG.Diags.InputPortAssign)
        inputs: list[Any] = []
        table = {AST.SymbolKind.Instance: lambda symbol: inputs.extend(_inputs(symbol))}
        compilation.getRoot().visit(lookup_table=table)
        drivers = (driver for symbol in inputs for driver in manager.getDrivers(symbol))
        for location in (*assigned, *(d.sourceRange.start for d in drivers if not d.isInputPort)):
            yield self._fact("driven_input", "", location)

    def _directives(self) -> list[Fact]:
        """Return the compiler directives; the tokens are walked only where a text has any."""
        found: list[Fact] = []
        if not any("`" in text or "translate_off" in text for text in self.ask["texts"]):
            return found

        def token(node: Any) -> None:
            if isinstance(node, PARSING.Token):
                for trivia in node.trivia:
                    if trivia.kind == PARSING.TriviaKind.Directive:
                        if not HARMLESS.fullmatch(trivia.syntax().kind.name):
                            found.append(self._directive(trivia.syntax()))
                    elif HIDDEN.search(trivia.getRawText()):
                        found.append(self._fact("translate_off", "", node.location))

        self.tree.root.visit(token)
        for each in self.tree.getIncludeDirectives():
            found.append(self._fact("include", each.path, each.syntax.sourceRange.start))
        return found

    def _directive(self, node: Any) -> Fact:
        text, define = str(node).strip(), node.kind == KIND.DefineDirective
        if define or node.kind == KIND.IncludeDirective:
            name = (node.name if define else node.fileName).valueText
        else:
            name = text.removeprefix(node.directive.rawText).strip()
        doubtful = define and _doubtful(node)
        return self._fact(node.kind.name, name, node.directive.location, doubtful=doubtful)


def _thinned(found: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the first few of those alike, and every directive, whose order matters."""
    seen: Counter[str] = Counter()
    for fact in found:
        key = json.dumps([v for k, v in fact.items() if k not in PLACE])
        seen[key] += 1
        if seen[key] <= ALIKE or fact["kind"].endswith("Directive"):
            yield fact


def _options(ask: Fact, macros: Iterable[str], version: Any) -> Any:
    lexer, preprocessor = PARSING.LexerOptions(), PARSING.PreprocessorOptions()
    parser, options = PARSING.ParserOptions(), AST.CompilationOptions()
    for each in (lexer, preprocessor, parser, options):
        each.languageVersion = version
    lexer.maxErrors = 64
    preprocessor.undefines = ask["hide"]
    given = [f"{name}={value}" for name, value in ask["defines"]]
    preprocessor.predefines = [*given, *(f"{name}=1" for name in macros)]
    preprocessor.maxIncludeDepth = 32
    flags = AST.CompilationFlags
    options.flags = flags.AllowUseBeforeDeclare | flags.RelaxEnumConversions
    options.errorLimit = 200
    options.maxGenerateSteps = 20_000
    options.maxInstanceDepth = 64
    return SLANG.Bag([lexer, preprocessor, parser, options])


def _interface(instance: Any) -> Fact:
    ports = [_port(port) for port in instance.body.portList]
    values = [(p, str(getattr(p, "value", "type"))[:LONGEST]) for p in instance.body.parameters]
    parameters = [{"name": p.name, "value": v, "local": p.isLocalParam} for p, v in values]
    return {"name": instance.name, "ports": ports, "parameters": parameters}


def _port(port: Any) -> Fact:
    if port.kind.name == "InterfacePort":
        return {"name": port.name, "direction": "inout", "width": 0, "type": "interface"}
    kind = port.type
    way = {"In": "input", "Out": "output"}.get(port.direction.name, "inout")
    bits = kind.bitWidth if kind.isIntegral else kind.bitstreamWidth
    shape = {"width": bits, "signed": bool(kind.isSigned), "type": str(kind)[:LONGEST]}
    return {"name": port.name, "direction": way, **shape}


def _inputs(instance: Any) -> Iterator[Any]:
    """Yield the nets and variables behind the input ports of an instance."""
    ports = list(instance.body.portList)
    for port in ports:
        if port.kind == AST.SymbolKind.MultiPort:
            ports.extend(port.ports)
        elif port.kind == AST.SymbolKind.Port and port.direction == AST.ArgumentDirection.In:
            if port.internalSymbol is not None:
                yield port.internalSymbol
            elif port.internalExpr is not None:
                named: list[Any] = []
                port.internalExpr.visit(lookup_table={AST.ExpressionKind.NamedValue: named.append})
                yield from (value.symbol for value in named)


def _context(node: Any) -> Fact:
    """Return where a system name stands, and the file it names by a literal."""
    parent = node.parent
    arguments: Any = getattr(node, "arguments", None)
    if parent is not None and parent.kind == KIND.InvocationExpression:
        arguments = parent.arguments
    first = str(arguments.parameters[0]).strip() if arguments and len(arguments.parameters) else ""
    inside = False
    while parent is not None and not inside:
        inside = bool(ASSERTIONS.fullmatch(parent.kind.name))
        parent = parent.parent
    elaboration = node.kind == KIND.ElabSystemTask
    return {"elaboration": elaboration, "assertion": inside, "argument": first[:LONGEST]}


def _doubtful(node: Any) -> bool:
    """Return whether tools disagree on a macro: where it ends, or what stands in its strings."""
    lines = str(node).strip().split("\n")[:-1]
    if any("//" in line or line.count("/*") != line.count("*/") for line in lines):
        return True
    strings = " ".join(STRING.findall("".join(str(token) for token in node.body)))
    return bool(set(WORD.findall(str(node.formalArguments or ""))) & set(WORD.findall(strings)))
