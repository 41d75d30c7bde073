"""Identifiers that a person compared by eye: a number, a birth date, a name; and whether a patient or a message has them.

Source: security/README.md (two identifiers), identifiers-and-codes.md.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from hub.fhir.models.r4.patient import Patient
from hub.mapping.patient_facts import PatientFacts

Kind = Literal["number", "birth-date", "name"]
_NUMBER: Final = re.compile(r"[0-9]{6,12}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of somebody. Shape: `names` are sets of name parts, folded."""

    numbers: frozenset[str]
    birth_dates: frozenset[str]
    names: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One identifier as a person gave it."""

    kind: Kind
    value: str

    def agrees(self, known: Known) -> bool:
        """Whether somebody has it; a name agrees when it has two parts and all of them are somebody's."""
        if self.kind == "number":
            return self.value in known.numbers
        if self.kind == "birth-date":
            return self.value in known.birth_dates
        parts = _parts(self.value)
        return len(parts) > 1 and any(parts <= name for name in known.names)


def read_evidence(text: str) -> Evidence:
    """What a person typed → a number, a birth date (yyyy-mm-dd), or else a name."""
    plain = text.strip()
    if _DATE.fullmatch(plain):
        return Evidence("birth-date", plain)
    digits = "".join(plain.split())
    return Evidence("number", digits) if _NUMBER.fullmatch(digits) else Evidence("name", plain)


def of_patient(patient: Patient) -> Known:
    """A Patient → what is known of it."""
    numbers = {"".join(i.value.split()) for i in patient.identifier if i.value}
    names = (
        _parts(" ".join((n.family or "", *(g for g in n.given if g), n.text or "")))
        for n in patient.name
    )
    born = {patient.birthDate} if patient.birthDate else set[str]()
    return Known(frozenset(numbers), frozenset(born), tuple(names))


def of_facts(facts: PatientFacts) -> Known:
    """What a message says of its patient → the same."""
    numbers = {value for _, value in facts.identifiers} | set(facts.h_numbers)
    born = {facts.birth_date} if facts.birth_date else set[str]()
    name = _parts(f"{facts.given or ''} {facts.family or ''}")
    return Known(frozenset(numbers), frozenset(born), (name,))


def _parts(text: str) -> frozenset[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return frozenset(re.findall(r"[^\W_]+", folded))
