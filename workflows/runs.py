"""Runs and threads on disk: one folder per run, one small file per thread."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from ..tools.errors import UsageError
from ..tools.geo.areas.upload import UPLOADS_FOLDER
from ..tools.records import Frozen, Record
from .report import Report
from .request import MAX_EARLIER, Request, Thread
from .spec import WorkflowSpec

RUN_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
T = TypeVar("T", bound=BaseModel)
# What a later run on the thread cannot build upon.
NOT_CARRIED = frozenset({"answer", "map", "picture"})
UNREADABLE = "unreadable"
MAX_PROBLEM = 100
_PRIOR_ID = re.compile(r"p\d+")


class RunFile(Frozen):
    """`request.json`: all that a run depends on, so that it can go on after a crash.

    `catalog` is the address that opens its catalog again, `detectors` the operator's folder of
    models.
    """

    schema_version: int = 1
    run_id: str
    created: str
    model: str
    request: Request
    spec: WorkflowSpec
    catalog: str
    detectors: str | None = None
    prior: tuple[Record, ...] = ()


class RunSummary(NamedTuple):
    """One line of `runs list`; `status` is None while the run is unfinished.

    A run of the status `UNREADABLE` has neither workflow nor text, and `problem` says why.
    """

    run_id: str
    created: str
    workflow: str
    text: str
    status: str | None
    problem: str = ""


def new_run_id() -> str:
    """Return a new run id that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def run_folder(out: Path, run_id: str) -> Path:
    """Return the folder of a run; refuses an id that is no plain name."""
    if not RUN_ID.match(run_id):
        raise UsageError(f"run id {run_id!r} is not a plain name; see `terragate runs list`")
    return out / run_id


def create_run(out: Path, run: RunFile) -> Path:
    """Write a new run's folder and return it; the run joins its thread at once."""
    folder = run_folder(out, run.run_id)
    if (folder / "request.json").exists():
        raise UsageError(f"run {run.run_id!r} exists already; resume it or choose another id")
    folder.mkdir(parents=True, exist_ok=True)
    write_model(folder / "request.json", run)
    if run.request.thread:
        thread = load_thread(out, run.request.thread).with_run(run.run_id)
        write_model(_thread_path(out, thread.name), thread)
    return folder


def load_run(out: Path, run_id: str) -> RunFile:
    """Return what a run was started with."""
    path = run_folder(out, run_id) / "request.json"
    return _read(path, RunFile, f"no run {run_id!r} in {str(out)!r}; see `terragate runs list`")


def load_report(out: Path, run_id: str) -> Report:
    """Return the report of a finished run."""
    path = run_folder(out, run_id) / "report.json"
    message = f"run {run_id!r} has no report yet; try `terragate runs resume {run_id}`"
    return _read(path, Report, message)


def list_runs(out: Path) -> tuple[RunSummary, ...]:
    """Return the runs of a folder, newest first."""
    rows = [_summary(out, path) for path in sorted(out.glob("*/request.json"), reverse=True)]
    return tuple(sorted(rows, key=lambda row: row.created, reverse=True))


def _summary(out: Path, path: Path) -> RunSummary:
    name = path.parent.name
    try:
        run = load_run(out, name)
        done = path.with_name("report.json")
        status = load_report(out, name).status if done.exists() else None
    except UsageError as error:
        cause = error.__cause__ or error
        return RunSummary(name, _changed(path), "", "", UNREADABLE, _in_few_words(cause))
    return RunSummary(name, run.created, run.spec.name, run.request.text, status)


def _changed(path: Path) -> str:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC).isoformat(timespec="seconds")


def _in_few_words(cause: BaseException) -> str:
    """Return why a run cannot be read, in at most `MAX_PROBLEM` characters."""
    said = str(cause)
    if isinstance(cause, ValidationError):
        first = cause.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = f"{cause.title} {where}: {first['msg']}".replace(" : ", ": ")
    elif isinstance(cause, OSError):
        said = f"{Path(str(cause.filename)).name}: {cause.strerror}"
    return said if len(said) <= MAX_PROBLEM else f"{said[: MAX_PROBLEM - 1]}…"


