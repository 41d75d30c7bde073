"""The guarded client: exact hosts by purpose, checked addresses, nothing followed, nothing long.

Source: security README §7.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from hub.ports import Answer, Call
from hub.problems import HubError, ProblemCode
from hub.transport.outbound import GuardedClient, Host, is_allowed, resolve_by_system

OUTSIDE = "93.184.216.34"
GOOD = Call("keys", "GET", "https://issuer.example/keys")


@dataclass
class World:
    """What names resolve to, and who answers."""

    names: dict[str, list[str]] = field(default_factory=lambda: {"issuer.example": [OUTSIDE]})
    requests: list[httpx.Request] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    body: bytes = b"ok"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    async def resolve(self, name: str, port: int) -> Sequence[str]:
        assert port > 0
        self.asked.append(name)
        return self.names.get(name, [])

    def client(self, *hosts: Host) -> GuardedClient:
        """Hosts for the purpose `keys` → a client in this world."""

        def serve(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            stream = httpx.ByteStream(self.body)
            return httpx.Response(self.status, headers=self.headers, stream=stream)

        known = hosts or (Host("https://issuer.example"),)
        return GuardedClient({"keys": known}, self.resolve, httpx.MockTransport(serve))

    def send(self, call: Call, *hosts: Host) -> Answer:
        """A call → the answer."""
        return asyncio.run(self.client(*hosts).send(call))


def code_of(world: World, call: Call, *hosts: Host) -> ProblemCode:
    """A call → why it is not made."""
    with pytest.raises(HubError) as caught:
        world.send(call, *hosts)
    return caught.value.problems[0].code


def test_a_call_goes_to_the_checked_address_under_the_hosts_name() -> None:
    world = World()
    assert world.send(GOOD).body == b"ok"
    (request,) = world.requests
    assert request.url.host == OUTSIDE
    assert request.headers["Host"] == "issuer.example"
    assert request.extensions["sni_hostname"] == "issuer.example"
    assert world.asked == ["issuer.example"]


def test_a_name_that_changes_its_meaning_between_check_and_call_gains_nothing() -> None:
    world = World()
    rebound = iter([[OUTSIDE], ["127.0.0.1"]])

    async def resolve(_: str, __: int) -> Sequence[str]:
        return next(rebound)

    client = world.client()
    client.resolve = resolve
    asyncio.run(client.send(GOOD))
    assert [request.url.host for request in world.requests] == [OUTSIDE]


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/keys",
        "https://issuer.example:8443/keys",
        "https://other.example/keys",
        "https://issuer.example.evil.example/keys",
        "https://issuer.example@evil.example/keys",
        "https://user:pw@issuer.example/keys",
        "https://evil.example#@issuer.example/",
        "https://evil.example\\@issuer.example/",
        "https://issuer.example\r\n/keys",
        "https://issuer.example/a b",
        "https://127.0.0.1/keys",
        "https://2130706433/keys",
        "https://0x7f.1/keys",
        "https://[::1]/keys",
        "https://[::1/keys",
        "file:///etc/passwd",
        "gopher://issuer.example/",
        "//issuer.example/keys",
        "/keys",
        "",
    ],
)
def test_what_is_not_on_the_list_is_never_called_nor_looked_up(url: str) -> None:
    world = World()
    assert code_of(world, Call("keys", "GET", url)) is ProblemCode.OUTBOUND_REFUSED
    assert (world.requests, world.asked) == ([], [])


def test_a_host_is_on_the_list_of_its_own_purpose_alone() -> None:
    world = World()
    other = Call("subscription", "GET", GOOD.url)
    assert code_of(world, other) is ProblemCode.OUTBOUND_REFUSED


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:93.184.216.34", "64:ff9b::7f00:1", "64:ff9b::5db8:d822", "64:ff9b:1::7f00:1", "2002:7f00:1::",
        "2002:5db8:d822::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_leads_inside_is_refused_alone_and_beside_a_good_one(address: str) -> None:
    for addresses in ([address], [OUTSIDE, address]):
        world = World({"issuer.example": addresses})
        assert code_of(world, GOOD) is ProblemCode.OUTBOUND_REFUSED
        assert world.requests == []


@pytest.mark.parametrize("address", [OUTSIDE, "2606:2800:220:1::1"])
def test_global_addresses_are_called(address: str) -> None:
    world = World({"issuer.example": [address]})
    assert world.send(GOOD).status == 200


def test_a_private_network_is_open_for_the_host_it_is_registered_for_alone() -> None:
    inside = Host("https://epj.example", ("10.20.0.0/16",))
    world = World({"epj.example": ["10.20.1.1"], "issuer.example": ["10.20.1.1"]})
    hosts = (inside, Host("https://issuer.example"))
    assert world.send(Call("keys", "GET", "https://epj.example/x"), *hosts).status == 200
    assert code_of(world, GOOD, *hosts) is ProblemCode.OUTBOUND_REFUSED
    world.names["epj.example"] = ["10.21.1.1"]
    call = Call("keys", "GET", "https://epj.example/x")
    assert code_of(world, call, *hosts) is ProblemCode.OUTBOUND_REFUSED


def test_a_registered_network_never_opens_ipv4_in_disguise() -> None:
    assert not is_allowed(ip_address("::ffff:127.0.0.1"), ("127.0.0.0/8", "::/0"))
    assert not is_allowed(ip_address("64:ff9b::7f00:1"), ("::/0",))


def test_redirections_are_not_followed() -> None:
    world = World()
    world.status, world.headers = 302, {"Location": "https://127.0.0.1/"}
    assert world.send(GOOD).status == 302
    assert len(world.requests) == 1


def test_an_answer_that_is_too_long_is_not_read() -> None:
    world = World()
    world.body = b"x" * 2000
    short = Call("keys", "GET", GOOD.url, most_bytes=1999)
    assert code_of(world, short) is ProblemCode.UNREACHABLE
    assert len(world.send(Call("keys", "GET", GOOD.url, most_bytes=2000)).body) == 2000
    world.body = b"x" * ((1 << 20) + 1)
    assert (
        code_of(world, Call("keys", "GET", GOOD.url, most_bytes=1 << 30)) is ProblemCode.UNREACHABLE
    )


@pytest.mark.parametrize(
    "header",
    [
        ("Host", "evil"), ("host", "evil"), ("Cookie", "x"), ("Content-Length", "5"), ("Transfer-Encoding", "chunked"),
        ("X", "a\r\nY: b"), ("X\nY", "b"), ("X", "a\x00"), ("Å", "x"),
    ],
)  # fmt: skip
def test_headers_that_change_the_request_may_not_be_set(header: tuple[str, str]) -> None:
    world = World()
    call = Call("keys", "GET", GOOD.url, headers=(header,))
    assert code_of(world, call) is ProblemCode.OUTBOUND_REFUSED
    assert world.requests == []


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), OSError("x")])
def test_whatever_goes_wrong_outside_passes_and_tells_nothing(error: Exception) -> None:
    def fall(_: httpx.Request) -> httpx.Response:
        raise error

    client = World().client()
    client.transport = httpx.MockTransport(fall)
    with pytest.raises(HubError) as caught:
        asyncio.run(client.send(GOOD))
    (problem,) = caught.value.problems
    assert (problem.code, "issuer" in problem.detail) == (ProblemCode.UNREACHABLE, False)


def test_a_host_that_hangs_is_given_up() -> None:
    async def hang(_: str, __: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    client = World().client()
    client.resolve = hang
    with pytest.raises(HubError):
        asyncio.run(client.send(Call("keys", "GET", GOOD.url, timeout_s=0.05)))


def test_a_name_without_addresses_cannot_be_reached() -> None:
    assert code_of(World({}), GOOD) is ProblemCode.UNREACHABLE


def test_the_environment_does_not_change_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "http://evil.example:1")
    made: dict[str, Any] = {}
    original = httpx.AsyncClient.__init__

    def look(self: httpx.AsyncClient, **given: Any) -> None:
        made.update(given)
        original(self, **given)

    monkeypatch.setattr(httpx.AsyncClient, "__init__", look)
    World().send(GOOD)
    assert (made["trust_env"], made["verify"], made["follow_redirects"]) == (False, True, False)


def test_the_system_resolves_loopback_without_the_network() -> None:
    assert "127.0.0.1" in asyncio.run(resolve_by_system("127.0.0.1", 80))
