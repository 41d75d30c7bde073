"""A Communication whose message was sent: its number, its state, and how later messages refer to it.

Source: hodemelding.md rules 2 and 3 (series, ConversationRef); docs/adr/0023 (sent by being saved).
"""

from __future__ import annotations

from msgspec.structs import replace

from hub.emessage.codes.forsendelsesstatus_7309 import FORSENDELSESSTATUS
from hub.emessage.dialogue import State
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.datatypes import CodeableConcept, Extension, Identifier, Reference
from hub.mapping import urls
from hub.mapping.codes import to_concept
from hub.mapping.fhir_parts import code_of, extensions
from hub.mapping.message_urls import CODE_AS_SENT


def queued(
    communication: Communication,
    msg_id: str,
    sent: str,
    change: str = "",
    earlier: Communication | None = None,
) -> Communication:
    """A Communication whose message was made → the next version: it waits to be handed over.

    Shape: `change` of list 7309 is what the message is to `earlier`, the latest of its series; "" for what has no series.
    """
    state = Extension(url=urls.DELIVERY_STATE, valueCode=str(State.QUEUED))
    status = to_concept(FORSENDELSESSTATUS.cs(change), "7309") if change else None
    marks = (Extension(url=CODE_AS_SENT, valueCodeableConcept=status),) if status else ()
    return replace(
        communication,
        extension=(state, *marks, *communication.extension),
        identifier=(message_number(msg_id), *communication.identifier),
        partOf=communication.partOf or first_of(earlier),
        inResponseTo=communication.inResponseTo or parent_of(earlier),
        sent=sent,
    )


def change_of(communication: Communication) -> str:
    """A Communication that was sent → what its message was to its series (7309), "" when nothing says so."""
    found = (
        code_of(e.valueCodeableConcept, f"{urls.VOLVEN}7309")
        for e in extensions(communication.extension, CODE_AS_SENT)
    )
    return next((code for code in found if code), "")


def conversation_of(earlier: Communication | None) -> tuple[Reference, Reference] | None:
    """The latest message of a series → (the message itself, the first of its conversation), or None."""
    parent, first = parent_of(earlier), first_of(earlier)
    return (parent[0], first[0]) if parent and first else None


def refused(communication: Communication, why: str) -> Communication:
    """A Communication that cannot be sent → the next version: it waits for a person, and says why."""
    return replace(communication, status="on-hold", statusReason=CodeableConcept(text=why))


def message_number(msg_id: str) -> Identifier:
    """A MsgId of ours → the business identifier."""
    return Identifier(system=urls.URI_SYSTEM, value=f"urn:uuid:{msg_id.lower()}")


def _number_of(earlier: Communication) -> Identifier | None:
    return next((i for i in earlier.identifier if i.system == urls.URI_SYSTEM), None)


def parent_of(earlier: Communication | None) -> tuple[Reference, ...]:
    """A message → reference to it by its number; nothing when it has none."""
    number = _number_of(earlier) if earlier is not None else None
    return (Reference(type="Communication", identifier=number),) if number else ()


def first_of(earlier: Communication | None) -> tuple[Reference, ...]:
    """A message → the first of its conversation: what it says it belongs to, else the message itself."""
    if earlier is None:
        return ()
    begun = tuple(r for r in earlier.partOf if r.identifier is not None)
    return begun[:1] or parent_of(earlier)
