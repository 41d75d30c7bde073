"""Values every room speaks of: identifiers with their own rules, and the parts of a time.

Source: HIS 1153-1/2/3 (HER-id), Skatteetaten's rules for fødselsnummer and D-nummer, HIS 1001:2010.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

import msgspec

FNR_OID: Final = "2.16.578.1.12.4.1.4.1"
DNR_OID: Final = "2.16.578.1.12.4.1.4.2"
FHN_OID: Final = "2.16.578.1.12.4.1.4.3"
HPR_OID: Final = "2.16.578.1.12.4.1.4.4"
HER_OID: Final = "2.16.578.1.12.4.1.2"
ENH_OID: Final = "2.16.578.1.12.4.1.4.101"
RSH_OID: Final = "2.16.578.1.12.4.1.4.102"

Language = Literal["nb", "en"]
"""What people are told in: Bokmål or English."""
LANGUAGES: Final[tuple[Language, ...]] = ("nb", "en")
"""The usual one first."""

_K1: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ELEVEN: Final = re.compile(r"[0-9]{11}")
# Synthetic series add to the month: Tenor +80, NHN +65, NAV/Dolly +40.
_MONTH_SHIFTS: Final = (0, 80, 65, 40)


@dataclass(frozen=True, slots=True)
class NationalId:
    """An 11-digit person number as written, with the kind its digits tell.

    Shape: `value` is 11 digits; `kind` is FNR, DNR or FHN (code list 8116).
    """

    value: str
    kind: str

    @property
    def system(self) -> str:
        """The FHIR identifier system of this kind, as `urn:oid:`."""
        return {
            "FNR": f"urn:oid:{FNR_OID}",
            "DNR": f"urn:oid:{DNR_OID}",
            "FHN": f"urn:oid:{FHN_OID}",
        }[self.kind]


def parse_national_id(text: str) -> NationalId | None:
    """Text → NationalId when its check digits and date hold, else None.

    Blanks inside ("150765 00565") are taken away. A local H-number is not a national id: None.
    Source: emessage/identifiers-and-codes.md, "Patient identifiers".
    """
    digits = text.replace(" ", "")
    if not _ELEVEN.fullmatch(digits) or not _check_digits_hold(digits):
        return None
    if digits[0] in "89":
        return NationalId(digits, "FHN")
    kind = "DNR" if digits[0] in "4567" else "FNR"
    return NationalId(digits, kind) if _has_date(digits) else None


def _check_digits_hold(digits: str) -> bool:
    numbers = [int(c) for c in digits]
    k1 = (11 - sum(w * n for w, n in zip(_K1, numbers, strict=False)) % 11) % 11
    k2 = (11 - sum(w * n for w, n in zip(_K2, numbers, strict=False)) % 11) % 11
    return k1 == numbers[9] and k2 == numbers[10]


def _has_date(digits: str) -> bool:
    day = int(digits[:2]) - (40 if digits[0] in "4567" else 0)
    month = int(digits[2:4])
    return 1 <= day <= 31 and any(1 <= month - shift <= 12 for shift in _MONTH_SHIFTS)


# An id of ours may have 11 digits in its last group by chance; it would be refused in its own URL
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
_RUN: Final = re.compile(r"(?<![0-9])[0-9]{6}[ ]?[0-9]{5}(?![0-9])")
_DIGITS: Final = re.compile(r"[0-9]{6}[ ]?[0-9]{5}")


def looks_like_national_id(text: str) -> bool:
    """Text → whether it holds a run of 11 digits that reads as a person number; UUIDs are passed over.

    Meant for guards (URLs, logs): a shifted month or a foreign check digit rule must not open a hole,
    so every run of exactly 11 digits with a possible day and month counts, check digits or not.
    """
    if not _DIGITS.search(text):  # most texts
        return False
    for run in _RUN.findall(_UUID.sub("-", text)):
        digits = run.replace(" ", "")
        if digits[0] in "89" or _has_date(digits):
            return True
    return False


class HerId(msgspec.Struct, frozen=True):
    """A number in the national address register: level 1 an entity, level 2 a communication party."""

    value: str


def parse_her_id(text: str) -> HerId | None:
    """Text → HerId, or None when it is not a positive number.

    Dots and blanks that older messages write inside the number are taken away.
    """
    digits = text.replace(".", "").replace(" ", "").strip()
    return HerId(digits) if digits.isascii() and digits.isdigit() and digits.strip("0") else None


@dataclass(frozen=True, slots=True)
class OrgNumber:
    """Nine-digit organisation number (Enhetsregisteret)."""

    value: str


def parse_org_number(text: str) -> OrgNumber | None:
    """Text → OrgNumber when nine digits with a right mod-11 check digit, else None."""
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{9}", digits):
        return None
    numbers = [int(c) for c in digits]
    rest = sum(w * n for w, n in zip((3, 2, 7, 6, 5, 4, 3, 2), numbers, strict=False)) % 11
    return OrgNumber(digits) if (11 - rest) % 11 == numbers[8] else None


@dataclass(frozen=True, slots=True)
class OwnService:
    """One of the tenant's services that receive e-messages, with the types it takes.

    Shape: `organisation` and `service` are HER-ids of level 1 and 2; `types` is None for all types.
    """

    organisation: HerId
    service: HerId
    types: frozenset[str] | None = None

    def takes(self, message_type: str) -> bool:
        """A MsgInfo/Type value → whether this service receives it."""
        return self.types is None or message_type in self.types


PartialDate = date | datetime
"""A day, or an aware instant: a date without time stays a date."""
