"""Whom the operator trusts to issue certificates, and which of those are revoked: a folder of certificates and lists.

Source: security/xml-and-message-security.md §2; transport/amqp.md (approved Buypass and Commfides roots).
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from hub.emessage.signature import Trust
from hub.settings import SettingsError

_BEGIN = b"-----BEGIN"


def load_trust(folder: Path | None) -> Trust:
    """A folder with `.pem`, `.crt`, `.cer` and `.crl` files, PEM or DER → Trust; None = no issuer is judged."""
    if folder is None:
        return Trust()
    anchors: list[x509.Certificate] = []
    revoked: list[x509.CertificateRevocationList] = []
    try:
        for path in sorted(p for p in folder.iterdir() if p.is_file()):
            data = path.read_bytes()
            if path.suffix.lower() == ".crl":
                pem = data.lstrip().startswith(_BEGIN)
                revoked.append(
                    x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
                )
            elif path.suffix.lower() in (".pem", ".crt", ".cer"):
                pem = data.lstrip().startswith(_BEGIN)
                anchors.extend(
                    x509.load_pem_x509_certificates(data)
                    if pem
                    else [x509.load_der_x509_certificate(data)]
                )
    except (OSError, ValueError) as error:
        why = (
            error.strerror
            if isinstance(error, OSError)
            else "a file in it is no certificate or list"
        )
        raise SettingsError(f"HUB_SIGNATURE_TRUST_DIR: {folder} cannot be read ({why})") from error
    if not anchors:
        raise SettingsError(f"HUB_SIGNATURE_TRUST_DIR holds no certificate: {folder}")
    return Trust(tuple(anchors), tuple(revoked))
