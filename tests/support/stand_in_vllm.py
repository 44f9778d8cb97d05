"""A program with vLLM's command line and routes; `config.json` of its weights says how it acts."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from terragate.tests.support import openai_server as remote

BEHAVIOURS = {"honours": remote.honours_schema, "ignores": remote.says("hello")}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--served-model-name", required=True)
    known, _ = parser.parse_known_args()
    acts = json.loads((known.model / "config.json").read_text())["acts"]
    sys.stdout.write(f"loading weights secret={os.environ.get('OTHER_API_KEY')}\n")
    sys.stdout.flush()
    engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (known.model.parent / "engine.pid").write_text(str(engine.pid))
    if acts == "dies":
        sys.exit("RuntimeError: not enough memory")
    if acts == "never ready":
        time.sleep(60)
    remote.Server(
        [BEHAVIOURS[acts]], model=known.served_model_name, is_vllm=True, port=known.port
    ).serve_forever()


if __name__ == "__main__":
    main()