def load_thread(out: Path, name: str) -> Thread:
    """Return a thread, an empty one when there is none of that name."""
    path = _thread_path(out, Thread(name=name).name)
    if not path.exists():
        return Thread(name=name)
    return _read(path, Thread, f"thread {name!r} cannot be read")


def carried_records(out: Path, thread: str, into: Path) -> tuple[Record, ...]:
    """Return the newest results of the thread's last finished run, renamed p1, p2 and so on.

    What they were computed from comes along, and their files are linked into the new run folder.
    """
    for run_id in reversed(load_thread(out, thread).runs):
        if (run_folder(out, run_id) / "report.json").exists():
            earlier = (*load_run(out, run_id).prior, *load_report(out, run_id).records)
            kept = _newest_with_sources(earlier)
            for ref in (ref for record in kept for ref in record.artifacts):
                _link(run_folder(out, run_id) / ref.path, into / ref.path)
            return _renamed(kept)
    return ()


def take_uploads(files: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Copy the request's files into the run folder and return their names there."""
    names: list[str] = []
    for number, file in enumerate(files, start=1):
        source = Path(file)
        if not source.is_file():
            raise UsageError(f"there is no file {file!r}: give the path of an existing file")
        name = re.sub(r"[^\w.-]+", "_", source.name)[-80:].lstrip(".") or "upload"
        name = f"{number}_{name}" if name in names else name
        target = folder / UPLOADS_FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        names.append(name)
    return tuple(names)


def is_prior(record_id: str) -> bool:
    """Return whether a record was carried over from an earlier run of the thread."""
    return _PRIOR_ID.fullmatch(record_id) is not None


def earlier_questions(out: Path, name: str) -> tuple[str, ...]:
    """Return the last questions of a thread, oldest first."""
    found = [load_run(out, run_id).request.text for run_id in load_thread(out, name).runs]
    return tuple(found[-MAX_EARLIER:])


def write_model(path: Path, model: BaseModel, *, durable: bool = True) -> None:
    """Write a model as JSON; a crash leaves the old file or the new one, never half of one.

    Without `durable` a power cut (not a kill) may lose the file, so it must be one that is made
    again from others.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(model.model_dump_json(indent=1))
        stream.flush()
        if durable:
            os.fsync(stream.fileno())
    Path(name).replace(path)


def sources(record: Record, known: dict[str, Record]) -> tuple[str, ...]:
    """Return the ids of the records that a record's arguments name, values included."""
    found: list[str] = []
    for value in record.args.values():
        text = str(value)
        for name in (text, text.rpartition(".")[0]):
            if name in known:
                found.append(name)
                break
    return tuple(found)


def with_sources(ids: set[str], known: dict[str, Record]) -> set[str]:
    """Return the ids together with everything they were computed from."""
    seen: set[str] = set()
    todo = list(ids)
    while todo:
        name = todo.pop()
        if name not in seen and name in known:
            seen.add(name)
            todo.extend(sources(known[name], known))
    return seen


def _newest_with_sources(records: tuple[Record, ...]) -> tuple[Record, ...]:
    known = {record.id: record for record in records}
    newest: dict[str, str] = {}
    for record in records:
        if record.status == "ok":
            newest.update({k: record.id for k in record.outputs if k not in NOT_CARRIED})
    kept = with_sources(set(newest.values()), known)
    return tuple(record for record in records if record.id in kept)


def _renamed(records: tuple[Record, ...]) -> tuple[Record, ...]:
    names = {record.id: f"p{number}" for number, record in enumerate(records, start=1)}
    return tuple(
        record.model_copy(
            update={
                "id": names[record.id],
                "args": {key: _rename(value, names) for key, value in record.args.items()},
            }
        )
        for record in records
    )


def _rename(value: Any, names: dict[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    record, dot, rest = value.rpartition(".")
    if record in names:
        return names[record] + dot + rest
    return names.get(value, value)


def _link(source: Path, target: Path) -> None:
    if target.exists() or not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _thread_path(out: Path, name: str) -> Path:
    return out / "threads" / f"{name}.json"


def _read(path: Path, model: type[T], missing: str) -> T:
    try:
        return model.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UsageError(missing) from error
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{str(path)!r} is not readable by this version: {error}") from error
