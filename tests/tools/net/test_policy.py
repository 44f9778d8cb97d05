"""Which addresses are judged public, private or no address, and which hosts are allowed."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.errors import ToolError, UsageError
from terragate.tools.net import AllowedHost, UrlPolicy
from terragate.tools.net.address import address_flaw
from terragate.tools.net.policy import shown


@given(st.ip_addresses())
def test_only_global_addresses_pass(address: object) -> None:
    text = str(address)
    if address_flaw(text) is None:
        one = ip_address(text)
        carried = getattr(one, "ipv4_mapped", None) or getattr(one, "sixtofour", None) or one
        assert carried.is_global
        assert not any((carried.is_private, carried.is_loopback, carried.is_multicast))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_pass(address: str) -> None:
    assert address_flaw(address) is None


@given(st.ip_addresses(v=4))
def test_every_ipv4_spelling_is_judged_or_refused(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    for host in (str(number), hex(number), oct(number).replace("o", ""), f"{number >> 24}.1"):
        with pytest.raises(ToolError, match="unusual spelling"):
            UrlPolicy().judge(f"http://{host}/")
    if address_flaw(str(address)):
        with pytest.raises(ToolError, match="refused"):
            UrlPolicy().judge(f"http://{address}/")


@given(st.text(max_size=60))
def test_any_text_is_judged_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://public.example/{text}"):
        try:
            there = UrlPolicy().judge(url)
        except ToolError:
            continue
        assert there.scheme in ("http", "https")
        assert there.url.host == there.host
        assert not there.trusted


@pytest.mark.parametrize(
    ("text", "name", "port"),
    [
        ("stac.internal", "stac.internal", None),
        ("STAC.internal.:8080", "stac.internal", 8080),
        ("http://10.0.0.1/stac", "10.0.0.1", 80),
        ("https://[::1]:8443/", "::1", 8443),
        ("[fd00::1]", "fd00::1", None),
    ],
)
def test_allowed_hosts_are_parsed(text: str, name: str, port: int | None) -> None:
    assert AllowedHost.parse(text) == AllowedHost(name, port)


@pytest.mark.parametrize("text", ["", "a b", "ftp://x", "user@host", "::1", "0x7f.1", "x:0"])
def test_host_that_cannot_be_allowed_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="allowed host"):
        AllowedHost.parse(text)


def test_private_host_may_link_to_another_if_the_operator_says_so() -> None:
    catalog, store = AllowedHost("stac.internal"), AllowedHost("files.internal", 9000)
    url, origin = "http://files.internal:9000/a.tif", "http://stac.internal/search"
    assert UrlPolicy([catalog, store]).judge(url).trusted
    assert not UrlPolicy([catalog, store]).judge(url, origin).trusted
    linked = AllowedHost("files.internal", 9000, linked_from=("stac.internal",))
    assert UrlPolicy([catalog, linked]).judge(url, origin).trusted
    assert not UrlPolicy([catalog, linked]).judge(url, "http://other.example/").trusted


def test_shown_addresses_keep_no_secret() -> None:
    url = "https://user:word@h.example/a?sig=secret#part\u202e"
    assert shown(url) == "https://…@h.example/a"
    assert len(shown("http://" + "a" * 900)) == 160
