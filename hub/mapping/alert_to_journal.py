"""A closed alert → the document Bundle for the municipal journal: a note of what happened and what was done.

One way for each kind of alert (table in vkp-dho.md); ids are made from the alert, so the same alert gives the same bytes.
Source: fhir-no/vkp-dho.md ("Journal bundle per alert kind", vkp-Composition, vkp-DetectedIssue, vkp-Observation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5

from hub.fhir.models.r4.bundle import Bundle, BundleEntry
from hub.fhir.models.r4.composition import Composition, CompositionEvent, CompositionSection
from hub.fhir.models.r4.datatypes import (
    CodeableConcept,
    Coding,
    HumanName,
    Identifier,
    Meta,
    Narrative,
    Period,
    Reference,
)
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.patient import Patient
from hub.mapping import urls
from hub.mapping.alert_codes import ALERT_NAMES, ZONE_ROWS, vkp_alert_code
from hub.mapping.alert_to_detected_issue import HUB_NAME, OSLO, person_of
from hub.mapping.fhir_parts import concept, identifier_value
from hub.mapping.fhir_time import to_fhir_time
from hub.mapping.journal_score import form_score
from hub.mapping.journal_values import Value, as_told
from hub.mapping.measure_codes import codes_to_emit
from hub.mapping.narrative import to_paragraphs
from hub.thresholds.alarm import Alert
from hub.thresholds.measures import name_of
from hub.thresholds.plan import Rule

MOST_VALUES: Final = 50
"""How many of an alert's values go with the note: the first and the newest; a receiver takes about 1 MB."""
Implicated = Literal["values", "alerts", "measure", "form", "words", "nothing"]
# Kind of alert → what DetectedIssue.implicated holds; "values" and "alerts" also go with the document
IMPLICATED: Final[dict[str, Implicated]] = {
    "5": "nothing",
    "5.1": "alerts",
    "5.2.1": "values",
    "5.2.2": "values",
    "5.2.3": "nothing",
    "5.3": "words",
    "5.3.1": "form",
    "5.3.2": "measure",
}
_STAMPS: Final = {"acknowledge": "1", "mitigate": "7", "close": "3"}
"""Step → code of vkp-composition-event: 1 behandles, 7 tiltak, 3 kvittert; 0 meldt is when the alert was raised."""
_STEPS: Final = {
    "acknowledge": "Varselet er tatt",
    "mitigate": "Tiltak",
    "close": "Varselet er lukket",
    "snooze": "Varselet er utsatt",
}
_VKP: Final = "http://ehelse.no/fhir"
VKP_COMPOSITION: Final = f"{_VKP}/StructureDefinition/vkp-Composition-v090"
_CATEGORY: Final = f"{_VKP}/CodeSystem/vkp-composition-category-v090"
_EVENT: Final = f"{_VKP}/CodeSystem/vkp-composition-event-v090"
_SECTION: Final = f"{_VKP}/CodeSystem/vkp-composition-section-v090"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedAlert:
    """What the note tells of.

    Shape: `values` are the Observations and answered forms it rests on, as they stand; `rule` the one that fired, where it is known; `staff` are
    Practitioners by `Practitioner/id`; `parts` the alerts that a combination sums up, which may still be open.
    """

    alert: Alert
    issue_id: str
    patient: Patient
    values: Sequence[Value] = ()
    rule: Rule | None = None
    staff: dict[str, Any]
    parts: Sequence[ClosedAlert] = ()


def alert_to_journal(closed: ClosedAlert) -> Bundle:
    """A closed alert → the document Bundle: Composition first, then the alert, those it sums up, and their values.

    Drops: local references of the values (performer, device …) that the receiver cannot follow; our extensions.
    """
    alert, about = closed.alert, closed.issue_id
    assert alert.ended_at is not None, "only what is closed has a note"
    subject = subject_of(closed.patient)
    issue_urn = _urn(about, "DetectedIssue")
    parts = closed.parts if IMPLICATED[alert_code(alert)] == "alerts" else ()
    named = {_urn(about, f"DetectedIssue/{part.issue_id}"): part for part in parts}
    values: dict[str, Value] = {}
    issues = [
        (urn, _issue(each, subject, tuple(named), _put_values(about, each, subject, values)))
        for urn, each in ((issue_urn, closed), *named.items())
    ]
    composition = _composition(closed, subject, issue_urn)
    entries = [(_urn(about, "Composition"), composition), *issues, *values.items()]
    return Bundle(
        identifier=Identifier(system=urls.URI_SYSTEM, value=_urn(about, "Bundle")),
        type="document",
        timestamp=to_fhir_time(alert.ended_at, OSLO),
        entry=tuple(BundleEntry(fullUrl=urn, resource=each) for urn, each in entries),
    )


def _put_values(
    about: str, told: ClosedAlert, subject: Reference, values: dict[str, Value]
) -> list[str]:
    """The values of one alert → put in, as the alert that judged them tells of them, a form with its sum behind it; → where they stand in the document."""
    if IMPLICATED[alert_code(told.alert)] not in {"values", "alerts"}:
        return []
    found: list[str] = []
    for value in _chosen(told.values):
        urn = _urn(about, f"{type(value).__name__}/{value.id}")
        found.append(urn)
        values[urn] = as_told(value, told.alert, told.rule, subject)
        score = (
            None if isinstance(value, Observation) else form_score(value, told.rule, subject, urn)
        )
        if score is not None:
            values[_urn(about, f"score/{value.id}")] = score
    return found


