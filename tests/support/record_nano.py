"""Record what terragate-nano answers to the questions that the kill test replays.

python -m terragate.tests.support.record_nano http://127.0.0.1:PORT
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import anyio
from terragate.agents.profiles import NANO, open_model
from terragate.agents.recording import RecordingModel
from terragate.tests.support.kill_cases import AGAIN_QUESTION, MEAN_QUESTION, RECORDING
from terragate.tests.support.small_archive import write_small_archive
from terragate.tests.support.toy_domain import TODAY
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run


def main(url: str) -> None:
    RECORDING.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        write_small_archive(archive)
        model = RecordingModel(open_model(NANO, base_url=url), RECORDING)
        platform = Platform(model, open_catalog(archive), Path(folder) / "runs")
        requests = [
            Request(text=text, today=TODAY, workflow="stateful")
            for text in (MEAN_QUESTION, AGAIN_QUESTION)
        ]

        async def ask() -> list[Report]:
            return [await run(request, platform) for request in requests]

        reports = anyio.run(ask)
    for report in reports:
        visited = sorted({record.stage for record in report.records})
        sys.stdout.write(f"{report.status}: {report.answer} {visited}\n")


if __name__ == "__main__":
    main(sys.argv[1])
