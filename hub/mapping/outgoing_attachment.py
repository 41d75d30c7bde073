"""A DocumentReference that is to go along with a message → the same, complete; or what is wrong with it.

What we send is held to what we take in: the formats that may be agreed on, bytes that are what they are called, and not
empty. Title and date are filled in where they can be known.
Problems: OUTPUT_INVALID, in words for who wrote it.
Source: HIS 1036 (attachments); hodemelding.md ("Attachments").
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import Final

from msgspec.structs import replace

from hub.emessage.attached_documents import formats_of
from hub.emessage.attachment_kinds import check_kind, type_of
from hub.fhir.models.r4.binary import Binary
from hub.fhir.models.r4.document_reference import DocumentReference
from hub.mapping.message_words import clean
from hub.problems import HubError, Problem, ProblemCode

_WHERE: Final = "DocumentReference.content.attachment"
_LONGEST_TITLE: Final = 200


def to_outgoing(
    document: DocumentReference, held: Binary | None, sent: str, kind: str
) -> DocumentReference:
    """A document, its bytes, this moment as FHIR writes it, and the type of the message → the document as it goes along.

    Problems: OUTPUT_INVALID.
    """
    if document.status != "current":
        raise _fault("Vedlegget er trukket tilbake eller erstattet")
    if document.content[1:]:
        raise _fault("Vedlegget har flere utgaver; en melding har én av hver")
    part = document.content[0]
    told = part.attachment
    mime_type = type_of(told.contentType or (held.contentType if held is not None else None))
    agreed = formats_of(kind)
    if mime_type not in agreed:
        names = ", ".join(sorted(agreed))
        raise _fault(
            f"Vedlegg av typen {mime_type or '(ikke oppgitt)'} kan ikke sendes, bare {names}"
        )
    coded = (held.data if held is not None else None) or told.data
    if coded is None:
        raise _fault("Vedlegget har ikke noe innhold her")
    problem = check_kind(mime_type, _bytes(coded), _WHERE)
    if problem is not None and problem.fatal:
        raise _fault(f"Vedlegget er tomt eller ikke det det kalles ({mime_type})")
    title = clean(told.title or document.description)[:_LONGEST_TITLE] or "Vedlegg"
    whole = replace(
        told,
        contentType=mime_type,
        title=title,
        creation=told.creation or document.date or sent,
    )
    return replace(document, content=(replace(part, attachment=whole),))


def _bytes(coded: str) -> bytes:
    try:
        return b64decode("".join(coded.split()), validate=True)
    except (Error, ValueError):
        return b""


def _fault(detail: str) -> HubError:
    return HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, _WHERE))
