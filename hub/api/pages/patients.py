"""The patients: who needs a look first; and one patient with plan, alerts, values and messages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from hub.api.pages.alerts import alert_box, zone_of_alerts
from hub.api.pages.layout import OSLO, moment, zone_mark
from hub.api.pages.messages import message_table
from hub.api.pages.visit import Visit
from hub.fhir.models.r4.patient import Patient
from hub.fhir.reading import read_stored
from hub.fhir.search.params import parse_cursor, render_cursor
from hub.fhir.search.query import SearchQuery, SortKey
from hub.flows.list_messages import line_out
from hub.flows.mark_for_judging import read_measurement
from hub.flows.patient_book import Books, Compiled
from hub.html import Html, Part, el, join, link, table
from hub.mapping.message_words import shown_value
from hub.ports import AlertRow, JudgeMark
from hub.thresholds.book import Book, Entry
from hub.thresholds.measures import name_of
from hub.thresholds.plan import Band, PlanVersion, Rule
from hub.thresholds.reason import render_number, render_unit
from hub.thresholds.spans import local_time
from hub.thresholds.zones import RANK

PAGE_SIZE: Final = 50
RECENT: Final = timedelta(days=14)
_SEXES: Final = {"female": "kvinne", "male": "mann", "other": "annet", "unknown": "ukjent kjønn"}
_STATUS: Final = {
    "active": "følges opp",
    "on-hold": "satt på pause",
    "ended": "avsluttet",
    "deceased": "død",
}
_ORIGINS: Final = {"general": "generell grense", "floor": "fast vern"}
_PARTS: Final = {
    "systolic": "overtrykk",
    "diastolic": "undertrykk",
    "pulse_pressure": "pulstrykk",
}


def patient_list(visit: Visit, cursor: str | None) -> Html:
    """A cursor → one page of patients, the worst first."""
    query = SearchQuery("Patient", (), PAGE_SIZE, (SortKey("_id", "id"),), parse_cursor(cursor))
    page = visit.page_of(query)
    people = [read_stored(m.body, "Patient") for m in page.matches]
    alerts = {p.id: _alerts(visit, p.id) for p in people}
    people.sort(key=lambda p: (-RANK[zone_of_alerts(alerts[p.id])], name_of_person(p)))
    visit.note_all(p.id for p in people)
    rows = [
        (
            link(name_of_person(p), f"/patients/{p.id}"),
            _age(p, visit.now),
            _open_alerts(alerts[p.id]),
            _values(visit.unit.judgements.newest(visit.tenant_id, p.id, visit.now - RECENT)),
        )
        for p in people
    ]
    more = None
    if page.next is not None:
        more = el("p", link("Flere pasienter", f"/patients?_cursor={render_cursor(page.next)}"))
    heads = ("Navn", "Alder", "Åpne varsler", "Nyeste måling av hvert slag, siste 14 dager")
    return join(table("Pasienter", heads, rows, "Ingen pasienter ennå."), more)


def patient_page(visit: Visit, patient_id: str) -> tuple[str, Html] | None:
    """A patient → title and page, None when there is none."""
    stored = visit.stored("Patient", patient_id)
    if stored is None:
        return None
    person = read_stored(stored.body, "Patient")
    visit.note(patient_id, stored)
    compiled = book_of(visit, patient_id)
    book = compiled.book
    alerts = _alerts(visit, patient_id)
    newest = visit.unit.judgements.newest(
        visit.tenant_id, patient_id, visit.now - timedelta(days=90)
    )
    sent = visit.unit.messages.of_patient(visit.tenant_id, patient_id, 20)
    status = _STATUS[book.status_at(visit.now)]
    return name_of_person(person), join(
        el("p", ", ".join(filter(None, (_age(person, visit.now), _sex(person), status)))),
        el("h2", f"Åpne varsler ({len(alerts)})"),
        [alert_box(row, visit, f"/patients/{patient_id}") for row in alerts]
        or el("p", "Ingen åpne varsler.", class_="empty"),
        el("h2", "Siste måling av hvert slag"),
        _newest_table(patient_id, newest),
        el("h2", "Grenser som gjelder nå"),
        [el("p", f"Feil i planen: {p.detail}", class_="fault") for p in compiled.plan_problems],
        _limits(book, visit.now),
        el("h2", "Meldinger sendt"),
        message_table([line_out(row) for row in sent], "Meldinger"),
        el("h2", "Som FHIR"),
        _fhir_links(visit.base_url, patient_id),
    )


def book_of(visit: Visit, patient_id: str) -> Compiled:
    """A patient → what its values are judged by."""
    permit = visit.permit("read", "CarePlan")
    return Books().book(visit.session, permit, patient_id, visit.now)


def name_of_person(person: Patient) -> str:
    """A Patient → its name as shown, official name first."""
    named = sorted(person.name, key=lambda n: n.use != "official")
    for name in named:
        text = " ".join(filter(None, (*name.given, name.family))) or name.text
        if text:
            return text
    return "(uten navn)"


def _age(person: Patient, now: datetime) -> str:
    try:
        born = date.fromisoformat(person.birthDate or "")
    except ValueError:
        return ""
    today = now.astimezone(OSLO).date()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{years}\N{NO-BREAK SPACE}år"


def _sex(person: Patient) -> str:
    return _SEXES.get(person.gender or "", "")


def _alerts(visit: Visit, patient_id: str) -> list[AlertRow]:
    rows = visit.unit.alerts.of_patient(visit.tenant_id, patient_id, everything=False)
    standing = [row for row in rows if row.open]
    return sorted(standing, key=lambda row: (-RANK[zone_of_alerts([row])], row.updated))


def _open_alerts(rows: Sequence[AlertRow]) -> Part:
    if not rows:
        return "ingen"
    return join(zone_mark(zone_of_alerts(rows)), f" {len(rows)}")


def _values(marks: Sequence[JudgeMark]) -> Part:
    shown = [
        el(
            "li",
            f"{name_of(mark.measure)} {shown_value(read_measurement(mark.input))} ",
            zone_mark(mark.zone),
        )
        for mark in marks
    ]
    return el("ul", shown, class_="values") if shown else None


def _newest_table(patient_id: str, marks: Sequence[JudgeMark]) -> Html:
    rows = [
        (
            link(name_of(mark.measure), f"/patients/{patient_id}/trend?code={mark.measure}"),
            shown_value(read_measurement(mark.input)),
            zone_mark(mark.zone),
            moment(mark.at),
        )
        for mark in marks
    ]
    heads = ("Måling (åpner kurven)", "Verdi", "Sone", "Tidspunkt")
    return table("Siste måling av hvert slag", heads, rows, "Ingen målinger siste 90 dager.")


# Limits


def entries_at(book: Book, at: datetime) -> dict[str, Entry]:
    """A book and an instant → the rules in force then, by rule id."""
    rules = book.sets[bisect_right(book.starts, at)]
    return {
        entry.rule.id: entry for found in rules.values() for entry in found.entries if not entry.off
    }


def _limits(book: Book, now: datetime) -> Html:
    entries = entries_at(book, now).values()
    plans = {(e.plan.id, e.plan.version): e.plan for e in entries if e.plan is not None}
    rows = [row for entry in entries for row in _limit_rows(entry)]
    heads = ("Måling", "Rød", "Gul", "Grønn", "Fra")
    return join(
        [_plan_line(plan) for plan in plans.values()]
        or el("p", "Ingen egenbehandlingsplan gjelder nå."),
        table("Grenser", heads, rows, "Ingen grenser gjelder nå."),
    )


def _plan_line(plan: PlanVersion) -> Html:
    start = f"{local_time(plan.valid_from, OSLO):%d.%m.%Y}"
    mode = " Planen bare observerer: ingen varsler." if plan.mode == "observe" else ""
    approved = f", godkjent av {plan.approved_by}" if plan.approved_by else ""
    return el(
        "p", f"Egenbehandlingsplan versjon {plan.version}, gjelder fra {start}{approved}.{mode}"
    )


def _limit_rows(entry: Entry) -> Iterator[tuple[Part, ...]]:
    rule = entry.rule
    source = f"EBP v{entry.plan.version}" if entry.plan else _ORIGINS[entry.origin]
    context = "".join(f", {key}={value}" for key, value in rule.when.items())
    for name, bands in bands_of(rule):
        label = name_of(rule.measure or "bp") + (f", {_PARTS.get(name, name)}" if name else "")
        zones = [_zone_text(bands, zone, rule.unit or "") for zone in ("red", "yellow", "green")]
        yield (f"{label}{context}", *zones, source)


def bands_of(rule: Rule) -> list[tuple[str, tuple[Band, ...]]]:
    """A rule → (component, bands); the component is "" for a rule on one value."""
    return list(rule.components.items()) if rule.components else [("", rule.bands)]


def _zone_text(bands: Sequence[Band], zone: str, unit: str) -> str:
    shown = [band_text(band) for band in bands if band.zone == zone]
    return f"{' eller '.join(shown)} {render_unit(unit)}".rstrip() if shown else ""


def band_text(band: Band) -> str:
    """A band → its ends in words: fra 88 til under 90."""
    low = next(
        (
            f"{word} {render_number(end)}"
            for word, end in (("over", band.gt), ("fra", band.ge))
            if end is not None
        ),
        "",
    )
    high = next(
        (
            f"{word} {render_number(end)}"
            for word, end in (("under", band.lt), ("til og med", band.le))
            if end is not None
        ),
        "",
    )
    if low and high:
        return f"{low} {high}" if band.le is not None else f"{low} til {high}"
    return low or high or "alle verdier"


def _fhir_links(base_url: str, patient_id: str) -> Html:
    queries = (
        ("Pasienten", f"Patient/{patient_id}"),
        ("Planer", f"CarePlan?patient={patient_id}"),
        ("Målinger, nyeste først", f"Observation?patient={patient_id}&_sort=-date&_count=20"),
        ("Siste av hvert slag", f"Observation/$lastn?patient={patient_id}"),
        ("Varsler", f"DetectedIssue?patient={patient_id}"),
        ("Oppgaver", f"Task?patient={patient_id}"),
        ("Sykehusopphold", f"Encounter?patient={patient_id}"),
        ("Meldinger", f"Communication?patient={patient_id}"),
        ("Innsynslogg", f"AuditEvent?patient={patient_id}&_sort=-date&_count=20"),
    )
    shown = [el("li", link(text, f"{base_url}/{query}")) for text, query in queries]
    return el("ul", shown, class_="tabs")
