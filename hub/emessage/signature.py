"""A personal signature inside a MsgHead → whether it holds, and whether its certificate may be relied on (S01, S02, S03, S99).

No message type of the hub asks for a signature; one that is there is checked. Trust anchors and revocation lists are the
operator's; without them a certificate is judged by itself alone.
Source: W3C XML-DSig core; security/xml-and-message-security.md §2; apprec.md (S01 to S99); transport/file-drop.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hub.emessage.namespaces import XMLDSIG
from hub.emessage.xml import Node
from hub.emessage.xml_c14n import INCLUSIVE, METHODS, canonical_parts
from hub.problems import Problem, ProblemCode

_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"
_DIGESTS: Final = {
    f"{_ENC}sha256": "sha256",
    f"{_MORE}sha384": "sha384",
    f"{_ENC}sha512": "sha512",
}
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_METHODS: Final = {f"{_MORE}{k}-{h}": (k, h) for k in ("rsa", "ecdsa") for h in _HASHES}
_ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_WHERE: Final = "/MsgHead/Signature"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom an operator trusts. Shape: `anchors` are the issuers' certificates, none = no issuer is judged."""

    anchors: tuple[x509.Certificate, ...] = ()
    revoked: tuple[x509.CertificateRevocationList, ...] = ()


NOBODY: Final = Trust()


@dataclass(frozen=True, slots=True)
class _Parts:
    content_method: str
    info_method: str
    digest: str
    digest_value: bytes
    method: tuple[str, str]
    value: bytes
    certificate: x509.Certificate


def check_signature(
    data: bytes, signature: Node, at: datetime, trust: Trust
) -> tuple[Problem, ...]:
    """A document, the Signature read in it, when it was made and whom we trust → what is wrong, () when it holds.

    Problems: SIGNATURE_INVALID, CERTIFICATE_INVALID, CERTIFICATE_REVOKED, SIGNATURE_UNREADABLE.
    """
    parts = _read(signature)
    if isinstance(parts, str):
        return (Problem(ProblemCode.SIGNATURE_UNREADABLE, parts, _WHERE),)
    signed = canonical_parts(data, parts.content_method, parts.info_method)
    if signed is None:
        detail = "There must be one signature, directly in the root element"
        return (Problem(ProblemCode.SIGNATURE_UNREADABLE, detail, _WHERE),)
    found: list[Problem] = []
    if hashlib.new(parts.digest, signed.content).digest() != parts.digest_value:
        detail = "The message was changed after it was signed"
        found.append(Problem(ProblemCode.SIGNATURE_INVALID, detail, _WHERE))
    elif not _holds(parts, signed.signed_info):
        detail = "The signature was not made with the key of its certificate"
        found.append(Problem(ProblemCode.SIGNATURE_INVALID, detail, _WHERE))
    return (*found, *_of_certificate(parts.certificate, at, trust))


def _read(signature: Node) -> _Parts | str:
    """The Signature element → its parts, or why it is none that we take."""
    info = _child(signature, "SignedInfo")
    references = _children(info, "Reference") if info is not None else []
    if info is None or len(references) != 1 or _attribute(references[0], "URI") != "":
        return "Only a signature over the whole document is taken"
    reference = references[0]
    transforms = [
        _attribute(t, "Algorithm") for t in _children(_child(reference, "Transforms"), "Transform")
    ]
    others = [t for t in transforms if t != _ENVELOPED]
    if (
        _ENVELOPED not in transforms
        or len(others) > 1
        or not METHODS.issuperset(filter(None, others))
    ):
        return "The transforms of the signature are not taken"
    info_method = _attribute(_child(info, "CanonicalizationMethod"), "Algorithm")
    digest = _DIGESTS.get(_attribute(_child(reference, "DigestMethod"), "Algorithm") or "")
    method = _METHODS.get(_attribute(_child(info, "SignatureMethod"), "Algorithm") or "")
    if info_method not in METHODS or digest is None or method is None:
        return "The algorithms of the signature are not taken"
    try:
        x509_data = _child(_child(signature, "KeyInfo"), "X509Data")
        certificate = x509.load_der_x509_certificate(_decoded(_child(x509_data, "X509Certificate")))
        value = _decoded(_child(signature, "SignatureValue"))
        digest_value = _decoded(_child(reference, "DigestValue"))
    except ValueError:
        return "The certificate or a value of the signature cannot be read"
    content_method = (others[0] if others else INCLUSIVE) or INCLUSIVE
    return _Parts(content_method, info_method, digest, digest_value, method, value, certificate)


def _holds(parts: _Parts, signed_info: bytes) -> bool:
    key, (kind, name) = parts.certificate.public_key(), parts.method
    chosen = _HASHES[name]
    try:
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(parts.value, signed_info, padding.PKCS1v15(), chosen)
            return True
        if kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(parts.value), signed_info, ec.ECDSA(chosen))
            return True
    except (InvalidSignature, ValueError):
        return False
    return False


def _der(value: bytes) -> bytes:
    """R and s side by side, as XML writes them → as the library wants them."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: PLC0415 - seldom needed

    half = len(value) // 2
    return encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))


def _of_certificate(
    certificate: x509.Certificate, at: datetime, trust: Trust
) -> tuple[Problem, ...]:
    wrong = _fault(certificate, at, trust.anchors)
    if wrong:
        return (Problem(ProblemCode.CERTIFICATE_INVALID, wrong, _WHERE),)
    for listed in trust.revoked:
        row = listed.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if (
            listed.issuer == certificate.issuer
            and row is not None
            and row.revocation_date_utc <= at
        ):
            detail = "The certificate was revoked before the message was made"
            return (Problem(ProblemCode.CERTIFICATE_REVOKED, detail, _WHERE),)
    return ()


def _fault(certificate: x509.Certificate, at: datetime, anchors: Sequence[x509.Certificate]) -> str:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return "The certificate was not valid when the message was made"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        if not (usage.content_commitment or usage.digital_signature):
            return "The certificate is not meant for signing"
    except (x509.ExtensionNotFound, ValueError):
        pass  # it limits nothing
    if anchors and not any(_issued(certificate, anchor) for anchor in anchors):
        return "The certificate comes from nobody we trust"
    return ""


def _issued(certificate: x509.Certificate, anchor: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(anchor)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _children(node: Node | None, name: str) -> list[Node]:
    tag = f"{{{XMLDSIG}}}{name}"
    return [c for c in (node.content if node else ()) if isinstance(c, Node) and c.tag == tag]


def _child(node: Node | None, name: str) -> Node | None:
    return next(iter(_children(node, name)), None)


def _attribute(node: Node | None, name: str) -> str | None:
    return next((v for k, v in (node.attributes if node else ()) if k == name), None)


def _decoded(node: Node | None) -> bytes:
    """An element with base64 in it → the bytes; ValueError when there is none."""
    text = "".join(c for c in (node.content if node else ()) if isinstance(c, str))
    try:
        found = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError from error
    if not found:
        raise ValueError
    return found
