"""A model hub (Hugging Face or a mirror): what a repository holds, and its files' bytes."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...tools.errors import InfrastructureError, TerragateError, UsageError
from .verify import MANIFEST, SAFE_NAME

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

Report = Callable[[int], None]
_TIMEOUT_S = 30.0
_SUFFIXES = (".json", ".txt", ".jinja", ".md", ".model")
_NAMES = ("LICENSE", "LICENCE", "NOTICE")
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class RemoteFile(NamedTuple):
    """A file of a repository: large ones have a sha256, the others a git blob id (sha1)."""

    name: str
    size: int
    sha256: str | None
    blob_id: str | None


class Repository(NamedTuple):
    """A repository at one commit, and the files of it that a server of text models needs."""

    name: str
    commit: str
    files: tuple[RemoteFile, ...]
    endpoint: str


def read_repository(name: str, revision: str, endpoint: str | None) -> Repository:
    """Return a repository's commit and the files to fetch: safetensors, tokenizer, licence."""
    with hub_errors(name, revision):
        from huggingface_hub import HfApi

        api = HfApi(endpoint=endpoint)
        info = api.model_info(name, revision=revision, files_metadata=True, timeout=_TIMEOUT_S)
        found = [
            RemoteFile(
                sibling.rfilename,
                int(sibling.size or 0),
                sibling.lfs.sha256 if sibling.lfs else None,
                sibling.blob_id,
            )
            for sibling in info.siblings or ()
        ]
    if info.sha is None or SAFE_NAME.fullmatch(info.sha) is None:
        raise InfrastructureError(f"the hub names no commit for {name!r}: try again later")
    return Repository(name, info.sha, _wanted(found, name), api.endpoint)


def download(repository: Repository, file: RemoteFile, part: Path, report: Report) -> None:
    """Append what is missing of a file to `part`, which an earlier call may have begun."""
    with hub_errors(repository.name, repository.commit):
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers, disable_progress_bars, logging

        disable_progress_bars()
        logging.set_verbosity_error()
        url = hf_hub_url(
            repository.name,
            file.name,
            revision=repository.commit,
            endpoint=repository.endpoint,
        )
        # Compressed answers have another length and cannot be resumed.
        headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
        # `hf_hub_download` would begin anew: it gives each call a temporary file of its own.
        with _Part(io.FileIO(part, "ab"), file, report) as stream:
            begun = stream.tell()
            http_get(url, stream, resume_size=begun, headers=headers, expected_size=file.size)


@contextmanager
def hub_errors(name: str, revision: str) -> Generator[None]:
    """Turn what goes wrong on the way to the hub or to the disk into errors that help."""
    if find_spec("huggingface_hub") is None:
        raise InfrastructureError(
            "models are fetched with huggingface_hub: pip install 'terragate[models]'"
        )
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, OSError, ValueError, KeyError, TypeError) as error:
        raise _explained(error, name, revision) from error


def _explained(error: Exception, name: str, revision: str) -> TerragateError:
    import httpx2
    from huggingface_hub import errors

    if isinstance(error, errors.HFValidationError):
        return UsageError(f"{name!r} is no repository name: write OWNER/NAME")
    if isinstance(error, errors.RevisionNotFoundError):
        return UsageError(
            f"{name!r} has no revision {revision!r}: give a branch, tag or commit that it has"
        )
    if isinstance(error, errors.HfHubHTTPError):
        return InfrastructureError(_refusal(error, name))
    if isinstance(error, errors.OfflineModeIsEnabled):
        return InfrastructureError(
            "HF_HUB_OFFLINE forbids the network: unset it, or copy the model's folder here"
        )
    if isinstance(error, httpx2.HTTPError):
        return InfrastructureError(
            f"cannot reach the hub for {name!r} ({type(error).__name__}: {error}): check the "
            "network and HF_ENDPOINT; what was fetched is kept"
        )
    if isinstance(error, OSError):
        return _broken(name, error)
    return InfrastructureError(
        f"what answers for {name!r} does not speak the hub's language ({error!r}): check "
        "HF_ENDPOINT"
    )


def _refusal(error: HfHubHTTPError, name: str) -> str:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return (
            f"{name!r} is gated: accept its licence on its page of the hub, then give an access "
            "token in HF_TOKEN"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return (
            f"the hub shows no repository {name!r}: it is gone, renamed, private or gated (then "
            "give an access token in HF_TOKEN)"
        )
    return (
        f"the hub refused {name!r} with status {error.response.status_code}: check HF_TOKEN, or "
        "try again later"
    )


class _Part(io.BufferedWriter):
    """The file under way: says how many bytes it has, and takes no more than there should be."""

    def __init__(self, raw: io.FileIO, file: RemoteFile, report: Report) -> None:
        super().__init__(raw)
        self._file = file
        self._report = report

    def write(self, buffer: bytes, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        if self.tell() + len(buffer) > self._file.size:
            raise InfrastructureError(
                f"the hub sends more of {self._file.name!r} than the {self._file.size} bytes it "
                "announced: check HF_ENDPOINT"
            )
        written = super().write(buffer)
        self._report(self.tell())
        return written


def _wanted(files: list[RemoteFile], name: str) -> tuple[RemoteFile, ...]:
    named = [f for f in files if SAFE_NAME.fullmatch(f.name) and f.name != MANIFEST]
    weights = [f for f in named if f.name.endswith(".safetensors")]
    # Some repositories hold their weights twice, once for another loader (consolidated).
    weights = [f for f in weights if f.name.startswith("model")] or weights
    if not weights:
        raise UsageError(
            f"{name!r} holds no safetensors, and pickles are never fetched, for they run code: "
            "choose another model, or convert it yourself"
        )
    if not any(f.name == "config.json" for f in named):
        raise UsageError(f"{name!r} has no config.json: it is no model that can be served")
    rest = [f for f in named if f.name.endswith(_SUFFIXES) or f.name.startswith(_NAMES)]
    # Configurations come first: what they rule out is not worth gigabytes of weights.
    rest.sort(key=lambda f: (not f.name.endswith("config.json"), f.name))
    return (*rest, *sorted(weights))


def _broken(name: str, error: OSError) -> InfrastructureError:
    if error.errno in _DISK:
        return InfrastructureError(
            f"the disk is full ({error}): free some space and fetch {name!r} again; what was "
            "fetched is kept"
        )
    return InfrastructureError(
        f"fetching {name!r} failed ({error}): try again; what was fetched is kept"
    )
