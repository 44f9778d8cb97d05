"""A stand-in for a checkout of VerilogEval's flow: a Makefile of ours under the published names."""

from __future__ import annotations

from pathlib import Path

# Every sample's log, by the two files that say which problems and samples there are.
LOGS = """
include problems.mk
include samples.mk
logs = $(foreach p,$(problems),$(foreach n,$(shell seq --format %02g $($(p)_num_samples)),\\
  $(p)/$(p)_sample$(n)-sv-iv-test.log))
"""


def write_flow(folder: Path, rules: str) -> Path:
    """Write the files that the flow is looked for by; `rules` follow the list of logs."""
    (folder / "scripts").mkdir(parents=True)
    (folder / "scripts" / "echo-progress").write_text("")
    (folder / "Makefile.in").write_text(LOGS + rules)
    return folder
