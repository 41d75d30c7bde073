"""What a message mapper gives back and what it must be told: pure values between the flow and the mappers.

Source: architecture D2, D4, D7 (a message, its data and its receipt are stored in one transaction); hodemelding.md rule 2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec

from hub.fhir.large import Base64Data
from hub.fhir.models.r4.bundle import Bundle, BundleEntry, BundleEntryRequest
from hub.fhir.models.r4.composition import CompositionEvent, CompositionSection
from hub.fhir.models.r4.datatypes import Meta, Reference
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.task import Task
from hub.mapping.narrative import Contained

Action = Literal["new", "replace", "cancel"]
"""What the message asks for: a series begins, its content is replaced, it is withdrawn (7309 N, M, C)."""

Effect = Literal["in-force", "superseded", "withdrawn"]
"""What has become of the message's own content: it counts, a later change took its place, the series is withdrawn."""


class SeriesKey(msgspec.Struct, frozen=True):
    """A message with its changes and its cancellation.

    Shape: `sender` is the HER-id of the sending entity (level 1; "" when it has none), `conversation` the MsgId of the
    series' first message, in lower case.
    """

    sender: str
    conversation: str


class SeriesMessage(msgspec.Struct, frozen=True):
    """An earlier received message of the same series. Shape: `sent` is GenDate as FHIR dateTime."""

    msg_id: str
    action: Action
    sent: str


class StoredSeries(msgspec.Struct, frozen=True):
    """What is here of a series when one of its messages arrives.

    Shape: `resources` are the current versions of everything its messages made (with id), Communications included.
    """

    messages: tuple[SeriesMessage, ...] = ()
    resources: tuple[msgspec.Struct, ...] = ()


class Context(msgspec.Struct, frozen=True):
    """What a mapper must be told beside the message.

    Shape: `stays` and `tasks` are the patient's Encounters and Tasks that came from messages (any status), `raw` is a
    reference to the stored bytes ("Binary/…"), `series` what is here of the message's own series.
    """

    patient_id: str
    new_id: Callable[[], str]
    received: datetime
    stays: tuple[Encounter, ...] = ()
    tasks: tuple[Task, ...] = ()
    series: StoredSeries = StoredSeries()
    raw: str | None = None


class Created(msgspec.Struct, frozen=True):
    """A resource to create.

    Shape: `full_url` is the urn:uuid by which the other resources of the draft refer to it; `data` the content of a large
    Binary, whose `resource` is without it.
    """

    full_url: str
    resource: msgspec.Struct
    data: Base64Data | None = None

    @property
    def whole(self) -> msgspec.Struct:
        """The resource with all it holds."""
        if self.data is None:
            return self.resource
        return msgspec.structs.replace(self.resource, data=self.data.text)


class Draft(msgspec.Struct, frozen=True):
    """All that a message changes, to be stored at once.

    Shape: `create` in an order in which references are met after what they point to where that is possible; `update`
    are new versions of resources that exist (they keep `id` and the `meta.versionId` they were read with);
    `communication` is the full_url of the Communication that stands for the message.
    """

    action: Action
    effect: Effect
    series: SeriesKey
    create: tuple[Created, ...]
    update: tuple[msgspec.Struct, ...]
    communication: str

    @property
    def targets(self) -> tuple[str, ...]:
        """What a Provenance to the raw message points at: full_urls of the new, Type/id of the changed."""
        return (
            *(c.full_url for c in self.create),
            *(f"{_type_of(r)}/{_attribute(r, 'id')}" for r in self.update),
        )


def draft_to_bundle(draft: Draft) -> Bundle:
    """A draft → transaction Bundle: POST for the new, PUT with If-Match for the changed."""
    posts = tuple(
        BundleEntry(
            fullUrl=c.full_url,
            resource=c.whole,
            request=BundleEntryRequest(method="POST", url=_type_of(c.resource)),
        )
        for c in draft.create
    )
    puts = tuple(BundleEntry(resource=r, request=_put(r)) for r in draft.update)
    return Bundle(type="transaction", entry=(*posts, *puts))


def _put(resource: msgspec.Struct) -> BundleEntryRequest:
    meta: Meta | None = _attribute(resource, "meta")
    version = meta.versionId if meta else None
    return BundleEntryRequest(
        method="PUT",
        url=f"{_type_of(resource)}/{_attribute(resource, 'id')}",
        ifMatch=f'W/"{version}"' if version else None,
    )


def _type_of(resource: msgspec.Struct) -> str:
    return type(resource).__name__


def _attribute(resource: msgspec.Struct, name: str) -> Any:
    return getattr(resource, name)


class Desk(msgspec.Struct, frozen=True):
    """Where the parts of one message are laid down while it is being mapped.

    Shape: `patient` is the matched patient, `encounter` the stay (None when the message names none), `sender` and
    `receiver` the communication parties, `sent` GenDate as FHIR dateTime; `meta` marks every resource with the message
    it came from; `created`, and the Composition's `sections`, `events` and `contained`, grow.
    """

    patient: Reference
    encounter: Reference | None
    sender: Reference
    receiver: Reference
    sent: str
    meta: Meta
    new_id: Callable[[], str]
    created: list[Created] = []
    sections: list[CompositionSection] = []
    events: list[CompositionEvent] = []
    contained: Contained = msgspec.field(default_factory=Contained)

    def add(
        self,
        resource: msgspec.Struct,
        display: str | None = None,
        data: Base64Data | None = None,
    ) -> Reference:
        """A resource without id → it is kept, marked with its source; the reference the others use."""
        full_url = f"urn:uuid:{self.new_id()}"
        marked = self.meta
        meta: Meta | None = _attribute(resource, "meta")
        if meta is not marked:
            if meta is not None:
                marked = msgspec.structs.replace(marked, **_given(meta))
            resource = msgspec.structs.replace(resource, meta=marked)
        self.created.append(Created(full_url, resource, data))
        return Reference(
            reference=full_url, type=resource.__class__.__name__, display=display or None
        )

    def section(self, section: CompositionSection | None) -> None:
        """A section of the message's Composition → it is kept (None: nothing to keep)."""
        if section is not None:
            self.sections.append(section)


def _given(meta: Meta) -> dict[str, Any]:
    return {
        name: value for name in ("profile", "security", "tag") if (value := getattr(meta, name))
    }
