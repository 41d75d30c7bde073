"""The one way out for HTTP: exact hosts per purpose, addresses that are checked and then connected to, nothing followed.

A name is resolved once, every address it has must be allowed, and the connection goes to the address that was checked, with
the name in TLS and Host: what the name means a moment later changes nothing.
Source: security README §7.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import httpx

from hub.log import Event, log
from hub.ports import Answer, Call
from hub.problems import HubError, ProblemCode, fail

CONNECT_S: Final = 3.0
TOTAL_S: Final = 10.0
MOST_BYTES: Final = 1 << 20
_PORTS: Final = {"https": 443, "http": 80}
_OWN: Final = frozenset(("host", "cookie", "content-length", "transfer-encoding", "connection"))
"""Headers that a caller may never set."""
# Forms in which IPv6 carries an IPv4 address: what lies within is looked at, or the whole is refused
_NAT64: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_SIX_TO_FOUR: Final = ip_network("2002::/16")
_TEREDO: Final = ip_network("2001::/32")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Host:
    """One host that may be asked. Shape: `origin` scheme, name and port; `networks` private ones its addresses may lie in."""

    origin: str
    networks: tuple[str, ...] = ()


@dataclass(slots=True)
class GuardedClient:
    """hub.ports.Outbound. Shape: `hosts` purpose → who may be asked; `resolve` name and port → addresses."""

    hosts: Mapping[str, Sequence[Host]]
    resolve: Resolve
    transport: httpx.AsyncBaseTransport | None = None
    _client: httpx.AsyncClient | None = field(default=None)

    async def send(self, call: Call) -> Answer:
        """A request → the answer. Problems: OUTBOUND_REFUSED, UNREACHABLE."""
        try:
            async with asyncio.timeout(min(call.timeout_s, TOTAL_S)):
                return await self._send(call)
        except httpx.InvalidURL:
            raise _refused(call.purpose, "no URL") from None
        except (TimeoutError, OSError, httpx.HTTPError, ssl.SSLError):
            raise fail(ProblemCode.UNREACHABLE, "The other side cannot be reached now") from None

    async def _send(self, call: Call) -> Answer:
        host, name, port = self._allowed(call)
        _check_headers(call)
        addresses = await self.resolve(name, port)
        target = _pick(addresses, host, call.purpose)
        parts = urlsplit(call.url)
        shown = name if port == _PORTS[parts.scheme] else f"{name}:{port}"
        literal = f"[{target}]" if target.version == 6 else str(target)
        url = parts._replace(netloc=f"{literal}:{port}").geturl()
        request = self._http().build_request(
            call.method,
            url,
            headers=[*call.headers, ("Host", shown)],
            content=call.body,
            extensions={"sni_hostname": name},
        )
        response = await self._http().send(request, stream=True)
        try:
            return Answer(
                response.status_code,
                {key.lower(): value for key, value in response.headers.items()},
                await _bounded(response, min(call.most_bytes, MOST_BYTES)),
            )
        finally:
            await response.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=self.transport,
                verify=True,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx.Timeout(TOTAL_S, connect=CONNECT_S),
                limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
                headers={"User-Agent": "dho-hub", "Accept-Encoding": "identity"},
            )
        return self._client

    def _allowed(self, call: Call) -> tuple[Host, str, int]:
        """A call → the host it is to, when it is on the list of its purpose. Problems: OUTBOUND_REFUSED."""
        if any(c.isspace() or c == "\\" or not c.isprintable() for c in call.url):
            raise _refused(call.purpose, "a URL with characters it cannot have")
        try:
            parts = urlsplit(call.url)
            name, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise _refused(call.purpose, "no URL") from None
        if "@" in parts.netloc:
            raise _refused(call.purpose, "user information in the URL")
        for host in self.hosts.get(call.purpose, ()):
            known = urlsplit(host.origin)
            known_port = known.port or _PORTS.get(known.scheme, 0)
            if (parts.scheme, name, port) == (known.scheme, known.hostname, known_port):
                return host, name, port
        raise _refused(call.purpose, "a host that is not on the list")

    async def close(self) -> None:
        """End."""
        if self._client is not None:
            await self._client.aclose()


def _check_headers(call: Call) -> None:
    for key, value in call.headers:
        if key.lower() in _OWN or not key.isascii() or any(c in key + value for c in "\r\n\x00"):
            raise _refused(call.purpose, "a header that may not be set")


def _pick(addresses: Sequence[str], host: Host, purpose: str) -> Address:
    """What a name resolves to → the address to connect to. Every one must be allowed. Problems: OUTBOUND_REFUSED."""
    found = [ip_address(text.partition("%")[0]) for text in addresses]
    if not found:
        raise fail(ProblemCode.UNREACHABLE, "The other side has no address")
    for address in found:
        if not is_allowed(address, host.networks):
            raise _refused(purpose, "an address that leads inside")
    return found[0]


def is_allowed(address: Address, networks: Sequence[str] = ()) -> bool:
    """An address → whether it may be called: a global one, or one in a network registered for this host.

    IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo) is refused whatever it carries: no partner needs it, and Python calls
    some of these forms of 127.0.0.1 global.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return False
        if address in _SIX_TO_FOUR or address in _TEREDO or any(address in net for net in _NAT64):
            return False
    if any(address in ip_network(net) for net in networks):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


async def _bounded(response: httpx.Response, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > most:
            raise fail(ProblemCode.UNREACHABLE, "The other side answered with more than is taken")
        parts.append(part)
    return b"".join(parts)


def _refused(purpose: str, why: str) -> HubError:
    log(Event.OUTBOUND_REFUSED, purpose=purpose, why=why)
    return fail(ProblemCode.OUTBOUND_REFUSED, "The hub does not call this host")


async def resolve_by_system(name: str, port: int) -> Sequence[str]:
    """A name and a port → its addresses, as the system tells them; a number that only looks like a name is none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
