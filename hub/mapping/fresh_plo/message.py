"""A Composition that never was a message → the PLO message it says, for whoever is to get it.

What comes in: the Composition with what it lists, the stay, the patient, who sends, who answers for it, and what the message
is to the ones sent before (new, a change, a withdrawal) → MsgHead.
Shape: sections that are laid out as a received message's (dho-plo-section) are read by the same tables; plain sections and
entries go where the standard has them.
Problems: OUTPUT_INVALID names what is missing, and what the message has no place for.
Source: plo.md §2 to §5; hodemelding.md rule 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from hub.emessage.codes.forsendelsesstatus_7309 import FORSENDELSESSTATUS
from hub.emessage.codes.org_id_9051 import ORG_ID
from hub.emessage.datatypes import CV
from hub.emessage.felles import Ident, Organisation, TeleCom
from hub.emessage.plo.components import (
    AnsvarForRapport,
    Foresporsel,
    OpplysningOpphold,
    TidsfestetHendelse,
    TilknyttetEnhet,
)
from hub.emessage.plo.pasientlogistikk import MeldingOmUtskrevetPasient
from hub.emessage.table import table_of
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.fhir.models.r4.composition import Composition
from hub.fhir.models.r4.datatypes import CodeableConcept, Extension
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.patient import Patient
from hub.mapping.both_ways.form import Eye, build
from hub.mapping.codes import to_concept
from hub.mapping.fhir_parts import code_of
from hub.mapping.fhir_to_code import to_cv
from hub.mapping.fhir_to_dialog.question import question_text
from hub.mapping.fresh_plo.entries import Shelf, blocks_of, is_score
from hub.mapping.fresh_plo.events import Told, destination, events_for
from hub.mapping.fresh_plo.kinds import KINDS, Kind, Logistics
from hub.mapping.fresh_plo.texts import Said, measured, said_in, text_blocks
from hub.mapping.message_parties import WORK_PHONE, named, telecom_of, to_professional
from hub.mapping.message_urls import CODE_AS_SENT
from hub.mapping.own_party import OwnParty, Responsible
from hub.mapping.plo.messages import THE_MESSAGE, form_of
from hub.mapping.urls import VOLVEN
from hub.problems import HubError, Problem, ProblemCode

_RESPONSIBLE: Final = "21"
_SERVICES: Final = "ORIENTERING_TJENESTETILBUD"


@dataclass(frozen=True, slots=True, kw_only=True)
class PloLetter:
    """What a PLO message says.

    Shape: `kind` of list 8279, `change` of list 7309; `entries` are the resources that plain sections list, `resources` all
    of them by reference; `words` come with the Communication; `question` is what is answered; `sent` is now.
    """

    kind: str
    change: str
    communication: Communication
    composition: Composition
    patient: Patient
    sender: OwnParty
    sent: datetime
    new_id: Callable[[], str]
    stay: Encounter | None = None
    responsible: tuple[Responsible, ...] = ()
    entries: tuple[Any, ...] = ()
    words: str = ""
    question: CommunicationRequest | None = None
    resources: dict[str, Any] = field(default_factory=dict[str, Any])


def to_plo(told: PloLetter, payload: type) -> Any:
    """What a message says, and the class of its payload in the edition of its receiver → the payload.

    Problems: OUTPUT_INVALID.
    """
    kind = KINDS[told.kind]
    if told.change == "M" and not kind.changes:
        detail = "Denne meldingstypen kan ikke endres: kanseller den (status entered-in-error) og send en ny"
        raise _fault(detail, "Composition.status")
    fields = frozenset(f.name for f in table_of(payload).fields)
    reason = told.words if kind.logistics is not None else ""
    where = Told(told.composition, told.stay, told.patient, told.sent.isoformat(), reason)
    events = events_for(kind, where)
    found = _laid_out(told, payload, _contents(told, kind))
    _merge(found, _clinical(told, kind, fields, events), payload)
    if "opplysning_opphold" in fields and events:
        found["opplysning_opphold"] = tuple(
            OpplysningOpphold(tidsfestet_hendelse=event) for event in events
        )
    if kind.logistics is not None:
        found[kind.logistics.field] = _logistics(kind.logistics, events, where)
    if told.kind == _SERVICES and not found.get("eksisterende_tjeneste"):
        detail = "Meldingen sier ikke hvilke tjenester den gjelder (ServiceRequest)"
        raise _fault(detail, "Composition.section.entry")
    _contacts(told, kind, found)
    found["informasjon_om_forsendelsen"] = _shipment(told, found["informasjon_om_forsendelsen"])
    return build(payload, found)


def _logistics(row: Logistics, events: tuple[TidsfestetHendelse, ...], where: Told) -> Any:
    more = {"utskrevet_til": destination(where)} if row.block is MeldingOmUtskrevetPasient else {}
    return build(row.block, {**more, "tidsfestet_hendelse": events if row.several else events[0]})


def _laid_out(
    told: PloLetter, payload: type, contents: tuple[CodeableConcept, ...]
) -> dict[str, Any]:
    """What stands in the Composition as in one of a received message."""
    status = to_concept(FORSENDELSESSTATUS.cs(told.change), "7309")
    mark = Extension(url=CODE_AS_SENT, valueCodeableConcept=status)
    asking = replace(told.communication, extension=(mark, *told.communication.extension))
    eye = Eye({**told.resources, THE_MESSAGE: asking}).inside(told.composition)
    # Events are told apart below: a person's need not say whether they are estimates
    bare = replace(told.composition, event=(), category=contents)
    found = form_of(payload).find(bare, eye)
    return {k: v for k, v in found.items() if v is not None and v != ()}


def _clinical(
    told: PloLetter, kind: Kind, fields: frozenset[str], events: tuple[TidsfestetHendelse, ...]
) -> dict[str, Any]:
    """What is listed and said in plain sections → blocks."""
    observed = [e for e in told.entries if isinstance(e, Observation) and not is_score(e)]
    listed = [e for e in told.entries if not any(e is o for o in observed)]
    shelf = Shelf(told.resources, fields, told.new_id)
    found = blocks_of((e for e in listed if not isinstance(e, Encounter)), shelf)
    values = measured(observed, told.sent)
    words = told.words if kind.logistics is None else ""
    said = (
        *((Said(CV(ot="Melding"), words),) if words else ()),
        *said_in(told.composition.section),
        *((values,) if values is not None else ()),
        *_stay_in_words(kind, fields, events),
    )
    if kind.logistics is not None:
        if said:
            raise _fault("En logistikkmelding har ikke plass til tekst", "Composition.section")
        return found
    for name, block in text_blocks(said, fields, told.new_id).items():
        found[name] = _joined(found[name], block) if name in found else block
    return found


def _stay_in_words(
    kind: Kind, fields: frozenset[str], events: tuple[TidsfestetHendelse, ...]
) -> tuple[Said, ...]:
    """Events of a stay in an edition that has no element for them (Helseopplysninger 1.5) → a text."""
    if kind.logistics is not None or "opplysning_opphold" in fields or not events:
        return ()
    lines = (
        f"{e.hendelsekode.dn if e.hendelsekode else ''}: {e.tidspunkt_for_hendelse.v}"
        + (" (anslag)" if e.anslag else "")
        for e in events
    )
    return (Said(CV(ot="Opphold"), "\n".join(lines)),)


def _merge(found: dict[str, Any], more: dict[str, Any], payload: type) -> None:
    """Blocks of plain sections → beside those that were laid out as a message's."""
    many = {f.name for f in table_of(payload).fields if f.many}
    for name, value in more.items():
        if name in many:
            found[name] = (*found.get(name, ()), *_parts(value))
        else:
            found[name] = _joined(found[name], value) if name in found else value


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)  # pyright: ignore[reportUnknownVariableType]


