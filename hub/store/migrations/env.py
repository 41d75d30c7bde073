"""Alembic's entry: runs the migrations over the URL it is given, one process at a time and no writer beside it."""

from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool, text

from hub.store.marks import is_marked
from hub.store.reindex import reindex
from hub.store.tables import metadata

engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    shared = connection.dialect.name == "postgresql"
    if shared:  # the lock of hub/store/postgres.py, for the whole run
        connection.execute(text("SELECT pg_advisory_lock(4474959, 1)"))
        connection.execute(
            text("SET hub.tenant = '*'")
        )  # the migrations' own statements go through all tenants
        connection.commit()
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
    raw: Any = connection.connection.driver_connection
    if shared:
        from hub.store.postgres_connection import PostgresConnection, adapt

        raw = PostgresConnection(adapt(raw))
    if is_marked(raw):
        reindex(raw, connection.connection.commit, context.config.attributes.get("base_url", ""))
