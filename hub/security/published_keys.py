"""Keys whose private half anybody can read: those of HelseID's samples and of the RFCs. Nobody is known by them.

Shape: thumbprints (RFC 7638, SHA-256), and where the key was published.
Source: security/helseid.md §8; RFC 7515 A.2-A.4, RFC 7517 A.2, RFC 7520 §3; HelseID.Samples (configuration of the samples).
"""

from __future__ import annotations

from typing import Final

PUBLISHED: Final[dict[str, str]] = {
    "aoezvIe32RdFpTP4FIxwBYb6VGX0dp3ecvoVjFkdXQk": "HelseID samples, the common RSA key",
    "Z_K-s0ghahZ1xTMxqNOCoGFWcj0RzRG-BKlIywGYGDE": "HelseID samples, the key of user log-in",
    "YjJH0uP21VFJUopR2j-cpN_z016MkM4VApQlyZTUcOI": "HelseID samples, jwk.json of API access",
    "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U": "RFC 7515 A.3",
    "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s": "RFC 7517 A.2, EC",
    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs": "RFC 7517 A.2, RSA",
}
"""Thumbprint → where."""


def is_published(thumbprint: str) -> bool:
    """A key's thumbprint → whether its private half is known to all."""
    return thumbprint in PUBLISHED
