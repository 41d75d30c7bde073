"""The five gates: actors × types × letters as the standard's table has them, and what each gate asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from hub.policy import (
    Action,
    Actor,
    Attest,
    Deny,
    Organisation,
    Permit,
    Person,
    authorise,
    may_see,
    parse_scopes,
)
from hub.policy.action import Interaction
from hub.policy.rows import Block, Related, Rows, Shared

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MICROS = int(NOW.timestamp()) * 1_000_000
KARI = Person("https://issuer.example", "sub-1", "Kari Prøve", 4, "9144900")
NAMED = ("AuditEvent", "Subscription", "Consent")
WIDE = tuple(
    f"{level}/{kind}.cruds" for level, kind in product(("system", "user", "patient"), ("*", *NAMED))
)


def actor(kind: str, *scopes: str) -> Actor:
    """An actor of a kind with all that its kind needs, and scopes on everything unless told."""
    person = KARI if kind in ("clinician", "operator", "tenant_admin", "privacy_officer") else None
    return Actor(
        kind,  # type: ignore[arg-type]
        "client-1",
        "A client",
        7,
        client_id="client-1",
        scopes=parse_scopes(scopes or WIDE),
        organisation=Organisation("999999999", "888888888", "777777777"),
        person=person,
        patient_id="p1" if kind == "clinician" else "",
    )


# The standard's table (security README §5), written out once more by hand: type → kind → letters, ' = own rows only
KINDS = ("gp_system", "municipal_epj", "hospital", "dho_vendor", "clinician", "operator")
TABLE = {
    "Patient": ("rs", "rs", "r", "r", "r", ""),
    "Observation": ("rs", "rs", "rs", "cr's'", "rs", ""),
    "QuestionnaireResponse": ("rs", "rs", "rs", "cr'", "rs", ""),
    "CarePlan": ("rs", "crus", "rs", "r", "r", ""),
    "Goal": ("rs", "crus", "rs", "r", "r", ""),
    "ServiceRequest": ("crs", "crus", "crs", "r'u'", "", ""),
    "Task": ("crs", "crus", "crs", "r'u'", "", ""),
    "DocumentReference": ("r", "cr", "cr", "", "", ""),
    "Binary": ("r", "cr", "cr", "", "", ""),
    "Communication": ("crs", "crs", "crs", "c", "", ""),
    "Device": ("r", "rs", "", "cr'u'", "", "r"),
    "DeviceMetric": ("r", "rs", "", "cr'u'", "", "r"),
    "Organization": ("rs", "rs", "rs", "r", "r", "rs"),
    "PractitionerRole": ("rs", "rs", "rs", "r", "r", "rs"),
    "Subscription": ("cr'd'", "cr'd'", "cr'd'", "cr'd'", "", "r"),
    "Consent": ("r", "cru", "", "", "", ""),
    "AuditEvent": ("", "", "", "", "", ""),
    "Provenance": ("r", "r", "r", "r'", "", ""),
    "MedicationRequest": ("", "", "", "", "", ""),
    "Person": ("", "", "", "", "", ""),
}
LETTER: dict[Interaction, str] = {
    "create": "c",
    "read": "r",
    "vread": "r",
    "history-instance": "r",
    "update": "u",
    "patch": "u",
    "delete": "d",
    "search": "s",
    "history": "s",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("resource_type", TABLE)
def test_each_kind_may_do_what_its_cell_says_and_nothing_else(
    kind: str, resource_type: str
) -> None:
    cell = TABLE[resource_type][KINDS.index(kind)]
    for interaction, letter in LETTER.items():
        verdict = authorise(actor(kind), Action(interaction, resource_type), NOW)
        listed = resource_type == "Patient" and interaction == "history"  # a person is looked for
        assert isinstance(verdict, Permit) == (letter in cell and not listed), interaction
        if isinstance(verdict, Permit):
            rows = verdict.filter.rows(resource_type)
            assert rows is None or bool(rows.writer) == (f"{letter}'" in cell), interaction


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("resource_type", TABLE)
def test_without_a_scope_no_cell_opens(kind: str, resource_type: str) -> None:
    for interaction in LETTER:
        verdict = authorise(
            actor(kind, "system/Basic.cruds", "user/Basic.cruds"),
            Action(interaction, resource_type),
            NOW,
        )
        assert isinstance(verdict, Deny)


def test_a_scope_of_another_type_or_letter_opens_nothing() -> None:
    gp = actor("gp_system", "system/Observation.r")
    assert isinstance(authorise(gp, Action("read", "Observation"), NOW), Permit)
    for action in (Action("search", "Observation"), Action("read", "Patient")):
        verdict = authorise(gp, action, NOW)
        assert isinstance(verdict, Deny)
        assert verdict.code == "scope"


def test_a_scope_of_the_wrong_level_grants_nothing() -> None:
    assert isinstance(
        authorise(actor("gp_system", "user/Observation.r"), Action("read", "Observation"), NOW),
        Deny,
    )
    assert isinstance(
        authorise(actor("clinician", "system/Observation.r"), Action("read", "Observation"), NOW),
        Deny,
    )
    nobody = replace(actor("clinician", "patient/Observation.r"), patient_id="")
    assert isinstance(authorise(nobody, Action("read", "Observation"), NOW), Deny)


def test_the_rows_of_a_patient_need_a_care_relation_of_the_right_kind() -> None:
    def rows(kind: str, resource_type: str) -> Rows | None:
        verdict = authorise(actor(kind), Action("read", resource_type), NOW)
        assert isinstance(verdict, Permit)
        return verdict.filter.rows(resource_type)

    gp = rows("gp_system", "Observation")
    assert gp is not None
    assert gp.related == Related(("999999999", "888888888"), ("gp_list", "care_team"), MICROS)
    assert (gp.loose, gp.me, gp.whole) == ("own", "client-1", False)
    vendor = rows("dho_vendor", "Observation")
    assert vendor is not None
    assert vendor.related == Related(("777777777",), ("agreement",), MICROS)
    assert vendor.writer == "client-1"
    launched = rows("clinician", "Observation")
    assert launched is not None
    assert (launched.patients, launched.related) == (frozenset({"p1"}), None)
    operator = rows("operator", "Device")
    assert operator is not None
    assert (operator.patients, operator.loose) == (frozenset(), "open")


def test_other_types_open_only_as_far_as_they_could_be_read() -> None:
    gp = authorise(
        actor("gp_system", "system/Observation.rs"), Action("search", "Observation"), NOW
    )
    assert isinstance(gp, Permit)
    assert may_see(gp, "Observation")
    assert not may_see(gp, "Patient")
    assert not may_see(gp, "AuditEvent")
    vendor = authorise(actor("dho_vendor"), Action("search", "Observation"), NOW)
    assert isinstance(vendor, Permit)
    assert not may_see(vendor, "Patient"), "the whole body would come with an include"


def test_what_is_written_may_refer_to_a_patient_of_whom_only_a_part_is_shown() -> None:
    vendor = authorise(actor("dho_vendor"), Action("create", "Observation"), NOW)
    assert isinstance(vendor, Permit)
    assert may_see(vendor, "Patient")


def test_a_part_is_shown_where_the_table_has_a_view() -> None:
    vendor = authorise(actor("dho_vendor"), Action("read", "Patient"), NOW)
    assert isinstance(vendor, Permit)
    assert vendor.view == ("active",)
    everything = Action("operation", "Patient", "$everything")
    assert isinstance(authorise(actor("dho_vendor"), everything, NOW), Deny)
    gp = authorise(actor("gp_system"), everything, NOW)
    assert isinstance(gp, Permit)
    assert gp.view == ()


def test_a_guest_sees_only_what_the_tenant_shares_with_its_organisation() -> None:
    guest = replace(actor("gp_system"), guest=True, attest=Attest("TREAT"))
    verdict = authorise(guest, Action("read", "Observation"), NOW)
    assert isinstance(verdict, Permit)
    rows = verdict.filter.rows("Observation")
    assert rows is not None
    assert rows.shared == Shared("999999999", "TREAT", MICROS)


def test_conditions_in_scopes_narrow_the_rows_and_a_wider_scope_takes_them_away() -> None:
    narrow = "system/Observation.rs?category=a"
    verdict = authorise(actor("gp_system", narrow), Action("read", "Observation"), NOW)
    assert isinstance(verdict, Permit)
    rows = verdict.filter.rows("Observation")
    assert rows is not None
    assert len(rows.narrowed) == 1
    both = actor("gp_system", narrow, "system/Observation.r")
    verdict = authorise(both, Action("read", "Observation"), NOW)
    assert isinstance(verdict, Permit)
    rows = verdict.filter.rows("Observation")
    assert rows is not None
    assert rows.narrowed == ()


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"organisation": Organisation()}, "organisation"),
        ({"tenant_id": 0}, "actor"),
        ({"kind": "message_party"}, "actor"),
        ({"kind": "nonsense"}, "actor"),
        ({"kind": "clinician"}, "person"),
        ({"kind": "clinician", "person": replace(KARI, level=3)}, "person"),
        ({"attest": Attest("TREAT", at=NOW - timedelta(minutes=61))}, "attest"),
        ({"attest": Attest("TREAT", at=NOW + timedelta(minutes=6))}, "attest"),
    ],
)
def test_an_actor_that_has_not_shown_all_its_kind_needs_does_nothing(
    broken: dict[str, object], code: str
) -> None:
    made = replace(actor("gp_system"), **broken)  # type: ignore[arg-type]
    verdict = authorise(made, Action("read", "Observation"), NOW)
    assert isinstance(verdict, Deny)
    assert verdict.code == code


def test_an_actor_with_a_token_needs_a_time_to_be_judged_at() -> None:
    assert isinstance(authorise(actor("gp_system"), Action("read", "Observation")), Deny)


def test_the_municipality_reads_its_log_only_by_a_person_with_the_role() -> None:
    action = Action("search", "AuditEvent")
    system = actor("municipal_epj")
    assert isinstance(authorise(system, action, NOW), Deny)
    person = replace(system, person=KARI, roles=frozenset({"privacy"}))
    assert isinstance(authorise(person, action, NOW), Permit)
    officer = actor("privacy_officer")
    assert isinstance(authorise(officer, action, NOW), Permit)


def test_a_block_goes_on_as_a_condition_on_the_rows_it_is_about() -> None:
    block, other = Block("p1", "Observation"), Block("p1", "CarePlan")
    for who in (actor("gp_system"), Actor("development", "d", "D", 7)):
        verdict = authorise(who, Action("read", "Observation"), NOW, (block, other))
        assert isinstance(verdict, Permit)
        rows = verdict.filter.rows("Observation")
        assert rows is not None
        assert block in rows.blocks


def test_a_decision_tells_why_it_was_made() -> None:
    verdict = authorise(
        actor("gp_system", "system/Observation.rs"), Action("read", "Observation"), NOW
    )
    assert isinstance(verdict, Permit)
    assert verdict.reason == "gp_system: system/Observation.rs, relation gp_list or care_team"
