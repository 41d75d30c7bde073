"""The parts of a person or organisation in e-messages (fk1 and msghead) → FHIR identifiers, names, addresses.

Source: felleskomponent1.xsd, hodemelding.md, identifiers-and-codes.md; fhir-no/no-basis.md (identifier systems).
"""

from __future__ import annotations

from typing import Final

from hub.emessage import felles, msghead
from hub.emessage.datatypes import CS
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
from hub.mapping.codes import as_sent, content, to_coding, to_concept, to_contact_point
from hub.mapping.message_urls import (
    AKO,
    DUF,
    MIDDLE_NAME,
    MUNICIPALITY,
    MUNICIPALITY_CODES,
    NATIONALITY,
    RSH,
)
from hub.mapping.urls import DNR, ENH, FHN, FNR, HER, HPR, VOLVEN

AnyIdent = felles.Ident | msghead.Ident
AnyAddress = felles.Address | msghead.Address
AnyOrganisation = felles.Organisation | msghead.Organisation
AnyProfessional = felles.HealthcareProfessional | msghead.HealthcareProfessional
AnyPerson = felles.Person | msghead.Patient | AnyProfessional

# TypeId → (system, the names of the code in its lists)
_SYSTEMS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "FNR": (FNR, frozenset({"Fødselsnummer", "Norsk fødselsnummer"})),
    "DNR": (DNR, frozenset({"D-nummer"})),
    "FHN": (FHN, frozenset({"Felles hjelpenummer", "Felles hjelpenummer (FH-nummer)"})),
    "DUF": (DUF, frozenset({"DUF-nummer"})),
    "HPR": (HPR, frozenset({"HPR-nummer"})),
    "HER": (HER, frozenset({"HER-id"})),
    "ENH": (
        ENH,
        frozenset(
            {"Organisasjonsnummeret i Enhetsregister", "Organisasjonsnummeret i Enhetsregisteret"}
        ),
    ),
    "RSH": (
        RSH,
        frozenset(
            {"Nasjonalt register over enheter i spesialisthelsetjenesten (RESH-ID)", "RESH-id"}
        ),
    ),
    "AKO": (AKO, frozenset({"Apotekets konsesjonsnummer", "Apotekenes konsesjonsnummer"})),
}
# The lists a TypeId may come from: 8116 persons, 9051 organisations, 8268 and 8327 the older common ones
_ID_LISTS: Final = frozenset(
    {f"{VOLVEN.removeprefix('urn:oid:')}{n}" for n in ("8116", "9051", "8268", "8327")}
)

_GENDER: Final[dict[str, tuple[AdministrativeGenderCode, str]]] = {
    "0": ("unknown", "Ikke kjent"),
    "1": ("male", "Mann"),
    "2": ("female", "Kvinne"),
    "9": ("other", "Ikke spesifisert"),
}
_ADDRESS_USE: Final[dict[str, AddressUseCode]] = {
    "H": "home",
    "HP": "home",
    "WP": "work",
    "HV": "temp",
    "TMP": "temp",
    "BAD": "old",
    "INV": "billing",
}
_ADDRESS_TYPE: Final[dict[str, AddressTypeCode]] = {"PST": "postal", "RES": "physical"}


def id_value(ident: AnyIdent) -> str | None:
    """An identifier as written → its value; national numbers and HER-ids lose blanks and dots written for reading."""
    value = content(ident.id)
    if value is None:
        return None
    if ident.type_id.v in _SYSTEMS:
        value = "".join(value.split())
        return value.replace(".", "") if ident.type_id.v == "HER" else value
    return value.strip()


def to_identifier(ident: AnyIdent, issuer: str | None = None) -> Identifier | None:
    """An Ident → Identifier; None when it holds no value.

    Shape: a series that FHIR knows by its system goes without `type` (no-basis), unless the message calls it
    otherwise than its list does; any other kind is told by `type`. An H-number names who issued it.
    """
    value = id_value(ident)
    if value is None:
        return None
    kind = ident.type_id
    system, names = _SYSTEMS.get(kind.v or "", (None, frozenset[str]()))
    usual = (
        (kind.dn is None or kind.dn in names)
        and (kind.s is None or kind.s in _ID_LISTS)
        and not kind.ot
    )
    if system is not None and usual:
        return Identifier(system=system, value=value)
    return Identifier(
        system="HNR" if kind.v == "HNR" else system,
        type=to_concept(kind),
        value=value,
        assigner=Reference(display=issuer) if kind.v == "HNR" and issuer else None,
    )


def to_identifiers(
    idents: tuple[AnyIdent, ...], issuer: str | None = None
) -> tuple[Identifier, ...]:
    """Idents → Identifiers: those that hold a value."""
    return tuple(i for i in (to_identifier(ident, issuer) for ident in idents) if i is not None)


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
    return " ".join(p.strip() for p in parts if p and p.strip())


def to_gender(sex: CS | None) -> AdministrativeGenderCode | None:
    """Sex (list 3101) → administrative gender, or None when it is not given or unknown to the list."""
    return _GENDER[sex.v][0] if sex is not None and sex.v in _GENDER else None


def gender_as_sent(sex: CS | None) -> tuple[Extension, ...]:
    """Sex → the code as sent, when it says another thing than its list does."""
    if sex is None or (sex.v in _GENDER and sex.dn in (None, _GENDER[sex.v][1])):
        return ()
    return as_sent(sex, "3101")


def to_address(address: AnyAddress | None) -> Address | None:
    """An address → Address, or None when it holds nothing."""
    if address is None:
        return None
    postbox = content(address.postbox)
    lines = (content(address.street_adr), f"Postboks {postbox}" if postbox else None)
    county = _municipality(address.county)
    kind = (address.type.v or "") if address.type else ""
    return Address(
        extension=(*as_sent(address.type, "3401"), *as_sent(address.country, "9043")),
        line=tuple(line for line in lines if line),
        postalCode=content(address.postal_code),
        city=content(address.city),
        district=(county.display or county.code) if county else None,
        district_ext=Element(extension=(Extension(url=MUNICIPALITY, valueCoding=county),))
        if county
        else None,
        country=content(address.country.v) if address.country else None,
        use=_ADDRESS_USE.get(kind),
        type=_ADDRESS_TYPE.get(kind),
    )


def to_telecom(tele_com: tuple[felles.TeleCom | msghead.TeleCom, ...]) -> tuple[ContactPoint, ...]:
    """Telephone numbers and the like → ContactPoints."""
    points = (to_contact_point(t.tele_address.v, t.type_telecom) for t in tele_com)
    return tuple(p for p in points if p is not None)


def _municipality(county: CS | None) -> Coding | None:
    coding = to_coding(county)
    return (
        None
        if coding is None
        else Coding(system=MUNICIPALITY_CODES, code=coding.code, display=coding.display)
    )


def nationality(value: CS | None) -> tuple[Extension, ...]:
    """Nationality (list 9043) → the extension that holds it, or nothing."""
    kept = to_concept(value, "9043")
    return () if kept is None else (Extension(url=NATIONALITY, valueCodeableConcept=kept),)
