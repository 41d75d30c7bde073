"""The stand-in issuer's clients, as they are registered with a hub: for tests, demo and testers, in synthetic databases only."""

from __future__ import annotations

from collections.abc import Sequence

from hub.ports import Agreement, Client
from hub.standin.actors import ACTORS, MUNICIPALITY, OTHER_MUNICIPALITY, UNREGISTERED, StandinActor
from hub.store import migrate
from hub.store.clients import ClientTable
from hub.store.connection import Connection

OTHER_TENANT = 2
_TENANTS = {OTHER_MUNICIPALITY: OTHER_TENANT}


def clients_of(issuer: str) -> Sequence[Client]:
    """An issuer's name → its clients with their agreements, one for each client id."""
    found: dict[str, Client] = {}
    systems = [actor for actor in ACTORS.values() if actor.human is None]
    persons = [actor for actor in ACTORS.values() if actor.human is not None]
    for actor in (*systems, *persons):
        if actor.client_id in UNREGISTERED:
            continue
        known = found.get(actor.client_id)
        found[actor.client_id] = (
            _client(issuer, actor) if known is None else _with_user(known, actor)
        )
    return list(found.values())


def _client(issuer: str, actor: StandinActor) -> Client:
    tenant = _TENANTS.get(actor.parent, migrate.DEMO_TENANT)
    own = actor.parent in (MUNICIPALITY, OTHER_MUNICIPALITY)
    children = frozenset({actor.child} if actor.child else ())
    agreement = Agreement(actor.parent, tenant, not own, 0.0, None, children)
    return Client(
        issuer,
        actor.client_id,
        actor.kind,
        actor.about,
        actor.scopes,
        user_kind=actor.kind if actor.human is not None else "",
        supplier=actor.supplier,
        agreements=(agreement,),
    )


def _with_user(client: Client, actor: StandinActor) -> Client:
    return Client(
        client.issuer,
        client.client_id,
        client.kind,
        client.name,
        (*client.scopes, *actor.scopes),
        user_kind=actor.kind,
        supplier=client.supplier,
        agreements=client.agreements,
    )


def register(connection: Connection, issuer: str, now: float) -> int:
    """A transaction on a synthetic database → the stand-in's clients are registered; how many."""
    connection.execute(
        "INSERT INTO tenant (id, name, org_number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (OTHER_TENANT, "En annen kommune (demo)", OTHER_MUNICIPALITY),
    )
    clients = clients_of(issuer)
    for client in clients:
        ClientTable(connection).save(client, now)
    return len(clients)
