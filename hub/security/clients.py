"""What a token says and what is registered → who acts, or why nobody does.

A valid token of a client that is not registered opens nothing. The tenant comes from the agreement for the organisation
that the token names; nothing else in a request chooses it.
Source: security README §3; security/helseid.md §3 (trust levels), §5 (7).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Final

from hub.policy.actor import Actor, ActorKind, Organisation, Person
from hub.policy.scopes import Scope, parse_scopes
from hub.ports import Agreement, Client
from hub.security.claims import Claims
from hub.security.refusal import LEVEL, Refusal, RefusedError
from hub.security.scope_table import to_smart

BEARER: Final = "legacy_bearer"
PERSONS: Final[frozenset[ActorKind]] = frozenset(
    ("clinician", "operator", "tenant_admin", "privacy_officer")
)


def find_actor(claims: Claims, client: Client | None, now: float, address: str) -> Actor:
    """A token's claims, its client's registration and where the request comes from → the actor. Raises RefusedError.

    Problems: 401 where the client may not ask at all, 403 where its organisation has no agreement.
    """
    client = _active(claims, client, now, address)
    agreement = _agreement(claims, client, now)
    if agreement is None:
        raise RefusedError(Refusal.NO_AGREEMENT, "no agreement", client.client_id)
    kind = _kind(claims, client)
    organisation = Organisation(agreement.organisation, claims.child, claims.supplier)
    return Actor(
        kind,
        client.client_id if claims.person is None else claims.person.subject,
        client.name if claims.person is None else claims.person.name or client.name,
        agreement.tenant_id,
        client_id=client.client_id,
        scopes=narrow(to_smart(claims.scopes), client.scopes, user=claims.person is not None),
        organisation=organisation,
        person=_person(claims),
        guest=agreement.guest,
        token_id=claims.jti,
    )


def _active(claims: Claims, client: Client | None, now: float, address: str) -> Client:
    if client is None:
        raise RefusedError(Refusal.INVALID_TOKEN, "client not registered", claims.client_id)
    why = ""
    if client.status != "active":
        why = "client not active"
    elif client.expires is not None and client.expires <= now:
        why = "registration expired"
    elif not claims.jkt and client.profile != BEARER:
        why = "bearer token of a client that must use DPoP"
    elif client.networks and not is_within(address, client.networks):
        why = "from another network"
    if why:
        raise RefusedError(Refusal.INVALID_TOKEN, why, client.client_id)
    return client


def is_within(address: str, networks: Iterable[str]) -> bool:
    """A peer's address and networks → whether it lies in one of them."""
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return any(here in ip_network(network) for network in networks)


def _agreement(claims: Claims, client: Client, now: float) -> Agreement | None:
    """The one agreement that stands today for the organisation the token names, its child and its supplier."""
    if claims.supplier != client.supplier:
        return None
    for agreement in standing(client, now):
        if agreement.organisation == claims.parent:
            known = not claims.child or claims.child in agreement.children
            return agreement if known else None
    return None


def standing(client: Client, now: float) -> list[Agreement]:
    """A client → its agreements in force."""
    return [
        agreement
        for agreement in client.agreements
        if agreement.begins <= now and (agreement.ends is None or now < agreement.ends)
    ]


def _kind(claims: Claims, client: Client) -> ActorKind:
    """System or person: a token of one kind never acts as the other."""
    if claims.person is None:
        if client.kind in PERSONS:
            raise RefusedError(Refusal.INVALID_TOKEN, "a person is needed", client.client_id)
        return client.kind
    kind = client.user_kind or (client.kind if client.kind in PERSONS else "")
    if not kind:
        raise RefusedError(Refusal.INVALID_TOKEN, "no persons by this client", client.client_id)
    return kind


def _person(claims: Claims) -> Person | None:
    person = claims.person
    if person is None:
        return None
    return Person(claims.issuer, person.subject, person.name, int(LEVEL), person.hpr)


def narrow(asked: Iterable[str], registered: Iterable[str], *, user: bool) -> tuple[Scope, ...]:
    """SMART scopes of a token and those registered for its client → what both grant.

    Drops: `system/` of a person's token, `user/` and `patient/` of a system's (smart.md §2).
    """
    levels = ("user", "patient") if user else ("system",)
    may = parse_scopes(registered)
    found: dict[Scope, None] = {}
    for scope in parse_scopes(asked):
        if scope.level not in levels:
            continue
        for limit in may:
            both = _both(scope, limit)
            if both is not None:
                found[both] = None
    return tuple(found)


def _both(scope: Scope, limit: Scope) -> Scope | None:
    if scope.level != limit.level:
        return None
    if "*" not in (scope.type, limit.type) and scope.type != limit.type:
        return None
    kind = limit.type if scope.type == "*" else scope.type
    wild = scope if limit.type != "*" else limit
    if "*" in (scope.type, limit.type) and kind != "*" and not wild.covers(kind, wild.letters[0]):
        return None
    letters = "".join(letter for letter in scope.letters if letter in limit.letters)
    if not letters:
        return None
    return Scope(scope.level, kind, letters, (*scope.narrowed, *limit.narrowed))
