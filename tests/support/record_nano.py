"""Record what terragate-nano answers to the question that the kill test replays.

python -m terragate.tests.support.record_nano http://127.0.0.1:PORT
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import anyio
from terragate.agents.profiles import NANO, open_model
from terragate.agents.recording import RecordingModel
from terragate.tests.support.kill_cases import RECORDED_QUESTION, RECORDING
from terragate.tests.support.small_archive import write_small_archive
from terragate.tests.support.toy_domain import TODAY
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run


def main(url: str) -> None:
    RECORDING.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        write_small_archive(archive)
        model = RecordingModel(open_model(NANO, base_url=url), RECORDING)
        platform = Platform(model, open_catalog(archive), Path(folder) / "runs")
        request = Request(text=RECORDED_QUESTION, today=TODAY, workflow="stateful")
        report = anyio.run(run, request, platform)
    sys.stdout.write(f"{report.status}: {report.answer}\n")


if __name__ == "__main__":
    main(sys.argv[1])
