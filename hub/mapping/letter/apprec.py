"""AppRec 1.0 and 1.1 ↔ FHIR: a Communication in response to the message that is answered, and the Task of taking it in.

The Communication says who answers whom, when, and about which message (contained, for only its type, time and number are
told). The Task says what became of it: completed or rejected, the status (8258) as its business status, each error (8221) as an output.
Drops: nothing. A test holds every field of the codec against these tables.
Source: apprec.md; HIS 80415:2004 and :2012; lists 8221, 8258, 8279.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.emessage.apprec import MIG_VERSIONS, AppRec, OriginalMsgId
from hub.emessage.message_types import AppRecVersion
from hub.fhir import codec
from hub.fhir.reading import read_stored
from hub.mapping.letter.drafting import open_record
from hub.mapping.letter.envelope import MESSAGE_ID, get_version, put_version
from hub.mapping.letter.parties import PARTY
from hub.mapping.letter.sheaf import Sheaf
from hub.mapping.letter.urls import SOFTWARE_NAME, SOFTWARE_VERSION
from hub.mapping.record import Record
from hub.mapping.two_way import Json, Line, Shape, Slice, extension, filled, inside
from hub.mapping.two_way_codes import CONCEPT, concept
from hub.mapping.two_way_values import TEXT, TIME
from hub.mapping.urls import URI_SYSTEM

_NUMBER: Final = (Slice("identifier", {"system": URI_SYSTEM}), "value")
_REFUSED: Final = "2"

MESSAGE: Final = Shape(
    (
        Line("msg_type", (Slice("category"),), concept("8279")),
        Line("software_name", extension(SOFTWARE_NAME, "valueString"), TEXT),
        Line("software_version", extension(SOFTWARE_VERSION, "valueString"), TEXT),
        Line("gen_date", ("sent",), TIME),
        Line("id", _NUMBER, MESSAGE_ID),
        Line("sender", ("sender",), PARTY),
        Line("receiver", (Slice("recipient"),), PARTY),
    )
)
"""The receipt itself: the Communication."""
ANSWERED: Final = Shape(
    (
        Line("msg_type", (Slice("category"),), concept("8279")),
        Line("issue_date", ("sent",), TIME),
        Line("id", _NUMBER, MESSAGE_ID),
    )
)
"""The message that is answered: the Communication in the receipt's."""
OUTCOME: Final = Shape(
    (
        Line("status", ("businessStatus",), concept("8258")),
        Line(
            "error",
            (Slice("output", {"type": {"text": "Feil"}}),),
            inside("valueCodeableConcept", CONCEPT),
            many=True,
        ),
    )
)
"""What became of it: the Task."""


def to_record(receipt: AppRec, version: AppRecVersion, new_id: Callable[[], str]) -> Record:
    """A receipt and its version → the FHIR that says the same."""
    sheaf = Sheaf({}, new_id)
    room = sheaf.room()
    node = MESSAGE.put(receipt, {"resourceType": "Communication", "status": "completed"}, room)
    put_version(receipt, MIG_VERSIONS[version], node, room)
    answered: Json = {"resourceType": "Communication", "status": "completed"}
    node["inResponseTo"] = [room.contain(ANSWERED.put(receipt.original_msg_id, answered, room))]
    node["about"] = [sheaf.add(_put_outcome(receipt, node, sheaf))]
    message = sheaf.close(node, room)["reference"]
    read = {
        url: read_stored(codec.encode(made), made["resourceType"])
        for url, made in sheaf.made.items()
    }
    return Record(read, message)


def _put_outcome(receipt: AppRec, message: Json, sheaf: Sheaf) -> Json:
    node: Json = {
        "resourceType": "Task",
        "status": "rejected" if receipt.status.v == _REFUSED else "completed",
        "intent": "order",
    }
    told = {k: message["sender"][k] for k in ("identifier", "display") if k in message["sender"]}
    if told:
        node["owner"] = told
    return OUTCOME.put(receipt, node, sheaf.room())


def from_record(version: AppRecVersion) -> Callable[[Record], AppRec]:
    """A version → what makes the receipt of its record."""

    def from_fhir(record: Record) -> AppRec:
        node, shelf = open_record(record)
        room = shelf.room(node)
        found = MESSAGE.get(node, room, AppRec)
        references: list[Json] = node.get("inResponseTo") or []
        answered = (room.resolve(references[0]) if references else None) or {}
        tasks: list[Json] = node.get("about") or []
        outcome = (shelf.find(tasks[0]) if tasks else None) or {}
        found |= OUTCOME.get(outcome, shelf.room(outcome), AppRec)
        found["original_msg_id"] = filled(
            OriginalMsgId, ANSWERED.get(answered, room, OriginalMsgId)
        )
        found["mig_version"] = get_version(node, MIG_VERSIONS[version])
        return filled(AppRec, found)

    return from_fhir
