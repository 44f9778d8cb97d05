"""The syntax tree of a Verilog text, with the place of every token, and edits of that text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ...tools.errors import VerificationError
from ...tools.sandbox import Job, Limits, Step, shared_pool

SERVICE: Final = Path(__file__).with_name("tree_service.py")
LIMITS: Final = Limits(cpu_s=10.0, wall_s=30.0, memory_mb=2048, output_kb=16384)


@dataclass
class Node:
    """A node or a token of the tree; `start` and `end` are places in the text."""

    kind: str
    start: int
    end: int
    children: list[Node] = field(default_factory=list["Node"])
    parent: Node | None = None

    @property
    def token(self) -> bool:
        """Return whether this is a single token."""
        return not self.children

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, in the order of the text."""
        yield self
        for child in self.children:
            yield from child.walk()

    def above(self) -> Iterator[Node]:
        """Yield the nodes around this one, the nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def inside(self, *kinds: str) -> bool:
        """Return whether some node above is of one of the kinds."""
        return any(node.kind in kinds for node in self.above())

    def first(self, kind: str) -> Node | None:
        """Return the first node of a kind at or below this one."""
        return next((node for node in self.walk() if node.kind == kind), None)


@dataclass(frozen=True)
class Edit:
    """Replace the text from `start` to `end`."""

    start: int
    end: int
    text: str


def parse(text: str) -> Node:
    """Return the tree of a text of plain ASCII; VerificationError when slang could not say."""
    text.encode("ascii")
    job = Job({"text.sv": text}, (Step(call="text.sv", limits=LIMITS),))
    done = shared_pool(service=SERVICE).run(job).last
    if not done.ok:
        raise VerificationError(f"slang gave no syntax tree: {done.stderr.strip()[-200:]}")
    return _node(json.loads(done.stdout), None)


def _node(plain: list[Any], parent: Node | None) -> Node:
    if len(plain) == 3:
        return Node(plain[0], plain[1], plain[2], [], parent)
    node = Node(plain[0], -1, -1, [], parent)
    node.children = [_node(child, node) for child in plain[1]]
    # A placeholder token has no text and may stand anywhere.
    places = [child for child in node.children if child.end > child.start]
    node.start = min((child.start for child in places), default=0)
    node.end = max((child.end for child in places), default=0)
    return node


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with all edits made; they must not overlap."""
    for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
