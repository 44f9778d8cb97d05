"""The environment of llm-compressor: a venv of its own, for its pins exclude those of vLLM.

python -m terragate.deploy.models.quantize.environment
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from filelock import FileLock

from ....tools.errors import InfrastructureError, TerragateError, ToolUnavailable
from ...serving.install import PYTORCH_CPU_INDEX, Accelerator, default_venv, detect_accelerator

STAMP = "terragate-quantize.json"
_INSTALL_TIMEOUT_S = 3600.0
_CHECK_TIMEOUT_S = 180.0
_TAIL_LINES = 15
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
    return _python(venv)


def is_installed(venv: Path) -> bool:
    """Return whether the environment was installed from today's requirements."""
    try:
        found = json.loads((venv / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return found == _stamp(detect_accelerator()) and _python(venv).exists()


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
    return _python(venv)


def _install_packages(
    venv: Path, accelerator: Accelerator, progress: Callable[[str], None]
) -> None:
    python = _python(venv)
    if not python.exists():
        progress(f"creating {str(venv)!r}")
        _must([sys.executable, "-m", "venv", str(venv)], "create the quantisation environment")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["-r", str(_requirements(accelerator))]
    progress("installing llm-compressor (1 minute or more, 1.5 GB on disk)")
    if _run(pip, _INSTALL_TIMEOUT_S).returncode:
        # Where the CPU build of torch is not at hand, PyTorch's own index has it.
        _must([*pip, "--extra-index-url", PYTORCH_CPU_INDEX], "install llm-compressor")
    _must([str(python), "-P", "-c", _PROOF], "import llm-compressor after its installation")


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"


def _requirements(accelerator: Accelerator) -> Path:
    return Path(str(files("terragate.deploy.models.quantize") / f"requirements-{accelerator}.txt"))


def _stamp(accelerator: Accelerator) -> dict[str, str]:
    text = _requirements(accelerator).read_bytes()
    return {"accelerator": accelerator, "requirements": hashlib.sha256(text).hexdigest()}


def _must(argv: list[str], what: str) -> None:
    done = _run(argv, _INSTALL_TIMEOUT_S)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL_LINES:])
        raise InfrastructureError(
            f"could not {what} (exit code {done.returncode}):\n{tail}\n"
            "mend the cause (network, disk space, Python 3.11 or newer), then start again"
        )


def _run(argv: list[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 124, "", f"no end after {timeout_s:g} s")
    except OSError as error:
        return subprocess.CompletedProcess(argv, 127, "", str(error))


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
