"""The serving environment: a venv of its own for vLLM, which pins much of the ecosystem."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Literal

from filelock import FileLock

from ...tools.errors import InfrastructureError

log = logging.getLogger(__name__)

Accelerator = Literal["cpu", "cuda"]
Progress = Callable[[str], None]

PYTORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
STAMP = "terragate-serving.json"
_INSTALL_TIMEOUT_S = 3600.0
_CHECK_TIMEOUT_S = 180.0
_TAIL_LINES = 15
# Text models need none of these; their CUDA builds beside a CPU torch break every import.
_OPTIONAL = ("torchvision", "torchaudio", "torchcodec")
_PROOF = "import vllm; from transformers import Qwen3ForCausalLM; print(vllm.__version__)"


def detect_accelerator() -> Accelerator:
    """Return `cuda` on a machine with a working NVIDIA GPU, else `cpu`."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "cpu"
    found = _run([program, "-L"], timeout_s=30.0)
    return "cuda" if found.returncode == 0 and "GPU" in found.stdout else "cpu"


def default_venv(home: Path) -> Path:
    """Return the serving environment: beside a checkout, else in the user's data folder."""
    checkout = Path(__file__).resolve().parents[2]
    beside = (checkout / "Makefile").exists() and (checkout / "pyproject.toml").exists()
    return checkout / ".venv-serve" if beside else home / "venv-serve"


def serving_python(venv: Path) -> Path:
    """Return the interpreter of a serving environment."""
    return venv / "bin" / "python"


def is_installed(venv: Path, accelerator: Accelerator | None = None) -> bool:
    """Return whether the environment was installed from today's requirements."""
    try:
        found = json.loads((venv / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return found == _stamp(accelerator or detect_accelerator()) and serving_python(venv).exists()


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
        _must([sys.executable, "-m", "venv", str(venv)], "create the serving environment")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["-r", str(_requirements(accelerator))]
    progress("installing vLLM (several minutes, 3.4 GB on disk)")
    done = _run(pip, timeout_s=_INSTALL_TIMEOUT_S)
    if done.returncode != 0 and accelerator == "cpu":
        progress(f"asking PyTorch's CPU index too ({PYTORCH_CPU_INDEX})")
        done = _run([*pip, "--extra-index-url", PYTORCH_CPU_INDEX], timeout_s=_INSTALL_TIMEOUT_S)
    if done.returncode != 0:
        raise _failed(done, "install vLLM")
    if not _proof(python):
        progress("removing vision and audio packages that do not fit this torch")
        _must([str(python), "-m", "pip", "uninstall", "--yes", *_OPTIONAL], "remove packages")
        done = _run([str(python), "-P", "-c", _PROOF], timeout_s=_CHECK_TIMEOUT_S)
        if done.returncode != 0:
            raise _failed(done, "import vLLM after its installation")


def _requirements(accelerator: Accelerator) -> Path:
    return Path(str(files("terragate.deploy.serving") / f"requirements-{accelerator}.txt"))


def _stamp(accelerator: Accelerator) -> dict[str, str]:
    text = _requirements(accelerator).read_bytes()
    return {"accelerator": accelerator, "requirements": hashlib.sha256(text).hexdigest()}


def _works(python: Path, accelerator: Accelerator) -> bool:
    """Return whether an environment without a stamp holds the wanted vLLM already."""
    wanted = _requirements(accelerator).read_text("utf-8").rpartition("==")[2].strip()
    return python.exists() and _proof(python) == wanted


def _proof(python: Path) -> str:
    """Return the version of a vLLM that can be imported, else an empty text."""
    done = _run([str(python), "-P", "-c", _PROOF], timeout_s=_CHECK_TIMEOUT_S)
    return done.stdout.strip().splitlines()[-1] if done.returncode == 0 else ""


def _must(argv: list[str], what: str) -> None:
    done = _run(argv, timeout_s=_INSTALL_TIMEOUT_S)
    if done.returncode != 0:
        raise _failed(done, what)


def _run(argv: list[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 124, "", f"no end after {timeout_s:g} s")
    except OSError as error:
        return subprocess.CompletedProcess(argv, 127, "", str(error))


def _failed(done: subprocess.CompletedProcess[str], what: str) -> InfrastructureError:
    tail = "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL_LINES:])
    return InfrastructureError(
        f"could not {what} (exit code {done.returncode}):\n{tail}\n"
        "mend the cause (network, disk space, Python 3.11 or newer), then run "
        "'terragate serve install' again"
    )
