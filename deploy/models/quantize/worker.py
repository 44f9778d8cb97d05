"""The process that holds torch: quantises one checkpoint, or measures one against another.

It runs in the environment of llm-compressor, started by `launch.py`. The first line of standard
input is a `Job`; when that input ends, the process that asked has gone, and so does this one.
Standard output holds one `Line` of JSON at a time; everything else that is printed is the log.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from safetensors import SafetensorError

from ....tools.errors import UsageError
from .job import Calibration, Job, Line, Measures, RowMeasure
from .rows import read_rows

Say = Callable[[str], None]

# Longer rows cost memory that grows with the square of their length, and add little.
_CALIBRATION_TOKENS = 2048
# Twice as large in 32 bits; above this both models together would crowd a workstation.
_FLOAT32_BYTES = 2 * 2**30
_REPORTED_ROWS = 100


def quantize(job: Job, say: Say) -> None:
    """Write the quantised checkpoint and what it was calibrated on."""
    say("loading libraries")
    from . import loading, recipes
    from .encode import encode, open_tokenizer

    say(f"loading {job.source.name!r}")
    model = loading.load_source(job.source)
    rows = read_rows(job.rows) if job.rows else []
    limit = min(loading.positions(model), _CALIBRATION_TOKENS)
    encoded = encode(open_tokenizer(job.source), rows, limit)
    if rows and not encoded:
        raise UsageError(f"every calibration row has more than {limit} tokens: give shorter ones")
    loading.report_layers(say)
    recipes.quantize(model, job.scheme, job.group, encoded)
    say("writing weights")
    model.save_pretrained(job.result, save_compressed=True)
    used = Calibration(
        rows=len(encoded),
        tokens=sum(len(row.ids) for row in encoded),
        tools=recipes.tool_versions(),
    )
    job.report.write_text(used.model_dump_json(), "utf-8")


def measure(job: Job, say: Say) -> None:
    """Write how the two checkpoints' predictions differ on the rows."""
    say("loading libraries")
    from . import loading
    from .encode import encode, open_tokenizer
    from .measure import compare

    assert job.rows is not None
    size = sum(path.stat().st_size for path in job.source.glob("*.safetensors"))
    dtype = "float32" if size <= _FLOAT32_BYTES else "auto"
    say("loading source and result")
    source, result = loading.load_pair(job.source, job.result, dtype)
    rows = read_rows(job.rows)
    encoded = encode(open_tokenizer(job.source), rows, loading.positions(source))
    found: list[RowMeasure] = []
    for row in compare(source, result, encoded):
        found.append(row)
        if len(found) % _REPORTED_ROWS == 0:
            say(f"measured {len(found)} of {len(encoded)} rows")
    measures = Measures(
        rows=tuple(found),
        too_long=len(rows) - len(encoded),
        dtype=str(source.dtype).removeprefix("torch."),
    )
    job.report.write_text(measures.model_dump_json(), "utf-8")


TASKS: dict[str, Callable[[Job, Say], None]] = {"quantize": quantize, "measure": measure}


def main() -> int:
    """Do the job of standard input; exit status 1 with a last line that says what was wrong."""
    # Libraries print as they please, so the lines go where only we can write.
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    job = Job.model_validate_json(sys.stdin.readline())
    finished = threading.Event()
    threading.Thread(target=_leave_with_parent, args=(finished,), daemon=True).start()

    def say(text: str) -> None:
        lines.write(Line(kind="progress", text=text).model_dump_json() + "\n")

    try:
        TASKS[job.task](job, say)
    except UsageError as error:
        return _failed(lines, Line(kind="usage", text=str(error)))
    except (OSError, MemoryError, RuntimeError, SafetensorError) as error:
        told = _explained(error, job.result)
        if told is None:
            raise
        return _failed(lines, Line(kind="infrastructure", text=told))
    finally:
        finished.set()
    return 0


def _failed(lines: TextIO, line: Line) -> int:
    lines.write(line.model_dump_json() + "\n")
    return 1


def _explained(error: Exception, result: Path) -> str | None:
    """Return what to do about a machine that is too small, None if it is not that."""
    said = str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    # safetensors raises an error of its own with the system's words.
    if full or "No space left on device" in said or "Disk quota exceeded" in said:
        return f"the disk of {str(result.parent)!r} is full: free some space, then start again"
    if isinstance(error, MemoryError) or "memory" in said.lower():
        return f"not enough memory ({said}): stop other programs or use a larger machine"
    return None


def _leave_with_parent(finished: threading.Event) -> None:
    # Not through `sys.stdin`, whose lock this thread would hold while the interpreter ends.
    while os.read(0, 4096):
        pass
    if not finished.is_set():
        os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
