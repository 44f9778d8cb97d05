"""A model that remembers its last answer, so that one nobody can use is paid for too."""

from __future__ import annotations

from ..tools.errors import ModelError
from .protocol import Model, ModelAnswer, ModelRequest, Rendering, TokenUsage


class Listening:
    """Asks the model and keeps the answer; of one that failed it keeps what that cost."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.rendering: Rendering = model.rendering
        self.answer = ModelAnswer(text="")

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer one request and keep the answer."""
        try:
            self.answer = await self._model.complete(request)
        except ModelError as error:
            self.answer = ModelAnswer(text="", usage=TokenUsage.of(error.spent))
            raise
        return self.answer
