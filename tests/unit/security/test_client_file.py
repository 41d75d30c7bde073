"""A registration in a file is taken whole or told what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.security import jose
from hub.security.client_file import BadRegistrationError, parse_clients, to_json
from tests.builders import Json
from tests.builders import to_json as to_bytes

TENANTS = {"999999999": 1, "313910083": 2}
FILE: Json = {
    "issuer": "https://issuer.example",
    "client_id": "abc",
    "kind": "dho_vendor",
    "name": "En leverandør",
    "scopes": ["system/Observation.c"],
    "contact": "drift@example",
    "supplier": "313910067",
    "agreements": [
        {"organisation": "999999999", "begins": "2026-01-01", "ends": "2027-01-01"},
        {"organisation": "313910024", "tenant": "313910083", "begins": "2026-01-01", "children": ["313910016"]},
    ],
}  # fmt: skip


def test_a_file_names_tenants_by_number_and_says_who_is_a_guest() -> None:
    (client,) = parse_clients(to_bytes(FILE), TENANTS)
    own, guest = client.agreements
    assert (own.tenant_id, own.guest, guest.tenant_id, guest.guest) == (1, False, 2, True)
    assert guest.children == {"313910016"}
    assert own.ends is not None
    assert own.ends - own.begins == 365 * 86400


def test_a_file_may_hold_several_and_comes_back_as_it_was() -> None:
    clients = parse_clients(to_bytes([FILE, {**FILE, "client_id": "b"}]), TENANTS)  # pyright: ignore[reportArgumentType]
    assert [c.client_id for c in clients] == ["abc", "b"]
    told = to_json(clients[0], {1: "999999999", 2: "313910083"})
    told = {k: v for k, v in told.items() if v not in (None, "", ())}
    again = parse_clients(to_bytes(told), TENANTS)
    assert again == [clients[0]]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "internal_job"},
        {"kind": "development"},
        {"kind": "x"},
        {"user_kind": "gp_system"},
        {"profile": "basic"},
        {"status": "x"},
        {"scopes": ["system/Observation.read"]},
        {"scopes": ["x"]},
        {"networks": ["10.0.0.0/33"]},
        {"supplier": "123456789"},
        {"issuer": ""},
        {"client_id": " "},
        {"unknown": 1},
        {"contact": None},
        {"jwks": {"keys": []}},
        {"jwks": {"keys": [{**jose.private_jwk(jose.new_key("ES256")), "kid": "1"}]}},
        {"agreements": [{"organisation": "999999998", "begins": "2026-01-01"}]},
        {"agreements": [{"organisation": "313910024", "begins": "2026-01-01"}]},
        {"agreements": [{"organisation": "999999999"}]},
        {
            "agreements": [
                {"organisation": "999999999", "begins": "2026-01-01", "ends": "2026-01-01"}
            ]
        },
        {"agreements": [{"organisation": "999999999", "begins": "2026-01-01", "children": ["1"]}]},
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_taken(change: dict[str, Any]) -> None:
    with pytest.raises(BadRegistrationError):
        parse_clients(to_bytes({**FILE, **change}), TENANTS)


@pytest.mark.parametrize("data", [b"", b"{", b"[]x", b"5", b"\xff"])
def test_what_is_no_registration_is_told(data: bytes) -> None:
    with pytest.raises(BadRegistrationError):
        parse_clients(data, TENANTS)


def test_public_keys_are_kept() -> None:
    jwks = {"keys": [{**jose.public_jwk(jose.new_key("ES256")), "kid": "1"}]}
    (client,) = parse_clients(to_bytes({**FILE, "jwks": jwks}), TENANTS)
    assert '"kid":"1"' in client.jwks
