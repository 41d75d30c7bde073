"""Facts about a patient and the patients here → a decision about who it is; and a Patient to create by hand.

A person is never created or merged silently: whatever is not certain goes to a human being.
Source: hodemelding.md rule 5, apprec.md (E36), identifiers-and-codes.md ("Patient identifiers"), architecture D7.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hub.emessage import msghead
from hub.emessage.datatypes import CS
from hub.emessage.envelope import Envelope, EnvelopePatient
from hub.fhir.models.r4.datatypes import Extension, HumanName, Identifier
from hub.fhir.models.r4.patient import Patient
from hub.mapping.message_urls import MIDDLE_NAME
from hub.mapping.patient_facts import H_NUMBER, PatientFacts, envelope_facts
from hub.mapping.person import (
    full_name,
    gender_as_sent,
    nationality,
    to_address,
    to_gender,
    to_identifiers,
    to_name,
    to_telecom,
)
from hub.mapping.sent_times import sent_date
from hub.mapping.urls import DNR, FNR, identifier_system
from hub.values import parse_national_id

Reason = Literal[
    "several-patients",
    "identifier-conflict",
    "birth-date-differs",
    "sex-differs",
    "name-differs",
    "number-and-birth-date-differ",
    "number-and-sex-differ",
    "record-not-active",
    "same-person-other-number",
    "no-number-here",
]
"""Why a match is doubted."""

REASONS: Final[dict[Reason, str]] = {
    "several-patients": "Flere pasienter har identifikatoren i meldingen",
    "identifier-conflict": "Pasienten har et annet nummer av samme slag enn meldingen",
    "birth-date-differs": "Fødselsdatoen i meldingen er en annen enn pasientens",
    "sex-differs": "Kjønnet i meldingen er et annet enn pasientens",
    "name-differs": "Navnet i meldingen er et annet enn pasientens",
    "number-and-birth-date-differ": "Nummeret og fødselsdatoen i meldingen passer ikke sammen",
    "number-and-sex-differ": "Nummeret og kjønnet i meldingen passer ikke sammen",
    "record-not-active": "Pasienten er ikke aktiv eller er erstattet av en annen",
    "same-person-other-number": "En pasient med samme navn og fødselsdato har et annet nummer",
    "no-number-here": "En pasient har samme navn og fødselsdato, men intet nummer er felles",
}
"""What a person reads beside each reason; no personal data."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The patient is this one."""

    patient_id: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It may be one of these, but a person must say so."""

    reasons: tuple[Reason, ...]
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """No patient here has an identifier of the message."""


@dataclass(frozen=True, slots=True)
class Insufficient:
    """The message does not say enough to identify anyone (E36)."""


Match = Matched | Doubtful | Unknown | Insufficient


def match(facts: PatientFacts, candidates: Sequence[Patient], *, emergency: bool = False) -> Match:
    """Facts and the patients here that may be meant → who it is, or why a person must decide.

    Shape: `candidates` is what searches for the numbers and the birth dates gave (others in it are ignored); `emergency`
    is set for referrals that may never be rejected for lack of identity. Name and birth date alone never make a match: the
    person may be here under another number, and that a human being says.
    """
    if not facts.sufficient and not emergency:
        return Insufficient()
    hits = {c.id: c for c in candidates if c.id and _has_number(facts, c)}
    if not hits:
        return _likely(facts, candidates)
    if len(hits) > 1:
        return Doubtful(("several-patients",), tuple(sorted(hits)))
    patient_id, patient = next(iter(hits.items()))
    reasons = tuple(_doubts(facts, patient))
    return Doubtful(reasons, (patient_id,)) if reasons else Matched(patient_id)


def _has_number(facts: PatientFacts, patient: Patient) -> bool:
    if _numbers(patient.identifier) & set(facts.identifiers):
        return True
    return any(
        i.system == H_NUMBER and i.value in facts.h_numbers and _issuers(i) & facts.issuer
        for i in patient.identifier
    )


def _issuers(number: Identifier) -> set[str]:
    """Who issued an H-number, by HER-id and by name."""
    by = number.assigner
    if by is None:
        return set()
    names = (by.identifier.value if by.identifier else None, (by.display or "").casefold())
    return {name for name in names if name}


def _likely(facts: PatientFacts, candidates: Sequence[Patient]) -> Doubtful | Unknown:
    """Nobody has the number: who has the same name and birth date may still be the same person."""
    alike = [
        c
        for c in candidates
        if c.id
        and c.birthDate in facts.birth_dates
        and any(_same_name(facts, n, confirmed=True) for n in c.name)
        and (facts.sex is None or c.gender not in ("male", "female") or c.gender == facts.sex)
    ]
    if not alike:
        return Unknown()
    numbered = any(_numbers(c.identifier) for c in alike) and bool(facts.identifiers)
    reason: Reason = "same-person-other-number" if numbered else "no-number-here"
    return Doubtful((reason,), tuple(sorted(c.id for c in alike if c.id)))


def to_patient(patient: msghead.Patient, issuer: str | None = None) -> Patient:
    """MsgInfo/Patient → Patient as the message describes it: to be looked at, or created by a person's act.

    Shape: `issuer` names who gave an H-number (the sender).
    """
    name, address = to_name(patient), to_address(patient.address)
    born, beside = sent_date(patient.date_of_birth)
    return Patient(
        extension=(*nationality(patient.nationality), *gender_as_sent(patient.sex)),
        identifier=to_identifiers(patient.ident, issuer),
        name=(name,) if name else (),
        telecom=to_telecom(patient.tele_com),
        gender=to_gender(patient.sex),
        birthDate=born,
        birthDate_ext=beside,
        address=(address,) if address else (),
    )


def envelope_patient(envelope: Envelope) -> Patient:
    """Any envelope → the Patient as far as an envelope describes one: numbers, name, sex, birth date."""
    facts, patient = envelope_facts(envelope), envelope.patient or EnvelopePatient()
    name = HumanName(
        extension=(Extension(url=MIDDLE_NAME, valueString=patient.middle_name),)
        if patient.middle_name
        else (),
        family=patient.family_name or None,
        given=(patient.given_name,) if patient.given_name else (),
    )
    named = bool(patient.family_name or patient.given_name or patient.middle_name)
    by_value = {
        value: Identifier(system=system, value=value) for system, value in facts.identifiers
    }
    return Patient(
        identifier=tuple(by_value.values()),
        name=(name,) if named else (),
        gender=to_gender(CS(v=patient.sex)),
        birthDate=facts.birth_date,
    )


def patient_label(patient: msghead.Patient) -> str | None:
    """MsgInfo/Patient → the name as it is read, or None."""
    return full_name(patient) or None


def _numbers(identifiers: Iterable[Identifier]) -> set[tuple[str, str]]:
    """Identifiers, also those of earlier days (use old): a number the person had before still finds the person."""
    return {
        (identifier_system(i.system) or "", "".join(i.value.split()))
        for i in identifiers
        if i.value
    }


def _doubts(facts: PatientFacts, patient: Patient) -> Iterable[Reason]:
    if patient.active is False or any(link.type == "replaced-by" for link in patient.link):
        yield "record-not-active"
    here = _numbers(patient.identifier)
    for system in {s for s, _ in facts.identifiers}:
        said = {v for s, v in facts.identifiers if s == system}
        held = {v for s, v in here if s == system}
        if held and not said & held:
            yield "identifier-conflict"
            break
    born = patient.birthDate
    if facts.birth_date and born and not _same_date(facts.birth_date, born):
        yield "birth-date-differs"
    if facts.sex and patient.gender in ("male", "female") and facts.sex != patient.gender:
        yield "sex-differs"
    confirmed = bool(facts.birth_date and born and len(born) >= 10 and facts.birth_date == born)
    if patient.name and not any(_same_name(facts, n, confirmed=confirmed) for n in patient.name):
        yield "name-differs"
    yield from _number_doubts(facts)


def _number_doubts(facts: PatientFacts) -> Iterable[Reason]:
    for system, value in facts.identifiers:
        national = parse_national_id(value)
        if system not in (FNR, DNR) or national is None or national.kind == "FHN":
            continue
        if (
            facts.birth_date
            and len(facts.birth_date) == 10
            and not _number_fits(value, facts.birth_date)
        ):
            yield "number-and-birth-date-differ"
            return
        if facts.sex and (int(value[8]) % 2 == 1) != (facts.sex == "male"):
            yield "number-and-sex-differ"
            return


def _number_fits(number: str, birth_date: str) -> bool:
    year, month, day = birth_date[2:4], int(birth_date[5:7]), int(birth_date[8:10])
    # D-numbers add 40 to the day; synthetic series add 80, 65 or 40 to the month
    days, months = {day, day + 40}, {month, month + 80, month + 65, month + 40}
    return number[4:6] == year and int(number[:2]) in days and int(number[2:4]) in months


def _same_date(one: str, other: str) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _same_name(facts: PatientFacts, name: HumanName, *, confirmed: bool) -> bool:
    """Whether a name is clearly not another one.

    A given name must be shared (twins share all else); a family name may change, so it is asked for only when the
    birth date does not confirm the person or there is no given name to compare.
    """
    given, family = _parts(facts.given), _parts(facts.family)
    middle = [e.valueString or "" for e in name.extension]
    held_given = _parts(
        " ".join([*(g for g in name.given if g), *middle, "" if name.family else name.text or ""])
    )
    held_family = _parts(name.family) | _parts(name.text) | _parts(" ".join(middle))
    given_known = bool(given and held_given)
    if given_known and not _share(given, held_given):
        return False
    if family and held_family and not _share(family | given, held_family):
        return given_known and confirmed
    return True


def _share(some: frozenset[str], others: frozenset[str]) -> bool:
    return any(a == b or (1 in (len(a), len(b)) and a[0] == b[0]) for a in some for b in others)


def _parts(text: str | None) -> frozenset[str]:
    # One name, several spellings: Ærlend/Aerlend, Bjørn/Bjoern/Björn, Åse/Aase
    lower = (
        (text or "")
        .casefold()
        .translate(_SPELLINGS)
        .replace("oe", "o")
        .replace("aa", "a")
        .replace("ae", "a")
    )
    bare = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    return frozenset(re.findall(r"[^\W_]+", bare))


_SPELLINGS: Final = str.maketrans({"æ": "a", "ä": "a", "ø": "o", "ö": "o", "å": "a"})
