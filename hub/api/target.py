"""The target of a request line → path and query; a target that is a whole URL → the host it names.

Source: RFC 9112 §3, §3.2, §3.2.2; RFC 9110 §9.1.
"""

from __future__ import annotations

import re
import urllib.parse
from functools import lru_cache
from typing import Final

import httptools

from hub.fhir.router import allowed_methods

_SHORT: Final = 64
"""Addresses up to this length, without a query, come again and again."""
_LINE: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} (/\S*) HTTP/1\.[01]\r?\n")
_ANYWHERE: Final = "GET, HEAD"
Parts = tuple[str, bytes, bytes]


def split_target(url: bytes) -> Parts:
    """What stands after the method → the path, decoded and as it came, and the query. Raises ValueError, HttpParserError."""
    return _split(url) if len(url) > _SHORT or b"?" in url else _split_shown(url)


def names_host(url: bytes) -> bool:
    """A target → whether it is a whole URL, or something that only a proxy takes."""
    return url[:1] != b"/" and url != b"*"


def host_of(url: bytes) -> bytes:
    """A target that is a whole URL → what a Host header would say. Raises ValueError, HttpParserError."""
    parsed = httptools.parse_url(url)
    if not parsed.host or parsed.userinfo:
        raise ValueError("target")
    name = b"[%s]" % parsed.host if b":" in parsed.host else parsed.host
    return b"%s:%d" % (name, parsed.port) if parsed.port else name


def _split(url: bytes) -> Parts:
    parsed = httptools.parse_url(url)
    if b"#" in url or not parsed.path:
        raise ValueError("target")
    path = parsed.path.decode("ascii")
    return urllib.parse.unquote(path) if "%" in path else path, parsed.path, parsed.query or b""


_split_shown = lru_cache(maxsize=512)(_split)


def odd_method(data: bytes, fault: BaseException | None) -> tuple[tuple[bytes, bytes], ...]:
    """Bytes that begin no request, and what the parser says → the Allow header when only the method is unknown, else nothing.

    Methods are case-sensitive, and anybody may make up more (RFC 9110 §9.1).
    """
    line = _LINE.match(data)
    if line is None or not isinstance(fault, httptools.HttpParserInvalidMethodError):
        return ()
    path = line[1].decode("latin-1").partition("?")[0]
    parts = tuple(path.strip("/").split("/"))
    allowed = allowed_methods(parts[1:]) if parts[0] == "fhir" else ""
    return ((b"allow", (allowed or _ANYWHERE).encode()),)
