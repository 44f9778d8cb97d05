"""What a design is made of after optimisation, to tell whether two texts are the same circuit."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from ...tools.errors import VerificationError
from ...tools.rtl.design import Design
from ...tools.rtl.formal.reading import read_side
from ...tools.rtl.yosys import run_yosys

SCRIPT: Final = (
    "read_rtlil side.il", "opt -full", "opt_clean -purge", "write_json shape.json",
)  # fmt: skip


def shape(design: Design) -> tuple[tuple[str, int], ...]:
    """Return how often each cell occurs, told apart by type, parameters and constant inputs."""
    side = read_side(design)
    result = run_yosys({"side.il": side.rtlil}, SCRIPT, keep=("shape.json",))
    if not result.last.ok:
        raise VerificationError(f"Yosys cannot optimise {design.top!r}: {side.problem}")
    module = json.loads(result.files["shape.json"])["modules"]["side"]
    return tuple(sorted(Counter(_cell(cell) for cell in module["cells"].values()).items()))


def _cell(cell: dict[str, Any]) -> str:
    constants = {
        pin: "".join(bit if isinstance(bit, str) else "." for bit in bits)
        for pin, bits in cell["connections"].items()
    }
    return json.dumps([cell["type"], cell["parameters"], constants], sort_keys=True)
