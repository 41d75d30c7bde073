"""The FHIR resources of one message, to be found by the references between them.

Source: http://hl7.org/fhir/R4/references.html (literal, contained), http://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.datatypes import Extension, Reference
from hub.fhir.models.r4.document_reference import DocumentReference
from hub.mapping.fhir_parts import extension
from hub.mapping.message_urls import DOCUMENT_FORMATS
from hub.problems import ProblemCode, fail

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """Resources by reference. Shape: `resources` in order, by full URL or `Type/id`; `message` is the key of its Communication."""

    resources: Mapping[str, Any]
    message: str

    @property
    def communication(self) -> Communication:
        """The Communication that stands for the message.

        Problems: OUTPUT_INVALID when it is not here.
        """
        found = self.resources.get(self.message)
        if not isinstance(found, Communication):
            raise fail(ProblemCode.OUTPUT_INVALID, "There is no Communication for the message")
        return found

    def find(self, reference: Reference | None, within: Any, kind: type[T]) -> T | None:
        """A reference in a resource → what it points to, contained or beside it; None when it is not here or of another type."""
        where = reference.reference if reference is not None else None
        if where is None:
            return None
        if where.startswith("#"):
            found = next((r for r in within.contained if r.id == where[1:]), None)
        else:
            found = self.resources.get(where)
        return found if isinstance(found, kind) else None

    def all(self, kind: type[T]) -> Iterator[tuple[str, T]]:
        """The resources of a type in order, with their keys."""
        return ((key, r) for key, r in self.resources.items() if isinstance(r, kind))

    def pointed(
        self, extensions: Iterable[Extension], url: str, within: Any, kind: type[T]
    ) -> T | None:
        """Extensions → what the first with this URL points to."""
        found = extension(extensions, url)
        return self.find(found.valueReference, within, kind) if found is not None else None


def is_original(document: DocumentReference) -> bool:
    """A DocumentReference → whether it holds the message as it came, not one of its attachments."""
    formats = (content.format for content in document.content)
    return any(f is not None and f.system == DOCUMENT_FORMATS for f in formats)


def without_original(record: Record) -> Record:
    """A record → the same without the message as it came: the document that points to its bytes, and the bytes."""
    originals = {
        key: [content.attachment.url for content in document.content]
        for key, document in record.all(DocumentReference)
        if is_original(document)
    }
    gone = {*originals, *(url for urls in originals.values() for url in urls)}
    return Record({k: r for k, r in record.resources.items() if k not in gone}, record.message)
