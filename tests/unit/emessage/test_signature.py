"""A personal signature holds, or it is told which of the four codes says what is wrong."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from hub.emessage.read import read_message
from hub.emessage.signature import NOBODY, Trust, check_signature
from hub.emessage.table_build import render
from hub.emessage.xml_c14n import EXCLUSIVE, INCLUSIVE, canonical_parts
from tests.dialogue_builders import attached, dialogue, helsefaglig
from tests.message_builders import event, logistics, message

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
DAY = timedelta(days=1)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
ISSUER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
DS = "http://www.w3.org/2000/09/xmldsig#"
RSA_256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
EC_256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA_256 = "http://www.w3.org/2001/04/xmlenc#sha256"
PLAIN = render(message("LOG_DOD", logistics("LOG_DOD", event("13", "2026-03-01"))))


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def certificate(key: Any = RSA, *, days: tuple[int, int] = (-30, 30), signs: bool = True, issuer: Any = ISSUER, by: str = "Utsteder") -> x509.Certificate:  # fmt: skip
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=signs, key_encipherment=not signs, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(name("Nina Prøve"))
        .issuer_name(name(by))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(AT + days[0] * DAY)
        .not_valid_after(AT + days[1] * DAY)
        .add_extension(usage, critical=True)
    )
    return made.sign(issuer, hashes.SHA256())


def anchor(key: Any = ISSUER, text: str = "Utsteder") -> x509.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(name(text))
        .issuer_name(name(text))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - 1000 * DAY)
        .not_valid_after(AT + 1000 * DAY)
    )
    return made.sign(key, hashes.SHA256())


def revoked(at: datetime) -> x509.CertificateRevocationList:
    row = x509.RevokedCertificateBuilder().serial_number(4711).revocation_date(at).build()
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name("Utsteder"))
        .last_update(AT - DAY)
        .next_update(AT + DAY)
        .add_revoked_certificate(row)
    )
    return made.sign(ISSUER, hashes.SHA256())


def signature(value: str, digest: str, who: x509.Certificate, **more: str) -> str:
    usual = {
        "uri": "",
        "method": RSA_256,
        "hash": SHA_256,
        "c14n": INCLUSIVE,
        "transform": "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    }
    told = usual | more
    der = base64.b64encode(who.public_bytes(Encoding.DER)).decode()
    return (
        f'<Signature xmlns="{DS}"><SignedInfo><CanonicalizationMethod Algorithm="{told["c14n"]}"/>'
        f'<SignatureMethod Algorithm="{told["method"]}"/><Reference URI="{told["uri"]}"><Transforms>'
        f'<Transform Algorithm="{told["transform"]}"/><Transform Algorithm="{told["c14n"]}"/></Transforms>'
        f'<DigestMethod Algorithm="{told["hash"]}"/><DigestValue>{digest}</DigestValue></Reference></SignedInfo>'
        f"<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data><X509Certificate>{der}</X509Certificate>"
        f"</X509Data></KeyInfo></Signature>"
    )


def signed(who: x509.Certificate | None = None, key: Any = RSA, plain: bytes = PLAIN, **more: str) -> bytes:  # fmt: skip
    """The message with a signature over all of it, made as the standard says."""
    who = who or certificate(key)
    method = more.get("c14n", INCLUSIVE)

    def put(value: str, digest: str) -> bytes:
        return plain.replace(
            b"</MsgHead>", signature(value, digest, who, **more).encode() + b"</MsgHead>"
        )

    parts = canonical_parts(put("AA==", "AA=="), method, method)
    assert parts is not None
    digest = base64.b64encode(hashlib.sha256(parts.content).digest()).decode()
    parts = canonical_parts(put("AA==", digest), method, method)
    assert parts is not None
    if isinstance(key, rsa.RSAPrivateKey):
        value = key.sign(parts.signed_info, padding.PKCS1v15(), hashes.SHA256())
    else:
        r, s = decode_dss_signature(key.sign(parts.signed_info, ec.ECDSA(hashes.SHA256())))
        value = r.to_bytes(32) + s.to_bytes(32)
    return put(base64.b64encode(value).decode(), digest)


def codes(data: bytes, trust: Trust = NOBODY, at: datetime = AT) -> list[str]:
    reading = read_message(data)
    assert reading.message is not None, reading.problems
    assert reading.message.signature is not None
    return [
        p.code.row.apprec or "" for p in check_signature(data, reading.message.signature, at, trust)
    ]


@pytest.mark.parametrize("method", [INCLUSIVE, EXCLUSIVE], ids=["inclusive", "exclusive"])
def test_a_good_signature_holds(method: str) -> None:
    assert [] == codes(signed(c14n=method))


def test_an_elliptic_curve_signature_holds() -> None:
    assert [] == codes(signed(key=CURVE, method=EC_256))


def test_it_holds_whoever_rewrites_what_canonical_form_levels() -> None:
    assert [] == codes(signed().replace(b"<GenDate>", b"<!-- x --><GenDate>"))


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"Testdal", b"Annen"), (b"13", b"14"), (b"<GenDate>", b"<?pi x?><GenDate>")],
)
def test_a_changed_message_is_s01(before: bytes, after: bytes) -> None:
    assert ["S01"] == codes(signed().replace(before, after, 1))


def test_another_key_than_the_certificates_is_s01() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert ["S01"] == codes(signed(certificate(RSA), other))
    assert ["S01"] == codes(signed(certificate(CURVE), RSA))


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)], ids=["expired", "not yet"])
def test_a_certificate_out_of_its_time_is_s02(days: tuple[int, int]) -> None:
    assert ["S02"] == codes(signed(certificate(days=days)))


def test_a_certificate_for_another_use_is_s02() -> None:
    assert ["S02"] == codes(signed(certificate(signs=False)))


def test_a_certificate_of_nobody_we_trust_is_s02_once_we_trust_somebody() -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = certificate(issuer=stranger)

    assert [] == codes(signed(forged))
    assert ["S02"] == codes(signed(forged), Trust((anchor(),)))
    assert [] == codes(signed(), Trust((anchor(stranger, "En annen"), anchor())))


def test_a_revoked_certificate_is_s03_from_its_day_on() -> None:
    assert ["S03"] == codes(signed(), Trust((anchor(),), (revoked(AT - DAY),)))
    assert [] == codes(signed(), Trust((anchor(),), (revoked(AT + DAY),)))


def test_two_faults_are_two_errors() -> None:
    data = signed(certificate(days=(-30, -1))).replace(b"Testdal", b"Annen", 1)

    assert ["S01", "S02"] == codes(data)


@pytest.mark.parametrize(
    "more",
    [
        {"uri": "#a"},
        {"uri": "http://127.0.0.1:9/a"},
        {"method": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
        {"method": "http://www.w3.org/2000/09/xmldsig#hmac-sha1"},
        {"hash": "http://www.w3.org/2000/09/xmldsig#sha1"},
        {"transform": "http://www.w3.org/TR/1999/REC-xslt-19991116"},
    ],
)
def test_what_we_do_not_take_is_s99(more: dict[str, Any]) -> None:
    assert ["S99"] == codes(signed(**more))


def test_a_certificate_that_is_none_is_s99() -> None:
    data = signed()
    begin = data.index(b"<X509Certificate>") + len(b"<X509Certificate>")

    assert ["S99"] == codes(data[:begin] + b"AAAA" + data[data.index(b"</X509Certificate>") :])


def test_a_signature_deeper_in_the_document_does_not_vouch_for_it() -> None:
    data = signed()
    begin = data.index(b"<Signature")
    end = data.index(b"</Signature>") + len(b"</Signature>")
    twice = data.replace(
        b"</Signature>", b"<Object>" + data[begin:end] + b"</Object></Signature>", 1
    )

    assert ["S99"] == codes(twice)


def test_a_signature_over_ten_megabytes_is_checked_like_any() -> None:
    held = attached("JVBERi0xLjQK" + "A" * 10_000_000, "application/pdf")
    told = dialogue("DIALOG_HELSEFAGLIG", helsefaglig("Tema", "Tekst"), attachments=(held,))
    whole = signed(plain=render(told))

    assert [] == codes(whole)
    assert ["S01"] == codes(whole.replace(b">Tema<", b">Time<"))
