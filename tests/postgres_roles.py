"""The two narrow roles of a deployment on PostgreSQL, for as long as a test needs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.store.address import PostgresAddress
from hub.store.migrate import grant_rights
from hub.store.postgres_connection import connect
from hub.store.roles import CLINICAL
from tests import postgres_cluster


@contextmanager
def narrow_roles(address: PostgresAddress) -> Iterator[tuple[PostgresAddress, PostgresAddress]]:
    """A database → the same, as the role that serves and as the role that works; neither owns anything."""
    names = [f"{part}_{address.url.partition('@/')[2].partition('?')[0]}" for part in ("s", "w")]
    cluster = postgres_cluster.shared_cluster()
    with cluster.keeper("postgres") as keeper:
        for name in names:
            keeper.execute(f"CREATE ROLE {name} LOGIN".encode())
    grant_rights(address, names[:1], names[1:])
    serve, work = (
        postgres_cluster.address_of(address.url.replace("hub@", f"{name}@")) for name in names
    )
    yield serve, work
    with connect(address) as owner:  # the database goes back among those that others use
        for table in CLINICAL:
            owner.execute(f"ALTER POLICY every_tenant ON {table} TO PUBLIC".encode())
    with cluster.keeper(address.url) as keeper:
        for name in names:
            keeper.execute(f"DROP OWNED BY {name}".encode())
            keeper.execute(f"DROP ROLE {name}".encode())
