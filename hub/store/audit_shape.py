"""The AuditEvent that an access is told by: built when an entry of the access log is read (ADR 0046).

The shape is that of IHE BALP: the client, the person behind it, the organisation and the hub are agents; what was seen, whose
it was, what was asked and the request are entities. Source: security/audit.md §3.
"""

from __future__ import annotations

import base64
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from hub.fhir.requests import AuditEntry, fhir_instant
from hub.policy import Organisation
from hub.policy.actor import Person
from hub.store.audit_events import KINDS, subtype_system

_json = msgspec.json.Encoder().encode
_DCM: Final = b'{"coding":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"%s"}]}'
# DCM roles of client and server, by interaction (audit.md §3.1)
_SOURCE: Final = _DCM % b"110153"
_DESTINATION: Final = _DCM % b"110152"
_APPLICATION: Final = _DCM % b"110150"
_CUSTODIAN: Final = b'{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"custodian"}]}'
_PERSON: Final = b'{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]}'
_ORGANISATION: Final = (
    b'{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleClass","code":"PROV"}]}'
)
ENH: Final = "urn:oid:2.16.578.1.12.4.1.4.101"
HER: Final = "urn:oid:2.16.578.1.12.4.1.2"
_ENTITY: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_TEST: Final = (
    b',"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]'
)
_READS: Final = ("read", "vread")


class Who(Struct, frozen=True):
    """As much of an actor as the log tells, and no actor: nothing can be asked for with it. Shape: as Actor; `purpose` of the attest."""

    id: str
    name: str
    client_id: str
    organisation: Organisation
    person: Person | None
    token_id: str
    purpose: str


class Access(Struct, frozen=True):
    """What an AuditEvent tells. Shape: as AuditEntry."""

    who: Who
    action: str
    interaction: str
    recorded: datetime
    resource_type: str
    resource_id: str
    version: int
    patient_id: str | None
    reason: str
    query: str
    request_id: str
    outcome: str
    address: str
    event: str
    named: str
    details: tuple[tuple[str, str], ...]
    party: tuple[str, str]


def render_audit(entry: AuditEntry, event_id: str, *, synthetic: bool = False) -> bytes:
    """An entry → its AuditEvent, as `render_access`."""
    actor, (_, *rest) = entry.actor, astuple(entry)
    purpose = "" if actor.attest is None else actor.attest.purpose
    who = Who(
        actor.id,
        actor.name,
        actor.client_id,
        actor.organisation,
        actor.person,
        actor.token_id,
        purpose,
    )
    return render_access(Access(who, *rest), event_id, synthetic=synthetic)


def render_access(entry: Access, event_id: str, *, synthetic: bool = False) -> bytes:
    """An access → AuditEvent JSON in the BALP shape, marked where the database holds no real person. Source: security/audit.md §3."""
    recorded = fhir_instant(entry.recorded).encode()
    return b"".join(
        (
            b'{"resourceType":"AuditEvent","id":"',
            event_id.encode(),
            b'","meta":{"versionId":"1","lastUpdated":"',
            recorded,
            b'"',
            _TEST if synthetic else b"",
            b"},",
            _kind(entry.event, entry.interaction),
            b',"action":"',
            entry.action.encode(),
            b'","recorded":"',
            recorded,
            b'","outcome":"',
            entry.outcome.encode(),
            b'","outcomeDesc":',
            _json(entry.reason or "permitted"),
            _purpose(entry.who),
            b',"agent":[',
            _agents(entry),
            b'],"source":{"site":"DHO hub","observer":{"type":"Device","display":"DHO hub"}}',
            _entities(entry),
            b"}",
        )
    )


@lru_cache(maxsize=256)
def _kind(event: str, code: str) -> bytes:
    """An event and its subtype → `type` and `subtype`."""
    kind = KINDS[event]
    system = subtype_system(kind, code)
    told = {"system": system, "code": code} if system else {"code": code}
    return b'"type":%s,"subtype":[%s]' % (
        _json({"system": kind.system, "code": kind.code}),
        _json(told),
    )


