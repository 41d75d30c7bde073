"""A text that only the hub may read → as it stands in a link, and back: encrypted, and bound to the place it was made for.

Source: RFC 5297 (AES-SIV), RFC 5869 (HKDF).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE: Final = b"hub search links 1"
_SALT: Final = 12
"""How much of what makes two tokens of one text differ is kept, so that nobody sees who is looked for twice. Units: bytes."""
_AHEAD: Final = "?"  # before the text: what is encrypted is never empty


def hide(key: bytes, place: str, text: str, once: str) -> str:
    """The database's key, where the text may come back, the text, and a text that comes once → a token."""
    salt = sha256(once.encode()).digest()[:_SALT]
    return _render(salt + _cipher(key).encrypt((_AHEAD + text).encode(), [_bytes(place), salt]))


def reveal(key: bytes, place: str, token: str) -> str | None:
    """A token → its text; None when it was not made with this key for this place."""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if _render(sealed) != token:  # signs that are none, or a rest of bits that means nothing
            return None
        salt = sealed[:_SALT]
        text = _cipher(key).decrypt(sealed[_SALT:], [_bytes(place), salt])
    except (ValueError, InvalidTag):  # no base64, too short, not by this key or not of this place
        return None
    return text.decode().removeprefix(_AHEAD)


def _render(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _bytes(place: str) -> bytes:
    return place.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESSIV:
    """The database's key → one for what stands in links alone."""
    return AESSIV(HKDF(SHA256(), 64, None, _PURPOSE).derive(key))
