"""Deterministic capabilities: typed arguments in, typed result out."""
