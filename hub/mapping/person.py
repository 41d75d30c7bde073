"""The parts of a person or organisation in e-messages (fk1 and msghead) → FHIR identifiers, names, addresses.

Source: felleskomponent1.xsd, hodemelding.md, identifiers-and-codes.md; fhir-no/no-basis.md (identifier systems).
"""

from __future__ import annotations

from typing import Final

import msgspec

from hub.emessage import dialogmelding, dialogmelding_1_0, felles, msghead
from hub.emessage.datatypes import CS, CV
from hub.fhir.models.r4.datatypes import (
    Address,
    AddressTypeCode,
    AddressUseCode,
    Coding,
    ContactPoint,
    Element,
    Extension,
    HumanName,
    Identifier,
    Reference,
)
from hub.fhir.models.r4.patient import AdministrativeGenderCode
from hub.mapping.codes import (
    NOTHING_SAID,
    as_sent,
    content,
    to_coding,
    to_concept,
    to_contact_point,
)
from hub.mapping.message_urls import (
    ADXP_STREET,
    AKO,
    DUF,
    MIDDLE_NAME,
    MUNICIPALITY,
    MUNICIPALITY_CODES,
    NATIONALITY,
    RSH,
)
from hub.mapping.urls import DNR, ENH, FHN, FNR, HER, HPR, RENDERED_VALUE, VOLVEN

AnyIdent = felles.Ident | msghead.Ident
AnyAddress = felles.Address | msghead.Address
AnyOrganisation = felles.Organisation | msghead.Organisation
AnyProfessional = (
    felles.HealthcareProfessional
    | msghead.HealthcareProfessional
    | dialogmelding.HealthcareProfessional
    | dialogmelding_1_0.HealthcareProfessional
)
AnyRelated = felles.Person | dialogmelding.Person | dialogmelding_1_0.Person
AnyPerson = AnyRelated | msghead.Patient | AnyProfessional
AnyTeleCom = felles.TeleCom | msghead.TeleCom

_LIST: Final = VOLVEN.removeprefix("urn:oid:")
# TypeId → the system FHIR knows the series by, and how the lists name the code (9051 organisations, 8116 persons)
_SERIES: Final[dict[str, tuple[str, CV]]] = {
    kind: (system, CV(v=kind, s=f"{_LIST}{number}", dn=name))
    for kind, system, number, name in (
        ("FNR", FNR, "8116", "Fødselsnummer"),
        ("DNR", DNR, "8116", "D-nummer"),
        ("FHN", FHN, "8116", "Felles hjelpenummer"),
        ("DUF", DUF, "8116", "DUF-nummer"),
        ("HPR", HPR, "8116", "HPR-nummer"),
        ("HER", HER, "9051", "HER-id"),
        ("ENH", ENH, "9051", "Organisasjonsnummeret i Enhetsregister"),
        (
            "RSH",
            RSH,
            "9051",
            "Nasjonalt register over enheter i spesialisthelsetjenesten (RESH-ID)",
        ),
        ("AKO", AKO, "9051", "Apotekets konsesjonsnummer"),
    )
}
ID_TYPES: Final[dict[str, CV]] = dict(_SERIES.values())
"""The system of an identifier → its TypeId as the lists write it."""

GENDER: Final[dict[str, tuple[AdministrativeGenderCode, str]]] = {
    "0": ("unknown", "Ikke kjent"),
    "1": ("male", "Mann"),
    "2": ("female", "Kvinne"),
    "9": ("other", "Ikke spesifisert"),
}
ADDRESS_USE: Final[dict[str, AddressUseCode]] = {
    "H": "home",
    "HP": "home",
    "WP": "work",
    "HV": "temp",
    "TMP": "temp",
    "BAD": "old",
    "INV": "billing",
}
ADDRESS_TYPE: Final[dict[str, AddressTypeCode]] = {"PST": "postal", "RES": "physical"}


def id_value(ident: AnyIdent) -> str | None:
    """An identifier as written → its value; national numbers and HER-ids lose blanks and dots written for reading."""
    return bare_id(ident.id, ident.type_id.v)


def bare_id(written: str, kind: str | None) -> str | None:
    """An identifier as written and its TypeId → its value, or None when there is none."""
    value = content(written)
    if value is None:
        return None
    if kind in _SERIES:
        value = "".join(value.split())
        return (value.replace(".", "") if kind == "HER" else value) or None
    return value.strip()


def to_identifier(ident: AnyIdent, issuer: str | None = None) -> Identifier | None:
    """An Ident → Identifier; None when it holds no value.

    Shape: a series that FHIR knows by its system goes without `type` (no-basis) when the message names it as its list
    does; any other kind is told by `type`. An H-number names who issued it. A number written for reading (blanks, dots)
    keeps that writing as its rendered value.
    """
    value, kind = id_value(ident), ident.type_id
    if value is None:
        return None
    system, usual = _SERIES.get(kind.v or "", (None, None))
    rendered = Element(extension=(Extension(url=RENDERED_VALUE, valueString=ident.id),))
    return Identifier(
        system="HNR" if kind.v == "HNR" else system,
        type=None if kind == usual else to_concept(kind),
        value=value,
        value_ext=None if value == ident.id else rendered,
        assigner=Reference(display=issuer) if kind.v == "HNR" and issuer else None,
    )


