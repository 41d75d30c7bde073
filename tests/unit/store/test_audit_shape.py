"""The bytes of an entry: who, for whom, by what system, why, when, from where, and the marks of test data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from hub.fhir.codec import parse
from hub.fhir.requests import AuditEntry
from hub.policy import Organisation
from hub.policy.actor import Attest
from hub.store.audit_events import KINDS
from hub.store.audit_shape import render_audit
from tests.acting import CLINICIAN, VENDOR

AT = datetime(2026, 11, 22, 9, 0, 0, 123_000, tzinfo=timezone(timedelta(hours=1)))
NURSE = replace(
    CLINICIAN,
    organisation=Organisation("974760673", "974760681"),
    token_id="jti-77",
    attest=Attest(purpose="ETREAT"),
)


def shape(entry: AuditEntry, *, synthetic: bool = False) -> Any:
    body = render_audit(entry, "a1", synthetic=synthetic)
    parse(body, "AuditEvent")
    return msgspec.json.decode(body)


def of(interaction: str, action: str, **more: Any) -> AuditEntry:
    return AuditEntry(
        NURSE, action, interaction, AT, "Observation", "v1", 2, "p1", "episode", **more
    )


def code(agent: Any) -> str:
    return agent["type"]["coding"][0]["code"]


def test_an_entry_says_who_for_whom_by_what_system_and_why() -> None:
    event = shape(of("read", "R", request_id="r1"))
    client, person, *places, hub = event["agent"]
    assert client["who"]["identifier"]["value"] == NURSE.client_id
    assert client["policy"] == ["urn:ietf:params:oauth:jti:jti-77"]
    assert (person["name"], person["altId"], person["requestor"]) == ("Kari Prøve", "9144900", True)
    assert person["role"][0]["coding"][0]["code"] == "SP"
    assert [p["who"]["identifier"]["value"] for p in places] == ["974760673", "974760681"]
    assert hub["requestor"] is False
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "ETREAT"
    assert event["outcomeDesc"] == "episode"


def test_an_entry_says_when_in_utc_and_from_where() -> None:
    event = shape(of("read", "R", address="10.0.0.9"))
    assert event["recorded"] == event["meta"]["lastUpdated"] == "2026-11-22T08:00:00.123Z"
    assert event["agent"][0]["network"] == {"address": "10.0.0.9", "type": "2"}
    assert datetime.fromisoformat(event["recorded"]).tzinfo == UTC


@pytest.mark.parametrize(
    ("interaction", "action", "client", "hub"),
    [
        ("read", "R", "110152", "110153"),
        ("vread", "R", "110152", "110153"),
        ("search", "E", "110153", "110152"),
        ("create", "C", "110153", "110152"),
        ("update", "U", "110153", "110152"),
        ("delete", "D", "110150", "custodian"),
    ],
)
def test_the_parts_of_client_and_hub_follow_the_interaction(
    interaction: str, action: str, client: str, hub: str
) -> None:
    event = shape(of(interaction, action))
    assert (code(event["agent"][0]), code(event["agent"][-1])) == (client, hub)
    assert event["subtype"][0] == {
        "system": "http://hl7.org/fhir/restful-interaction",
        "code": interaction,
    }


def test_entries_on_a_synthetic_database_are_marked() -> None:
    assert shape(of("read", "R"), synthetic=True)["meta"]["security"][0]["code"] == "HTEST"
    assert "security" not in shape(of("read", "R"))["meta"]
    assert shape(of("read", "R"))["source"]["site"]


@pytest.mark.parametrize("event", KINDS)
def test_every_kind_of_event_is_a_valid_entry(event: str) -> None:
    entry = AuditEntry(VENDOR, "E", "LOG_INNLAGT", AT, event=event, named="m-1", details=(("count", "3"), ("none", "")), party=("8093210", "Legesenter"))  # fmt: skip
    told = shape(entry)
    assert told["type"]["code"] == KINDS[event].code
    named = next(e for e in told["entity"] if "detail" in e)
    assert named["detail"] == [{"type": "count", "valueString": "3"}]
    if event not in ("rest", "login"):
        assert any(a["who"].get("identifier", {}).get("value") == "8093210" for a in told["agent"])


def test_a_type_that_stands_in_no_list_has_no_system() -> None:
    told = shape(AuditEntry(VENDOR, "E", "unknown", AT, event="receive"))
    assert told["subtype"] == [{"code": "unknown"}]
