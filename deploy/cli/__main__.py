"""`python -m terragate.deploy.cli`."""

from __future__ import annotations

from .app import main

main()