def to_identifiers(
    idents: tuple[AnyIdent, ...], issuer: str | None = None
) -> tuple[Identifier, ...]:
    """Idents → Identifiers: those that hold a value."""
    return tuple(i for i in (to_identifier(ident, issuer) for ident in idents) if i is not None)


def contained_identifiers(idents: tuple[AnyIdent, ...]) -> tuple[Identifier, ...]:
    """Idents of a party that a message describes → an Identifier each; of one without a number the kind, and that nothing is said.

    Shape: a schema demands an Ident of whoever is named, so who has no number there is given an empty one.
    """
    return tuple(to_identifier(ident) or _numberless(ident) for ident in idents)


def _numberless(ident: AnyIdent) -> Identifier:
    return Identifier(type=to_concept(ident.type_id), value_ext=Element(extension=NOTHING_SAID))


def to_name(person: AnyPerson) -> HumanName | None:
    """The name parts of a person → HumanName, or None when there are none."""
    family, middle, given = (
        content(p) for p in (person.family_name, person.middle_name, person.given_name)
    )
    if not (family or middle or given):
        return None
    return HumanName(
        extension=(Extension(url=MIDDLE_NAME, valueString=middle),) if middle else (),
        family=family,
        given=(given,) if given else (),
    )


def full_name(person: AnyPerson) -> str:
    """A person → the name as it is read."""
    parts = (person.given_name, person.middle_name, person.family_name)
    return " ".join([said for p in parts if p and (said := p.strip())])


def to_gender(sex: CS | None) -> AdministrativeGenderCode | None:
    """Sex (list 3101) → administrative gender, or None when it is not given or unknown to the list."""
    return GENDER[sex.v][0] if sex is not None and sex.v in GENDER else None


def gender_as_sent(sex: CS | None) -> tuple[Extension, ...]:
    """Sex → the code as sent, when it says another thing than its list does."""
    if sex is None or (sex.v in GENDER and sex.dn == GENDER[sex.v][1]):
        return ()
    return as_sent(sex, "3101")


def to_address(address: AnyAddress | None, *, at_home: bool = True) -> Address | None:
    """An address → Address, or None when there is none; `at_home` is false for organisations (org-2)."""
    if address is None:
        return None
    lines = _lines(content(address.street_adr), content(address.postbox))
    county = _municipality(address.county)
    kind = (address.type.v or "") if address.type else ""
    use = ADDRESS_USE.get(kind)
    made = Address(
        extension=(*as_sent(address.type, "3401"), *as_sent(address.country, "9043")),
        line=tuple(line for line, _ in lines),
        line_ext=tuple(beside for _, beside in lines) if any(b for _, b in lines) else (),
        postalCode=content(address.postal_code),
        city=content(address.city),
        district=(county.display or county.code) if county else None,
        district_ext=Element(extension=(Extension(url=MUNICIPALITY, valueCoding=county),))
        if county
        else None,
        country=content(address.country.v) if address.country else None,
        use=use if at_home or use != "home" else None,
        type=ADDRESS_TYPE.get(kind),
    )
    return Address(extension=NOTHING_SAID) if made == Address() else made


POST_BOX: Final = "Postboks "


def _lines(street: str | None, box: str | None) -> list[tuple[str, Element | None]]:
    """Street address and post box → lines; what tells a post box from a street that is called so stands beside."""
    lines: list[tuple[str, Element | None]] = []
    if street:
        clash = street.startswith(POST_BOX)
        beside = Element(extension=(Extension(url=ADXP_STREET, valueString=street),))
        lines.append((street, beside if clash else None))
    if box:
        lines.append((f"{POST_BOX}{box}", None))
    return lines


def to_telecom(
    tele_com: tuple[AnyTeleCom, ...], *, at_home: bool = True
) -> tuple[ContactPoint, ...]:
    """Telephone numbers and the like → ContactPoints; `at_home` is false for organisations (org-3)."""
    points = (to_contact_point(t.tele_address.v, t.type_telecom) for t in tele_com)
    return tuple(
        p if at_home or p.use != "home" else msgspec.structs.replace(p, use=None) for p in points
    )


def _municipality(county: CS | None) -> Coding | None:
    if county is None:
        return None
    coding = to_coding(county) or Coding()
    return Coding(system=MUNICIPALITY_CODES, code=coding.code, display=coding.display)


def nationality(value: CS | None) -> tuple[Extension, ...]:
    """Nationality (list 9043) → the extension that holds it, or nothing."""
    kept = to_concept(value, "9043")
    return () if kept is None else (Extension(url=NATIONALITY, valueCodeableConcept=kept),)
