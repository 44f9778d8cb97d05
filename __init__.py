"""Terragate: agentic workflows for Earth observation and RTL design on open, local models."""

__version__ = "0.1.0"
