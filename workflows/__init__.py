"""Workflows as data: spec, checker, compiler, runtime and the families."""
