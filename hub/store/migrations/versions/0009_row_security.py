"""A second net on PostgreSQL: rows of a tenant are there only for a transaction that has named it; the access log cannot be emptied.

SQLite has no row security; there the statements themselves are checked (tests/functional/test_tenant_in_every_statement.py).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = (
    "alert",
    "audit_event",
    "audit_segment",
    "care_relation",
    "clock_patient",
    "clock_slot",
    "history",
    "inbox_import",
    "inbox_link",
    "inbox_raw",
    "index_date",
    "index_number",
    "index_text",
    "judgement",
    "judgement_identifier",
    "message",
    "message_fact",
    "observation",
    "observation_code",
    "outbox",
    "resource",
    "share",
)
_TOLD = "current_setting('hub.tenant', true)"
_OWN = f"tenant_id = (SELECT nullif(nullif({_TOLD}, ''), '*')::bigint)"
_EVERY = f"(SELECT {_TOLD} = '*')"


def upgrade() -> None:
    """To this schema: nobody, the owner of the tables included, sees a row of a tenant that was not named."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _TABLES:
        op.execute(sa.text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        op.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
        op.execute(sa.text(f"CREATE POLICY own_tenant ON {table} USING ({_OWN})"))
        op.execute(sa.text(f"CREATE POLICY every_tenant ON {table} USING ({_EVERY})"))
    op.execute(
        sa.text(
            "CREATE TRIGGER audit_event_not_emptied BEFORE TRUNCATE ON audit_event"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_event_grows()"
        )
    )
    # Row numbers are counted on from the sequence; the access log's were counted on from the last one
    op.execute(
        sa.text(
            "SELECT setval(pg_get_serial_sequence('audit_event', 'rid'), max(rid)) FROM audit_event"
            " HAVING max(rid) IS NOT NULL"
        )
    )


def downgrade() -> None:
    """Back."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(sa.text("DROP TRIGGER audit_event_not_emptied ON audit_event"))
    for table in _TABLES:
        op.execute(sa.text(f"DROP POLICY every_tenant ON {table}"))
        op.execute(sa.text(f"DROP POLICY own_tenant ON {table}"))
        op.execute(sa.text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        op.execute(sa.text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
