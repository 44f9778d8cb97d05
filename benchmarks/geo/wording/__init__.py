"""Training questions: slots in, one of very many English sentences out."""

from .compose import realise, realise_followup

__all__ = ["realise", "realise_followup"]
