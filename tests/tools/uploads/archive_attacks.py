"""Zip archives and shapefiles that attack whoever opens them, and the error each must end in."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from terragate.tests.tools.uploads.upload_files import frame, overlapping_zip, shapefile, zipped


def shp(folder: Path, **changes: bytes) -> bytes:
    files = {f"area{k}": v for k, v in shapefile(folder).items()}
    return zipped(files | {f"area.{k}": v for k, v in changes.items()})


def entry(name: str, data: bytes = b"x", mode: int = 0) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, data)
    return target.getvalue()


def patched(raw: bytes, at: int, form: str, number: int) -> bytes:
    return raw[:at] + struct.pack(form, number) + raw[at + struct.calcsize(form) :]


def sized(name: str, data: bytes, declared: int) -> bytes:
    """Return an archive whose directory declares another size."""
    raw = entry(name, data)
    return patched(raw, raw.rindex(b"PK\x01\x02") + 24, "<I", declared)


ARCHIVES: dict[str, tuple[Callable[[Path], bytes | str], str]] = {
    "zip: parent folder": (lambda _: entry("../../etc/cron.d/x.shp"), "bad_data"),
    "zip: absolute name": (lambda _: entry("/etc/passwd.shp"), "bad_data"),
    "zip: backslashes": (lambda _: entry("..\\..\\x.shp"), "bad_data"),
    "zip: drive letter": (lambda _: entry("C:/x.shp"), "bad_data"),
    "zip: NUL in a name": (lambda _: entry("x.shp").replace(b"x.shp", b"x.s\0p"), "bad_data"),
    "zip: terminal escape in a name": (lambda _: entry("\x1b[2Jx.shp"), "bad_data"),
    "zip: symbolic link": (lambda _: entry("a.shp", b"/etc/passwd", 0o120777), "bad_data"),
    "zip: device": (lambda _: entry("a.shp", b"", 0o020666), "bad_data"),
    "zip: nested archive": (lambda _: zipped({"a.zip": zipped({"b.shp": b"x"})}), "bad_data"),
    "zip: bomb by ratio": (lambda _: zipped({"a.shp": bytes(20 << 20)}), "too_large"),
    "zip: bomb by total": (lambda _: sized("a.shp", os.urandom(2 << 20), 300 << 20), "too_large"),
    "zip: too many entries": (
        lambda _: zipped({f"{i}.txt": b"" for i in range(300)}),
        "too_large",
    ),
    "zip: overlapping entries": (lambda _: overlapping_zip(), "bad_data"),
    "zip: one name twice": (lambda _: zipped({"a.shp": b"1", "A.SHP": b"2"}), "bad_data"),
    "zip: encrypted": (
        lambda _: patched(entry("a.shp"), entry("a.shp").index(b"PK\x01\x02") + 8, "<H", 1),
        "bad_data",
    ),
    "zip: size that lies": (lambda _: sized("a.shp", b"x", 900), "bad_data"),
    "zip: odd compression": (lambda _: zipped({"a.shp": b"x"}, zipfile.ZIP_LZMA), "bad_data"),
    "zip: truncated": (lambda _: zipped({"a.shp": b"x" * 999})[:-30], "bad_data"),
    "zip: no geometry inside": (lambda _: zipped({"readme.txt": b"x"}), "bad_data"),
    "zip: two shapefiles": (lambda _: zipped({"a.shp": b"1", "b.shp": b"2"}), "bad_data"),
    "shp: VRT in disguise": (
        lambda f: shp(f, shp=b"<OGRVRTDataSource><SrcDataSource>/etc/passwd", shx=b"x"),
        "bad_data",
    ),
    "shp: no index": (lambda _: zipped({"a.shp": b"\0\0'\n"}), "bad_data"),
    "shp: header only": (lambda f: shp(f, shp=b"\0\0'\n" + bytes(96)), "bad_data"),
    "shp: record that claims 2^31 points": (
        lambda f: shp(f, shp=patched(shapefile(f)[".shp"], 100 + 8 + 40, "<i", 2**31 - 1)),
        "bad_data",
    ),
    "shp: projection that reads a file": (
        lambda f: shp(f, prj=b'PROJCS["x",EXTENSION["PROJ4","+nadgrids=/etc/passwd"]]'),
        "bad_data",
    ),
    "shp: projection of 100 kB": (lambda f: shp(f, prj=b"GEOGCS[" * 20_000), "bad_data"),
    "shp: nonsense projection": (lambda f: shp(f, prj=b"\xff\xfe hello"), "bad_data"),
    "shp: metres without projection": (
        lambda f: zipped(
            {
                f"a{k}": v
                for k, v in shapefile(f, frame().to_crs("EPSG:28992")).items()
                if k != ".prj"
            }
        ),
        "bad_data",
    ),
}
