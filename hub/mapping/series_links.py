"""By what a message is found when another one speaks of it: its MsgId, its conversation, its document, its content.

ConversationRef is often absent where one would expect it, so content is the last resort: same sender, same type, same patient
and, for logistics, the same events. A sender's links are its own: nobody can cancel another's message.
Source: hodemelding.md rules 2 and 3, plo.md §3, epikrise-henvisning.md (ServProvId, DocumentId), emessage/README.md no. 11.
"""

from __future__ import annotations

from hub.emessage.envelope import Envelope
from hub.emessage.handling import Handling
from hub.mapping.series import message_key


def sender_key(envelope: Envelope) -> str:
    """An envelope → who may change and cancel what it sent: the entity, where it has no HER-id its communication party."""
    party = envelope.sender
    if party is None:
        return ""
    return party.her_id.value if party.her_id is not None else party.key


def conversation_link(envelope: Envelope) -> str:
    """An envelope → the link of the conversation it is in, or begins."""
    return f"{sender_key(envelope)}/{message_key(envelope.conversation or envelope.msg_id)}"


def own_links(envelope: Envelope, handling: Handling) -> tuple[str, ...]:
    """A message → what later ones may call it."""
    sender = sender_key(envelope)
    document = handling.document_id.casefold()
    return (
        conversation_link(envelope),
        f"{sender}/{message_key(envelope.msg_id)}",
        *((f"{sender}/document/{document}",) if document else ()),
    )


def answers_link(msg_id: str) -> str:
    """A MsgId → what messages of anybody that refer to it are found by."""
    return f"answers/{message_key(msg_id)}"


def answering_links(envelope: Envelope) -> tuple[str, ...]:
    """A message → what it is found by when one that it refers to comes after it."""
    named = (envelope.conversation, envelope.parent)
    return tuple(dict.fromkeys(answers_link(n) for n in named if n))


def named_links(envelope: Envelope, handling: Handling) -> tuple[str, ...]:
    """A message → what it and those it names may have been stored under."""
    sender = sender_key(envelope)
    named = (envelope.conversation, envelope.parent)
    links = (*own_links(envelope, handling), *(f"{sender}/{message_key(n)}" for n in named if n))
    return tuple(dict.fromkeys(links))


def refers(envelope: Envelope, handling: Handling) -> bool:
    """Whether a message names the series it belongs to by anything but its content."""
    return bool(envelope.conversation or envelope.parent or handling.document_id)


def likeness_link(envelope: Envelope, handling: Handling, patient_id: str) -> str:
    """A message and its patient → what messages with the same content are found by."""
    events = ";".join(sorted(f"{code}@{time}" for code, time in handling.events))
    return f"{sender_key(envelope)}/like/{envelope.type}/{patient_id}/{events}"


def orphan_link(envelope: Envelope, handling: Handling, patient_id: str) -> str:
    """A change or cancellation that fits nothing yet → what the message it belongs to will look for."""
    return f"orphan/{likeness_link(envelope, handling, patient_id)}"
