"""Run foreign programs on untrusted text: limits, private folder, and bubblewrap where it works."""

from __future__ import annotations

from .box import Sandbox, bubblewrap_works
from .job import Finished, Job, JobResult, Limits, Mode, Step
from .pool import SandboxPool, shared_pool

__all__ = [
    "Finished",
    "Job",
    "JobResult",
    "Limits",
    "Mode",
    "Sandbox",
    "SandboxPool",
    "Step",
    "bubblewrap_works",
    "shared_pool",
]
