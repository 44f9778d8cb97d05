"""Where a run goes on that ended because a server or program that a tool needs was not there.

Such an end is written down with the record of the failed call, and is not the last word: resuming
takes the step again.
"""

from __future__ import annotations

from typing import Any, Final

from .state import EndNote, final_end

UNAVAILABLE: Final = "tool:unavailable"


def is_lost(saved: Any) -> bool:
    """Return whether a checkpoint (a `StateSnapshot`) is such an end."""
    note = final_end(_ends(saved))
    return not saved.next and note is not None and note["error"] == UNAVAILABLE


async def before_loss(graph: Any, config: Any) -> Any:
    """Return the last checkpoint before the loss; what other branches did since is done again."""
    async for saved in graph.aget_state_history(config):
        if saved.next and all(note["error"] != UNAVAILABLE for note in _ends(saved)):
            return saved
    raise AssertionError("a run that ended has a checkpoint before its end")


def _ends(saved: Any) -> list[EndNote]:
    return saved.values.get("ends", [])