def _purpose(who: Who) -> bytes:
    if not who.purpose:
        return b""
    return (
        b',"purposeOfEvent":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":%s}]}]'
        % _json(who.purpose)
    )


def _agents(entry: Access) -> bytes:
    """The client, the person and the organisation behind it, the hub, and who else has a part."""
    if entry.event != "rest":
        return _beside(entry)
    if entry.action == "D":
        return _involved(entry.who, entry.address, _APPLICATION, _CUSTODIAN)
    if entry.interaction in _READS:
        return _involved(entry.who, entry.address, _DESTINATION, _SOURCE)
    return _involved(entry.who, entry.address, _SOURCE, _DESTINATION)


def _beside(entry: Access) -> bytes:
    """The agents of what is no call of the API: what acts, the hub, and the other side of a message."""
    kind = KINDS[entry.event]
    agents = _involved(entry.who, entry.address, _APPLICATION, _coded(*kind.server))
    number, name = entry.party
    if not number:
        return agents
    who: dict[str, object] = {"identifier": {"system": HER, "value": number}}
    if name:
        who["display"] = name
    return b'%s,{"type":%s,"who":%s,"requestor":false}' % (agents, _coded(*kind.party), _json(who))


def _coded(system: str, code: str) -> bytes:
    return _json({"coding": [{"system": system, "code": code}]})


@lru_cache(maxsize=256)
def _involved(actor: Who, address: str, client: bytes, server: bytes) -> bytes:
    """Who acted and from where, and the parts of client and hub → the agents, the same for all that a token does in a row."""
    alone = actor.person is None
    network = b',"network":{"address":%s,"type":"2"}' % _json(address) if address else b""
    told = actor.name if alone else actor.client_id
    parts = [
        b'{"type":%s,"who":{"identifier":{"value":%s},"display":%s},"requestor":%s%s%s}'
        % (
            client,
            _json(actor.id if alone else actor.client_id),
            _json(told),
            b"true" if alone else b"false",
            _policy(actor),
            network,
        )
    ]
    if not alone:
        parts.append(_person(actor))
    parts += [
        b'{"type":%s,"who":{"identifier":{"system":"%s","value":%s}},"requestor":false}'
        % (_ORGANISATION, ENH.encode(), _json(number))
        for number in (actor.organisation.parent, actor.organisation.child)
        if number
    ]
    parts.append(b'{"type":%s,"who":{"display":"DHO hub"},"requestor":false}' % server)
    return b",".join(parts)


def _policy(actor: Who) -> bytes:
    """The token that was shown, by its id alone."""
    if not actor.token_id:
        return b""
    return b',"policy":[%s]' % _json(f"urn:ietf:params:oauth:jti:{actor.token_id}")


def _person(actor: Who) -> bytes:
    """Who has logged in: the issuer's name for them, never a national number; the HPR number and the role beside."""
    person = actor.person
    assert person is not None
    roles: list[dict[str, object]] = []
    if person.authorisation:
        roles.append({"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9060", "code": person.authorisation}]})  # fmt: skip
    more: dict[str, object] = {"role": roles} if roles else {}
    if person.hpr:
        more["altId"] = person.hpr
    told = _json(
        {
            "who": {
                "identifier": {"system": person.issuer, "value": person.id},
                "display": person.name,
            },
            "name": person.name,
            "requestor": True,
            **more,
        }
    )
    return b'{"type":%s,%s' % (_PERSON, told[1:])


def _named(entry: Access) -> bytes:
    """What is no resource, by its name, with what is to be told of it."""
    told: dict[str, object] = {"type": {"system": _ENTITY, "code": "2"}}
    if entry.named:
        told["what"] = {"identifier": {"value": entry.named}}
    details = [{"type": name, "valueString": value} for name, value in entry.details if value]
    return _json({**told, "detail": details} if details else told)


def _entities(entry: Access) -> bytes:
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
    if entry.named or entry.details:
        parts.append(_named(entry))
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
