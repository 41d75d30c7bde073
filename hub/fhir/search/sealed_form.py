"""The form of a posted search and what links carry of it: encrypted, so that clients may follow the links with GET.

A person number or a name must stand in no URL, where logs and histories keep it; a link that has to be posted again with its
form is one that no client follows. So the form goes along sealed: nobody but the hub reads it, it cannot be changed, and it
opens for the same tenant at the same path alone. It says what was asked, never what may be seen: the Permit is decided anew.
Source: RFC 5297 (AES-SIV), RFC 5869 (HKDF).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.fhir.search.pairs import read_pairs, render_pairs
from hub.fhir.search.seal import Seal
from hub.problems import HubError, ProblemCode, fail

FORM: Final = "_form"
BESIDE: Final = ("_count", "_format", "_pretty", "_cursor")
"""What stands readable beside a sealed form: all of it is the hub's own words or numbers, and may differ from page to page."""
_PURPOSE: Final = b"hub search form 1"
_SALT: Final = 12
"""How much of what makes two seals of one form differ is kept, so that nobody sees who is looked for twice. Units: bytes."""
_AHEAD: Final = "?"  # before the form: what is sealed is never empty


def close_form(seal: Seal, pairs: Sequence[tuple[str, str]], new_id: str) -> str:
    """The seal of a place, the pairs that were used and an id that is nobody's → the form among them, sealed."""
    form = _AHEAD + render_pairs((name, value) for name, value in pairs if name not in BESIDE)
    salt = sha256(new_id.encode()).digest()[:_SALT]
    return _render(salt + _cipher(seal.key).encrypt(form.encode(), [_place(seal), salt]))


def open_form(seal: Seal, token: str, most: int) -> tuple[tuple[str, str], ...]:
    """A sealed form → its pairs. Problems: BAD_PARAMETER when it is not one that was given here, to this tenant, at this path."""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if _render(sealed) != token:  # signs that are none, or a rest of bits that means nothing
            raise _foreign()
        salt = sealed[:_SALT]
        form = _cipher(seal.key).decrypt(sealed[_SALT:], [_place(seal), salt])
    except (ValueError, InvalidTag):  # no base64, too short, not by this key or not of this place
        raise _foreign() from None
    return read_pairs(form.decode().removeprefix(_AHEAD), most, FORM)


def _foreign() -> HubError:
    detail = "_form is not one that this server gave for this search: follow the links as they are, or search again"
    return fail(ProblemCode.BAD_PARAMETER, detail, FORM)


def _render(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _place(seal: Seal) -> bytes:
    return seal.place.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESSIV:
    """The database's key → one for forms alone."""
    return AESSIV(HKDF(SHA256(), 64, None, _PURPOSE).derive(key))
