"""Turning off, before GDAL is loaded, every part of it that reaches for other files or a network.

GDAL reads its configuration when it registers its drivers: pyogrio does that on import, rasterio in
its first environment. So the environment variables must be set before either is imported; a setting
made later (`rasterio.Env(GDAL_SKIP=...)`) has no effect on drivers that are already registered.
The variables are inherited, so worker processes are hardened too.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import MutableMapping
from typing import Final

SKIPPED_DRIVERS: Final = (
    # Formats that name other files or addresses, or that hold code.
    "VRT",
    "OGR_VRT",
    "DERIVED",
    "GDALG",
    "GTI",
    "MRF",
    "STACIT",
    "STACTA",
    "Zarr",
    # Formats that are a service on a network or a program of this machine.
    "ADBC",
    "AmigoCloud",
    "CSW",
    "Carto",
    "DAAS",
    "EEDA",
    "EEDAI",
    "Elasticsearch",
    "GPSBabel",
    "HTTP",
    "NGW",
    "OAPIF",
    "OGCAPI",
    "PLMOSAIC",
    "PLSCENES",
    "WCS",
    "WFS",
    "WMS",
    "WMTS",
)
_NO_EXTENSION: Final = re.compile(r"\.closed-[0-9a-f]{32}")
_EXTENSIONS: Final = "CPL_VSIL_CURL_ALLOWED_EXTENSIONS"
# Some network file systems list folders before they look at the extension; a proxy of a kind that
# curl does not know makes every request fail before a connection.
_NO_PROXY_KIND: Final = "closed://gdal.invalid"
_FIXED: Final = {
    "CPL_AWS_AUTODETECT_EC2": "NO",
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "CPL_GCE_SKIP": "YES",
    "CPL_MACHINE_IS_GCE": "NO",
    "GDAL_HTTPS_PROXY": _NO_PROXY_KIND,
    "GDAL_HTTP_PROXY": _NO_PROXY_KIND,
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "PROJ_NETWORK": "OFF",
}
_LOADERS: Final = ("rasterio", "pyogrio", "fiona", "osgeo")


def harden_gdal(environ: MutableMapping[str, str] | None = None) -> bool:
    """Set the variables; return whether they come in time, before any GDAL was loaded.

    A driver that the operator skips stays skipped. The one file extension that GDAL's network file
    systems may open is random, so that no address can be written that has it.
    """
    target = os.environ if environ is None else environ
    if gdal_is_hardened(target):
        return True
    before = [name for name in target.get("GDAL_SKIP", "").replace(",", " ").split() if name]
    target["GDAL_SKIP"] = ",".join(dict.fromkeys((*before, *SKIPPED_DRIVERS)))
    target[_EXTENSIONS] = f".closed-{secrets.token_hex(16)}"
    target.update(_FIXED)
    return not any(name in sys.modules for name in _LOADERS)


def gdal_is_hardened(environ: MutableMapping[str, str] | None = None) -> bool:
    """Return whether the variables are set, and no loaded GDAL has a driver that should be off."""
    target = os.environ if environ is None else environ
    skipped = target.get("GDAL_SKIP", "").split(",")
    return (
        set(SKIPPED_DRIVERS) <= set(skipped)
        and _NO_EXTENSION.fullmatch(target.get(_EXTENSIONS, "")) is not None
        and all(target.get(name) == value for name, value in _FIXED.items())
        and not live_dangerous_drivers()
    )


def live_dangerous_drivers() -> tuple[str, ...]:
    """Return the drivers that should be off but are on in a GDAL that is already loaded."""
    found: set[str] = set()
    if "rasterio.env" in sys.modules:
        from rasterio.env import Env

        with Env() as environment:
            found.update(environment.drivers())
    if "pyogrio" in sys.modules:
        import pyogrio

        found.update(pyogrio.list_drivers())
    return tuple(name for name in SKIPPED_DRIVERS if name in found)
