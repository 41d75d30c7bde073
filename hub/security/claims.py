"""An access token → what it says, once every rule holds: the resource server's checks of HelseID.

Source: security/helseid.md §3, §5 (2, 4-6); RFC 9068 §4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.security import jose
from hub.security.jose import BadJoseError, Json, Jws
from hub.security.jwks import Keys
from hub.security.refusal import LEVEL, SIGNING, Refusal, RefusedError
from hub.values import parse_national_id, parse_org_number

LEEWAY_S: Final = 5
MAX_LIFE_S: Final = 3600
MAX_SCOPES: Final = 100
_MAX_TIME: Final = 1e12
"""No time of anybody's; what lies beyond cannot be reckoned with."""
_TYPES: Final = frozenset(("at+jwt", "application/at+jwt", "JWT"))
_ALLOWED: Final = frozenset(SIGNING)
_ORG: Final = "helseid://claims/client/claims/orgnr_"
_PID: Final = "helseid://claims/identity/pid"
_SECURITY_LEVEL: Final = "helseid://claims/identity/security_level"
_HPR: Final = "helseid://claims/hpr/hpr_number"
# A token with one of these speaks for a person (helseid.md §3)
_USER: Final = (_PID, _SECURITY_LEVEL, _HPR, "sid", "idp", "auth_time", "name")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")  # RFC 6749 §3.3
_WORD: Final = re.compile(r"[^\x00-\x1f\x7f]{1,256}")
_JKT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HPR_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are taken.

    Shape: `real_units` whether organisation numbers must be of the real series (first digit 8 or 9).
    """

    name: str
    audience: str
    keys: Keys
    real_units: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a user token speaks for.

    Shape: `subject` what the issuer calls them, fit for the access log; `pid` their national number, never logged nor shown;
    `hpr` "" where the person has no authorisation as health personnel.
    """

    subject: str
    pid: str
    name: str = ""
    hpr: str = ""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Shape: `parent`, `child`, `supplier` organisation numbers or ""; `jkt` "" = bearer; Units: seconds."""

    issuer: str
    client_id: str
    jti: str
    scopes: frozenset[str]
    jkt: str
    expires: float
    parent: str
    child: str = ""
    supplier: str = ""
    person: Person | None = None


async def read_token(text: str, issuers: Sequence[Issuer], now: float) -> Claims:
    """An access token → its claims. Raises RefusedError; Problems: UNREACHABLE."""
    try:
        token = jose.parse_jws(text)
        issuer = _issuer_of(token, issuers)
        key = await issuer.keys.find(_header(token))
        jose.verify(token, key, _ALLOWED)
    except BadJoseError as error:
        raise RefusedError(Refusal.INVALID_TOKEN, str(error)) from None
    return _check(token.claims, issuer, now)


def _issuer_of(token: Jws, issuers: Sequence[Issuer]) -> Issuer:
    said = token.claims.get("iss")
    for issuer in issuers:
        if said == issuer.name:
            return issuer
    raise BadJoseError("iss")


def _header(token: Jws) -> str:
    header = token.header
    typ = header.get("typ")
    if not isinstance(typ, str) or typ not in _TYPES or "jwk" in header:
        raise BadJoseError("typ or jwk")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise BadJoseError("kid")
    return kid


def _check(claims: Json, issuer: Issuer, now: float) -> Claims:
    audience = claims.get("aud")
    if audience not in (issuer.audience, [issuer.audience]):
        raise _bad("aud")
    expires = _check_times(claims, now)
    child = _organisation(claims, "child", issuer)
    parent = _organisation(claims, "parent", issuer)
    if not parent:
        raise _bad("orgnr_parent")
    return Claims(
        issuer.name,
        _word(claims, "client_id"),
        _word(claims, "jti"),
        _scopes(claims.get("scope")),
        _thumbprint(claims.get("cnf")),
        expires,
        parent,
        child,
        _organisation(claims, "supplier", issuer),
        _person(claims),
    )


def _check_times(claims: Json, now: float) -> float:
    expires = _number(claims, "exp")
    issued = _number(claims, "iat")
    begins = _number(claims, "nbf") if "nbf" in claims else issued
    if issued > now + LEEWAY_S or begins > now + LEEWAY_S:
        raise _bad("not yet")
    if expires - issued > MAX_LIFE_S:
        raise _bad("lives too long")
    if expires <= now - LEEWAY_S:
        raise RefusedError(Refusal.EXPIRED_TOKEN, "exp")
    return expires


def _number(claims: Json, name: str) -> float:
    value: Any = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(name)
    if not -_MAX_TIME < value < _MAX_TIME:  # neither can NaN, nor what no float holds
        raise _bad(name)
    return value


def _word(claims: Json, name: str, *, needed: bool = True) -> str:
    value = claims.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise _bad(name)
    return value


def _scopes(value: Any) -> frozenset[str]:
    """`scope` → its words: HelseID writes an array or words divided by blanks."""
    words: Any = value.split(" ") if isinstance(value, str) else value
    if not isinstance(words, list) or len(words) > MAX_SCOPES:  # pyright: ignore[reportUnknownArgumentType]
        raise _bad("scope")
    found: set[str] = set()
    for word in words:  # pyright: ignore[reportUnknownVariableType] - each is looked at
        if not isinstance(word, str) or not _SCOPE.fullmatch(word):
            raise _bad("scope")
        found.add(word)
    return frozenset(found)


def _thumbprint(value: Any) -> str:
    """`cnf` → the thumbprint the token is bound to; a `cnf` of another kind binds it to what we cannot check."""
    if value is None:
        return ""
    jkt: Any = value.get("jkt") if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    if not isinstance(jkt, str) or not _JKT.fullmatch(jkt):
        raise _bad("cnf")
    return jkt


def _organisation(claims: Json, part: str, issuer: Issuer) -> str:
    value = claims.get(_ORG + part)
    if value is None:
        return ""
    if not isinstance(value, str) or parse_org_number(value) is None or " " in value:
        raise _bad(f"orgnr_{part}")
    if issuer.real_units and value[0] not in "89":
        raise _bad(f"orgnr_{part} is no real unit")
    return value


def _person(claims: Json) -> Person | None:
    """The person a token speaks for; None for a system. Level 4 is asked for whoever it is."""
    if not any(name in claims for name in _USER):
        subject = claims.get("sub")
        if subject is not None and subject != claims.get("client_id"):
            raise _bad("sub without a person")
        return None
    pid = _word(claims, _PID)
    known = parse_national_id(pid)
    if known is None or known.kind not in ("FNR", "DNR") or " " in pid:
        raise _bad("pid")
    if claims.get(_SECURITY_LEVEL) != LEVEL:
        raise RefusedError(Refusal.LEVEL_TOO_LOW, "security_level")
    hpr = _word(claims, _HPR, needed=False)
    if hpr and not _HPR_NUMBER.fullmatch(hpr):
        raise _bad("hpr_number")
    return Person(_word(claims, "sub"), pid, _word(claims, "name", needed=False), hpr)


def _bad(why: str) -> RefusedError:
    return RefusedError(Refusal.INVALID_TOKEN, why)
