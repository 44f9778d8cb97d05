"""The one error tree of the platform.

    TerragateError
    ├── UsageError                what the caller gave is wrong
    ├── InfrastructureError       a server, program or file the run needs is absent
    ├── ToolError                 a tool could not do its work
    │   ├── RetryableToolError    other arguments may succeed: the model may choose again
    │   └── ToolUnavailable       a missing program, extra or network
    ├── ModelError                the model gave no usable answer
    └── VerificationError         a checker itself failed (a failed check is a `Verdict`)

Every message says what is wrong, shows the offending value and says what to do about it.
"""

from __future__ import annotations

from typing import Literal

ToolErrorKind = Literal[
    "not_found", "ambiguous", "bad_argument", "bad_data", "too_large", "precondition", "unavailable"
]
ModelErrorKind = Literal["unreachable", "timeout", "refused", "truncated", "invalid", "empty"]


class TerragateError(Exception):
    """Base of every error the platform raises on purpose."""


class UsageError(TerragateError):
    """The request itself is wrong: unknown option, unreadable file, missing field."""


class InfrastructureError(TerragateError):
    """Something the run needs is not there; the message names the command that mends it."""


class ToolError(TerragateError):
    """A tool could not do its work; `candidates` are ranked alternatives, best first."""

    def __init__(
        self, message: str, *, kind: ToolErrorKind, candidates: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.kind: ToolErrorKind = kind
        self.candidates = candidates


class RetryableToolError(ToolError):
    """The same tool may succeed with other arguments, so the model may choose again."""


class ToolUnavailable(ToolError):
    """A program, optional dependency or network that the tool needs is missing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="unavailable")


class ModelError(TerragateError):
    """The model gave no usable answer; `kind` says how, so a workflow can react.

    `spent` are the tokens that it cost all the same: prompt, cached ones among them, completion.
    """

    def __init__(
        self, message: str, *, kind: ModelErrorKind, spent: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        super().__init__(message)
        self.kind: ModelErrorKind = kind
        self.spent = spent


class VerificationError(TerragateError):
    """A checker could not run; this is not a failed check."""
