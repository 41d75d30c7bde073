"""Keys that stand in public documents are nobody's. Source: security/helseid.md §8."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from hub.security import jose
from hub.security.client_file import BadRegistrationError, parse_clients
from hub.security.published_keys import PUBLISHED
from hub.wiring.admission import BadSecretError, read_key
from tests.builders import to_json

RFC_7515_A_3: Final[dict[str, Any]] = {
    "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}  # fmt: skip
FILE: Final[dict[str, Any]] = {
    "issuer": "https://issuer.example", "client_id": "abc", "kind": "dho_vendor", "name": "En leverandør", "scopes": ["system/Observation.c"],
    "contact": "drift@example", "supplier": "313910067", "agreements": [{"organisation": "999999999", "begins": "2026-01-01"}],
}  # fmt: skip
PRIVATE: Final = {**RFC_7515_A_3, "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}


def test_no_key_that_was_published_is_taken_for_ours_or_a_clients(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(json.dumps(PRIVATE))
    file.chmod(0o600)
    with pytest.raises(BadSecretError, match="published"):
        read_key(file)
    own = jose.new_key("ES256")
    file.write_text(json.dumps(jose.private_jwk(own)))
    assert jose.thumbprint_of(read_key(file)) == jose.thumbprint_of(own)
    keys = {"keys": [{**jose.public_jwk(own), "kid": "a"}, {**RFC_7515_A_3, "kid": "b"}]}
    with pytest.raises(BadRegistrationError, match="published"):
        parse_clients(to_json({**FILE, "jwks": keys}), {"999999999": 1})
    assert parse_clients(to_json({**FILE, "jwks": {"keys": keys["keys"][:1]}}), {"999999999": 1})


def test_the_table_holds_thumbprints() -> None:
    assert jose.load_public_key(RFC_7515_A_3).thumbprint in PUBLISHED
    assert all(len(jose.decode_segment(each)) == 32 for each in PUBLISHED)
