"""The log on stderr: errors by default, everything with traces when asked for."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any


class _OneLine(logging.Formatter):
    """Leaves traces out: the person at a terminal gets the message, the trace is for `-v`."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[Any, ...],
    ) -> str:
        return ""


def log_to_stderr(level: int) -> None:
    """Send the log to stderr from this level on; traces only below WARNING."""
    handler = logging.StreamHandler()
    shape = "%(levelname)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(shape) if level < logging.WARNING else _OneLine(shape))
    logging.basicConfig(level=level, handlers=[handler], force=True)
