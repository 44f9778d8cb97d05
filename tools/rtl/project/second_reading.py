"""What Icarus makes of a text before it reads it: its preprocessor disagrees with slang's.

Icarus 11 replaces macro arguments inside strings, ends some macros at other places, and does not
know every directive. A text that uses more than the plainest directives is therefore looked at a
second time, as Icarus has expanded it.
"""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from typing import Final, Literal

from ...sandbox import Job, Limits, Step, shared_pool
from ..design import MAX_SOURCE_BYTES, Design, Source

# Not below those of a compilation, which must not get further than this does.
LIMITS: Final = Limits(cpu_s=15.0, wall_s=30.0, memory_mb=2048, file_mb=32, output_kb=256)
REFUSED: Final = re.compile(r"^[^:\n]+:\d+: (?!warning)", re.MULTILINE)
PLAIN: Final = re.compile(r"`(?:timescale|default_nettype|resetall|celldefine|endcelldefine)\b")
EXPANDED: Final = "expanded.sv"


@lru_cache(maxsize=256)
def as_icarus_expands(design: Design) -> Design | Literal["same", "lost"]:
    """Return the design after Icarus's preprocessor: one text without a macro.

    `same` where there is nothing to expand, Icarus is not installed or refuses the text; `lost`
    where it did not survive.
    """
    texts = design.files().values()
    if shutil.which("iverilog") is None or not any("`" in PLAIN.sub("", text) for text in texts):
        return "same"
    argv = (
        "iverilog", "-E", "-g2012", *(f"-D{name}={value}" for name, value in design.defines),
        "-o", EXPANDED, *(source.name for source in design.sources),
    )  # fmt: skip
    job = Job(design.files(), (Step(argv, limits=LIMITS),), keep=(EXPANDED,))
    result = shared_pool().run(job)
    done = result.last
    if not done.ok:
        # Only an error with a place is Icarus's own no, which its compiler would give as well.
        return "same" if REFUSED.search(done.stderr) and not done.crashed else "lost"
    text = result.files.get(EXPANDED, b"").decode("utf-8", "replace").replace("\0", "\ufffd")
    if len(text) > MAX_SOURCE_BYTES:
        return "lost"
    data = tuple(source for source in design.includes if source.name != EXPANDED)
    return design.model_copy(
        update={"sources": (Source(name=EXPANDED, text=text),), "includes": data, "defines": ()}
    )
