"""The access log: one AuditEvent per access, written in the access's own transaction (security/audit.md)."""

from __future__ import annotations

import base64
from typing import Final

import msgspec

from hub.fhir.requests import AuditEntry, fhir_instant
from hub.fhir.search.dates import micros
from hub.store.connection import Connection

_json = msgspec.json.Encoder().encode
_INSERT: Final = (
    "INSERT INTO audit_event (rid, tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body)"
    " VALUES (?, ?, ?, 1, ?, ?, 0, ?, ?, ?)"
)
_REST: Final = (
    b'"type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"}'
)
# DCM roles of client and server, by interaction (audit.md §3.1)
_SOURCE: Final = (
    b'{"coding":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110153"}]}'
)
_DESTINATION: Final = (
    b'{"coding":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110152"}]}'
)
_READS: Final = ("read", "vread")


def write_audit(connection: Connection, entry: AuditEntry) -> None:
    """An access → its AuditEvent row. Id and row number count on from the last row: writers take turns on every engine."""
    at = micros(entry.recorded)
    (last,) = connection.execute("SELECT coalesce(max(rid), 0) FROM audit_event").fetchone()
    rid = last + 1
    event_id = f"a{rid}"
    connection.execute(
        _INSERT,
        (
            rid,
            entry.actor.tenant_id,
            event_id,
            at,
            entry.patient_id or "",
            at,
            at + 1000,
            render_audit(entry, event_id),
        ),
    )


def render_audit(entry: AuditEntry, event_id: str) -> bytes:
    """An access → AuditEvent JSON in the BALP shape. Source: security/audit.md §3."""
    recorded = fhir_instant(entry.recorded).encode()
    client, server = (
        (_DESTINATION, _SOURCE) if entry.interaction in _READS else (_SOURCE, _DESTINATION)
    )
    return b"".join(
        (
            b'{"resourceType":"AuditEvent","id":"',
            event_id.encode(),
            b'","meta":{"versionId":"1","lastUpdated":"',
            recorded,
            b'"},',
            _REST,
            b',"subtype":[{"system":"http://hl7.org/fhir/restful-interaction","code":"',
            entry.interaction.encode(),
            b'"}],"action":"',
            entry.action.encode(),
            b'","recorded":"',
            recorded,
            b'","outcome":"',
            entry.outcome.encode(),
            b'","outcomeDesc":',
            _json(entry.reason or "permitted"),
            b',"agent":[{"type":',
            client,
            b',"who":{"identifier":{"value":',
            _json(entry.actor.id),
            b'},"display":',
            _json(entry.actor.name),
            b'},"requestor":true},{"type":',
            server,
            b',"who":{"display":"DHO hub"},"requestor":false}],"source":{"observer":{"display":"DHO hub"}}',
            _entities(entry),
            b"}",
        )
    )


def _entities(entry: AuditEntry) -> bytes:
    parts: list[bytes] = []
    if entry.resource_id:
        version = b"/_history/%d" % entry.version if entry.version else b""
        parts.append(
            b'{"what":{"reference":"%s/%s%s"},"type":{"system":"http://terminology.hl7.org/CodeSystem/'
            b'audit-entity-type","code":"2"},"role":{"system":"http://terminology.hl7.org/CodeSystem/object-role",'
            b'"code":"4"}}' % (entry.resource_type.encode(), entry.resource_id.encode(), version)
        )
    if entry.patient_id:
        parts.append(
            b'{"what":{"reference":"Patient/%s"},"type":{"system":"http://terminology.hl7.org/CodeSystem/'
            b'audit-entity-type","code":"1"},"role":{"system":"http://terminology.hl7.org/CodeSystem/object-role",'
            b'"code":"1"}}' % entry.patient_id.encode()
        )
    if entry.query:
        parts.append(
            b'{"type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"2"},"role":{"system":'
            b'"http://terminology.hl7.org/CodeSystem/object-role","code":"24"},"query":"%s"}'
            % base64.b64encode(entry.query.encode())
        )
    if entry.request_id:
        parts.append(
            b'{"what":{"identifier":{"value":%s}},"type":{"system":"https://profiles.ihe.net/ITI/BALP/CodeSystem/'
            b'BasicAuditEntityType","code":"XrequestId"}}' % _json(entry.request_id)
        )
    return b',"entity":[' + b",".join(parts) + b"]" if parts else b""
