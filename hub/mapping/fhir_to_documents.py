"""FHIR DocumentReferences → the documents of a MsgHead: the way back of `message_to_documents.py`.

Source: hodemelding.md ("Attachments", HIS 1036); code lists 8114, 1204, 4702.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.emessage import msghead
from hub.emessage.codes.document_reference_8114 import DOCUMENT_REFERENCE
from hub.emessage.datatypes import Base64Container
from hub.emessage.payloads import Content
from hub.fhir.models.r4.binary import Binary
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.datatypes import Attachment, Reference
from hub.fhir.models.r4.document_reference import DocumentReference, DocumentReferenceContext
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_to_code import concept_in, period_ends, sent_code, to_cs, to_cv, to_ts
from hub.mapping.message_to_documents import UNNAMED_TYPE
from hub.mapping.message_urls import CONSENT_STATUS, DOCUMENT_NOTE, MESSAGE_DOCUMENT
from hub.mapping.record import Record, is_original
from hub.mapping.urls import DATA_ABSENT_EXTENSION, URI_SYSTEM

_OID = "urn:oid:"


def to_documents(record: Record, payload: Any) -> tuple[msghead.Document, ...]:
    """The record of a message and its payload → the document with the payload, then the attachments."""
    message = record.communication
    own = record.pointed(message.extension, MESSAGE_DOCUMENT, message, DocumentReference)
    first = _document(own, Content((payload,))) if own is not None else _plain(payload)
    return (first, *(_attached(d, record) for d in attachments(message, record)))


def attachments(message: Communication, record: Record) -> Iterator[DocumentReference]:
    """The Communication of a message → the documents attached to it, in order."""
    for part in message.payload:
        document = record.find(part.contentReference, message, DocumentReference)
        if document is not None and not is_original(document):
            yield document


def _plain(payload: Any) -> msghead.Document:
    ref_doc = msghead.RefDoc(msg_type=DOCUMENT_REFERENCE.cs("XML"), content=Content((payload,)))
    return msghead.Document(ref_doc=ref_doc)


def _attached(document: DocumentReference, record: Record) -> msghead.Document:
    attachment = document.content[0].attachment
    held = record.find(Reference(reference=attachment.url), document, Binary)
    data = (held.data if held is not None else None) or attachment.data
    content = Content((Base64Container("".join(data.split())),)) if data else None
    return _document(document, content, stored=held is not None)


def _document(
    document: DocumentReference, content: Content | None, *, stored: bool = False
) -> msghead.Document:
    context = document.context or DocumentReferenceContext()
    start, start_ext, end, end_ext = period_ends(context.period)
    note = extension(document.extension, DOCUMENT_NOTE)
    return msghead.Document(
        document_connection=sent_code(document.extension, "4702", None, lambda _: None, {}),
        content_type=to_cv(document.type),
        content_description=document.description,
        content_category=to_cv(document.category[0]) if document.category else None,
        consent=to_cv(concept_in(document.extension, CONSENT_STATUS)),
        annotation=note.valueString if note else None,
        from_date=to_ts(start, start_ext),
        to_date=to_ts(end, end_ext),
        oid_ref=_related(context.related, oid=True),
        enquiry_ref_id=_related(context.related, oid=False),
        ref_doc=_ref_doc(document, content, stored=stored),
    )


def _ref_doc(
    document: DocumentReference, content: Content | None, *, stored: bool
) -> msghead.RefDoc:
    part = document.content[0]
    attachment, inline = part.attachment, content is not None
    kind = to_cs(part.format) or DOCUMENT_REFERENCE.cs("A" if inline else "REF")
    return msghead.RefDoc(
        issue_date=to_ts(attachment.creation, attachment.creation_ext),
        msg_type=kind,
        id=document.masterIdentifier.value if document.masterIdentifier else None,
        mime_type=_mime_type(attachment),
        description=attachment.title,
        compression=sent_code(attachment.extension, "1204", None, lambda _: None, {}),
        file_reference=None if inline or stored else attachment.url,
        content=content,
    )


def _mime_type(attachment: Attachment) -> str | None:
    beside = attachment.contentType_ext.extension if attachment.contentType_ext else ()
    unnamed = extension(beside, DATA_ABSENT_EXTENSION) is not None
    return None if unnamed and attachment.contentType == UNNAMED_TYPE else attachment.contentType


def _related(related: tuple[Reference, ...], *, oid: bool) -> str | None:
    for each in related:
        identifier = each.identifier
        if identifier is not None and identifier.value:
            value, is_oid = identifier.value, identifier.system == URI_SYSTEM
            if is_oid == oid:
                return value.removeprefix(_OID) if oid else value
    return None
