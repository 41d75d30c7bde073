"""What a SMART client reads first: where tokens come from, and what of SMART is there; nothing is claimed that no test shows.

Source: security/smart.md §1; https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub.security.refusal import SIGNING as PROOF_SIGNING
from hub.security.token_endpoint import SIGNING

CAPABILITIES: Final = ("client-confidential-asymmetric", "permission-v2")
SCOPES: Final = (
    "system/Patient.rs",
    "system/Observation.crs",
    "system/QuestionnaireResponse.crs",
    "system/CarePlan.rs",
    "system/Device.cru",
    "system/DetectedIssue.rs",
)


def build_smart_configuration(
    issuer: str, token_endpoint: str, jwks_uri: str, scopes: Sequence[str] = SCOPES
) -> Mapping[str, Any]:
    """The issuer, where it gives tokens and shows its keys → the document."""
    return {
        "issuer": issuer,
        "jwks_uri": jwks_uri,
        "token_endpoint": token_endpoint,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING),
        "dpop_signing_alg_values_supported": list(PROOF_SIGNING),
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(scopes),
        "capabilities": list(CAPABILITIES),
    }
