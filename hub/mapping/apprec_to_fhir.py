"""A receipt (AppRec) for a message we sent → what people are told: the errors as codes and in words, and a Task.

Source: apprec.md (8258, 8221; "Receiving duties": negative or missing → alert, show code, DN and OT).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from hub.emessage.apprec import AppRec
from hub.emessage.datatypes import CV
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Identifier, Reference
from hub.fhir.models.r4.task import Task
from hub.mapping import urls
from hub.mapping.fhir_parts import concept, reference
from hub.mapping.fhir_time import to_fhir_time
from hub.mapping.message_words import clean

_OSLO: Final = ZoneInfo("Europe/Oslo")
_NAME: Final = "Melding avvist av mottaker"


class SentMessage(Protocol):
    """What a Task needs to know of the message that was answered; "" for what is not known."""

    @property
    def msg_id(self) -> str:
        """MsgInfo/MsgId."""
        ...

    @property
    def patient_id(self) -> str | None:
        """The id of the Patient it was about."""
        ...

    @property
    def communication_id(self) -> str | None:
        """The id of its Communication."""
        ...


def rejection_to_task(message: SentMessage, receipt: AppRec, now: datetime) -> Task:
    """A message of ours and the receipt that refused it → the Task for a person, with code, name and text of each error."""
    text = f"Mottakeren avviste meldingen: {error_text(receipt)}. Kontakt mottakeren på annen måte."
    focus = message.communication_id
    return Task(
        identifier=(
            Identifier(system=urls.URI_SYSTEM, value=f"urn:uuid:{message.msg_id.lower()}"),
        ),
        status="requested",
        intent="order",
        priority="stat",
        code=concept(urls.TASK_CODES, "message-rejected", _NAME, _NAME),
        description=text,
        focus=reference("Communication", focus) if focus else None,
        for_=reference("Patient", message.patient_id) if message.patient_id else None,
        authoredOn=to_fhir_time(now, _OSLO),
        lastModified=to_fhir_time(now, _OSLO),
        requester=Reference(display="DHO-hub"),
        reasonCode=to_reason(receipt),
    )


def to_error(error: CV) -> CodeableConcept:
    """One Error of a receipt → CodeableConcept of list 8221 with code, name and free text as sent."""
    code, name = clean(error.v), clean(error.dn)
    coding = Coding(system=urls.RECEIPT_ERRORS, code=code or None, display=name or None)
    return CodeableConcept(
        coding=(coding,) if code or name else (), text=_shown(error) or "Ukjent feil"
    )


def to_reason(receipt: AppRec) -> CodeableConcept:
    """A receipt → all its errors in one concept, in words that show code, DN and OT."""
    codings = tuple(coding for each in receipt.error for coding in to_error(each).coding)
    return CodeableConcept(coding=codings, text=error_text(receipt))


def error_text(receipt: AppRec) -> str:
    """A receipt → its errors as a person reads them: code, name, free text."""
    shown = [text for text in map(_shown, receipt.error) if text]
    return "; ".join(shown) or clean(receipt.status.dn) or "uten begrunnelse"


def _shown(error: CV) -> str:
    named = " ".join(part for part in (clean(error.v), clean(error.dn)) if part)
    free = clean(error.ot)
    return f"{named} ({free})" if free and named else free or named
