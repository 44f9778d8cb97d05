"""What a design under test may not use: whatever could judge, watch or stop its own test.

The rules read constructs of the syntax tree after macro expansion, so a comment, a string or an
escaped name is never taken for one. Where Icarus, Verilator or Yosys would see another text than
slang (each defines macros of its own), that text was read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .facts import Definition, Diagnostic, Fact, Facts, Severity

READERS: Final[dict[str, tuple[str, ...]]] = {
    "Icarus": ("__ICARUS__",),
    "Verilator": ("VERILATOR", "verilator", "verilator3"),
    "Yosys": ("YOSYS", "SYNTHESIS"),
    "Yosys (formal)": ("YOSYS", "SYNTHESIS", "FORMAL"),
}
PURE: Final = frozenset({
    "$bits", "$clog2", "$countbits", "$countones", "$dimensions", "$high", "$increment",
    "$isunbounded", "$isunknown", "$left", "$low", "$onehot", "$onehot0", "$right", "$signed",
    "$size", "$typename", "$unpacked_dimensions", "$unsigned", "$cast", "$itor", "$rtoi",
    "$realtobits", "$bitstoreal", "$shortrealtobits", "$bitstoshortreal", "$ln", "$log10", "$exp",
    "$sqrt", "$pow", "$floor", "$ceil", "$sin", "$cos", "$tan", "$asin", "$acos", "$atan",
    "$atan2", "$hypot", "$sinh", "$cosh", "$tanh", "$asinh", "$acosh", "$atanh",
})  # fmt: skip
SAMPLED: Final = frozenset({
    "$past", "$rose", "$fell", "$stable", "$changed", "$sampled",
})  # fmt: skip
ELABORATION: Final = frozenset({
    "$fatal", "$error", "$warning", "$info", "$static_assert",
})  # fmt: skip
READ_MEMORY: Final = frozenset({"$readmemh", "$readmemb"})
CONSTRUCTS: Final = {
    "BindDirective": "'bind' puts code into other modules",
    "ProgramDeclaration": "a program ends the simulation when it is done",
    "AnonymousProgram": "a program ends the simulation when it is done",
    "ConfigDeclaration": "a configuration may exchange other modules",
    "LibraryDeclaration": "a library map may exchange other modules",
    "DPIImport": "a DPI import calls foreign code",
    "DPIExport": "a DPI export lets foreign code in",
    "ProceduralForceStatement": "'force' overrides a signal",
    "ProceduralReleaseStatement": "'release' overrides a signal",
    "RootScope": "$root reaches outside the design",
    "ExternModuleDecl": "an extern declaration stands for a module outside the design",
    "AssumePropertyStatement": "an assumption narrows what is checked",
    "ImmediateAssumeStatement": "an assumption narrows what is checked",
    "RestrictPropertyStatement": "a restriction narrows what is checked",
    "ClassDeclaration": "a class is no hardware",
    "CovergroupDeclaration": "coverage is no hardware",
    "NetAlias": "an alias may join an input with what drives it",
    "RandSequenceStatement": "a random sequence is no hardware",
}
WATCHED: Final = (*CONSTRUCTS, "AttributeSpec")
UNRESOLVED: Final = frozenset({
    "CouldNotResolveHierarchicalPath", "UndeclaredIdentifier", "UndeclaredButFoundPackage",
    "TypoIdentifier", "UnknownModule", "UnknownInterface", "UnknownPackage",
    "UnknownPackageMember", "UnknownPrimitive", "UnknownClassOrPackage", "UnknownLibrary",
    "NotAHierarchicalScope", "HierarchicalRefUnknownModule", "DefparamBadHierarchy",
    "InvalidDisableTarget",
})  # fmt: skip
ATTRIBUTES: Final = frozenset({
    "anyconst", "anyseq", "allconst", "allseq", "gclk", "blackbox", "whitebox", "lib_whitebox",
    "noblackbox",
})  # fmt: skip
PROTECTED: Final = frozenset({
    "ProtectDirective", "EndProtectDirective", "ProtectedDirective", "EndProtectedDirective",
})  # fmt: skip
# What each directive means to the files that follow, where nothing has ended it by its end.
LEFT_OPEN: Final[dict[str, Severity]] = {
    "BeginKeywordsDirective": "error",
    "UnconnectedDriveDirective": "error",
    "DefaultTriregStrengthDirective": "error",
    "DefaultDecayTimeDirective": "error",
    "CellDefineDirective": "warning",
    "DefaultNetTypeDirective": "warning",
    "TimeScaleDirective": "warning",
}
ENDS: Final = {
    "EndKeywordsDirective": "BeginKeywordsDirective",
    "NoUnconnectedDriveDirective": "UnconnectedDriveDirective",
    "EndCellDefineDirective": "CellDefineDirective",
}
OUTSIDE_FILE: Final = frozenset({"CouldNotOpenIncludeFile", "ExceededMaxIncludeDepth"})
ERROR_LIMIT: Final = 200


def findings(
    facts: Facts, files: frozenset[str], reserved: frozenset[str]
) -> tuple[Diagnostic, ...]:
    """Return what is refused, errors first; a warning is for the caller to weigh."""
    plain = {_key(fact) for fact in facts.found if not fact.variant}
    new = [fact for fact in facts.found if not fact.variant or _key(fact) not in plain]
    said = [d for fact in new if (d := _finding(fact, files, reserved)) is not None]
    asked = sorted(set(facts.asked) & {name for names in READERS.values() for name in names})
    if asked:
        text = f"tools read different texts: a conditional asks for {', '.join(asked)}"
        said.append(Diagnostic(code="tool_dependent", severity="warning", message=text))
    said += [*_reserved(facts, reserved), *_still_open(facts.found)]
    broken = facts.parse_errors or facts.variant_errors or facts.errors >= ERROR_LIMIT
    if broken or facts.interface is None:
        first = next((d for d in facts.diagnostics if d.severity == "error"), None)
        at = first or Diagnostic(code="", message="")
        text = "slang cannot read this text in full, so what it does cannot be checked"
        said.append(
            Diagnostic(
                file=at.file, line=at.line, column=at.column, code="unreadable", message=text
            )
        )
    unique = dict.fromkeys(said)
    return tuple(sorted(unique, key=lambda d: (d.severity != "error", d.file, d.line, d.column)))


def _key(fact: Fact) -> tuple[str, ...]:
    return (fact.kind, fact.name, fact.file, str(fact.line), str(fact.column), fact.argument)


def _still_open(found: Iterable[Fact]) -> Iterator[Diagnostic]:
    """Yield the directives, read in their order, that still hold at the end of the text."""
    still: dict[str, list[Fact]] = {kind: [] for kind in LEFT_OPEN}
    for fact in found:
        kind = fact.kind
        if fact.variant:
            continue
        if kind == "ResetAllDirective":
            still = {k: held if k == "BeginKeywordsDirective" else [] for k, held in still.items()}
        elif kind == "DefaultNetTypeDirective" and fact.name == "wire":
            still[kind] = []
        elif kind in LEFT_OPEN:
            still[kind].append(fact)
        elif kind in ENDS:
            still[ENDS[kind]] = still[ENDS[kind]][:-1]
    for kind, held in still.items():
        for fact in held[-1:]:
            yield Diagnostic(
                file=fact.file, line=fact.line, column=fact.column, code="open_directive",
                severity=LEFT_OPEN[kind],
                message="this directive still holds in the files that follow: end it here",
            )  # fmt: skip


def _reserved(facts: Facts, reserved: frozenset[str]) -> list[Diagnostic]:
    packages = (Definition(name=name, kind="package") for name in facts.packages)
    return [
        Diagnostic(
            code="reserved_name", file=each.file, line=each.line, column=each.column,
            message=f"{each.kind} {each.name!r} has a name of the testbench or the reference",
        )
        for each in (*facts.definitions, *packages)
        if each.name in reserved
    ]  # fmt: skip


def _finding(fact: Fact, files: frozenset[str], reserved: frozenset[str]) -> Diagnostic | None:
    """Return what is wrong with one construct, None when it is innocent."""
    refused = (
        _system(fact, files)
        or _construct(fact)
        or _file(fact, files)
        or _macro(fact, reserved)
        or _directive(fact)
    )
    if refused is None:
        return None
    code, severity, message = refused
    seen = f" (as {fact.variant} reads it)" if fact.variant else ""
    return Diagnostic(
        file=fact.file, line=fact.line, column=fact.column, code=code, severity=severity,
        message=message + seen,
    )  # fmt: skip


Refused = tuple[str, Severity, str] | None


def _system(fact: Fact, files: frozenset[str]) -> Refused:
    if fact.kind != "system" or fact.name in PURE:
        return None
    if (fact.name in SAMPLED and fact.assertion) or (fact.name in ELABORATION and fact.elaboration):
        return None
    if fact.name in READ_MEMORY:
        literal = fact.argument[1:-1]
        if fact.argument == f'"{literal}"' and literal in files:
            return None
        text = f"{fact.name} may only read a data file of the design, named by a literal"
        return "system_task", "error", f"{text}, not {fact.argument[:80]!r}"
    return "system_task", "error", f"{fact.name} is not for designs: it is no pure function"


def _construct(fact: Fact) -> Refused:
    if fact.kind in CONSTRUCTS:
        return "construct", "error", CONSTRUCTS[fact.kind]
    if fact.kind == "AttributeSpec" and fact.name in ATTRIBUTES:
        return "attribute", "error", f"attribute {fact.name!r} changes what Yosys proves"
    if fact.kind == "driven_input":
        return "driven_input", "error", "an input is driven from inside, which reaches its source"
    if fact.kind in UNRESOLVED:
        return "outside_name", "error", f"a name that the design does not declare: {fact.name}"
    if fact.kind == "translate_off":
        return "tool_dependent", "warning", "a comment hides code from synthesis alone"
    return None


def _file(fact: Fact, files: frozenset[str]) -> Refused:
    if fact.kind in OUTSIDE_FILE:
        return "include_outside", "error", f"an include fails: {fact.name}"
    if fact.kind not in ("include", "IncludeDirective"):
        return None
    name = fact.name.strip('"<>')
    named = fact.kind == "include" or fact.name.startswith(('"', "<"))
    if not named or name in files:
        return None
    text = f"include of {name[:80]!r}, which is not among the files of the design"
    return "include_outside", "error", text


def _macro(fact: Fact, reserved: frozenset[str]) -> Refused:
    if fact.kind == "DefineDirective" and fact.doubtful:
        text = f"tools disagree on macro {fact.name!r}: a comment at a line's end, or an argument "
        text += "inside a string"
        return "ambiguous_macro", "error", text
    if fact.kind in ("DefineDirective", "UndefDirective") and fact.name in reserved:
        return "reserved_name", "error", f"macro {fact.name!r} belongs to the testbench"
    if fact.kind == "UndefineAllDirective":
        return "open_directive", "error", "`undefineall is obeyed by some tools and not by others"
    return None


def _directive(fact: Fact) -> Refused:
    if fact.kind in PROTECTED or (
        fact.kind == "PragmaDirective" and fact.name.split()[:1] == ["protect"]
    ):
        return "protected", "error", "protected text is not read alike by every tool"
    if fact.kind == "LineDirective":
        return "line_directive", "warning", "`line makes messages name another place"
    return None
