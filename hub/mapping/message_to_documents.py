"""The documents of a MsgHead → one DocumentReference each: the first is the message itself, the others attachments.

What the envelope says of the patient is kept as the source's words (`sourcePatientInfo`), never written into the Patient.
Drops: RefDoc/MsgType (says only what kind of content follows); XML that is attached without being a Base64Container is
found in the raw message alone (no FHIR element carries serialised XML).
Source: hodemelding.md ("Attachments"); http://hl7.org/fhir/R4/documentreference.html.
"""

from __future__ import annotations

from hub.emessage import msghead
from hub.emessage.datatypes import Base64Container
from hub.fhir.models.r4.datatypes import Attachment, Extension, Identifier, Period, Reference
from hub.fhir.models.r4.document_reference import (
    DocumentReference,
    DocumentReferenceContent,
    DocumentReferenceContext,
)
from hub.mapping.codes import as_sent, code_text, content, period_of, point, to_concept
from hub.mapping.draft import Context, Desk
from hub.mapping.message_urls import CONSENT_STATUS
from hub.mapping.narrative import Contained
from hub.mapping.patient import patient_label, to_patient
from hub.mapping.urls import URI_SYSTEM


def to_document(
    message: msghead.MsgHead, place: int, desk: Desk, context: Context
) -> DocumentReference:
    """The document at a place of the message → DocumentReference; the first is the message itself, others attachments."""
    document, info, contained = message.document[place], message.msg_info, Contained()
    source = info.patient
    about = (
        contained.add(to_patient(source, desk.sender.display), patient_label(source))
        if source and place == 0
        else None
    )
    category = (to_concept(document.content_type), to_concept(document.content_category))
    consent = to_concept(document.consent, "9064")
    kind = to_concept(info.type, "8279") if place == 0 else None
    own = content(document.ref_doc.id)
    issued = point(document.ref_doc.issue_date)
    related = (_related(document.oid_ref, "urn:oid:"), _related(document.enquiry_ref_id, ""))
    described = (content(document.content_description), content(document.annotation))
    return DocumentReference(
        extension=(
            *as_sent(document.document_connection, "4702"),
            *((Extension(url=CONSENT_STATUS, valueCodeableConcept=consent),) if consent else ()),
        ),
        masterIdentifier=Identifier(value=own) if own else None,
        status="current",
        type=kind,
        category=tuple(c for c in category if c is not None),
        subject=desk.patient,
        date=issued if issued and "T" in issued else None,
        author=(desk.sender,),
        description="\n".join(d for d in described if d) or None,
        content=(_content(document.ref_doc, issued, context.raw if place == 0 else None),),
        context=DocumentReferenceContext(
            encounter=(desk.encounter,) if desk.encounter else (),
            period=_validity(document),
            sourcePatientInfo=about,
            related=tuple(r for r in related if r is not None),
        ),
        contained=contained.listed(),
    )


def _validity(document: msghead.Document) -> Period | None:
    return period_of(point(document.from_date), point(document.to_date))


def _content(
    ref_doc: msghead.RefDoc, issued: str | None, raw: str | None
) -> DocumentReferenceContent:
    inline = ref_doc.content.elements if ref_doc.content else ()
    data = next(("".join(e.text.split()) for e in inline if isinstance(e, Base64Container)), None)
    return DocumentReferenceContent(
        attachment=Attachment(
            extension=as_sent(ref_doc.compression, "1204"),
            # att-1: data need a type; what the sender does not name is bytes
            contentType=code_text(ref_doc.mime_type)
            or ("application/octet-stream" if data else "text/xml"),
            data=data or None,
            url=raw or _url(ref_doc.file_reference),
            title=content(ref_doc.description),
            creation=issued,
        )
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