def alert_code(alert: Alert) -> str:
    """An alert → its code of vkp-alert-code: a form that was not answered is another kind than a value that did not come."""
    return vkp_alert_code(alert.reason, alert.measure)


def subject_of(patient: Patient) -> Reference:
    """A patient → logical reference by national identifier, as every VKP resource has it; by name alone without one."""
    shown = _shown(patient.name)
    for system in (urls.FNR, urls.DNR, urls.FHN):
        value = identifier_value(patient.identifier, system)
        if value is not None:
            return Reference(identifier=Identifier(system=system, value=value), display=shown)
    return Reference(display=shown or "Pasient uten fødselsnummer")


def _shown(names: Sequence[HumanName]) -> str | None:
    """The names of a person → the first one, as text; None when there is none."""
    if not names:
        return None
    given = [each for each in names[0].given if each]
    return " ".join((*given, names[0].family or "")).strip() or None


def _urn(about: str, name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{urls.ALERT_IDS}/{about}/{name}')}"


def _chosen(values: Sequence[Value]) -> Sequence[Value]:
    return values if len(values) <= MOST_VALUES else (values[0], *values[1 - MOST_VALUES :])


def _composition(closed: ClosedAlert, subject: Reference, issue_urn: str) -> Composition:
    alert = closed.alert
    assert alert.ended_at is not None
    what = name_of(alert.measure) if alert.measure else alert.rule
    return Composition(
        meta=Meta(profile=(VKP_COMPOSITION,)),
        status="final",
        type=concept(urls.LOINC, "34133-9", "Summarization of episode note"),
        category=(concept(_CATEGORY, "2", "Digital hjemmeoppfølging"),),
        subject=subject,
        date=to_fhir_time(alert.ended_at, OSLO),
        author=(_author(alert.steps[-1].by, closed.staff),),
        title=f"Oppfølging av varsel: {what}",
        event=tuple(
            CompositionEvent(
                code=(concept(_EVENT, code),), period=Period(start=to_fhir_time(at, OSLO))
            )
            for code, at in (
                ("0", alert.raised_at),
                *((_STAMPS[s.type], s.at) for s in alert.steps if s.type in _STAMPS),
            )
        ),
        section=(
            _section("Varsel", "1.2", f"{ZONE_ROWS[alert.zone].name.capitalize()}: {alert.text}"),
            _section("Oppfølging", "1.1", _told(closed), issue_urn),
        ),
    )


def _section(title: str, code: str, text: str, entry: str = "") -> CompositionSection:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{to_paragraphs(text)}</div>'
    return CompositionSection(
        title=title,
        code=concept(_SECTION, code),
        text=Narrative(status="additional", div=div),
        entry=(Reference(reference=entry),) if entry else (),
    )


def _told(closed: ClosedAlert) -> str:
    """Every step with time, person, action and note, one paragraph each."""
    lines: list[str] = []
    for step in closed.alert.steps:
        who = _author(step.by, closed.staff).display or step.by
        said = dict.fromkeys(text for text in (step.action, step.note) if text)
        line = f"{step.at.astimezone(OSLO):%d.%m.%Y kl. %H:%M} {who}: {_STEPS[step.type]}"
        lines.append(". ".join((line, *said)))
    return "\n\n".join(lines)


def _author(by: str, staff: dict[str, Any]) -> Reference:
    """Who took a step → logical reference by HPR or person number with the name; by name alone where no more is known."""
    known = staff.get(by)
    if known is None:
        return Reference(display=person_of(by).display or by)
    shown = _shown(known.name)
    for system in (urls.HPR, urls.FNR, urls.DNR):
        value = identifier_value(known.identifier, system)
        if value is not None:
            return Reference(identifier=Identifier(system=system, value=value), display=shown)
    return Reference(display=shown or by)


def _issue(
    told: ClosedAlert, subject: Reference, parts: Sequence[str], values: Sequence[str]
) -> DetectedIssue:
    alert, code = told.alert, alert_code(told.alert)
    kind = IMPLICATED[code]
    text, implicated = _implicated(alert, kind, (parts or values) if kind == "alerts" else values)
    coding = Coding(system=urls.VKP_ALERT_CODES, code=code, display=ALERT_NAMES[code])
    return DetectedIssue(
        meta=Meta(profile=(urls.VKP_DETECTED_ISSUE,)),
        status="preliminary" if alert.live else "final",
        code=CodeableConcept(coding=(coding,), text=text),
        severity=ZONE_ROWS[alert.zone].severity,
        patient=subject,
        identifiedDateTime=to_fhir_time(alert.raised_at, OSLO),
        author=Reference(display=HUB_NAME),
        implicated=implicated,
        detail=ZONE_ROWS[alert.zone].name,
    )


def _implicated(
    alert: Alert, kind: Implicated, values: Sequence[str]
) -> tuple[str | None, tuple[Reference, ...]]:
    """What the alert is about → (words beside the code, references)."""
    name = name_of(alert.measure) if alert.measure else ""
    if kind in {"values", "alerts"}:
        return None, tuple(Reference(reference=urn) for urn in values)
    if kind == "measure":
        codes = codes_to_emit(alert.measure)
        system, code = next((c for c in codes if c[0] == urls.LOINC), codes[0])
        return None, (Reference(identifier=Identifier(system=system, value=code), display=name),)
    if kind == "form":
        told = f"Spørsmålsliste som ikke er besvart: {name}"
        return told, (Reference(identifier=Identifier(value=alert.measure), display=name),)
    return (f"Svar som ikke er kommet: {name}" if kind == "words" else None), ()
