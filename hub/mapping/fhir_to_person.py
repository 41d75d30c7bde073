"""FHIR identifiers, names, addresses and telecoms → the parts of a person or organisation in e-messages.

The way back of `person.py`; the blocks of the envelope and of the payloads have the same fields in two namespaces.
Source: felleskomponent1.xsd, hodemelding.md, identifiers-and-codes.md; code lists 3101, 3401, 9043, 9061, 8116, 9051.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.emessage import felles, msghead
from hub.emessage.codes.sex_3101 import SEX
from hub.emessage.codes.telecom_type_9061 import TELECOM_TYPE
from hub.emessage.datatypes import CS, CV, URL
from hub.fhir.models.r4.datatypes import Address, ContactPoint, Element, HumanName, Identifier
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.practitioner import Practitioner
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.mapping.codes import TELECOM_SYSTEM, TELECOM_USE, tele_address, to_contact_point
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_to_code import concept_in, sent_code, to_cs, to_cv, written_date
from hub.mapping.message_urls import (
    ADDRESS_AS_SENT,
    ADXP_STREET,
    MIDDLE_NAME,
    MUNICIPALITY,
    NATIONALITY,
)
from hub.mapping.person import (
    ADDRESS_TYPE,
    ADDRESS_USE,
    GENDER,
    ID_TYPES,
    POST_BOX,
    bare_id,
    to_gender,
)
from hub.mapping.urls import DATA_ABSENT_EXTENSION, RENDERED_VALUE, identifier_system


@dataclass(frozen=True, slots=True)
class Family:
    """The blocks of one namespace."""

    ident: Callable[..., Any]
    address: Callable[..., Any]
    tele_com: Callable[..., Any]


ENVELOPE: Final = Family(msghead.Ident, msghead.Address, msghead.TeleCom)
PAYLOAD: Final = Family(felles.Ident, felles.Address, felles.TeleCom)

_SEX_OF: Final = {gender: SEX.cs(code) for code, (gender, _) in GENDER.items()}
# A place of a kind that FHIR names → the type of list 3401, and of list 9061
_ADDRESS_CODES: Final[dict[tuple[str | None, str | None], CS]] = {
    ("home", None): CS(v="H", dn="Bostedsadresse"),
    ("work", None): CS(v="WP", dn="Arbeidsadresse"),
    ("temp", None): CS(v="TMP", dn="Midlertidig adresse"),
    ("old", None): CS(v="BAD", dn="Ubrukelig adresse"),
    ("billing", None): CS(v="INV", dn="Faktureringsadresse"),
    (None, "postal"): CS(v="PST", dn="Postadresse"),
    (None, "physical"): CS(v="RES", dn="Besøksadresse"),
}
_TELECOM_CODES: Final = {
    "home": TELECOM_TYPE.cs("H"),
    "work": TELECOM_TYPE.cs("WP"),
    "mobile": TELECOM_TYPE.cs("MC"),
    "temp": TELECOM_TYPE.cs("HV"),
}


def to_idents(identifiers: Sequence[Identifier], family: Family) -> tuple[Any, ...]:
    """Identifiers → Idents: those whose kind an e-message can name, with a value or said to have none."""
    made = ((identifier, to_type_id(identifier)) for identifier in identifiers)
    return tuple(
        family.ident(id=written_id(identifier, kind.v), type_id=kind)
        for identifier, kind in made
        if kind is not None and (identifier.value is not None or nothing_said(identifier.value_ext))
    )


def nothing_said(beside: Element | None) -> bool:
    """What stands beside a value that is missing → whether the message had the element, without a word in it."""
    return beside is not None and extension(beside.extension, DATA_ABSENT_EXTENSION) is not None


def to_type_id(identifier: Identifier) -> CV | None:
    """An Identifier → its TypeId: as the sender wrote it, else as the lists name its system."""
    if identifier.type is not None:
        return to_cv(identifier.type)
    return ID_TYPES.get(identifier_system(identifier.system) or "")


def written_id(identifier: Identifier, kind: str | None) -> str:
    """An Identifier and its TypeId → the number: as it was written while it still is that number."""
    value = identifier.value or ""
    beside = identifier.value_ext.extension if identifier.value_ext else ()
    rendered = extension(beside, RENDERED_VALUE)
    written = rendered.valueString if rendered is not None else None
    return written if written is not None and bare_id(written, kind) == value else value


def name_fields(names: Sequence[HumanName]) -> dict[str, str | None]:
    """Names → family, middle and given name of the first one."""
    if not names:
        return {}
    name = names[0]
    middle = extension(name.extension, MIDDLE_NAME)
    return {
        "family_name": name.family,
        "middle_name": middle.valueString if middle else None,
        "given_name": " ".join(g for g in name.given if g) or None,
    }


def to_sex(person: Patient | Practitioner | RelatedPerson) -> CS | None:
    """A person → sex of list 3101."""
    return sent_code(person.extension, "3101", person.gender, to_gender, _SEX_OF)


def person_fields(person: Patient | Practitioner | RelatedPerson, family: Family) -> dict[str, Any]:
    """A person → the fields that patient, person and professional share, telecoms aside."""
    return {
        **name_fields(person.name),
        "date_of_birth": written_date(person.birthDate, person.birthDate_ext),
        "sex": to_sex(person),
        "nationality": to_cs(concept_in(person.extension, NATIONALITY)),
        "ident": to_idents(person.identifier, family),
        "address": to_address_block(person.address, family),
    }


def to_address_block(addresses: Sequence[Address], family: Family) -> Any | None:
    """Addresses → the block of the first one, or None."""
    if not addresses:
        return None
    address = addresses[0]
    street, box = _street_and_box(address)
    return family.address(
        type=_address_type(address),
        street_adr=street,
        postbox=box,
        postal_code=address.postalCode,
        city=address.city,
        county=_county(address),
        country=_country(address),
    )


def _street_and_box(address: Address) -> tuple[str | None, str | None]:
    streets: list[str] = []
    box: str | None = None
    for place, line in enumerate(address.line):
        beside: Element | None = address.line_ext[place] if address.line_ext else None
        named = beside is not None and extension(beside.extension, ADXP_STREET) is not None
        if line and line.startswith(POST_BOX) and not named:
            box = line.removeprefix(POST_BOX)
        elif line:
            streets.append(line)
    return ", ".join(streets) or None, box


def _address_type(address: Address) -> CS | None:
    def read(code: CS | None) -> tuple[str | None, str | None]:
        kind = (code.v if code else None) or ""
        use = ADDRESS_USE.get(kind)
        # An organisation's address says nothing of homes (org-2)
        return (address.use if use == "home" and address.use is None else use), ADDRESS_TYPE.get(
            kind
        )

    place = (address.use, address.type)
    found = sent_code(address.extension, "3401", place, read, _ADDRESS_CODES)
    return (
        found or _ADDRESS_CODES.get((address.use, None)) or _ADDRESS_CODES.get((None, address.type))
    )


def _country(address: Address) -> CS | None:
    codes = {address.country: CS(v=address.country)} if address.country else {}
    return sent_code(
        address.extension, "9043", address.country, lambda code: code.v if code else None, codes
    )


def _county(address: Address) -> CS | None:
    beside = address.district_ext.extension if address.district_ext else ()
    found = extension(beside, MUNICIPALITY)
    coding = found.valueCoding if found is not None else None
    if coding is None:
        return CS(dn=address.district) if address.district else None
    same = address.district in (coding.display or coding.code, None)
    return CS(v=coding.code, dn=coding.display if same else address.district)


def to_tele_coms(points: Sequence[ContactPoint], family: Family) -> tuple[Any, ...]:
    """ContactPoints → TeleComs."""
    return tuple(
        family.tele_com(type_telecom=_telecom_type(point), tele_address=URL(v=_tele_address(point)))
        for point in points
    )


def _tele_address(point: ContactPoint) -> str | None:
    sent = extension(point.extension, ADDRESS_AS_SENT)
    if sent is not None and sent.valueString:
        again = to_contact_point(sent.valueString, _telecom_type(point))
        if (again.system, again.value) == (point.system, point.value):
            return sent.valueString
    return tele_address(point)


def _telecom_type(point: ContactPoint) -> CS | None:
    def read(code: CS | None) -> tuple[str | None, bool]:
        kind = (code.v if code else None) or ""
        use, device = TELECOM_USE.get(kind), TELECOM_SYSTEM.get(kind)
        # An organisation has no home telephone (org-3)
        use = point.use if use == "home" and point.use is None else use
        return use, device in (None, point.system)

    codes = {(use, True): code for use, code in _TELECOM_CODES.items()}
    return sent_code(point.extension, "9061", (point.use, True), read, codes)
