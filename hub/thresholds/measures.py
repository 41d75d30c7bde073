"""A measure key or code → what we know of it.

Source: dho/thresholds.md §2.1, §16; rows in measures_table.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hub.thresholds.forms_table import TITLES
from hub.thresholds.measures_table import ROWS

SYSTEMS: Final[dict[str, str]] = {
    "loinc": "http://loinc.org",
    "sct": "http://snomed.info/sct",
    "npu": "urn:oid:2.16.578.1.12.4.1.1.7280",
    "mdc": "urn:iso:std:iso:11073:10101",
}
CODED_PREFIXES: Final = ("form:", "sym:", "device:")
_CODED_UNIT: Final = "{code}"


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the measure table.

    Shape: `codes` are (system, code), the preferred first; `name` is the Norwegian name shown to people.
    Units: `plausible_min`, `plausible_max` and `decimals` are in `unit` (UCUM); None = no guard.
    """

    key: str
    name: str
    name_en: str
    unit: str
    decimals: int
    plausible_min: Decimal | None
    plausible_max: Decimal | None
    codes: tuple[tuple[str, str], ...]
    codes_open: bool

    @property
    def coded(self) -> bool:
        """Whether the value is an answer, not a number."""
        return self.unit == _CODED_UNIT


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


MEASURES: Final[dict[str, Measure]] = {
    key: Measure(
        key,
        name,
        name_en,
        unit,
        decimals,
        _decimal(low),
        _decimal(high),
        tuple((SYSTEMS[system], code) for system, codes in by_system.items() for code in codes),
        codes_open,
    )
    for key, name, name_en, unit, decimals, low, high, _, _, by_system, codes_open in ROWS
}
BY_CODE: Final[dict[tuple[str, str], str]] = {
    code: measure.key for measure in MEASURES.values() for code in measure.codes
}
"""(system, code) → measure key: any known coding of a measure is accepted (§16)."""

COMPONENTS: Final = ("systolic", "diastolic", "map")
"""The measures that come as components of `bp`."""


def is_measure(key: str) -> bool:
    """A key → whether it names a measure: a row of the table, or a form, symptom or equipment message."""
    return key in MEASURES or (key.startswith(CODED_PREFIXES) and not key.endswith(":"))


def is_coded(key: str) -> bool:
    """A key → whether its values are answers (code or items), not numbers."""
    row = MEASURES.get(key)
    return row.coded if row is not None else key.startswith(CODED_PREFIXES)


def name_of(key: str) -> str:
    """A key → the name shown to people; an unknown key shows itself."""
    row = MEASURES.get(key)
    return _answered(key, "Skjema") if row is None else row.name


def name_in_english(key: str) -> str:
    """A key → its English name; an unknown key shows itself."""
    row = MEASURES.get(key)
    return _answered(key, "form") if row is None else row.name_en


def _answered(key: str, form: str) -> str:
    """What is answered and not measured → the title of the form, or what it is and its key."""
    what, _, name = key.partition(":")
    if what == "form" and name:
        return TITLES.get(name, f"{form} {name}")
    return f"Symptom {name}" if what == "sym" and name else key
