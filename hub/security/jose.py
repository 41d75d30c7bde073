"""Signed tokens (JWS compact) and public keys (JWK): strict reading, signatures by joserfc. The one gate to joserfc.

What joserfc leaves open is closed here: sizes, duplicate keys, key sizes, algorithm and curve, one spelling of base64.
Source: RFC 7515, 7517, 7638; security/helseid.md §5, §9 (tested facts).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

Json = dict[str, Any]
Key = ECKey | RSAKey

MAX_BYTES: Final = 8192
"""A longer token or proof is refused unread."""
# algorithm → key type and curve ("" = RSA)
ALGORITHMS: Final[Mapping[str, str]] = {
    "PS256": "", "PS384": "", "PS512": "", "RS256": "", "RS384": "", "RS512": "",
    "ES256": "P-256", "ES384": "P-384", "ES512": "P-521",
}  # fmt: skip
PRIVATE: Final = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))
"""Members of a JWK that belong to nobody but its owner (RFC 7518 §6)."""
# Header members that would let the sender choose keys, or change how the rest is read
_FORBIDDEN: Final = frozenset(("crit", "jku", "x5u", "x5c", "x5t", "x5t#S256", "zip", "b64", "enc"))
_ES256: Final = ECDSA(SHA256())
_SHA256: Final = SHA256()
_PS256: Final = PSS(mgf=MGF1(_SHA256), salt_length=_SHA256.digest_size)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+")
# What the last letter can be, by how many stand behind the last whole four: the bits it has too many are 0
_LAST: Final = {0: _LETTERS, 2: _LETTERS[::16], 3: _LETTERS[::4]}
_PADDING: Final = {0: b"", 2: b"==", 3: b"="}
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_NEEDED: Final = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
_RSA_BITS: Final = range(2048, 8193)
_MAX_EXPONENT_BYTES: Final = 4


class BadJoseError(Exception):
    """A token, proof or key that is not what it must be; the text is for our own log, never for the peer."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A token taken apart, its signature not yet checked. Shape: `signed` the bytes the signature is over."""

    header: Json
    claims: Json
    signed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with.

    Shape: `algorithms` those it may be used for; `thumbprint` of RFC 7638; `raw` the key as cryptography has it.
    """

    key: Key
    thumbprint: str
    algorithms: frozenset[str]
    raw: Any = None


def parse_jws(text: str) -> Jws:
    """Text → its header and claims. Raises BadJoseError."""
    if len(text) > MAX_BYTES:
        raise BadJoseError("too long")
    parts = text.split(".")
    if len(parts) != 3:
        raise BadJoseError("not three parts")
    header = parse_header(parts[0])
    signature = decode_segment(parts[2])
    claims = parse_object(decode_segment(parts[1]))
    return Jws(header, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def parse_header(segment: str) -> Json:
    """The first part of a token → its header. Raises BadJoseError."""
    header = parse_object(decode_segment(segment))
    if header.keys() & _FORBIDDEN:
        raise BadJoseError("a header member that is not taken")
    return header


def decode_segment(text: str) -> bytes:
    """base64url without padding → bytes; only the one right spelling is taken. Raises BadJoseError."""
    over = len(text) % 4
    if not _SEGMENT.fullmatch(text) or over == 1:
        raise BadJoseError("not base64url")
    if text[-1] not in _LAST[over]:
        raise BadJoseError("not the one spelling of base64url")
    return binascii.a2b_base64(text.encode().translate(_STANDARD) + _PADDING[over])


def encode_segment(data: bytes) -> str:
    """Bytes → base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parse_object(data: bytes) -> Json:
    """JSON → an object; a key said twice, NaN and anything that is no object are refused. Raises BadJoseError.

    What is written back as the very same bytes says no key twice and hides nothing in escapes: most tokens and proofs are so.
    """
    try:
        quick = msgspec.json.decode(data)
        if isinstance(quick, dict) and msgspec.json.encode(quick) == data:
            return quick  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings
    except (ValueError, RecursionError):
        pass
    try:
        found = _JSON.decode(data.decode("utf-8"))
        if b"\\u" in data:
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise BadJoseError("not a JSON object") from None
    if not isinstance(found, dict):
        raise BadJoseError("not a JSON object")
    return found  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("no JSON number")


_JSON: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse_constant)


