"""The short way of a firing that joins an alert gives the bytes and the index of the long way, or declines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.fhir.codec import parse, splice_own
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.reading import read_stored
from hub.fhir.requests import Stored, fhir_instant
from hub.fhir.search.index import extract
from hub.flows.alert_record import DRAWN, AlertRecord
from hub.flows.alert_shape import MOST_EVIDENCE, MOST_IMPLICATED, pointed, shortened
from hub.flows.join_evidence import joining, more_evidence
from hub.mapping.alert_to_fhir import AlertPlace, alert_to_issue
from hub.mapping.urls import EVIDENCE_COUNT
from hub.store.amend import amendment
from hub.store.index_rows import rows_of
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.judgement import Firing
from hub.thresholds.zones import Zone

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BASE = "http://hub.test/fhir"
TAGS = ({"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"},)
PLACE = AlertPlace(patient_id="p1", issue_id="i1", flag_id="f1", task_id="t1")

Sort = tuple[int, Zone, int]
"""Minutes after the first value, the zone, and whether it is an answered form."""
sorts = st.tuples(st.integers(-600, 600), st.sampled_from(("yellow", "red")), st.integers(0, 1))
batches = st.lists(st.lists(sorts, min_size=1, max_size=12), min_size=1, max_size=8)


def firing(number: int, sort: Sort) -> Firing:
    minutes, zone, form = sort
    name = f"QuestionnaireResponse/q{number}" if form else f"o{number}"
    return Firing(
        *("bp", name, 1, AT + timedelta(minutes=minutes), zone, "absolute.high", f"tekst {number}"),
        name="systolic",
        received=(str(number), "mm[Hg]"),
        value=Decimal(number),
        unit="mm[Hg]",
        bound=(">", Decimal(160)),
        plan="ebp",
        plan_version=2,
    )


def evidence(one: Firing) -> Evidence:
    return Evidence(one.observation, 1, one.zone, one.reason, one.effective, one.text)


def long_way(alert: Alert, firings: list[Firing], stands: Stored | None, at: datetime) -> Stored:
    before = None if stands is None else read_stored(stands.body, "DetectedIssue")
    issue = alert_to_issue(
        "raise" if before is None else "join",
        shortened(alert),
        PLACE,
        engine_version="2",
        firings=firings,
        before=before,
    )
    version = 1 if stands is None else stands.version + 1
    body = splice_own(
        pointed(issue, alert, 0),
        id="i1",
        version_id=str(version),
        last_updated=fhir_instant(at),
        security=TAGS,
    )
    return Stored("DetectedIssue", "i1", version, at, body, patient_id="p1")


def texts(stored: Stored) -> set[tuple[object, ...]]:
    resource = read_stored(stored.body, "DetectedIssue")
    return set(rows_of("DetectedIssue", extract(resource, BASE), "p1").texts)


def raised() -> tuple[Alert, Stored]:
    first = firing(0, (0, "red", 0))
    alert = Alert(
        "bp/o0/1", "bp", "red", first.reason, first.text, "open", AT, AT, (evidence(first),)
    )
    return alert, long_way(alert, [first], None, AT)


@settings(max_examples=60, deadline=None)
@given(batches)
def test_both_ways_give_the_same_bytes_and_index_rows(story: list[list[Sort]]) -> None:
    alert, stands = raised()
    number, at = 0, AT
    for batch in story:
        firings: list[Firing] = []
        for sort in batch:
            number += 1
            firings.append(firing(number, sort))
        after = replace(alert, evidence=(*alert.evidence, *map(evidence, firings)))
        record = AlertRecord(alert, "f1", "t1", 0, stands.version, DRAWN)
        at += timedelta(minutes=1)
        one = joining(record, after, 0, firings, stands, DRAWN)
        assert one is not None
        amended = more_evidence(one, stands, at, BASE)
        long = long_way(after, firings, stands, at)

        if amended is not None:  # what was not explained so far and is now, the bytes do not hold
            assert (long.body, long.version, at) == (
                amended.body,
                amended.version,
                amended.updated,
            )
            changed = amendment(1, stands, amended)
            assert texts(long) == (texts(stands) - set(changed.gone)) | set(changed.come)
        alert, stands = after, long


def test_what_joins_is_written_the_short_way() -> None:
    alert, stands = raised()
    for number in range(1, 60):
        one = firing(number, (number, "yellow", 0))
        after = replace(alert, evidence=(*alert.evidence, evidence(one)))
        record = AlertRecord(alert, "f1", "t1", 0, stands.version, DRAWN)
        short = joining(record, after, 0, [one], stands, DRAWN)
        assert short is not None
        amended = more_evidence(short, stands, AT, BASE)
        assert amended is not None
        alert = after
        stands = replace(stands, version=amended.version, body=amended.body)

    issue: DetectedIssue = parse(stands.body, "DetectedIssue").resource
    assert (MOST_EVIDENCE - 1, MOST_IMPLICATED) == (len(issue.evidence), len(issue.implicated))
    assert "Observation/o0" == issue.implicated[0].reference
    assert "Observation/o59" == issue.implicated[-1].reference
    (count,) = [e.valueInteger for e in issue.extension if e.url == EVIDENCE_COUNT]
    assert 60 == count
    assert 7000 > len(stands.body)


def test_a_change_of_any_other_kind_takes_the_long_way() -> None:
    alert, stands = raised()
    one = firing(1, (1, "yellow", 0))
    after = replace(alert, evidence=(*alert.evidence, evidence(one)))
    record = AlertRecord(alert, "f1", "t1", 0, 1, DRAWN)
    assert joining(record, after, 0, [one], stands, DRAWN) is not None

    upgraded = replace(after, state="open", flags=("late",))
    dropped = replace(alert, evidence=(evidence(one),))
    slot = replace(one, observation="slot:2026-11-21T08:00:00Z")
    missed = replace(alert, evidence=(*alert.evidence, evidence(slot)))
    known = firing(0, (0, "red", 0))
    for changed, firings, where, drawn in (
        (upgraded, [one], stands, DRAWN),
        (dropped, [one], stands, DRAWN),
        (missed, [slot], stands, DRAWN),
        (after, [], stands, DRAWN),
        (after, [one, known], stands, DRAWN),
        (after, [one], replace(stands, version=2), DRAWN),
        (after, [one], stands, "3/1"),
    ):
        assert joining(record, changed, 0, firings, where, drawn) is None
    assert joining(record, after, 1, [one], stands, DRAWN) is None
    assert joining(AlertRecord(alert, "f1", "t1"), after, 0, [one], stands, DRAWN) is None


def test_a_body_of_another_hand_takes_the_long_way() -> None:
    alert, stands = raised()
    one = firing(1, (1, "yellow", 0))
    after = replace(alert, evidence=(*alert.evidence, evidence(one)))
    record = AlertRecord(alert, "f1", "t1", 0, 1, DRAWN)
    short = joining(record, after, 0, [one], stands, DRAWN)
    assert short is not None

    bare = replace(stands, body=b'{"resourceType":"DetectedIssue","id":"i1"}')
    assert more_evidence(short, bare, AT, BASE) is None
