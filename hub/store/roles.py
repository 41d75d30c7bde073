"""Least rights on PostgreSQL: what the role of `hub serve` and that of `hub work` may do with the tables another role owns.

Neither changes or empties the access log or the history, makes tables, or registers clients: that is for the role that migrates.
The serving role sees clinical rows of a named tenant alone; only the working role goes through all tenants, as its queues do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from psycopg import sql

from hub.store.postgres_connection import PostgresConnection

LOOKED_AT: Final = (
    "alembic_version",
    "audit_segment",
    "client",
    "client_agreement",
    "tenant",
)
ADDED_TO: Final = ("audit_event", "history")
CLINICAL: Final = (
    "alert",
    "audit_event",
    "audit_segment",
    "care_relation",
    "history",
    "index_date",
    "index_number",
    "index_text",
    "observation",
    "observation_code",
    "resource",
    "share",
)
"""Where the serving role needs a tenant; what is left are queues, which tell how much waits, of whomever."""


class NoSuchRoleError(Exception):
    """A role that the server does not know; the text says which."""


def grant(connection: PostgresConnection, serve: Sequence[str], work: Sequence[str]) -> None:
    """The names of the roles that serve and that work → their rights, in place of those they had. Raises NoSuchRoleError."""
    raw = connection.raw
    tables = [
        name
        for (name,) in raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    for role in (*serve, *work):
        if raw.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            raise NoSuchRoleError(f'The server knows no role "{role}": make it first (CREATE ROLE)')
        _grant(raw, role, tables)
    owner = sql.SQL("CURRENT_USER")
    every = sql.SQL(", ").join([owner, *map(sql.Identifier, work)])
    for table in CLINICAL:
        raw.execute(
            sql.SQL("ALTER POLICY every_tenant ON {} TO {}").format(sql.Identifier(table), every)
        )


def _grant(raw: Any, role: str, tables: Sequence[str]) -> None:
    name = sql.Identifier(role)
    raw.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name))
    raw.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    raw.execute(sql.SQL("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {}").format(name))
    for table in tables:
        rights = "SELECT, INSERT, UPDATE, DELETE"
        if table in LOOKED_AT:
            rights = "SELECT"
        elif table in ADDED_TO:
            rights = "SELECT, INSERT"
        given = sql.SQL(rights)
        raw.execute(sql.SQL("GRANT {} ON {} TO {}").format(given, sql.Identifier(table), name))
