"""An entry keeps its facts; the AuditEvent built of them is the one that the access itself gives, byte for byte."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.requests import AuditEntry
from hub.fhir.search.dates import micros
from hub.policy import Actor, Organisation
from hub.policy.actor import Attest, Person
from hub.store.audit_events import KINDS
from hub.store.audit_facts import (
    body_of,
    columns_of,
    covered,
    event_id,
    event_of,
    readable,
    rid_of,
)
from hub.store.audit_shape import render_audit
from tests.acting import VENDOR

AT = datetime(2026, 11, 22, 9, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
IDS = st.from_regex(r"[A-Za-z0-9\-.]{1,12}", fullmatch=True)
CODES = st.from_regex(r"[A-Za-z0-9_\-]{1,12}", fullmatch=True)
PEOPLE = st.builds(Person, WORDS, WORDS, WORDS, st.integers(1, 4), WORDS, WORDS)
ACTORS = st.builds(
    Actor,
    st.sampled_from(("gp_system", "clinician", "operator", "internal_job")),
    WORDS,
    WORDS,
    st.integers(0, 3),
    WORDS,
    organisation=st.builds(Organisation, WORDS, WORDS, WORDS),
    person=st.none() | PEOPLE,
    attest=st.none() | st.builds(Attest, WORDS, WORDS),
    token_id=WORDS,
)
ENTRIES = st.builds(
    AuditEntry,
    ACTORS,
    st.sampled_from("CRUDE"),
    CODES,
    st.integers(0, 10**9).map(lambda ms: AT + timedelta(milliseconds=ms, microseconds=ms % 997)),
    st.sampled_from(("", "Patient", "Observation")),
    st.just("") | IDS,
    st.integers(0, 99),
    st.none() | st.just("") | IDS,
    WORDS,
    WORDS,
    WORDS,
    st.sampled_from(("0", "4", "8", "12")),
    WORDS,
    st.sampled_from(sorted(KINDS)),
    WORDS,
    st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
    st.tuples(WORDS, WORDS),
)
STORED = b'[1,1,2,"episode","code=x","r1","DHO",["974760673",""],"jti-1","TREAT",null]'
TOLD = ("R", "0", "read", "dho", "", "Observation/v1", "10.0.0.9")


def again(entry: AuditEntry, *, synthetic: bool) -> bytes:
    """An access → its AuditEvent, by way of what is stored of it."""
    return event_of(
        "a7",
        micros(entry.recorded),
        entry.patient_id or "",
        body_of(entry, synthetic=synthetic),
        columns_of(entry),
    )


@given(ENTRIES, st.booleans())
def test_what_is_built_of_the_facts_is_what_the_access_gives(
    entry: AuditEntry, synthetic: bool
) -> None:
    assert again(entry, synthetic=synthetic) == render_audit(entry, "a7", synthetic=synthetic)


def test_an_entry_is_a_fraction_of_its_event() -> None:
    entry = AuditEntry(VENDOR, "C", "create", AT, "Observation", "v1", 1, "p1", request_id="r1")
    assert len(body_of(entry, synthetic=True)) * 8 < len(again(entry, synthetic=True))


def test_the_first_form_is_read_as_it_was_written() -> None:
    """What lies in databases: if this fails, the form has changed, and needs a new number."""
    event = msgspec.json.decode(event_of("a7", 1_763_798_400_123_456, "p1", STORED, TOLD))
    client, *places, _ = event["agent"]
    assert event["recorded"] == "2025-11-22T08:00:00.123Z"
    assert event["meta"]["security"][0]["code"] == "HTEST"
    assert (event["action"], event["outcome"], event["outcomeDesc"]) == ("R", "0", "episode")
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    assert client["who"] == {"identifier": {"value": "dho"}, "display": "DHO"}
    assert client["policy"] == ["urn:ietf:params:oauth:jti:jti-1"]
    assert [p["who"]["identifier"]["value"] for p in places] == ["974760673"]
    what = [e.get("what") for e in event["entity"]]
    assert what[:2] == [
        {"reference": "Observation/v1/_history/2"},
        {"reference": "Patient/p1"},
    ]
    assert (event["entity"][2]["query"], what[3]) == ("Y29kZT14", {"identifier": {"value": "r1"}})


def test_what_a_hash_covers_stays_what_it_was() -> None:
    """Hashes lie in databases and in what operators noted: if this fails, no log of before holds any more."""
    found = covered(("a7", "p1", "5", *TOLD), STORED)
    assert found == b"2:a72:p11:51:R1:04:read3:dho0:14:Observation/v18:10.0.0.9" + STORED
    assert sha256(found).hexdigest()[:8] == "507035da"


@given(st.lists(WORDS, min_size=2, max_size=2), st.lists(WORDS, min_size=2, max_size=2))
def test_other_columns_are_covered_as_other_bytes(one: list[str], other: list[str]) -> None:
    assert (covered(one, STORED) == covered(other, STORED)) == (one == other)


def test_an_event_of_before_is_told_as_it_lies_there() -> None:
    assert event_of("a7", 0, "p1", b'{"resourceType":"AuditEvent"}', TOLD) == (
        b'{"resourceType":"AuditEvent"}'
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"[2" + STORED[2:], b"\x80"])
def test_a_form_nobody_knows_is_not_guessed_at(body: bytes) -> None:
    assert not readable(body)
    with pytest.raises(msgspec.DecodeError):
        event_of("a7", 0, "p1", body, TOLD)


@given(st.integers(1, 10**17))
def test_an_id_says_the_number_of_its_row(rid: int) -> None:
    assert rid_of(event_id(rid)) == rid


@pytest.mark.parametrize("other", ["", "a", "7", "a0", "a07", "b7", "a-7", "a7 ", "a" + "9" * 30, "a٣"])  # fmt: skip
def test_what_is_no_such_id_is_in_no_row(other: str) -> None:
    assert rid_of(other) == -1
