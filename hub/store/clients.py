"""Registered clients with their agreements (hub.ports.ClientRegister), and the commands' way to keep them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from hub.policy.actor import ActorKind
from hub.ports import Agreement, Client
from hub.store.connection import Connection
from hub.store.engine import Engine

MICROS: Final = 1_000_000
_COLUMNS: Final = "issuer, client_id, kind, user_kind, name, scopes, profile, supplier, networks, contact, expires, status, jwks"
_AGREEMENTS: Final = (
    "SELECT a.organisation, a.tenant_id, t.org_number, a.begins, a.ends, a.children FROM client_agreement a"
    " JOIN tenant t ON t.id = a.tenant_id WHERE a.issuer = ? AND a.client_id = ? ORDER BY a.organisation, a.begins"
)


class ClientTable:
    """The registered clients, inside one transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def find(self, issuer: str, client_id: str) -> Client | None:
        """An issuer and the client's id there → the client with its agreements."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM client WHERE issuer = ? AND client_id = ?", (issuer, client_id)
        ).fetchone()
        return None if row is None else self._client(row)

    def everyone(self) -> Sequence[Client]:
        """Nothing → all clients, by issuer and id."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM client ORDER BY issuer, client_id"
        ).fetchall()
        return [self._client(row) for row in rows]

    def save(self, client: Client, now: float) -> None:
        """A client → registered with exactly these agreements, new or changed."""
        values = (
            client.issuer, client.client_id, client.kind, client.user_kind, client.name, " ".join(client.scopes), client.profile,
            client.supplier, " ".join(client.networks), client.contact, _stamp(client.expires), client.status, client.jwks,
            int(now * MICROS),
        )  # fmt: skip
        self._connection.execute(
            f"INSERT INTO client ({_COLUMNS}, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (issuer, client_id) DO UPDATE SET kind = excluded.kind, user_kind = excluded.user_kind,"
            " name = excluded.name, scopes = excluded.scopes, profile = excluded.profile, supplier = excluded.supplier,"
            " networks = excluded.networks, contact = excluded.contact, expires = excluded.expires,"
            " status = excluded.status, jwks = excluded.jwks, changed = excluded.changed",
            values,
        )
        key = (client.issuer, client.client_id)
        self._connection.execute(
            "DELETE FROM client_agreement WHERE issuer = ? AND client_id = ?", key
        )
        for agreement in client.agreements:
            self._connection.execute(
                "INSERT INTO client_agreement (issuer, client_id, organisation, begins, tenant_id, ends, children)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *key,
                    agreement.organisation,
                    _stamp(agreement.begins),
                    agreement.tenant_id,
                    _stamp(agreement.ends),
                    " ".join(sorted(agreement.children)),
                ),
            )

    def tenants(self) -> dict[str, int]:
        """Nothing → the tenants by their organisation numbers."""
        rows = self._connection.execute("SELECT org_number, id FROM tenant").fetchall()
        return dict(rows)

    def _client(self, row: Sequence[Any]) -> Client:
        issuer, client_id, kind, user_kind, name, scopes, profile, supplier, networks = row[:9]
        contact, expires, status, jwks = row[9:]
        agreements = self._connection.execute(_AGREEMENTS, (issuer, client_id)).fetchall()
        return Client(
            issuer,
            client_id,
            cast("ActorKind", kind),
            name,
            tuple(scopes.split()),
            cast("ActorKind", user_kind),
            profile,
            supplier,
            tuple(networks.split()),
            contact,
            _seconds(expires),
            status,
            jwks,
            tuple(_agreement(each) for each in agreements),
        )


def _agreement(row: Sequence[Any]) -> Agreement:
    organisation, tenant_id, own, begins, ends, children = row
    return Agreement(
        organisation,
        tenant_id,
        organisation != own,
        begins / MICROS,
        _seconds(ends),
        frozenset(children.split()),
    )


def _stamp(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * MICROS)


def _seconds(stamp: int | None) -> float | None:
    return None if stamp is None else stamp / MICROS


class StoredClients:
    """hub.ports.ClientRegister over an engine."""

    def __init__(self, engine: Engine) -> None:
        """An open engine."""
        self._engine = engine

    async def find(self, issuer: str, client_id: str) -> Client | None:
        """An issuer and the client's id there → the client with its agreements."""
        return await self._engine.read(
            lambda connection: ClientTable(connection).find(issuer, client_id)
        )
