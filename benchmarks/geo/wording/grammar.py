"""A weighted context-free grammar read from text files, and its expansion.

A file holds sections. `:: name` opens one, every other line is an alternative of it; `::+ name`
adds to one that another file opens:

    :: greeting
    *3 hello
    (hi|hey) {person},
    % good morning, good evening

`*3` weighs an alternative, `(a|b|)` chooses inside a line, `{name}` refers to a section, `$place`
stands for a slot, `% a, b` lists several alternatives, `#` opens a comment line, and a backslash
takes the meaning from the character that follows it.
"""

from __future__ import annotations

import re
from bisect import bisect
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

SLOTS = (
    "place", "distance", "dates", "category", "dataset", "threshold",
    "place2", "dates2", "category2",
)  # fmt: skip
# Private-use characters: noise and punctuation rules then cannot touch what stands in a slot.
MARKS = {slot: chr(0xE000 + number) for number, slot in enumerate(SLOTS)}

# What the name of a section begins with that adds to one of another file.
MORE = "::+ "

_TOKEN = re.compile(r"\\(.)|\{([\w.+-]+)\}|\$(\w+)|([(|)])|([^\\{$(|)]+)")


class Ref(NamedTuple):
    """A reference to a section."""

    name: str


class Choice(NamedTuple):
    """Alternatives inside a line, equally likely."""

    options: tuple[Sequence, ...]


Node = str | Ref | Choice
Sequence = tuple[Node, ...]


class Production(NamedTuple):
    """One alternative of a section; `needs` are the references and slots it names."""

    weight: float
    body: Sequence
    needs: frozenset[str]


class Section(NamedTuple):
    """The alternatives of one nonterminal with their cumulated weights."""

    productions: tuple[Production, ...]
    cumulated: tuple[float, ...]

    def pick(self, rng: random.Random) -> Production:
        """Draw one alternative by weight."""
        return self.productions[bisect(self.cumulated, rng.random() * self.cumulated[-1])]


def section_of(productions: Iterable[Production]) -> Section:
    """Return the section made of these alternatives."""
    kept = tuple(productions)
    return Section(kept, tuple(accumulate(production.weight for production in kept)))


def _parse(line: str, where: str) -> Sequence:
    """Return the nodes of one alternative."""
    stack: list[list[list[Node]]] = [[[]]]
    for escaped, ref, slot, mark, text in _TOKEN.findall(line):
        nodes = stack[-1][-1]
        if mark == "(":
            stack.append([[]])
        elif mark == "|":
            stack[-1].append([])
        elif mark == ")":
            options = tuple(tuple(option) for option in stack.pop())
            if not stack:
                raise ValueError(f"{where}: unbalanced ')' in {line!r}; escape it or open it")
            stack[-1][-1].append(Choice(options))
        elif ref:
            nodes.append(Ref(ref))
        elif slot:
            nodes.append(MARKS[slot])
        else:
            nodes.append(escaped or text)
    if len(stack) != 1 or len(stack[0]) != 1:
        raise ValueError(f"{where}: unbalanced '(' or a bare '|' in {line!r}; escape or close it")
    return tuple(stack[0][0])


def _production(line: str, where: str) -> Production:
    """Return one alternative of a section, its weight read from `*w` at the start."""
    weight = 1.0
    if line.startswith("*"):
        head, _, line = line.partition(" ")
        weight = float(head[1:])
    needs = {name for pair in re.findall(r"\{([\w.+-]+)\}|\$(\w+)", line) for name in pair if name}
    return Production(weight, _parse(line, where), frozenset(needs))


def read_grammar(text: str, name: str) -> dict[str, Section]:
    """Return the sections written in a grammar file called `name`."""
    lines: dict[str, list[Production]] = {}
    current: list[Production] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        where = f"{name}:{number}"
        if not line or line.startswith("#"):
            continue
        if line.startswith(":: ") or line.startswith(MORE):
            current = lines.setdefault(line.removeprefix(":: ").strip(), [])
        elif line.startswith("% "):
            current += (_production(item.strip(), where) for item in line[2:].split(","))
        else:
            current.append(_production(line, where))
    return {key: section_of(productions) for key, productions in lines.items()}


@cache
def sections() -> dict[str, Section]:
    """Return every section of the grammar files that lie beside this module."""
    found: dict[str, Section] = {}
    more: list[tuple[str, Section]] = []
    folder = files(__package__ or __name__)
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".txt"):
            for key, section in read_grammar(path.read_text("utf-8"), path.name).items():
                if key.startswith(MORE):
                    more.append((key.removeprefix(MORE), section))
                elif key in found:
                    raise ValueError(f"{path.name}: section {key!r} is in two files; rename one")
                else:
                    found[key] = section
    for key, section in more:
        if key not in found:
            raise ValueError(f"section {key!r} is added to and in no file; open it with '::'")
        found[key] = section_of((*found[key].productions, *section.productions))
    return found


def names_in(body: Sequence) -> set[str]:
    """Return the sections that a body refers to."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, Ref):
            found.add(node.name)
        elif isinstance(node, Choice):
            for option in node.options:
                found |= names_in(option)
    return found


def renamed(production: Production, names: Mapping[str, str]) -> Production:
    """Return an alternative that refers to other sections where `names` has one for its own."""
    needs = frozenset(names.get(name, name) for name in production.needs)
    return Production(production.weight, _renamed_body(production.body, names), needs)


def _renamed_body(body: Sequence, names: Mapping[str, str]) -> Sequence:
    found: list[Node] = []
    for node in body:
        if isinstance(node, Ref):
            found.append(Ref(names.get(node.name, node.name)))
        elif isinstance(node, Choice):
            found.append(Choice(tuple(_renamed_body(option, names) for option in node.options)))
        else:
            found.append(node)
    return tuple(found)


def expand(name: str, rng: random.Random, binding: Mapping[str, str]) -> str:
    """Return a random text of a section; `binding` gives names a meaning for this call.

    A bound value that starts with `=` is literal text, any other is the section to use instead.
    """
    parts: list[str] = []
    _expand_name(name, rng, binding, parts)
    return "".join(parts)


def expand_body(body: Sequence, rng: random.Random, binding: Mapping[str, str]) -> str:
    """Return a random text of one alternative's body."""
    parts: list[str] = []
    _expand_into(body, rng, binding, parts)
    return "".join(parts)


def _expand_name(
    name: str, rng: random.Random, binding: Mapping[str, str], parts: list[str]
) -> None:
    bound = binding.get(name, name)
    if bound.startswith("="):
        parts.append(bound[1:])
    else:
        _expand_into(sections()[bound].pick(rng).body, rng, binding, parts)


def _expand_into(
    body: Sequence, rng: random.Random, binding: Mapping[str, str], parts: list[str]
) -> None:
    for node in body:
        if isinstance(node, str):
            parts.append(node)
        elif isinstance(node, Ref):
            _expand_name(node.name, rng, binding, parts)
        else:
            options = node.options
            _expand_into(options[int(rng.random() * len(options))], rng, binding, parts)
