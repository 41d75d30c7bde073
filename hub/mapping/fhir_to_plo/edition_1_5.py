"""A PLO message written for 1.6 → the same message as a partner on 1.5 can read it; nothing it says is left out.

What 1.5 has no element for is told in the nearest text of the same block: a year of birth and a tentative appointment in
words, remarks to bandages and medication as journal text. Two boxes that 1.5 demands are unticked when nothing was said.
Source: plo.md §6; poKomponent-v1.5.xsd against poKomponent-v1.6.xsd.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from hub.emessage.epj import Journaltekst
from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import Content
from hub.emessage.plo.components import (
    InfoFraSykepleier,
    InfoKontrolltime,
    InformasjonGitt,
    InformasjonOmTime,
    MedisinskDiagnose,
    ParorendeForesatt,
)
from hub.emessage.plo.v1_5.edition import PLO_1_5
from hub.emessage.table import table_of


def as_1_5(message: MsgHead) -> MsgHead:
    """A message whose payload is written for 1.6 → the message with a payload that 1.5 can hold."""
    first = message.document[0]
    inline = first.ref_doc.content
    assert inline is not None  # a message made from FHIR has its payload inline
    changed = Content(tuple(_changed(payload) for payload in inline.elements), PLO_1_5)
    ref_doc = _with(first.ref_doc, content=changed)
    return _with(message, document=(_with(first, ref_doc=ref_doc), *message.document[1:]))


def _with(value: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(value, **changes)


def _changed(value: Any) -> Any:
    """A block → the same with every block inside it, and itself, changed to what 1.5 has."""
    if isinstance(value, tuple):
        return tuple(map(_changed, cast("tuple[Any, ...]", value)))
    if not isinstance(value, msgspec.Struct):
        return value
    names = (field.name for field in table_of(value.__class__).fields)
    inner = {name: _changed(getattr(value, name)) for name in names}
    rule = _RULES.get(value.__class__)
    whole = _with(value, **inner)
    return rule(whole) if rule else whole


def _kin(value: ParorendeForesatt) -> ParorendeForesatt:
    year = value.fodselsar_mindrearig_parorende
    if year is None:
        return value
    said = "\n".join(t for t in (value.merknad, f"Mindreårig, født {year}") if t)
    return _with(value, fodselsar_mindrearig_parorende=None, merknad=said)


def _diagnosis(value: MedisinskDiagnose) -> MedisinskDiagnose:
    return value if value.hoveddiagnose is not None else _with(value, hoveddiagnose=False)


def _information(value: InformasjonGitt) -> InformasjonGitt:
    if value.muntlig_informasjon is not None:
        return value
    return _with(value, muntlig_informasjon=False)


def _appointment(value: InfoKontrolltime) -> InfoKontrolltime:
    told = value.informasjon_om_tentativ_time
    if told is None:
        return value
    when = f"Tentativ time: {told.tentativt_tidspunkt_time or 'tidspunkt ikke oppgitt'}"
    said = ". ".join(t for t in (when, told.sted_time, told.merknad) if t)
    time = InformasjonOmTime(
        bestilt_kontrolltime=False, sted_time=said, informert_om=told.informert_om
    )
    return InfoKontrolltime(informasjon_om_time=time)


def _nurse(value: InfoFraSykepleier) -> InfoFraSykepleier:
    facts = value.opplysninger_relevant_oppfolging
    if facts is None:
        return value
    remarks = (
        ("Merknad til bandasjemateriell", facts.merknad_til_bandasjemateriell),
        ("Merknad til legemiddeladministrering", facts.merknad_til_legemiddeladministrering),
    )
    texts = tuple(Journaltekst(notat=f"{label}: {text}") for label, text in remarks if text)
    bare = _with(
        facts, merknad_til_bandasjemateriell=None, merknad_til_legemiddeladministrering=None
    )
    return _with(
        value, opplysninger_relevant_oppfolging=bare, journaltekst=(*value.journaltekst, *texts)
    )


_RULES: Final[dict[type, Callable[[Any], Any]]] = {
    ParorendeForesatt: _kin,
    MedisinskDiagnose: _diagnosis,
    InformasjonGitt: _information,
    InfoKontrolltime: _appointment,
    InfoFraSykepleier: _nurse,
}
"""Class of a block that 1.5 has otherwise → how it is told in 1.5."""
