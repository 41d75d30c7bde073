"""Alembic's entry: runs the migrations over the URL it is given."""

from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool

from hub.store.marks import is_marked
from hub.store.reindex import reindex
from hub.store.tables import metadata

engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
    raw: Any = connection.connection.driver_connection
    if is_marked(raw):
        reindex(raw, context.config.attributes.get("base_url", ""))
        connection.connection.commit()
