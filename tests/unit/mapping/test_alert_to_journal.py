"""The note for the journal, one way for each kind of alert (vkp-dho.md, "Journal bundle per alert kind")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.fhir.codec import encode, parse
from hub.fhir.models.r4.datatypes import HumanName
from hub.fhir.models.r4.patient import Patient
from hub.mapping.alert_codes import ALERT_NAMES
from hub.mapping.alert_to_journal import IMPLICATED, ClosedAlert, alert_to_journal
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.measurement import Event

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def closed(reason: str, measure: str, evidence: str) -> ClosedAlert:
    """A closed yellow alert."""
    basis = Evidence(evidence, 1, "yellow", reason, NOW, "tekst")
    alert = Alert(
        *("a", "rule", "yellow", reason, "tekst", "closed", NOW, NOW, (basis,)),
        steps=(Event(NOW, "close", "rule", "Nina"),),
        ended_at=NOW,
        measure=measure,
    )
    person = Patient(id="p", name=(HumanName(family="Testesen"),))
    return ClosedAlert(alert=alert, issue_id="i", patient=person, staff={})


@pytest.mark.parametrize(
    ("reason", "measure", "code", "implicated"),
    [
        (
            "missing",
            "spo2",
            "5.3.2",
            {"system": "http://loinc.org", "value": "59408-5"},
        ),
        ("missing", "form:kols", "5.3.1", {"value": "form:kols"}),
        ("plan.review-overdue", "", "5", None),
        ("admin.after-end", "spo2", "5", None),
    ],
)
def test_what_is_not_about_a_value_names_what_it_is_about(
    reason: str, measure: str, code: str, implicated: Any
) -> None:
    note = alert_to_journal(closed(reason, measure, "slot:2026-11-21T08:00:00+01:00"))

    issue: Any = note.entry[1].resource
    assert (2, code) == (len(note.entry), issue.code.coding[0].code)
    told = [{"system": r.identifier.system, "value": r.identifier.value} for r in issue.implicated]
    wanted = [] if implicated is None else [{"system": None, **implicated}]
    assert [t["value"] for t in told] == [w["value"] for w in wanted]
    assert [t["system"] for t in told] == [w["system"] for w in wanted]
    assert (issue.code.text is not None) == (code == "5.3.1")


def test_the_same_alert_gives_the_same_bytes_and_fhir_takes_them() -> None:
    alert = closed("missing", "spo2", "slot:2026-11-21T08:00:00+01:00")

    first, second = encode(alert_to_journal(alert)), encode(alert_to_journal(alert))
    assert first == second
    assert "Bundle" == parse(first, "Bundle").type


def test_every_kind_of_alert_has_its_way_into_the_journal() -> None:
    assert set(ALERT_NAMES) == set(IMPLICATED)
