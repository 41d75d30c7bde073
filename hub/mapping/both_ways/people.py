"""Persons, professionals and organisations of payloads (fk1) ↔ RelatedPerson, PractitionerRole, Organization, contained.

Source: felleskomponent1.xsd; fhir-no/no-basis.md (identifier systems, municipality, middle name).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.codes.sex_3101 import SEX
from hub.emessage.datatypes import CS, CV
from hub.emessage.felles import (
    HealthcareProfessional,
    Ident,
    Organisation,
    Person,
)
from hub.fhir.models.r4 import datatypes as fhir
from hub.fhir.models.r4.datatypes import Element
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.practitioner import Practitioner
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.mapping.both_ways.addresses import ADDRESS, TELECOM
from hub.mapping.both_ways.coarse import Coarse
from hub.mapping.both_ways.coded import of_concept, to_concept
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.ways import (
    Way,
    always,
    as_struct,
    contain,
    keep,
    read_contained,
    reference_to,
    without_desk,
)
from hub.mapping.both_ways.written import TEXT, as_written, kept_text
from hub.mapping.codes import content
from hub.mapping.message_urls import (
    AKO,
    DUF,
    MIDDLE_NAME,
    NATIONALITY,
    RSH,
)
from hub.mapping.narrative import Contained
from hub.mapping.person import full_name, id_value
from hub.mapping.recurring import remembered_inside
from hub.mapping.urls import DNR, ENH, FHN, FNR, HER, HPR, identifier_system

_VOLVEN: Final = "2.16.578.1.12.4.1.1."
# System → (code, list, name) as they are written when nothing else was said
_KINDS: Final[dict[str, tuple[str, str, str]]] = {
    FNR: ("FNR", "8116", "Fødselsnummer"),
    DNR: ("DNR", "8116", "D-nummer"),
    FHN: ("FHN", "8116", "Felles hjelpenummer"),
    DUF: ("DUF", "8116", "DUF-nummer"),
    HPR: ("HPR", "8116", "HPR-nummer"),
    HER: ("HER", "9051", "HER-id"),
    ENH: ("ENH", "9051", "Organisasjonsnummeret i Enhetsregisteret"),
    RSH: ("RSH", "9051", "RESH-id"),
    AKO: ("AKO", "9051", "Apotekets konsesjonsnummer"),
}
_SYSTEMS: Final = {code: system for system, (code, _, _) in _KINDS.items()}
_GENDERS: Final = {"1": "male", "2": "female", "0": "unknown", "9": "other"}


def _kind_of(system: str | None) -> CV | None:
    known = _KINDS.get(identifier_system(system) or "")
    return None if known is None else CV(v=known[0], s=f"{_VOLVEN}{known[1]}", dn=known[2])


def _put_ident(ident: Ident, _pen: Pen) -> fhir.Identifier:
    """An Ident → Identifier; its type is told only where the system alone would not bring it back."""
    kind = ident.type_id
    system = _SYSTEMS.get(kind.v or "")
    value = content(id_value(ident))
    companion = None
    if value != ident.id:
        companion = Element(extension=kept_text(ident.id))
    usual = _kind_of(system) == kind
    return fhir.Identifier(
        system="HNR" if kind.v == "HNR" else system,
        type=None if usual else to_concept(kind, None, worded=False),
        value=value,
        value_ext=companion,
    )


def _get_ident(identifier: fhir.Identifier, _eye: Eye) -> Ident:
    usual = _kind_of(identifier.system)
    sent = of_concept(identifier.type, CV, None, worded=False)[0]
    # A type that names another series than the system was overtaken by an edit of the system
    kind = sent if sent is not None and (usual is None or sent.v == usual.v) else usual
    if kind is None:
        kind = CV(ot=identifier.system)
    found = Ident(id=identifier.value or "", type_id=kind)
    written = as_written(identifier.value_ext)
    if written is not None:
        as_sent = Ident(id=written, type_id=kind)
        if content(id_value(as_sent)) == identifier.value:
            return as_sent
    return found


IDENT: Final = Way("Identifier", simple=False, to=_put_ident, of=_get_ident)


def _put_given(person: Any, sheet: Sheet, _pen: Pen) -> None:
    if person.given_name is None:
        return
    name = sheet.inside("name", fhir.HumanName, 0)
    value, companion = TEXT.to(person.given_name)
    name["given"] = (value,)
    if companion is not None:
        name["given_ext"] = (companion,)


def _get_given(struct: Any, _eye: Eye) -> dict[str, Any]:
    name = struct.name[0] if struct.name else None
    if name is None or not (name.given or name.given_ext):
        return {}
    if len(name.given) > 1:
        return {"given_name": " ".join(g for g in name.given if g)}
    companion = name.given_ext[0] if name.given_ext else None
    return {"given_name": TEXT.of(name.given[0] if name.given else None, companion)}


_NAMED_LINES: Final = (
    At("family_name", "name[0].family"),
    At("middle_name", f"name[0]@{MIDDLE_NAME}"),
    Custom(("given_name",), "name[0].given", _put_given, _get_given),
    At("date_of_birth", "birthDate"),
    Coarse("sex", "gender", _GENDERS, back={g: SEX.cs(c) for c, g in _GENDERS.items()}),
    At("nationality", f"@{NATIONALITY}"),
    At("ident", "identifier", IDENT),
    At("address", "address[0]", as_struct(ADDRESS)),
)
_TELECOM_LINE: Final = At("tele_com", "telecom", as_struct(TELECOM))
PERSON_LINES: Final = (*_NAMED_LINES, _TELECOM_LINE)

PERSON: Final = contain(
    Form(
        Person,
        RelatedPerson,
        *PERSON_LINES,
        fixed=lambda pen: {"active": True, "patient": pen.desk.patient},
        label=full_name,
    )
)

_OF_PERSON: Final = (
    "type_healthcare_professional", "family_name", "middle_name", "given_name", "date_of_birth",
    "sex", "nationality", "ident", "address",
)  # fmt: skip
_PRACTITIONER: Final = Form(
    HealthcareProfessional,
    Practitioner,
    *_NAMED_LINES,
    At("type_healthcare_professional", "qualification[0].code"),
    only=frozenset(_OF_PERSON),
)


def _put_practitioner(value: HealthcareProfessional, sheet: Sheet, pen: Pen) -> None:
    inner = Sheet(Practitioner)
    _PRACTITIONER.fill(value, inner, pen)
    sheet["practitioner"] = keep(inner, pen, full_name(value) or None)


def _get_practitioner(role: PractitionerRole, eye: Eye) -> Mapping[str, Any]:
    person = eye.find(role.practitioner)
    return _PRACTITIONER.find(person, eye) if isinstance(person, Practitioner) else {}


PROFESSIONAL: Final = contain(
    Form(
        HealthcareProfessional,
        PractitionerRole,
        Custom(_OF_PERSON, "practitioner → Practitioner", _put_practitioner, _get_practitioner),
        At("role_to_patient", "code[0]"),
        _TELECOM_LINE,
        label=full_name,
    ),
    recurs=True,
)

_ORGANIZATION: Final = Form(
    Organisation,
    Organization,
    At("type_organisation", "type[0]"),
    At("organisation_name", "name"),
    At("ident", "identifier", IDENT),
    At("address", "address[0]", as_struct(ADDRESS)),
    _TELECOM_LINE,
    only=frozenset({"type_organisation", "organisation_name", "ident", "address", "tele_com"}),
)
_DEEPEST: Final = 40


@remembered_inside
def _contain_organisation(value: Organisation, contained: Contained) -> fhir.Reference:
    """An Organisation → local reference to its innermost level, each level `partOf` the one around it."""
    pen = without_desk(contained)
    parent: fhir.Reference | None = None
    level: Organisation | None = value
    while level is not None:
        sheet = Sheet(Organization)
        _ORGANIZATION.fill(level, sheet, pen)
        if parent is not None:
            sheet["partOf"] = parent
        parent = keep(sheet, pen, content(level.organisation_name))
        level = level.organisation
    assert parent is not None
    return parent


def _get_organisation(reference: Any, eye: Eye) -> Organisation | None:
    inner: Organisation | None = None
    for _ in range(_DEEPEST):
        level = eye.find(reference)
        if not isinstance(level, Organization):
            break
        found = _ORGANIZATION.find(level, eye)
        inner = Organisation(**found, organisation=inner)
        reference = level.partOf
    return inner


ORGANISATION: Final = always(
    Organisation,
    Way(
        "Reference",
        simple=False,
        to=lambda value, pen: _contain_organisation(value, pen.contained),
        of=_get_organisation,
    ),
)
PERSON_WAY: Final = reference_to(PERSON)
PROFESSIONAL_WAY: Final = reference_to(PROFESSIONAL, recurs=True)


def category_way(number: str = "9060") -> Way:
    """A category of health personnel alone → reference to a contained PractitionerRole that says so."""

    def to(value: CS, pen: Pen) -> fhir.Reference:
        code = to_concept(value, number, worded=False)
        return pen.contained.add(PractitionerRole(code=(code,)), content(value.dn))

    def of(reference: Any, eye: Eye) -> CS | None:
        role = eye.find(reference)
        if not isinstance(role, PractitionerRole) or not role.code:
            return None
        return of_concept(role.code[0], CS, number, worded=False)[0]

    return Way("Reference", simple=False, to=to, of=of)


def read_professional(reference: Any, eye: Eye) -> HealthcareProfessional | None:
    """A reference → the professional it leads to, or None."""
    return read_contained(PROFESSIONAL, reference, eye)
