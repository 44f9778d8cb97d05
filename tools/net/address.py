"""Judging an IP address: may a connection that nobody configured go there?

Only global unicast addresses may. The ranges are those of the IANA special-purpose registries
(RFC 6890 and its updates); an IPv6 address that carries an IPv4 one (mapped RFC 4291, 6to4
RFC 3056, NAT64 RFC 6052) is judged by the address it carries.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_CLOSED_V4: Final = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    # The platform service of a large cloud answers on this public address, on every machine there.
    IPv4Network("168.63.129.16/32"),
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20", "2620:4f:8000::/48")
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_LOW_32: Final = 0xFFFFFFFF


def address_flaw(text: str) -> str | None:
    """Return why an address must not be reached ("loopback address"), or None if it may be."""
    try:
        address = ip_address(text)
    except ValueError:
        return "unreadable address"
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        return _flaw_v4(carried) if carried else _flaw_v6(address)
    return _flaw_v4(address)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that traffic to an IPv6 address ends at."""
    if address.scope_id is None and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & _LOW_32)
    if address in _SIX_TO_FOUR:
        return IPv4Address((int(address) >> 80) & _LOW_32)
    return None


def _flaw_v4(address: IPv4Address) -> str | None:
    if named := _named(address):
        return named
    closed = any(address in network for network in _CLOSED_V4)
    return "special-purpose address" if closed or not address.is_global else None


def _flaw_v6(address: IPv6Address) -> str | None:
    if address.scope_id is not None:
        return "address with a zone id"
    if named := _named(address):
        return named
    closed = any(address in network for network in _CLOSED_V6)
    outside = address not in _GLOBAL_V6 or not address.is_global
    return "special-purpose address" if closed or outside else None


def _named(address: IPv4Address | IPv6Address) -> str | None:
    if address.is_unspecified:
        return "unspecified address"
    if address.is_loopback:
        return "loopback address"
    if address.is_link_local:
        return "link-local address"
    if address.is_multicast:
        return "multicast address"
    return "private address" if address.is_private else None
