"""What a message says about who its patient is: from any kind of envelope, as facts to search and compare by.

Source: hodemelding.md rule 5, apprec.md (E36), identifiers-and-codes.md ("Patient identifiers").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.emessage import msghead
from hub.emessage.datatypes import CS
from hub.emessage.envelope import Envelope, EnvelopePatient, Identifier
from hub.mapping.codes import content
from hub.mapping.message_urls import DUF
from hub.mapping.person import to_gender
from hub.mapping.times import to_date
from hub.mapping.urls import DNR, FHN, FNR
from hub.values import parse_national_id

H_NUMBER: Final = "HNR"
"""The system under which the hub files H-numbers: FHIR knows none, the issuer tells them apart."""
STRONG: Final = frozenset({FNR, DNR, FHN})
_SYSTEMS: Final[dict[str, str]] = {"FNR": FNR, "DNR": DNR, "FHN": FHN, "DUF": DUF}
# D-numbers add 40 to the day; synthetic series add 80, 65 or 40 to the month
_MONTH_SHIFTS: Final = (0, 80, 65, 40)


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What a message says about who the patient is.

    Shape: `identifiers` are (system, value) fit for a search, national series only. `h_numbers` are unique within their
    issuer alone, who is named by HER-ids and name: `issuer` holds all of them. `birth_date` is a FHIR date, `sex` male or
    female; None when not said.
    """

    identifiers: tuple[tuple[str, str], ...]
    given: str | None
    family: str | None
    birth_date: str | None
    sex: str | None
    h_numbers: tuple[str, ...] = ()
    issuer: frozenset[str] = frozenset()

    @property
    def sufficient(self) -> bool:
        """Whether name with FNR, D-number or FH-number, or name with birth date and sex, is there (E36)."""
        named = bool(self.given or self.family)
        numbered = any(system in STRONG for system, _ in self.identifiers)
        return named and (numbered or (self.birth_date is not None and self.sex is not None))

    @property
    def birth_dates(self) -> tuple[str, ...]:
        """The birth dates to look for people by: the one said, else those that the numbers may mean."""
        if self.birth_date is not None:
            return (self.birth_date,) if len(self.birth_date) == 10 else ()
        found = (day for system, value in self.identifiers for day in _days(system, value))
        return tuple(dict.fromkeys(found))


def envelope_facts(envelope: Envelope) -> PatientFacts:
    """Any envelope → facts about its patient; the sender is taken to have issued its H-numbers."""
    sender = envelope.sender
    issuer: set[str] = set()
    if sender is not None:
        her = (sender.her_id, sender.unit_her_id)
        issuer = {h.value for h in her if h is not None} | {sender.name.casefold()} - {""}
    patient = envelope.patient or EnvelopePatient()
    given = " ".join(part for part in (patient.given_name, patient.middle_name) if part)
    return _facts(
        patient.identifiers,
        given,
        patient.family_name,
        patient.date_of_birth,
        patient.sex,
        frozenset(issuer),
    )


def to_patient_facts(patient: msghead.Patient | None) -> PatientFacts:
    """MsgInfo/Patient (None when the message has none) → facts; numbers are filed by what their digits tell, too."""
    if patient is None:
        return PatientFacts((), None, None, None, None)
    given = " ".join(p for p in (content(patient.given_name), content(patient.middle_name)) if p)
    return _facts(
        tuple(Identifier(i.id, i.type_id.v or "") for i in patient.ident),
        given,
        patient.family_name or "",
        patient.date_of_birth or "",
        (patient.sex.v or "") if patient.sex else "",
        frozenset(),
    )


def _facts(
    identifiers: tuple[Identifier, ...],
    given: str,
    family: str,
    born: str,
    sex: str,
    issuer: frozenset[str],
) -> PatientFacts:
    found: dict[tuple[str, str], None] = {}
    local: dict[str, None] = {}
    for each in identifiers:
        value = "".join(each.value.split())
        system = _SYSTEMS.get(each.type)
        if value and each.type == H_NUMBER:
            local[value] = None
        if not value or system is None:
            continue
        found[(system, value)] = None
        # A D-number sent as FNR is common: the digits know better than the label
        national = parse_national_id(value) if system in STRONG else None
        if national is not None:
            found[(national.system, national.value)] = None
    gender = to_gender(CS(v=sex))
    return PatientFacts(
        tuple(found),
        content(given) or None,
        content(family),
        to_date(born or None),
        gender if gender in ("male", "female") else None,
        tuple(local),
        issuer,
    )


def _days(system: str, number: str) -> tuple[str, ...]:
    """A fødselsnummer or D-number → the dates its first six digits may mean, in either century."""
    if system not in (FNR, DNR) or len(number) != 11 or not number.isdigit():
        return ()
    day, month, year = int(number[:2]), int(number[2:4]), number[4:6]
    day -= 40 if day > 40 else 0
    months = (month - shift for shift in _MONTH_SHIFTS if 1 <= month - shift <= 12)
    return tuple(
        f"{century}{year}-{m:02d}-{day:02d}"
        for m in months
        for century in ("19", "20")
        if 1 <= day <= 31
    )
