"""The alerts that are open, each with its reason in one Norwegian sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.api.pages.alert_forms import alert_forms
from hub.api.pages.layout import moment, zone_mark
from hub.api.pages.visit import Visit
from hub.fhir.codec import parse
from hub.flows.alert_record import parse_record
from hub.html import Html, el, join, link
from hub.ports import AlertRow
from hub.thresholds.zones import RANK

MOST: Final = 200
_STATES: Final = {
    "open": "åpent, ingen har tatt det",
    "acknowledged": "sett",
    "mitigated": "tiltak satt i verk",
    "closed": "lukket",
    "auto-resolved": "lukket av seg selv",
    "withdrawn": "trukket tilbake",
}


def zone_of_alerts(rows: Iterable[AlertRow]) -> str:
    """Alerts → the worst of their zones."""
    zones = (parse_record(row.data).alert.zone for row in rows)
    return max(zones, key=RANK.__getitem__, default="none")


def alert_list(visit: Visit) -> Html:
    """The tenant's open alerts, the worst and then the longest waiting first."""
    rows = list(visit.unit.alerts.still_open(visit.tenant_id, MOST))
    rows.sort(
        key=lambda row: (-RANK[zone_of_alerts([row])], parse_record(row.data).alert.waiting_since)
    )
    visit.note_all(row.patient_id for row in rows)
    names = {row.patient_id: _name(visit, row.patient_id) for row in rows}
    if not rows:
        return el("p", "Ingen åpne varsler.", class_="empty")
    count = f"{len(rows)} åpne varsler" if len(rows) != 1 else "Ett åpent varsel"
    cut = f" De {MOST} sist endrede er vist." if len(rows) == MOST else ""
    return join(
        el("p", f"{count}, det mest alvorlige først.{cut}"),
        [alert_box(row, visit, "/alerts", names[row.patient_id]) for row in rows],
    )


def alert_box(row: AlertRow, visit: Visit, back: str, name: str | None = None) -> Html:
    """An alert and the page it stands on → its box. Shape: `name` links to the patient where the page is not the patient's own."""
    record = parse_record(row.data)
    alert = record.alert
    count = len({each.observation for each in alert.evidence})
    values = f"{count} målinger" if count != 1 else "én måling"
    issue = visit.stored("DetectedIssue", row.issue_id)
    base_url = visit.base_url
    return el(
        "article",
        el("p", zone_mark(alert.zone), " ", alert.text, class_="what"),
        el("p", link(name, f"/patients/{row.patient_id}")) if name is not None else None,
        el(
            "p",
            "Reist ",
            moment(alert.raised_at),
            f", {_STATES[alert.state]}, bygger på {values}. ",
            link("Varselet som FHIR", f"{base_url}/DetectedIssue/{row.issue_id}"),
            " · ",
            link("oppgaven", f"{base_url}/Task/{record.task_id}"),
            class_="soft",
        ),
        alert_forms(alert, issue.id, issue.version, visit.marks.make(issue.id), back)
        if issue is not None
        else None,
        class_=f"alert is-{alert.zone}",
    )


def _name(visit: Visit, patient_id: str) -> str:
    stored = visit.stored("Patient", patient_id)
    if stored is None:
        return "(pasienten er slettet)"
    named = parse(stored.body, "Patient").resource.name
    return " ".join((*named[0].given, named[0].family or "")) if named else "(uten navn)"
