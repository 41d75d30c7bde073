"""Registration and agreement decide who acts: a valid token alone opens nothing.

Source: security README §3; security/helseid.md §3, §5 (7).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub.policy import parse_scope
from hub.ports import Client
from hub.security.claims import Claims, Person
from hub.security.clients import find_actor, narrow
from hub.security.refusal import Refusal, RefusedError
from hub.standin.actors import ACTORS, GP_OFFICE, HOME_CARE, HOSPITAL, MUNICIPALITY, SUPPLIER
from tests.tokens import ISSUER, agreed, registered

NOW = 1_800_000_000.0
DOCTOR = Person("subject-1", "04857000574", "Rolig Testlege", "565900011")


def claims(name: str, **more: Any) -> Claims:
    """A stand-in actor → what its token says."""
    actor = ACTORS[name]
    values: dict[str, Any] = {"child": actor.child, "supplier": actor.supplier, **more}
    scopes = frozenset(actor.scopes)
    return replace(
        Claims(ISSUER, actor.client_id, "jti-1", scopes, "x" * 43, NOW + 60, actor.parent), **values
    )


def refused(found: Claims, client: Client | None, address: str = "10.1.2.3") -> Refusal:
    """Claims and a registration → why nobody acts."""
    with pytest.raises(RefusedError) as caught:
        find_actor(found, client, NOW, address)
    assert found.client_id == caught.value.client_id
    return caught.value.refusal


def test_a_system_acts_in_the_tenant_of_its_agreement() -> None:
    actor = find_actor(claims("supplier"), registered("supplier"), NOW, "")
    assert (actor.kind, actor.id, actor.tenant_id, actor.guest) == (
        "dho_vendor", "standin-supplier", 1, False,
    )  # fmt: skip
    assert (actor.organisation.parent, actor.organisation.supplier) == (MUNICIPALITY, SUPPLIER)
    assert (actor.person, actor.token_id) == (None, "jti-1")


def test_an_organisation_that_is_not_the_tenants_own_is_a_guest() -> None:
    actor = find_actor(claims("gp"), registered("gp"), NOW, "")
    assert (actor.kind, actor.guest, actor.organisation.parent) == ("gp_system", True, GP_OFFICE)


def test_a_person_acts_as_what_the_client_lets_its_users_be() -> None:
    client = registered("gp", user_kind="clinician")
    actor = find_actor(claims("gp", person=DOCTOR), client, NOW, "")
    assert (actor.kind, actor.id, actor.name, actor.client_id) == (
        "clinician", "subject-1", "Rolig Testlege", "standin-gp",
    )  # fmt: skip
    assert actor.person is not None
    assert (actor.person.level, actor.person.hpr) == (4, "565900011")
    assert DOCTOR.pid not in repr(actor)


def test_a_client_that_is_not_registered_opens_nothing() -> None:
    assert refused(claims("supplier"), None) is Refusal.INVALID_TOKEN


@pytest.mark.parametrize(
    "change",
    [
        {"status": "closed"},
        {"status": ""},
        {"expires": NOW},
        {"expires": NOW - 1},
        {"networks": ("192.168.0.0/16",)},
        {"kind": "privacy_officer"},
    ],
)
def test_a_registration_that_does_not_hold_is_401(change: dict[str, Any]) -> None:
    assert refused(claims("gp"), registered("gp", **change)) is Refusal.INVALID_TOKEN


def test_the_network_is_the_peers_address_and_nothing_else() -> None:
    client = registered("gp", networks=("10.0.0.0/8", "fd00::/8"))
    for address in ("10.1.2.3", "fd00::1"):
        assert find_actor(claims("gp"), client, NOW, address).kind == "gp_system"
    for address in ("11.1.2.3", "", "unix", "::1"):
        assert refused(claims("gp"), client, address) is Refusal.INVALID_TOKEN


def test_a_bearer_token_needs_a_client_that_is_registered_for_it() -> None:
    bearer = claims("gp", jkt="")
    assert refused(bearer, registered("gp")) is Refusal.INVALID_TOKEN
    assert (
        find_actor(bearer, registered("gp", profile="legacy_bearer"), NOW, "").kind == "gp_system"
    )


def test_a_person_by_a_client_without_persons_is_refused() -> None:
    assert refused(claims("gp", person=DOCTOR), registered("gp")) is Refusal.INVALID_TOKEN


def test_a_system_never_acts_as_a_person() -> None:
    client = registered("privacy-officer")
    assert refused(claims("privacy-officer"), client) is Refusal.INVALID_TOKEN


@pytest.mark.parametrize(
    ("found", "client"),
    [
        (claims("supplier", parent=HOSPITAL), registered("supplier")),
        (claims("supplier", supplier=""), registered("supplier")),
        (claims("supplier", supplier="313910075"), registered("supplier")),
        (claims("gp", supplier=SUPPLIER), registered("gp")),
        (claims("gp", child=HOME_CARE), registered("gp")),
        (claims("municipality", child="313910091"), registered("municipality")),
        (claims("gp"), registered("gp", agreements=())),
        (claims("gp"), registered("gp", agreements=(agreed("gp", ends=NOW),))),
        (claims("gp"), registered("gp", agreements=(replace(agreed("gp"), begins=NOW + 1),))),
    ],
)  # fmt: skip
def test_an_organisation_supplier_or_unit_outside_the_agreement_is_403(
    found: Claims, client: Client
) -> None:
    assert refused(found, client) is Refusal.NO_AGREEMENT


def test_a_unit_of_the_agreement_is_taken() -> None:
    actor = find_actor(claims("municipality"), registered("municipality"), NOW, "")
    assert actor.organisation.child == HOME_CARE


def test_one_supplier_acts_for_one_organisation_at_a_time() -> None:
    both = (agreed("supplier"), replace(agreed("supplier"), organisation=HOSPITAL, tenant_id=7))
    client = registered("supplier", agreements=both)
    assert find_actor(claims("supplier"), client, NOW, "").tenant_id == 1
    assert find_actor(claims("supplier", parent=HOSPITAL), client, NOW, "").tenant_id == 7


@pytest.mark.parametrize(
    ("asked", "registered_for", "granted"),
    [
        (["system/Observation.rs"], ["system/Observation.crs"], ["system/Observation.rs"]),
        (["system/Observation.cruds"], ["system/Observation.r"], ["system/Observation.r"]),
        (["system/*.r"], ["system/Observation.rs"], ["system/Observation.r"]),
        (["system/Observation.rs"], ["system/*.r"], ["system/Observation.r"]),
        (["system/*.rs"], ["system/*.r"], ["system/*.r"]),
        (["system/*.r"], ["system/AuditEvent.r"], []),
        (["system/AuditEvent.r"], ["system/*.r"], []),
        (["system/Observation.c"], ["system/Observation.r"], []),
        (["system/Observation.r"], ["system/Patient.r"], []),
        (["system/Observation.r"], [], []),
        (["user/Observation.r"], ["user/Observation.r"], []),
        (["system/Observation.read"], ["system/Observation.r"], []),
        (["system/Observation.sr"], ["system/Observation.rs"], []),
    ],
)
def test_a_scope_only_narrows(
    asked: list[str], registered_for: list[str], granted: list[str]
) -> None:
    found = [scope.text for scope in narrow(asked, registered_for, user=False)]
    assert found == granted


def test_a_narrowed_scope_stays_narrow_whichever_side_narrows_it() -> None:
    narrowed = "system/Observation.rs?category=vital-signs"
    for asked, limit in ((narrowed, "system/*.rs"), ("system/Observation.rs", narrowed)):
        (found,) = narrow([asked], [limit], user=False)
        known = parse_scope(narrowed)
        assert known is not None
        assert found.narrowed == known.narrowed


def test_a_persons_token_has_no_system_scopes() -> None:
    everything = ["system/Observation.r", "user/Observation.r", "patient/Observation.r"]
    found = [scope.level for scope in narrow(everything, everything, user=True)]
    assert found == ["user", "patient"]
