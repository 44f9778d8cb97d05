"""Training questions: slots in, one of very many English sentences out."""

from .compose import realise

__all__ = ["realise"]
