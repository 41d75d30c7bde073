"""What is here of the series a message belongs to: by reference, by document, and as the last resort by content.

Source: hodemelding.md rules 2 and 3, plo.md §3 ("Out-of-order arrival is expected"), hub.mapping.series_links.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hub.emessage.read import Reading
from hub.fhir.reading import read_stored
from hub.flows.list_messages import patient_of_import
from hub.flows.store_draft import Desk
from hub.mapping.draft import StoredSeries
from hub.mapping.series import message_key, stored_series, to_action
from hub.mapping.series_links import (
    answering_links,
    conversation_link,
    likeness_link,
    named_links,
    orphan_link,
    own_links,
    refers,
)
from hub.mapping.times import order_key, to_date_time
from hub.ports import ImportRow, Unit


@dataclass(frozen=True, slots=True)
class Series:
    """A message's series.

    Shape: `name` is what all of it is found by, `links` what the message itself is stored under; `unmatched` = a change or
    cancellation that names nothing and fits nothing; `other_patient` = a message of another type in the same conversation
    is about somebody else.
    """

    stored: StoredSeries
    name: str
    links: tuple[str, ...]
    unmatched: bool = False
    other_patient: bool = False


def find_series(unit: Unit, desk: Desk, reading: Reading, patient_id: str) -> Series:
    """A reading and its patient → its series as it is stored here, in whatever order it came."""
    search = _Search(unit, desk, reading, patient_id)
    return search.run()


@dataclass(frozen=True, slots=True)
class _Search:
    unit: Unit
    desk: Desk
    reading: Reading
    patient_id: str

    def run(self) -> Series:
        assert self.reading.envelope is not None
        envelope, handling = self.reading.envelope, self.reading.handling
        links = own_links(envelope, handling)
        rows = self._named()
        action = to_action(handling.status)
        unmatched = False
        if action == "new":
            rows = rows or (self._orphans() if handling.status else [])
        elif not rows and not refers(envelope, handling):
            rows = self._alike()
            unmatched = not rows
        # The messages of a series bear one name, whatever each of them calls it
        name = rows[0].series if rows else conversation_link(envelope)
        links += (name, *answering_links(envelope))
        if handling.status:
            links += (likeness_link(envelope, handling, self.patient_id),)
        if unmatched:
            links += (orphan_link(envelope, handling, self.patient_id),)
        return Series(self._stored(rows), name, links, unmatched, self._other_patient())

    def _named(self) -> list[ImportRow]:
        """By reference and document; one step further, for a reference may name a change instead of the first message."""
        assert self.reading.envelope is not None
        first = self._linked(named_links(self.reading.envelope, self.reading.handling))
        return self._linked([row.series for row in first]) if first else []

    def _orphans(self) -> list[ImportRow]:
        """Changes and cancellations that came before this message and could name nothing: only what was sent after it."""
        assert self.reading.envelope is not None
        link = orphan_link(self.reading.envelope, self.reading.handling, self.patient_id)
        return [r for r in self._linked([link]) if self._first_sent([r]) > self._sent()]

    def _alike(self) -> list[ImportRow]:
        """The one series of the same content that stands and began before this message; of several, none: a person decides."""
        assert self.reading.envelope is not None
        link = likeness_link(self.reading.envelope, self.reading.handling, self.patient_id)
        series = dict.fromkeys(row.series for row in self._linked([link]))
        standing = [rows for s in series if self._stands(rows := self._linked([s]))]
        return standing[0] if len(standing) == 1 else []

    def _stands(self, rows: Sequence[ImportRow]) -> bool:
        messages = self._stored(rows).messages
        return (
            bool(messages)
            and all(m.action != "cancel" for m in messages)
            and self._first_sent(rows) <= self._sent()
        )

    def _first_sent(self, rows: Sequence[ImportRow]) -> str:
        return min((order_key(m.sent) for m in self._stored(rows).messages), default="")

    def _sent(self) -> str:
        assert self.reading.envelope is not None
        return order_key(to_date_time(self.reading.envelope.gen_date))

    def _other_patient(self) -> bool:
        envelope, tenant = self.reading.envelope, self.desk.actor.tenant_id
        assert envelope is not None
        rows = self.unit.inbox.linked(tenant, named_links(envelope, self.reading.handling))
        others = (r for r in rows if r.type != envelope.type and r.state == "imported")
        found = {patient_of_import(self.unit, tenant, row) for row in others}
        return bool(found - {"", self.patient_id})

    def _linked(self, links: Sequence[str]) -> list[ImportRow]:
        """Links → imports of the same type, this message itself aside."""
        envelope = self.reading.envelope
        assert envelope is not None
        own = message_key(envelope.msg_id)
        rows = self.unit.inbox.linked(self.desk.actor.tenant_id, [link for link in links if link])
        return [
            r for r in rows if r.type == envelope.type and r.msg_id != own and r.state == "imported"
        ]

    def _stored(self, rows: Iterable[ImportRow]) -> StoredSeries:
        found: list[Any] = []
        for place in dict.fromkeys(p for row in rows for p in row.resources):
            kind, _, resource_id = place.partition("/")
            if kind in ("Binary", "Provenance"):
                continue
            stored = self.unit.fhir.load(self.desk.permit("read", kind), kind, resource_id)
            if stored is not None and not stored.deleted:
                found.append(read_stored(stored.body, kind))
        return stored_series(found)
