"""A letter with an envelope of its own as read → its Envelope: what `envelope_read.py` finds in the same document, without looking at it again.

Source: HIS 80226 (Epikrise 1.x), HIS 80517 (Henvisning 1.x).
"""

from __future__ import annotations

from typing import Any

from hub.emessage import xml
from hub.emessage.datatypes import CS, TS
from hub.emessage.envelope import Addressee, Envelope, EnvelopePatient, Identifier, Party, Unit
from hub.emessage.epikrise import Epikrise
from hub.emessage.letter import Letter
from hub.emessage.remembered import remembered


def envelope_of_letter(letter: Letter, tag: str) -> Envelope:
    """A letter and the tag of its root → the Envelope."""
    if isinstance(letter, Epikrise):
        body: Any = letter.serv_rprt
        sender, receiver = body.serv_provider, body.requester
    else:
        body = letter.serv_req
        sender, receiver = body.requester, body.serv_provider
    parties = [("PRIM", receiver.hcp), *(("COP", copy.hcp) for copy in body.copy_dest)]
    found = [(role, _party(hcp)) for role, hcp in parties]
    return Envelope(
        root="Message",
        namespace=xml.namespace(tag),
        payload_name="Message",
        type=_v(letter.type),
        type_name=_dn(letter.type),
        msg_id=letter.msg_id.strip(),
        gen_date=_v(letter.gen_date),
        sender=_party(sender.hcp),
        receivers=tuple([Addressee(party, role) for role, party in found if party is not None]),
        patient=_patient(body.patient),
    )


def _v(code: CS | TS | None) -> str:
    return code.v if code is not None and code.v is not None else ""


def _text(value: str | None) -> str:
    return value.strip() if value is not None else ""


def _dn(code: CS | None) -> str:
    return _text(code.dn) if code is not None else ""


@remembered
def _party(hcp: Any) -> Party | None:
    """The HCP of either standard → the party, as `envelope_read.py` tells it."""
    inst, professional = hcp.inst, hcp.hc_prof
    if inst is not None:
        dept = inst.dept[0] if inst.dept else None
        person = inst.hc_person[0] if inst.hc_person else None
        unit = None
        if dept is not None and (_identifiers(dept) or person is None):
            unit = Unit("service", _text(dept.name), _identifiers(dept))
        elif person is not None:
            unit = Unit("person", _text(person.name), _identifiers(person))
        return Party(_text(inst.name), _identifiers(inst), unit)
    if professional is not None:
        return Party("", (), Unit("person", _text(professional.name), _identifiers(professional)))
    return None


def _identifiers(holder: Any) -> tuple[Identifier, ...]:
    return _all(_identifier(holder.id, holder.type_id), holder.additional_id)


def _all(first: Identifier, more: Any) -> tuple[Identifier, ...]:
    others = [_identifier(other.id, other.type) for other in more]
    return (first, *others) if first.value else tuple(others)


def _identifier(value: str | None, kind: CS | None) -> Identifier:
    return Identifier(_text(value), _v(kind), _dn(kind))


def _patient(patient: Any) -> EnvelopePatient:
    """Name is one string with the family name first, "Danser, Line"."""
    family, _, given = _text(patient.name).partition(",")
    return EnvelopePatient(
        family_name=family.strip(),
        given_name=given.strip(),
        date_of_birth=_v(patient.date_of_birth),
        sex=_v(patient.sex),
        identifiers=_all(_identifier(patient.off_id, patient.type_off_id), patient.additional_id),
    )
