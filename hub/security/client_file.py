"""A registration in a file (JSON) → a client, or all that is wrong with it; and back.

The file names tenants by their organisation number, times as ISO 8601; what is not said is refused where it matters.
Source: security README §3 (client registry entry).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from ipaddress import ip_network
from typing import Any, Final, cast, get_args

import msgspec

from hub.policy import ActorKind, parse_scope
from hub.ports import Agreement, Client
from hub.security.clients import BEARER, PERSONS
from hub.security.jose import BadJoseError, PublicKey, parse_object
from hub.security.jwks import parse_jwks
from hub.security.published_keys import is_published
from hub.values import parse_org_number

KINDS: Final = frozenset(get_args(ActorKind)) - {"development", "internal_job"}
"""As what a client may act; nobody becomes the hub itself."""


class AgreementFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """For whom a client may ask. Shape: `organisation` and `children` 9 digits; `tenant` the tenant's number, default the same."""

    organisation: str
    begins: date
    tenant: str = ""
    ends: date | None = None
    children: tuple[str, ...] = ()


class ClientFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One client. Shape: as hub.ports.Client."""

    issuer: str
    client_id: str
    kind: str
    name: str
    scopes: tuple[str, ...]
    contact: str
    agreements: tuple[AgreementFile, ...]
    user_kind: str = ""
    profile: str = "dpop"
    supplier: str = ""
    networks: tuple[str, ...] = ()
    expires: date | None = None
    status: str = "active"
    jwks: dict[str, Any] | None = None


class BadRegistrationError(Exception):
    """A registration that cannot be used; the text says all that is wrong."""


def parse_clients(data: bytes, tenants: Mapping[str, int]) -> list[Client]:
    """A file with one client or a list of them, and the tenants by number → clients. Raises BadRegistrationError."""
    try:
        kind = list[ClientFile] if data.lstrip()[:1] == b"[" else ClientFile
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadRegistrationError(str(error)) from None
    files = found if isinstance(found, list) else [found]
    faults = [f"{file.client_id}: {fault}" for file in files for fault in _faults(file, tenants)]
    if faults:
        raise BadRegistrationError("\n".join(faults))
    return [_client(file, tenants) for file in files]


def _faults(file: ClientFile, tenants: Mapping[str, int]) -> list[str]:
    faults: list[str] = []
    if not file.issuer or not file.client_id.strip():
        faults.append("issuer and client_id must be said")
    if file.kind not in KINDS or (file.user_kind and file.user_kind not in PERSONS):
        faults.append(f"kind is one of {', '.join(sorted(KINDS))}; user_kind a person's")
    if file.profile not in ("dpop", BEARER):
        faults.append(f"profile is dpop or {BEARER}")
    if file.status not in ("active", "closed"):
        faults.append("status is active or closed")
    faults += [f"{s} is no SMART scope (v2)" for s in file.scopes if parse_scope(s) is None]
    faults += [f"{n} is no network" for n in file.networks if not _is_network(n)]
    numbers = [file.supplier] if file.supplier else []
    for agreement in file.agreements:
        numbers += [agreement.organisation, *agreement.children]
        if (agreement.tenant or agreement.organisation) not in tenants:
            faults.append(f"{agreement.tenant or agreement.organisation} is no tenant of this hub")
        if agreement.ends is not None and agreement.ends <= agreement.begins:
            faults.append("an agreement ends before it begins")
    faults += [f"{n} is no organisation number" for n in numbers if parse_org_number(n) is None]
    keys = {} if file.jwks is None else _keys(file.jwks)
    if file.jwks is not None and not keys:
        faults.append("jwks holds no public key that can be used, with a kid")
    if any(is_published(key.thumbprint) for key in keys.values()):
        faults.append("jwks holds a key that was published: anybody could speak as this client")
    return faults


def _is_network(text: str) -> bool:
    try:
        return bool(ip_network(text))
    except ValueError:
        return False


def _keys(jwks: dict[str, Any]) -> dict[str, PublicKey]:
    try:
        return parse_jwks(parse_object(msgspec.json.encode(jwks)))
    except BadJoseError:
        return {}


def _client(file: ClientFile, tenants: Mapping[str, int]) -> Client:
    agreements: list[Agreement] = []
    for each in file.agreements:
        tenant = each.tenant or each.organisation
        agreements.append(
            Agreement(
                each.organisation,
                tenants[tenant],
                tenant != each.organisation,
                _start_of(each.begins),
                None if each.ends is None else _start_of(each.ends),
                frozenset(each.children),
            )
        )
    return Client(
        file.issuer,
        file.client_id,
        cast("ActorKind", file.kind),
        file.name,
        file.scopes,
        cast("ActorKind", file.user_kind),
        file.profile,
        file.supplier,
        file.networks,
        file.contact,
        None if file.expires is None else _start_of(file.expires),
        file.status,
        "" if file.jwks is None else msgspec.json.encode(file.jwks).decode(),
        tuple(agreements),
    )


def _start_of(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def to_json(client: Client, tenants: Mapping[int, str]) -> dict[str, Any]:
    """A client and the tenants' numbers → what a program reads; its keys are not repeated."""
    return {
        "issuer": client.issuer,
        "client_id": client.client_id,
        "kind": client.kind,
        "user_kind": client.user_kind,
        "name": client.name,
        "scopes": client.scopes,
        "profile": client.profile,
        "supplier": client.supplier,
        "networks": client.networks,
        "contact": client.contact,
        "expires": _day(client.expires),
        "status": client.status,
        "agreements": [
            {
                "organisation": each.organisation,
                "tenant": tenants.get(each.tenant_id, ""),
                "begins": _day(each.begins),
                "ends": _day(each.ends),
                "children": sorted(each.children),
            }
            for each in client.agreements
        ],
    }


def _day(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
