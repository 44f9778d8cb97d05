"""The serving environment: a venv of its own for vLLM, which pins much of the ecosystem."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Literal

from filelock import FileLock

from .venv import (
    CHECK_TIMEOUT_S,
    INSTALL_TIMEOUT_S,
    PIP,
    failed,
    is_stamped,
    must,
    python_of,
    run,
    stamp_of,
)

log = logging.getLogger(__name__)

Accelerator = Literal["cpu", "cuda"]
Progress = Callable[[str], None]

PYTORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
STAMP = "terragate-serving.json"
_AGAIN = "run 'terragate serve install' again"
# Text models need none of these; their CUDA builds beside a CPU torch break every import.
_OPTIONAL = ("torchvision", "torchaudio", "torchcodec")
_PROOF = "import vllm; from transformers import Qwen3ForCausalLM; print(vllm.__version__)"


def detect_accelerator() -> Accelerator:
    """Return `cuda` on a machine with a working NVIDIA GPU, else `cpu`."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "cpu"
    found = run([program, "-L"], timeout_s=30.0)
    return "cuda" if found.returncode == 0 and "GPU" in found.stdout else "cpu"


def default_venv(home: Path) -> Path:
    """Return the serving environment: beside a checkout, else in the user's data folder."""
    checkout = Path(__file__).resolve().parents[2]
    beside = (checkout / "Makefile").exists() and (checkout / "pyproject.toml").exists()
    return checkout / ".venv-serve" if beside else home / "venv-serve"


def serving_python(venv: Path) -> Path:
    """Return the interpreter of a serving environment."""
    return python_of(venv)


def is_installed(venv: Path, accelerator: Accelerator | None = None) -> bool:
    """Return whether the environment was installed from today's requirements."""
    return is_stamped(venv / STAMP, _stamp(accelerator or detect_accelerator()))


def install(
    venv: Path, *, accelerator: Accelerator | None = None, progress: Progress = log.info
) -> Path:
    """Install vLLM into `venv` if it is not there yet, and return the interpreter."""
    accelerator = accelerator or detect_accelerator()
    python = serving_python(venv)
    if is_installed(venv, accelerator):
        progress(f"serving environment {str(venv)!r} is up to date")
        return python
    venv.mkdir(parents=True, exist_ok=True)
    with FileLock(venv / "install.lock"):
        if not is_installed(venv, accelerator):
            if not _works(python, accelerator):
                _install_packages(venv, accelerator, progress)
            (venv / STAMP).write_text(json.dumps(_stamp(accelerator)), "utf-8")
    progress(f"serving environment {str(venv)!r} is ready ({accelerator})")
    return python


def _install_packages(venv: Path, accelerator: Accelerator, progress: Progress) -> None:
    python = serving_python(venv)
    if not python.exists():
        progress(f"creating {str(venv)!r}")
        must([sys.executable, "-m", "venv", str(venv)], "create the serving environment", _AGAIN)
    pip = [str(python), *PIP, "-r", str(_requirements(accelerator))]
    progress("installing vLLM (several minutes, 3.4 GB on disk)")
    done = run(pip, timeout_s=INSTALL_TIMEOUT_S)
    if done.returncode != 0 and accelerator == "cpu":
        progress(f"asking PyTorch's CPU index too ({PYTORCH_CPU_INDEX})")
        done = run([*pip, "--extra-index-url", PYTORCH_CPU_INDEX], timeout_s=INSTALL_TIMEOUT_S)
    if done.returncode != 0:
        raise failed(done, "install vLLM", _AGAIN)
    if not _proof(python):
        progress("removing vision and audio packages that do not fit this torch")
        must(
            [str(python), "-m", "pip", "uninstall", "--yes", *_OPTIONAL], "remove packages", _AGAIN
        )
        done = run([str(python), "-P", "-c", _PROOF], timeout_s=CHECK_TIMEOUT_S)
        if done.returncode != 0:
            raise failed(done, "import vLLM after its installation", _AGAIN)


def _requirements(accelerator: Accelerator) -> Path:
    return Path(str(files("terragate.deploy.serving") / f"requirements-{accelerator}.txt"))


def _stamp(accelerator: Accelerator) -> dict[str, str]:
    return stamp_of(_requirements(accelerator), accelerator)


def _works(python: Path, accelerator: Accelerator) -> bool:
    """Return whether an environment without a stamp holds the wanted vLLM already."""
    wanted = _requirements(accelerator).read_text("utf-8").rpartition("==")[2].strip()
    return python.exists() and _proof(python) == wanted


def _proof(python: Path) -> str:
    """Return the version of a vLLM that can be imported, else an empty text."""
    done = run([str(python), "-P", "-c", _PROOF], timeout_s=CHECK_TIMEOUT_S)
    return done.stdout.strip().splitlines()[-1] if done.returncode == 0 else ""
