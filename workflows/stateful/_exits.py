"""How the stages of `stateful` say where to go."""

from __future__ import annotations

from ..spec import Choice, Condition, End, Exit

CLARIFY = End(end="clarify")
ANSWERED = End(end="answered")
FAILED = End(end="failed")


def when(condition: Condition, to: str | End) -> Exit:
    """Return the exit to a stage or end that is taken when a condition holds."""
    return Exit(when=condition, to=to if isinstance(to, End) else (to,))


def chose(tool: str, to: str | End) -> Exit:
    """Return the exit that is taken after a tool or control was chosen."""
    return when(Choice(field="tool", equals=tool), to)
