"""A URL as DPoP compares it: scheme, host, port and path in one spelling, without query and fragment.

Source: RFC 9449 §4.3 (10), RFC 3986 §6.2.2, §6.2.3.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443}
_MAX: Final = 4096
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What may stand in a URL at all (RFC 3986 §2); a path of ours is compared, so nothing else may
_URL: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def normal_url(text: str) -> str | None:
    """A URL → its one spelling, or None where it is no absolute http(s) URL or is written to be misread.

    Refused: userinfo, dot segments also in escapes, broken escapes, characters a URL cannot have.
    """
    if len(text) > _MAX or not _URL.fullmatch(text) or _BAD_ESCAPE.search(text):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    path = normal_path(parts.path or "/")
    if path is None:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port is None or port == _PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{shown}{path}"


def normal_path(path: str) -> str | None:
    """The path of a URL → its one spelling; None when it has dot segments or broken escapes."""
    if _BAD_ESCAPE.search(path):
        return None
    found = _ESCAPE.sub(_decoded, path) if "%" in path else path
    if any(segment in (".", "..") for segment in found.split("/")):
        return None
    return found


def _decoded(match: re.Match[str]) -> str:
    character = chr(int(match.group(1), 16))
    return character if character in _UNRESERVED else match.group(0).upper()
