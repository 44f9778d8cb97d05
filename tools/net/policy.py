"""Which addresses may be asked at all, judged by their text before anything is resolved.

A host that the operator configured may lie anywhere, loopback and private networks included, but
only for addresses that the operator gave or that the same host named. Every other host must be
public. Names are judged again when they are resolved (see `transport`); here the spelling is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple
from urllib.parse import urljoin

import httpx

from ..errors import ToolError, UsageError
from .address import address_flaw

MAX_URL: Final = 4096
_SCHEMES: Final = {"http": 80, "https": 443}
_AUTHORITY: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
_NUMERIC: Final = re.compile(r"\d+|0x[0-9a-f]*")


class Destination(NamedTuple):
    """A judged address; `trusted` means its host was configured and may be private."""

    scheme: str
    host: str
    port: int
    target: bytes
    trusted: bool

    @property
    def url(self) -> httpx.URL:
        """Return the address that is asked, built from the parts that were judged."""
        return httpx.URL(scheme=self.scheme, host=self.host, port=self.port, raw_path=self.target)

    @property
    def place(self) -> tuple[str, str, int]:
        """Return scheme, host and port: what credentials are bound to."""
        return self.scheme, self.host, self.port


@dataclass(frozen=True)
class AllowedHost:
    """A host the operator configured: any port if None.

    Addresses that documents of the hosts in `linked_from` name are the operator's too (a catalog
    on one private host, its files on another).
    """

    name: str
    port: int | None = None
    linked_from: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> AllowedHost:
        """Read `host`, `host:port` or a whole http(s) address."""
        full = text if "://" in text else f"http://{text}"
        try:
            there = split_url(full, None)
        except ToolError as error:
            raise UsageError(f"allowed host {text!r} cannot be used: {error}") from error
        stated = "://" in text or re.search(r":\d+$", text)
        return cls(there.host, there.port if stated else None)


class UrlPolicy:
    """Judges addresses by the hosts that the operator configured."""

    def __init__(self, hosts: Iterable[AllowedHost] = ()) -> None:
        self.hosts = tuple(hosts)

    def judge(self, url: str, origin: str | None = None) -> Destination:
        """Return where an address leads, or refuse it.

        `origin` is the address of the document or redirect that named it; None says that the
        operator did.
        """
        there = split_url(url, origin)
        trusted = self._trusts(there, origin)
        if not trusted and _is_literal(there.host) and (flaw := address_flaw(there.host)):
            raise refused(url, f"it is a {flaw}", origin)
        return there._replace(trusted=trusted)

    def follow(self, here: Destination, location: str) -> Destination:
        """Return where a redirect leads; one from https to http is refused."""
        start = str(here.url)
        there = self.judge(urljoin(start, location), start)
        if here.scheme == "https" and there.scheme == "http":
            raise refused(location, "it redirects from https to http", start)
        return there

    def _trusts(self, there: Destination, origin: str | None) -> bool:
        source = split_url(origin, None).host if origin else there.host
        return any(
            allowed.name == there.host
            and allowed.port in (None, there.port)
            and (source == there.host or source in allowed.linked_from)
            for allowed in self.hosts
        )


def refused(url: str, reason: str, origin: str | None = None) -> ToolError:
    """Return the error for an address that is not asked; its query may be secret and is cut."""
    return ToolError(
        f"address {shown(url)!r} is refused: {reason}; use a public http(s) address, or permit "
        "its host in TERRAGATE_ALLOWED_HOSTS",
        kind="bad_data" if origin else "bad_argument",
    )


def shown(url: str) -> str:
    """Return an address as a message may show it: without user, query and fragment, and short."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    bare = re.sub(r"//[^/]*@", "//…@", bare)
    clean = "".join(c if c.isprintable() else "?" for c in bare)
    return clean if len(clean) <= 160 else f"{clean[:159]}…"


def split_url(url: str, origin: str | None) -> Destination:
    """Return the parts of an absolute http(s) address that has one plain reading."""
    if len(url) > MAX_URL:
        raise refused(url, f"it is longer than {MAX_URL} characters", origin)
    found = _AUTHORITY.match(url)
    if found is None or found.group(1).lower() not in _SCHEMES:
        raise refused(url, "it is no absolute http or https address", origin)
    if "@" in found.group(2):
        raise refused(url, "it names a user", origin)
    if _UNSAFE.search(found.group(2)):
        raise refused(url, "its host has characters that are read in more than one way", origin)
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise refused(url, f"it cannot be read ({error})", origin) from error
    scheme = parts.scheme
    port = _SCHEMES[scheme] if parts.port is None else parts.port
    if not 0 < port < 65536:
        raise refused(url, f"it has the port {port!r}", origin)
    host = _plain_host(url, parts.raw_host.decode("ascii").lower(), origin)
    return Destination(scheme, host, port, parts.raw_path, trusted=False)


def _plain_host(url: str, host: str, origin: str | None) -> str:
    """Return a host in its one normal spelling."""
    if ":" in host:
        try:
            return IPv6Address(host).compressed if "%" not in host else _zone(url, origin)
        except ValueError as error:
            raise refused(url, "its IPv6 address cannot be read", origin) from error
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise refused(url, "its host is no host name", origin)
    if _NUMERIC.fullmatch(labels[-1]) and not _is_literal(host):
        raise refused(url, "its host is an IPv4 address in an unusual spelling", origin)
    return host


def _zone(url: str, origin: str | None) -> str:
    raise refused(url, "its IPv6 address has a zone id", origin)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