def load_public_key(jwk: object) -> PublicKey:
    """A public JWK → the key and what it may be used for. Raises BadJoseError.

    Refuses: private members, symmetric and unknown kinds, RSA below 2048 bits, uses other than signatures.
    """
    if not isinstance(jwk, dict):
        raise BadJoseError("the key is no object")
    found: Json = jwk  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings
    if found.keys() & PRIVATE:
        raise BadJoseError("the key is not public")
    needed = _NEEDED.get(str(found.get("kty")))
    if needed is None or not all(isinstance(found.get(name), str) for name in needed):
        raise BadJoseError("not a key of a kind that is taken")
    operations = found.get("key_ops", ["verify"])
    for_us = isinstance(operations, list) and "verify" in operations
    if found.get("use", "sig") != "sig" or not for_us:
        raise BadJoseError("the key is not for signatures")
    fitting = _fitting(found)
    said = found.get("alg")
    if said is not None:
        fitting &= {said} if isinstance(said, str) else set()
    if not fitting:
        raise BadJoseError("no algorithm fits the key")
    kind = ECKey if found["kty"] == "EC" else RSAKey
    key = _made(lambda: kind.import_key({name: found[name] for name in needed}))
    return PublicKey(key, _made(key.thumbprint), frozenset(fitting), _made(lambda: key.public_key))


def _fitting(jwk: Json) -> set[str]:
    if jwk["kty"] == "EC":
        return {name for name, curve in ALGORITHMS.items() if curve and curve == jwk["crv"]}
    modulus, exponent = decode_segment(jwk["n"]), decode_segment(jwk["e"])
    bits = int.from_bytes(modulus).bit_length()
    if bits not in _RSA_BITS or len(exponent) > _MAX_EXPONENT_BYTES:
        raise BadJoseError("an RSA key of a size that is not taken")
    return {name for name, curve in ALGORITHMS.items() if not curve}


def _made(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (JoseError, ValueError, TypeError, KeyError, ArithmeticError):
        raise BadJoseError("the key cannot be read") from None


def verify(jws: Jws, key: PublicKey | None, allowed: frozenset[str]) -> None:
    """A token and the key of its signer (None: not known) → nothing when the signature holds. Raises BadJoseError."""
    if key is None:
        raise BadJoseError("a key that is not known")
    algorithm = jws.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in allowed:
        raise BadJoseError("an algorithm that is not taken")
    if algorithm not in key.algorithms:
        raise BadJoseError("the key is not for this algorithm")
    try:
        if algorithm == "ES256":
            _verify_es256(jws, key)
            return
        if algorithm == "PS256":
            key.raw.verify(jws.signature, jws.signed, _PS256, _SHA256)
            return
        holds = JWSRegistry.algorithms[algorithm].verify(jws.signed, jws.signature, key.key)
    except (JoseError, ValueError, InvalidSignature):
        holds = False
    if not holds:
        raise BadJoseError("the signature does not hold")


def _verify_es256(jws: Jws, key: PublicKey) -> None:
    """As joserfc does it, without looking each time at what of the key was looked at already: most proofs are ES256."""
    signature = jws.signature
    if len(signature) != 64:
        raise BadJoseError("the signature does not hold")
    whole = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    key.raw.verify(whole, jws.signed, _ES256)


def load_private_key(jwk: Json) -> Key:
    """A private JWK of ours → the key. Raises BadJoseError."""
    kind = {"EC": ECKey, "RSA": RSAKey}.get(str(jwk.get("kty")))
    if kind is None or "d" not in jwk:
        raise BadJoseError("not a private key of a kind that is taken")
    return _made(lambda: kind.import_key(jwk))


def new_key(algorithm: str) -> Key:
    """An algorithm → a new private key for it."""
    curve = ALGORITHMS[algorithm]
    if curve:
        return ECKey.generate_key(curve)  # pyright: ignore[reportArgumentType] - one of its literals
    return RSAKey.generate_key(3072)


def algorithm_of(key: Key) -> str:
    """A private key → the algorithm it signs with here: PS256 for RSA, the curve's own for EC."""
    curve = key.as_dict(private=False).get("crv", "")
    return next(name for name, its in ALGORITHMS.items() if its == curve)


def public_jwk(key: Key) -> Json:
    """A private key → the JWK that may be shown: the members its thumbprint is made of, no more."""
    whole = key.as_dict(private=False)
    return {name: whole[name] for name in _NEEDED[str(whole["kty"])]}


def private_jwk(key: Key) -> Json:
    """A private key → its JWK with everything."""
    return dict(key.as_dict(private=True))


def thumbprint_of(key: Key) -> str:
    """A key → its thumbprint (RFC 7638, SHA-256)."""
    return key.thumbprint()


def sign(header: Json, claims: Json, key: Key) -> str:
    """Header (with `alg`), claims and a private key → a token."""
    signed = f"{encode_segment(_dense(header))}.{encode_segment(_dense(claims))}"
    made = JWSRegistry.algorithms[header["alg"]].sign(signed.encode(), key)
    return f"{signed}.{encode_segment(made)}"


def _dense(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
