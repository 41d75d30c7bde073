"""The people and organisations of the demo: every one invented, every number from a test series.

National ids carry the month + 80 of Tenor's synthetic series; organisation numbers and HER-ids lie outside those in use.
Source: emessage/identifiers-and-codes.md, "Patient identifiers"; dho/requirements.md 171 and 172 (kinds of patients).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Sex = Literal["male", "female"]

_K1: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ORG: Final = (3, 2, 7, 6, 5, 4, 3, 2)
_TENOR_SHIFT: Final = 80


@dataclass(frozen=True, slots=True)
class Party:
    """A communication party or the entity above it.

    Shape: `her_id` of its own level; `part_of` is the key of the entity, None for an entity.
    """

    key: str
    name: str
    her_id: str
    org_number: str | None = None
    part_of: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Doctor:
    """A general practitioner: addressed as a person with a HER-id of her own below the office."""

    key: str
    given: str
    family: str
    sex: Sex
    hpr: str
    her_id: str
    office: str
    phone: str


@dataclass(frozen=True, slots=True)
class Person:
    """One patient of the demo, as the population register would know her."""

    key: str
    given: str
    family: str
    sex: Sex
    born: date
    national_id: str
    gp: str
    street: str
    phone: str


def check_weights(digits: str, weights: tuple[int, ...]) -> int:
    """Digits and weights → the mod-11 check digit, 10 when there is none."""
    return (11 - sum(w * int(c) for w, c in zip(weights, digits, strict=True)) % 11) % 11


def synthetic_national_id(born: date, sex: Sex, serial: int) -> str:
    """Birth date, sex and a serial → the serial-th valid synthetic number (month + 80) of that day and sex."""
    low, high = (500, 999) if born.year >= 2000 else (0, 499)
    parity = 1 if sex == "male" else 0
    found = 0
    for individual in range(low, high + 1):
        if individual % 2 != parity:
            continue
        nine = f"{born.day:02}{born.month + _TENOR_SHIFT:02}{born.year % 100:02}{individual:03}"
        first = check_weights(nine, _K1)
        second = check_weights(f"{nine}{first}", _K2) if first < 10 else 10
        if second < 10:
            found += 1
            if found == serial:
                return f"{nine}{first}{second}"
    raise ValueError("the day has fewer numbers")


def synthetic_org_number(start: str) -> str:
    """The first eight digits → the next organisation number of the synthetic series with a right check digit."""
    number = int(start)
    while (digit := check_weights(f"{number:08}", _ORG)) == 10:
        number += 1
    return f"{number:08}{digit}"


def _born(day: date, age: int, month: int, day_of_month: int) -> date:
    """The demo day and an age → a birthday that gives this age on that day."""
    had = (month, day_of_month) <= (day.month, day.day)
    return date(day.year - age - (0 if had else 1), month, day_of_month)


MUNICIPALITY: Final = "kommune"
SERVICE: Final = "dho"
CASE_WORK: Final = "saksbehandling"
HOME_CARE: Final = "hjemmetjeneste"
GP_OFFICE: Final = "legesenter"
HOSPITAL: Final = "sykehus"
HEART_WARD: Final = "hjerteavdeling"
LUNG_WARD: Final = "lungeavdeling"
GP: Final = "fastlege-1"
GP_2: Final = "fastlege-2"

PARTIES: Final[dict[str, Party]] = {
    party.key: party
    for party in (
        Party(MUNICIPALITY, "Testvik kommune", "8090001", synthetic_org_number("31000001")),
        Party(
            SERVICE,
            "Digital hjemmeoppfølging, Testvik",
            "8090011",
            part_of=MUNICIPALITY,
            phone="00000011",
        ),
        Party(
            CASE_WORK,
            "Saksbehandling helse og omsorg, Testvik",
            "8090012",
            part_of=MUNICIPALITY,
            phone="00000012",
        ),
        Party(
            HOME_CARE,
            "Sykepleietjenesten, Testvik",
            "8090013",
            part_of=MUNICIPALITY,
            phone="00000013",
        ),
        Party(GP_OFFICE, "Testvik legesenter", "8091001", synthetic_org_number("31000011")),
        Party(HOSPITAL, "Testfjord sykehus HF", "8092001", synthetic_org_number("31000021")),
        Party(
            HEART_WARD,
            "Hjertesykdommer, Testfjord sykehus",
            "8092011",
            part_of=HOSPITAL,
            phone="00000021",
        ),
        Party(
            LUNG_WARD,
            "Lungesykdommer, Testfjord sykehus",
            "8092012",
            part_of=HOSPITAL,
            phone="00000022",
        ),
    )
}
DOCTORS: Final[dict[str, Doctor]] = {
    doctor.key: doctor
    for doctor in (
        Doctor(GP, "Rolig", "Testlege", "female", "565900011", "8091011", GP_OFFICE, "00000031"),
        Doctor(GP_2, "Grundig", "Testlege", "male", "565900012", "8091012", GP_OFFICE, "00000032"),
    )
}

MAIN: Final = "kols"
HEART: Final = "hjertesvikt"
DIABETES: Final = "diabetes"
VALVE: Final = "marevan"
PRESSURE: Final = "blodtrykk"
TRIAL: Final = "utproving"

_PEOPLE: Final[tuple[tuple[str, str, str, Sex, int, int, int, str], ...]] = (
    (MAIN, "Stødig", "Prøvefjell", "male", 70, 9, 9, GP),
    (HEART, "Munter", "Prøvehage", "female", 78, 2, 21, GP),
    (DIABETES, "Kvikk", "Prøvedal", "male", 58, 11, 3, GP_2),
    (VALVE, "Traust", "Prøvenes", "female", 64, 6, 17, GP_2),
    (PRESSURE, "Blid", "Prøvestrand", "male", 49, 3, 30, GP_2),
    (TRIAL, "Våken", "Prøvelund", "female", 67, 8, 12, GP),
)


def people(day: date) -> dict[str, Person]:
    """The demo day → the patients, as old as the story says on that day."""
    found: dict[str, Person] = {}
    for number, (key, given, family, sex, age, month, at, gp) in enumerate(_PEOPLE, 1):
        born = _born(day, age, month, at)
        found[key] = Person(
            key,
            given,
            family,
            sex,
            born,
            synthetic_national_id(born, sex, number),
            gp,
            f"Prøveveien {number}",
            f"0000010{number}",
        )
    return found


def own_services() -> str:
    """Nothing → the value of HUB_OWN_SERVICES under which the demo's messages are ours."""
    top = PARTIES[MUNICIPALITY].her_id
    services = (SERVICE, CASE_WORK, HOME_CARE)
    return ";".join(f"{top}/{PARTIES[key].her_id}=*" for key in services)