def _joined(one: Any, other: Any) -> Any:
    """Two values of a block → one that says both; what both say once only is the first one's."""
    changes: dict[str, Any] = {}
    cls: type = one.__class__
    for each in table_of(cls).fields:
        here, there = getattr(one, each.name), getattr(other, each.name)
        if each.many:
            changes[each.name] = (*here, *there)
        elif here is None:
            changes[each.name] = there
    return replace(one, **changes)


def _contents(told: PloLetter, kind: Kind) -> tuple[CodeableConcept, ...]:
    """What the content is said to be (9137 to 9140), as a category that the message's own table reads."""
    if kind.contents is None:
        return ()
    system = f"{VOLVEN}{kind.contents.number}"
    codes = (code_of(each, system) for each in told.composition.category)
    code = next((c for c in codes if c and c in kind.contents.names), None)
    if code is None and kind.usual is not None:
        code = kind.usual[told.change != "N"]
    if code is None and told.question is not None:
        code = kind.answering
    if code is None and kind.contents_needed:
        names = ", ".join(f"{c} {name}" for c, name in kind.contents.names.items())
        detail = f"Meldingen må si hva den er, liste {kind.contents.number}: {names}"
        raise _fault(detail, "Composition.category")
    found = to_concept(kind.contents.cv(code)) if code else None
    return (found,) if found else ()


def _contacts(told: PloLetter, kind: Kind, found: dict[str, Any]) -> None:
    """Who answers for the message and which unit to call; what the Composition says itself goes first."""
    nameless = [one for one in told.responsible if not one.hpr]
    if nameless:
        raise _fault(f"{nameless[0].name.full} mangler HPR-nummer", "Composition.author")
    if not found.get("ansvar_for_rapport"):
        found["ansvar_for_rapport"] = tuple(
            AnsvarForRapport(ansvarlig_rapport=to_professional(one, _RESPONSIBLE))
            for one in told.responsible
        )
    if kind.named and not found["ansvar_for_rapport"]:
        detail = "Meldingen sier ikke hvem som er ansvarlig (author med navn og HPR-nummer)"
        raise _fault(detail, "Composition.author")
    if not found.get("tilknyttet_enhet"):
        phone = telecom_of(told.sender.phone)
        unit = Organisation(
            organisation_name=named(told.sender.service_name),
            ident=(Ident(id=told.sender.service_her_id, type_id=ORG_ID.cv("HER")),),
            tele_com=(TeleCom(type_telecom=WORK_PHONE, tele_address=phone),) if phone else (),
        )
        found["tilknyttet_enhet"] = (TilknyttetEnhet(kontaktenhet=unit),)


def _shipment(told: PloLetter, said: Any) -> Any:
    """What the Communication says of the shipment, and the question that is answered."""
    if told.question is None:
        return said
    kind = to_cv(told.question.category[0]) if told.question.category else None
    text = question_text(told.question)
    asked = Foresporsel(type_foresp=kind, sporsmal=text.plain if text else None) if kind else None
    return replace(said, svar_paa_foresporsel=True, foresporsel=asked)


def _fault(detail: str, where: str) -> HubError:
    return HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))
