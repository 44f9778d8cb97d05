"""Waveforms in words: read a value change dump, cut a small table out of it, say what is wrong."""

from __future__ import annotations

from .explain import Explanation, Mismatch, explain
from .feedback import bench_mismatch, mismatch_feedback, mismatch_of
from .picture import picture
from .table import Table, as_text, window
from .wave import Track, Wave, read_wave

__all__ = [
    "Explanation",
    "Mismatch",
    "Table",
    "Track",
    "Wave",
    "as_text",
    "bench_mismatch",
    "explain",
    "mismatch_feedback",
    "mismatch_of",
    "picture",
    "read_wave",
    "window",
]
