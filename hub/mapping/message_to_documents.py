"""The documents of a MsgHead → DocumentReferences: the message as it came, what it says of its own document, attachments.

What the envelope says of the patient is kept as the source's words (`sourcePatientInfo`), never written into the Patient.
Drops: XML that is attached without being a Base64Container is found in the raw message alone (no FHIR element carries
serialised XML).
Source: hodemelding.md ("Attachments"); http://hl7.org/fhir/R4/documentreference.html.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from hub.emessage import msghead
from hub.emessage.base64_text import without_blanks
from hub.emessage.datatypes import Base64Container
from hub.emessage.large_text import LargeText
from hub.fhir.large import Base64Data
from hub.fhir.models.r4.binary import Binary
from hub.fhir.models.r4.datatypes import (
    Attachment,
    Coding,
    Element,
    Extension,
    Identifier,
    Reference,
)
from hub.fhir.models.r4.document_reference import (
    DocumentReference,
    DocumentReferenceContent,
    DocumentReferenceContext,
)
from hub.fhir.models.r4.patient import Patient
from hub.mapping.codes import (
    NOTHING_SAID,
    as_sent,
    code_text,
    content,
    point,
    to_coding,
    to_concept,
)
from hub.mapping.draft import Context, Desk
from hub.mapping.message_urls import CONSENT_STATUS, DOCUMENT_FORMATS, DOCUMENT_NOTE
from hub.mapping.narrative import Contained
from hub.mapping.patient import patient_label, to_patient
from hub.mapping.sent_times import sent_period, sent_point
from hub.mapping.urls import URI_SYSTEM

AS_RECEIVED: Final = Coding(
    system=DOCUMENT_FORMATS, code="as-received", display="Meldingen som den kom"
)
UNNAMED_TYPE: Final = "application/octet-stream"


def as_sent_patient(message: msghead.MsgHead, desk: Desk) -> Patient | None:
    """A message → the patient as the sender wrote it, or None when the message is about nobody."""
    source = message.msg_info.patient
    return None if source is None else to_patient(source, desk.sender.display)


def to_original(
    message: msghead.MsgHead, desk: Desk, context: Context, patient: Patient | None
) -> DocumentReference:
    """A message and the patient as the sender wrote it → the DocumentReference that leads to its bytes as they came."""
    document, info, contained = message.document[0], message.msg_info, Contained()
    source = info.patient
    about = contained.add(patient, patient_label(source)) if patient and source else None
    issued = point(document.ref_doc.issue_date)
    stay = (desk.encounter,) if desk.encounter else ()
    return DocumentReference(
        status="current",
        type=to_concept(info.type, "8279"),
        subject=desk.patient,
        date=issued if issued and "T" in issued else None,
        author=(desk.sender,),
        content=(
            DocumentReferenceContent(
                attachment=Attachment(contentType="text/xml", url=context.raw, creation=issued),
                format=AS_RECEIVED,
            ),
        ),
        context=DocumentReferenceContext(encounter=stay, sourcePatientInfo=about)
        if stay or about
        else None,
        contained=contained.listed(),
    )


def to_message_document(document: msghead.Document) -> DocumentReference:
    """The first document of a message → what is said of it, without its content (which the message's resources hold)."""
    described = _described(document)
    ref_doc = document.ref_doc
    created, beside = sent_point(ref_doc.issue_date)
    attachment = Attachment(
        extension=as_sent(ref_doc.compression, "1204"),
        contentType=code_text(ref_doc.mime_type),
        url=_url(ref_doc.file_reference),
        title=content(ref_doc.description),
        creation=created,
        creation_ext=beside,
    )
    if attachment == Attachment():
        attachment = Attachment(extension=NOTHING_SAID)
    return _with_content(described, attachment, ref_doc)


def to_attachment(document: msghead.Document, desk: Desk) -> DocumentReference:
    """An attached document → DocumentReference; its bytes are a Binary that is laid on the desk."""
    described, ref_doc = _described(document), document.ref_doc
    inline = ref_doc.content.elements if ref_doc.content else ()
    held = next((e.held for e in inline if isinstance(e, Base64Container)), "")
    created, beside = sent_point(ref_doc.issue_date)
    named = code_text(ref_doc.mime_type)
    url, size = _url(ref_doc.file_reference), None
    if isinstance(held, LargeText):
        size, data = held.size, Base64Data(held.digits, held.parts)
        binary = Binary(contentType=named or UNNAMED_TYPE, securityContext=desk.patient)
        url = desk.add(binary, data=data).reference
    elif text := without_blanks(held):
        size = len(text) * 3 // 4 - text[-2:].count("=")
        binary = Binary(contentType=named or UNNAMED_TYPE, securityContext=desk.patient, data=text)
        url = desk.add(binary).reference
    attachment = Attachment(
        extension=as_sent(ref_doc.compression, "1204"),
        contentType=named or UNNAMED_TYPE,
        # What the sender does not name is bytes
        contentType_ext=None if named else Element(extension=NOTHING_SAID),
        url=url,
        size=size,
        title=content(ref_doc.description),
        creation=created,
        creation_ext=beside,
    )
    whole = _with_content(described, attachment, ref_doc)
    stay = (desk.encounter,) if desk.encounter else ()
    context = replace(whole.context or DocumentReferenceContext(), encounter=stay)
    return replace(
        whole,
        subject=desk.patient,
        author=(desk.sender,),
        date=created if created and "T" in created else None,
        context=context if context != DocumentReferenceContext() else None,
    )


def _with_content(
    described: DocumentReference, attachment: Attachment, ref_doc: msghead.RefDoc
) -> DocumentReference:
    held = DocumentReferenceContent(
        attachment=attachment, format=to_coding(ref_doc.msg_type, "8114")
    )
    return replace(described, content=(held,))


def _described(document: msghead.Document) -> DocumentReference:
    """What a Document says of itself → a DocumentReference that still lacks content, subject and author."""
    category = to_concept(document.content_category)
    consent, own = to_concept(document.consent), content(document.ref_doc.id)
    said = content(document.annotation)
    related = (_related(document.oid_ref, "urn:oid:"), _related(document.enquiry_ref_id, ""))
    period = sent_period(sent_point(document.from_date), sent_point(document.to_date))
    linked = tuple(r for r in related if r is not None)
    return DocumentReference(
        extension=(
            *as_sent(document.document_connection, "4702"),
            *((Extension(url=CONSENT_STATUS, valueCodeableConcept=consent),) if consent else ()),
            *((Extension(url=DOCUMENT_NOTE, valueString=said),) if said else ()),
        ),
        masterIdentifier=Identifier(value=own) if own else None,
        status="current",
        type=to_concept(document.content_type),
        category=(category,) if category else (),
        description=content(document.content_description),
        content=(),
        context=DocumentReferenceContext(period=period, related=linked)
        if period or linked
        else None,
    )


def _url(reference: str | None) -> str | None:
    # An anyURI may hold blanks, a FHIR url may not
    return "%20".join(reference.split()) or None if reference else None


def unread_documents(message: msghead.MsgHead) -> tuple[int, ...]:
    """A MsgHead → the places of attached documents whose content no resource holds (XML that is not base64)."""
    return tuple(
        place
        for place, document in enumerate(message.document)
        if place > 0
        and document.ref_doc.content is not None
        and not all(isinstance(e, Base64Container) for e in document.ref_doc.content.elements)
    )


def _related(value: str | None, prefix: str) -> Reference | None:
    text = content(value)
    if text is None:
        return None
    return Reference(
        identifier=Identifier(
            system=URI_SYSTEM if prefix else None, value=f"{prefix}{text.strip()}"
        )
    )
