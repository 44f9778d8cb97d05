"""The model boundary: what is asked, what comes back, and the one seam every client implements."""

from __future__ import annotations

from typing import Any, Literal, Protocol, Self

from ..tools.records import Frozen

Rendering = Literal["compact", "chat"]


class Message(Frozen):
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


class ModelRequest(Frozen):
    """One question to a model; `answer_schema` is the JSON schema its answer must satisfy."""

    stage: str
    messages: tuple[Message, ...]
    answer_schema: dict[str, Any] | None = None
    max_tokens: int
    temperature: float = 0.0
    seed: int = 0


class TokenUsage(Frozen):
    """Tokens of one call; `cached` of the `prompt` tokens came from the server's prefix cache."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0

    def __add__(self, other: TokenUsage) -> TokenUsage:
        """Return both together."""
        both = zip(self.counts, other.counts, strict=True)
        prompt, cached, completion = (one + two for one, two in both)
        return TokenUsage(prompt=prompt, cached=cached, completion=completion)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Return prompt, cached and completion tokens."""
        return self.prompt, self.cached, self.completion

    @classmethod
    def of(cls, counts: tuple[int, int, int]) -> Self:
        """Return the usage of these counts, in the order of `counts`."""
        prompt, cached, completion = counts
        return cls(prompt=prompt, cached=cached, completion=completion)


class ModelAnswer(Frozen):
    """The text of a complete answer, what it cost and which model gave it.

    `corrected` says that the first answer broke the schema and the model was asked once more.
    """

    text: str
    usage: TokenUsage = TokenUsage()
    seconds: float = 0.0
    model: str = ""
    corrected: bool = False


class Model(Protocol):
    """Anything that answers a `ModelRequest`; raises `ModelError` when no usable text comes."""

    name: str
    rendering: Rendering

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer one request."""
        ...
