"""What a repair is told: the code that came nearest, and in few tokens why it was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ...tools.artifacts import ArtifactStore
from ...tools.records import Record
from ...tools.rtl.drafts import read_code

MOST_CHARS: Final = 1200
# The first of these that failed is what there is to say; the rest follows from it.
ORDER: Final = (
    "parses", "safe", "elaborates", "lint", "synthesises", "simulates", "differential",
)  # fmt: skip


def feedback(
    records: Sequence[Record], verdicts: Sequence[Mapping[str, Any]], store: ArtifactStore
) -> tuple[str, str]:
    """Return the code to repair and what is wrong with it; empty texts when there is no design.

    The newest design stands for its predecessors, but of several candidates of one step the one
    that got furthest through the verifiers is taken.
    """
    held = [record for record in records if "design" in record.outputs]
    if not held:
        return "", ""
    stage = held[-1].stage
    latest = [record for record in held if record.stage == stage]
    failed = {record.id: _failures(record.id, verdicts) for record in latest}
    if len(latest) > 1:
        chosen = max(latest, key=lambda record: _progress(failed[record.id]))
    else:
        chosen = latest[0]
    code = read_code(chosen.outputs["design"], store)
    said = [str(verdict["evidence"]) for verdict in failed[chosen.id] if verdict["evidence"]]
    return code, "\n".join(said)[:MOST_CHARS]


def _failures(record: str, verdicts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    own = [v for v in verdicts if v["record"] == record and v["outcome"] == "fail"]
    return sorted((v for v in own if v["name"] in ORDER), key=lambda v: ORDER.index(v["name"]))[:1]


def _progress(failed: Sequence[Mapping[str, Any]]) -> int:
    return ORDER.index(failed[0]["name"]) if failed else len(ORDER)
