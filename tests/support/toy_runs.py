"""Short runs of toy workflows without checkpoints."""

from __future__ import annotations

import anyio
from terragate.tests.support.toy_domain import (
    TOY,
    ask,
    platform,
    stage,
    workflow,
)
from terragate.workflows.runtime import run


def answer(spec, model, text, tmp_path, **fields):
    """Run a request without checkpoints and return its report."""
    domain = fields.pop("domain", TOY)
    room = platform(spec, model, tmp_path, persist=False, domain=domain)
    return anyio.run(run, ask(text, **fields), room)


def find(word):
    return {"tool": "find", "word": word}


def one_find(*exits, **fields):
    return workflow(stage("find", *exits, tools=("find",), **fields))
