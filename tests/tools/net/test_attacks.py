"""Attacks by address, redirect and name: every one ends in its typed error, with 0 hits."""

import pytest
from terragate.tests.support.canary import Answer, redirect
from terragate.tests.tools.net.attack_tables import ADDRESSES, FILES, HREFS, REDIRECTS
from terragate.tests.tools.net.attack_world import World
from terragate.tools.errors import ToolError


@pytest.mark.parametrize("url", ADDRESSES)
def test_address_from_data_is_refused(world: World, url: str) -> None:
    with pytest.raises(ToolError, match="refused") as caught:
        world.fetch(url)
    assert caught.value.kind == "bad_data"
    assert (world.canary.hits, world.net.dialled) == (0, [])


@pytest.mark.parametrize("url", ADDRESSES[:-2])
def test_address_from_the_operator_is_refused_too(world: World, url: str) -> None:
    with pytest.raises(ToolError, match="refused"):
        world.fetch(url, origin=None)
    assert (world.canary.hits, world.net.dialled) == (0, [])


@pytest.mark.parametrize(("location", "status"), REDIRECTS)
@pytest.mark.parametrize("site", ["public", "secure"])
def test_redirect_is_judged_anew(world: World, location: str, status: int, site: str) -> None:
    with pytest.raises(ToolError) as caught:
        world.redirected(location, status, site)
    assert caught.value.kind == ("not_found" if location.startswith("/v") else "bad_data")
    assert world.canary.hits == 0


def test_redirect_from_https_to_http_is_refused(world: World) -> None:
    with pytest.raises(ToolError, match="https to http"):
        world.redirected("http://public.example/x", site="secure")
    assert world.public.log == []


def test_redirect_from_a_configured_host_to_another_is_refused(world: World) -> None:
    world.public.add("/away", redirect(f"http://127.0.0.1:{world.canary.port}/"))
    world.net.place("127.0.0.1", world.public.port, world.public)
    with pytest.raises(ToolError, match="loopback"):
        world.fetch(f"{world.public.url}/away", origin=None)
    assert world.canary.hits == 0


def test_chain_of_redirects_ends_at_the_private_one(world: World) -> None:
    world.public.add("/1", redirect("/2"))
    world.public.add("/2", redirect("https://secure.example/3", 307))
    world.secure.add("/3", redirect(f"https://127.0.0.1:{world.canary.port}/"))
    with pytest.raises(ToolError, match="loopback"):
        world.fetch("http://public.example/1")
    assert world.canary.hits == 0


def test_endless_redirects_end(world: World) -> None:
    world.public.add("/loop", redirect("/loop"))
    with pytest.raises(ToolError, match="more than 4 times"):
        world.fetch("http://public.example/loop")
    assert len(world.public.log) == 5


@pytest.mark.parametrize(
    "answers",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("fe80::1%lo",),
        ("93.184.216.34", "127.0.0.1"),
        ("127.0.0.1", "93.184.216.34"),
        ("64:ff9b::a00:1",),
        ("169.254.169.254",),
    ],
)
def test_name_that_resolves_to_a_private_address_is_refused(
    world: World, answers: tuple[str, ...]
) -> None:
    world.net.host("rebind.example", answers)
    with pytest.raises(ToolError, match="resolves to") as caught:
        world.fetch("http://rebind.example/")
    assert caught.value.kind == "bad_data"
    assert (world.canary.hits, world.net.dialled) == (0, [])


def test_name_that_changes_its_mind_is_never_followed(world: World) -> None:
    public = ("93.184.216.34",)
    world.public.add("/", lambda request: Answer(200, b"public", {"Connection": "close"}))
    for turns in range(1, 5):
        world.net.host("rebind.example", *[public] * turns, ("127.0.0.1",))
        for _ in range(turns):
            assert world.fetch("http://rebind.example/") == b"public"
            world.client.close()
        with pytest.raises(ToolError, match="loopback"):
            world.fetch("http://rebind.example/")
    assert world.canary.hits == 0
    assert {address for address, _ in world.net.dialled} == {"93.184.216.34"}
    assert world.net.asked.count("rebind.example") == 1 + 2 + 3 + 4 + 4


def test_pooled_connection_of_a_trusted_host_is_not_lent(world: World) -> None:
    world.net.place("10.0.0.5", 80, world.public)
    world.public.add("/", lambda request: Answer(200, b"inside"))
    assert world.fetch("http://internal.example/", origin=None) == b"inside"
    with pytest.raises(ToolError, match="resolves to the private"):
        world.redirected("http://internal.example/")


def test_attacks_are_many() -> None:
    tables = (ADDRESSES, REDIRECTS, HREFS, FILES)
    assert sum(map(len, tables)) >= 40
