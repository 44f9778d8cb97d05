"""The environment of llm-compressor: a venv of its own, for its pins exclude those of vLLM.

python -m terragate.deploy.models.quantize.environment
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from filelock import FileLock

from ....tools.errors import TerragateError, ToolUnavailable
from ...serving.install import PYTORCH_CPU_INDEX, Accelerator, default_venv, detect_accelerator
from ...serving.venv import INSTALL_TIMEOUT_S, PIP, is_stamped, must, python_of, run, stamp_of

STAMP = "terragate-quantize.json"
_AGAIN = "start again"
_PROOF = "import torch, transformers, llmcompressor; print(llmcompressor.__version__)"


def quantize_venv(home: Path) -> Path:
    """Return the environment: beside that of the server."""
    beside = default_venv(home)
    return beside.with_name(beside.name.replace("serve", "quantize"))


def quantize_python(venv: Path) -> Path:
    """Return the interpreter of an installed environment, or say how to install it."""
    if not is_installed(venv):
        raise ToolUnavailable(
            f"llm-compressor is not installed in {str(venv)!r}: run 'make quantize-install', or "
            f"'python -m terragate.deploy.models.quantize.environment' (1 minute, 1.5 GB)"
        )
    return python_of(venv)


def is_installed(venv: Path) -> bool:
    """Return whether the environment was installed from today's requirements."""
    return is_stamped(venv / STAMP, _stamp(detect_accelerator()))


def install(venv: Path, progress: Callable[[str], None]) -> Path:
    """Install llm-compressor into `venv` if it is not there yet, and return the interpreter."""
    accelerator = detect_accelerator()
    if not is_installed(venv):
        venv.mkdir(parents=True, exist_ok=True)
        with FileLock(venv / "install.lock"):
            if not is_installed(venv):
                _install_packages(venv, accelerator, progress)
                (venv / STAMP).write_text(json.dumps(_stamp(accelerator)), "utf-8")
    progress(f"quantisation environment {str(venv)!r} is ready ({accelerator})")
    return python_of(venv)


def _install_packages(
    venv: Path, accelerator: Accelerator, progress: Callable[[str], None]
) -> None:
    python = python_of(venv)
    if not python.exists():
        progress(f"creating {str(venv)!r}")
        must(
            [sys.executable, "-m", "venv", str(venv)], "create the quantisation environment", _AGAIN
        )
    pip = [str(python), *PIP, "-r", str(_requirements(accelerator))]
    progress("installing llm-compressor (1 minute or more, 1.5 GB on disk)")
    if run(pip, timeout_s=INSTALL_TIMEOUT_S).returncode:
        # Where the CPU build of torch is not at hand, PyTorch's own index has it.
        must([*pip, "--extra-index-url", PYTORCH_CPU_INDEX], "install llm-compressor", _AGAIN)
    what = "import llm-compressor after its installation"
    must([str(python), "-P", "-c", _PROOF], what, _AGAIN)


def _requirements(accelerator: Accelerator) -> Path:
    return Path(str(files("terragate.deploy.models.quantize") / f"requirements-{accelerator}.txt"))


def _stamp(accelerator: Accelerator) -> dict[str, str]:
    return stamp_of(_requirements(accelerator), accelerator)


def main() -> int:
    """Install from the command line."""
    from ....workflows.settings import Settings

    def progress(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    try:
        install(quantize_venv(Settings().home), progress)
    except TerragateError as error:
        sys.stderr.write(f"error: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
