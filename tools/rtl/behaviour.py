"""Which candidates do the same? Their outputs on common stimuli, and clusters of equal ones.

Candidates that agree by behaviour while they differ in structure support each other: independent
errors seldom agree (self-consistency by simulated outputs, as in VRank, arXiv 2502.00028).
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ..errors import ToolError, ToolUnavailable
from .design import Design
from .fingerprint import fingerprint
from .formal.bench import run_steps
from .formal.stimulus import Interface
from .parallel import run_all
from .slang import forbidden
from .stimuli import combinational, face_of, rows_for

CYCLES: Final = 600
SEED: Final = 7


def traces(
    designs: Sequence[Design], *, cycles: int = CYCLES, seed: int = SEED
) -> tuple[str | None, ...]:
    """Return a hash of the outputs, x kept, of each design on the same steps.

    None for a design that does not compile, does not reach the end, uses what a design may not use
    or has other ports than most. Designs with equal tokens are simulated once.
    """
    keys = [_tokens(design) for design in designs]
    first: dict[str, Design] = {}
    for key, design in zip(keys, designs, strict=True):
        first.setdefault(key, design)
    faces = dict(zip(first, run_all(_face, first.values()), strict=True))
    face = _common([faces[key] for key in keys])
    if face is None:
        return (None,) * len(designs)
    able = {k: d for k, d in first.items() if (f := faces[k]) and _ports(f) == _ports(face)}
    plain = not face.clocks and all(combinational(design) for design in able.values())
    rows = tuple(rows_for(face, seed, cycles, exhaustive=plain)[0])
    hashes = run_all(lambda design: _trace(design, face, rows), able.values())
    found = dict(zip(able, hashes, strict=True))
    return tuple(found.get(key) for key in keys)


def clusters(
    designs: Sequence[Design], *, cycles: int = CYCLES, seed: int = SEED
) -> tuple[tuple[int, ...], ...]:
    """Return the indices of designs that behave alike, the largest group first.

    Of equally large groups the one with more different structures comes first, then the earlier
    one. A design without a trace is in none.
    """
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for at, trace in enumerate(traces(designs, cycles=cycles, seed=seed)):
        if trace is not None:
            groups[trace].append(at)

    def rank(group: list[int]) -> tuple[int, int, int]:
        shapes = {fingerprint(designs[at]).structure for at in group}
        return (-len(group), -len(shapes), group[0])

    return tuple(tuple(group) for group in sorted(groups.values(), key=rank))


def _tokens(design: Design) -> str:
    return fingerprint(design).tokens


def _face(design: Design) -> Interface | None:
    try:
        if any(d.severity == "error" for d in forbidden(design)):
            return None
        return face_of(design)
    except ToolUnavailable:
        raise
    except ToolError:
        return None


def _common(faces: Sequence[Interface | None]) -> Interface | None:
    """Return the interface most designs have, and of those the clocks and resets most have."""
    able = [face for face in faces if face is not None]
    if not able:
        return None
    ports = Counter(_ports(face) for face in able).most_common(1)[0][0]
    alike = [face for face in able if _ports(face) == ports]
    roles = Counter((face.clocks, face.resets) for face in alike).most_common(1)[0][0]
    return next(face for face in alike if (face.clocks, face.resets) == roles)


def _ports(face: Interface) -> frozenset[tuple[str, str, int]]:
    return frozenset(
        (kind, port.name, port.width)
        for kind, ports in (("input", face.inputs), ("output", face.outputs))
        for port in ports
    )


@lru_cache(maxsize=4096)
def _trace(design: Design, face: Interface, rows: tuple[int, ...]) -> str | None:
    trace = run_steps(design, face, rows)
    if trace.problem:
        return None
    return hashlib.sha256("\n".join(trace.rows).encode()).hexdigest()
