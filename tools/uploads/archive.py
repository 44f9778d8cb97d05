"""Read members of an untrusted zip archive into memory; nothing is ever written by its names."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from typing import Final

from .shapes import refused

MAX_ENTRIES: Final = 200
MAX_TOTAL: Final = 256 * 2**20
MAX_RATIO: Final = 200
_RATIO_FREE: Final = 2**20
_LOCAL_HEADER: Final = 30
_PLAIN: Final = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_NESTED: Final = (".zip", ".kmz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")
_ADVICE: Final = "pack the files again with an ordinary zip program"


class Archive:
    """A zip archive whose every entry was checked before one of them is read."""

    def __init__(self, raw: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise refused(f"is a damaged zip archive; {_ADVICE}") from error
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise refused(f"has more than {MAX_ENTRIES} entries; {_ADVICE}", "too_large")
        for entry in entries:
            _check_name(entry)
            _check_kind(entry)
        _check_sizes(entries)
        _check_overlap(entries)
        self._entries = {e.filename: e for e in entries if not e.is_dir()}
        if len({name.casefold() for name in self._entries}) < sum(not e.is_dir() for e in entries):
            raise refused(f"has two entries of one name; {_ADVICE}")

    def names(self, suffix: str) -> list[str]:
        """Return the entries with a suffix, without what macOS adds."""
        return [
            name
            for name in self._entries
            if name.casefold().endswith(suffix) and not name.startswith("__MACOSX/")
        ]

    def read(self, name: str) -> bytes:
        """Return one entry's bytes, never more than it declares."""
        entry = self._entries[name]
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(entry.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise refused(f"has a damaged zip entry; {_ADVICE}") from error
        if len(data) != entry.file_size:
            raise refused(f"has a zip entry that is not as long as it says; {_ADVICE}")
        return data


def _check_name(entry: zipfile.ZipInfo) -> None:
    # `filename` is cut at a NUL and has the local separator; the name as written has neither.
    name = entry.orig_filename
    parts = name.split("/")
    if (
        name.startswith("/")
        or "\\" in name
        or ":" in name
        or ".." in parts
        or not name.isprintable()
        or len(name) > 255
    ):
        raise refused(f"has an entry whose name leaves the archive or is unprintable; {_ADVICE}")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(f"has an entry that is a link or a device; {_ADVICE}")
    if entry.flag_bits & 0x1:
        raise refused("has an encrypted entry; send it without a password")
    if entry.compress_type not in _PLAIN:
        raise refused(f"has an entry with an unusual compression; {_ADVICE}")
    if entry.filename.casefold().endswith(_NESTED):
        raise refused("has an archive inside the archive; unpack that one and send its files")


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    ratios = (
        entry.file_size / max(entry.compress_size, 1)
        for entry in entries
        if entry.file_size > _RATIO_FREE
    )
    if total > MAX_TOTAL or max(ratios, default=0) > MAX_RATIO:
        raise refused(
            f"unpacks to more than {MAX_TOTAL >> 20} MiB or {MAX_RATIO} times its size; "
            "send a smaller file",
            "too_large",
        )


def _check_overlap(entries: list[zipfile.ZipInfo]) -> None:
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < end:
            raise refused(f"has zip entries that share their bytes; {_ADVICE}")
        name = len(entry.orig_filename.encode("utf-8", "surrogateescape"))
        end = entry.header_offset + _LOCAL_HEADER + name + entry.compress_size
