"""Does a design name what stands in its testbench, in any branch and under any parameter?

The syntax tree is read with the parameters a design has by default; a testbench may set others, and
with them branches come alive that nobody has elaborated. So the tokens are searched as well: for a
path that starts at a scope of the testbench, an instance of its modules, a call of its tasks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from ..records import Frozen
from ..sandbox import Job, Limits, Step, shared_pool
from .design import IDENTIFIER, Design
from .fingerprint import tokens
from .icarus import require_icarus

LIMITS: Final = Limits(cpu_s=5.0, wall_s=10.0, memory_mb=512, output_kb=8192)
MODULE: Final = frozenset({"module", "macromodule", "interface", "program", "primitive", "package"})
ROUTINE: Final = frozenset({"task", "function"})
NOT_A_TYPE: Final = MODULE | ROUTINE | {
    "begin", "fork", "end", "else", "if", "for", "while", "case", "casez", "casex", "assign",
    "wire", "reg", "logic", "input", "output", "inout", "integer", "int", "initial", "always",
    "posedge", "negedge", "or", "and", "not", "return", "repeat", "wait", "disable",
}  # fmt: skip
SWITCHES: Final = frozenset(
    {"tran", "tranif0", "tranif1", "rtran", "rtranif0", "rtranif1", "alias"}
)
ENDS: Final = frozenset({"endmodule", "endinterface", "endprogram", "endprimitive", "endpackage"})
DIRECTIVE: Final = re.compile(r"`line\b[^\n]*")


class Scopes(Frozen):
    """What a testbench declares that a name could lead to."""

    modules: frozenset[str]
    scopes: frozenset[str]
    routines: frozenset[str]
    globals_: frozenset[str]


def outward(design: Design, bench: Design) -> str:
    """Return the first way in which the design names the testbench's insides, "" when none."""
    known = scopes_of(bench)
    words = _words(design)
    own = {*_after(words, ROUTINE), *_blocks(words)}
    for at, word in enumerate(words):
        name = word.removeprefix("\\")
        before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
        if word in SWITCHES:
            return f"a {word!r}, which joins nets and may drive what the testbench drives"
        if before == ".":
            continue
        if name in known.globals_:
            return f"the name {name!r}, which the testbench declares outside every module"
        if name in known.scopes | known.modules and after in (".", ":", "["):
            if _path(words, at):
                return f"a path through {name!r}, a scope of the testbench"
        elif name in known.modules and (after == "#" or IDENTIFIER.fullmatch(after)):
            return f"an instance of {name!r}, a module of the testbench"
        elif before == "disable" and name in known.scopes - own:
            return f"a disable of {name!r}, a scope of the testbench"
        elif name in known.routines - own and after in (";", "(") and before not in ROUTINE:
            return f"a call of {name!r}, a routine of the testbench"
    return ""


def _path(words: Sequence[str], at: int) -> bool:
    """Return whether a path goes on after a name, and the index of an instance array."""
    at = _skip_index(words, at)
    return words[at : at + 1] == ["."] or words[at : at + 2] == [":", ":"]


def _after_index(words: Sequence[str], at: int) -> str:
    at = _skip_index(words, at)
    return words[at] if at < len(words) else ""


def _skip_index(words: Sequence[str], at: int) -> int:
    """Return the place after a name and the brackets that follow it."""
    at += 1
    while at < len(words) and words[at] == "[":
        depth = 0
        while at < len(words):
            depth += {"[": 1, "]": -1}.get(words[at], 0)
            at += 1
            if not depth:
                break
    return at


@lru_cache(maxsize=256)
def scopes_of(bench: Design) -> Scopes:
    """Return the scopes of a testbench by a reading that takes too much rather than too little."""
    words = [w for s in (*bench.sources, *bench.includes) for w in tokens(s.text)]
    routines = frozenset(_after(words, ROUTINE))
    return Scopes(
        modules=frozenset(_after(words, MODULE)),
        scopes=frozenset((*_instances(words), *_blocks(words))) | routines,
        routines=routines,
        globals_=frozenset(_globals(words)),
    )


def _globals(words: Sequence[str]) -> Iterator[str]:
    """Yield the variables declared outside every module: a name before '=', ',' or ';'."""
    depth, start = 0, 0
    for at, word in enumerate(words):
        if word in MODULE and (at == 0 or words[at - 1] != "import"):
            depth += 1
        elif word in ENDS:
            depth, start = max(0, depth - 1), at + 1
        elif not depth and word == ";":
            statement = words[start:at]
            start = at + 1
            if not set(statement) & (ROUTINE | {"typedef", "import", "endtask", "endfunction"}):
                pairs = zip(statement, [*statement[1:], ";"], strict=True)
                yield from (w for w, after in pairs
                            if after in ("=", ",", ";") and IDENTIFIER.fullmatch(w))  # fmt: skip


def _instances(words: Sequence[str]) -> Iterator[str]:
    """Yield what looks like an instance: a name after a type or its parameters, before pins."""
    for at, word in enumerate(words[1:], start=1):
        before = words[at - 1]
        typed = before == ")" or (IDENTIFIER.fullmatch(before) and before not in NOT_A_TYPE)
        if typed and IDENTIFIER.fullmatch(word) and _after_index(words, at) == "(":
            yield word


def _blocks(words: Sequence[str]) -> Iterator[str]:
    for word, colon, name in zip(words, words[1:], words[2:], strict=False):
        if word in ("begin", "fork") and colon == ":":
            yield name


def _after(words: Sequence[str], kinds: frozenset[str]) -> Iterator[str]:
    """Yield the name each declaration declares: the last word before its list, body or end."""
    for at, word in enumerate(words):
        if word not in kinds:
            continue
        name = ""
        for later in words[at + 1 : at + 16]:
            if later in ("(", ";", "#"):
                break
            if IDENTIFIER.fullmatch(later.removeprefix("\\")):
                name = later.removeprefix("\\")
        yield name


def _words(design: Design) -> list[str]:
    """Return the tokens of a design after its macros, where it has any."""
    texts = [source.text for source in (*design.sources, *design.includes)]
    words = [word for text in texts for word in tokens(text)]
    if any("`define" in text for text in texts):
        words += tokens(DIRECTIVE.sub("", _expanded(design)))
    return words


def _expanded(design: Design) -> str:
    require_icarus()
    defines = [f"-D{name}={value}" for name, value in design.defines]
    names = [source.name for source in design.sources]
    step = Step(("iverilog", "-g2012", "-E", "-I.", *defines, "-o", "all.v", *names), limits=LIMITS)
    result = shared_pool().run(Job(design.files(), (step,), ("all.v",)))
    return result.files.get("all.v", b"").decode("utf-8", "replace")
