"""Large values are written once, and in parts: bytes of large arrivals stand apart, and on SQLite bodies last in their rows.

There every row moves once, with its row number, by which the index knows it; PostgreSQL keeps large values apart by itself.
What has arrived before stays where it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FIRST = (
    "rid INTEGER NOT NULL, tenant_id BIGINT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, updated BIGINT NOT NULL,"
    " patient_id TEXT NOT NULL, deleted SMALLINT NOT NULL, date_from BIGINT NOT NULL, date_to BIGINT NOT NULL"
)
_MORE = "type TEXT NOT NULL, writer TEXT DEFAULT '' NOT NULL"
_BODY = "body BLOB NOT NULL"
_NAMES = "rid, tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body, type, writer"
_TOLD = "current_setting('hub.tenant', true)"
_OWN = f"tenant_id = (SELECT nullif(nullif({_TOLD}, ''), '*')::bigint)"
_EVERY = f"(SELECT {_TOLD} = '*')"
_INDEXES = (
    "CREATE UNIQUE INDEX resource_key ON resource (tenant_id, type, id)",
    "CREATE INDEX resource_updated ON resource (tenant_id, type, updated, rid)",
    "CREATE INDEX resource_patient ON resource (tenant_id, type, patient_id, date_from, rid)",
    "CREATE INDEX resource_date ON resource (tenant_id, type, date_from, rid)",
    "CREATE INDEX resource_changed ON resource (tenant_id, updated)",
)


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "inbox_large",
        sa.Column("tenant_id", sa.BigInteger, primary_key=True),
        sa.Column("claim_id", sa.Text, primary_key=True),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
    _move(f"{_FIRST}, {_MORE}, {_BODY}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("ALTER TABLE inbox_large ENABLE ROW LEVEL SECURITY"))
        op.execute(sa.text("ALTER TABLE inbox_large FORCE ROW LEVEL SECURITY"))
        op.execute(sa.text(f"CREATE POLICY own_tenant ON inbox_large USING ({_OWN})"))
        op.execute(sa.text(f"CREATE POLICY every_tenant ON inbox_large USING ({_EVERY})"))


def downgrade() -> None:
    """Back."""
    op.execute(
        sa.text(
            "UPDATE inbox_raw SET raw = (SELECT l.raw FROM inbox_large l WHERE l.claim_id = inbox_raw.claim_id)"
            " WHERE claim_id IN (SELECT claim_id FROM inbox_large)"
        )
    )
    op.drop_table("inbox_large")
    _move(f"{_FIRST}, {_BODY}, {_MORE}")


def _move(columns: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(sa.text("ALTER TABLE resource RENAME TO resource_before"))
    op.execute(sa.text(f"CREATE TABLE resource ( {columns}, PRIMARY KEY (rid) )"))
    op.execute(
        sa.text(
            f"INSERT INTO resource ({_NAMES}) SELECT {_NAMES} FROM resource_before ORDER BY rid"
        )
    )
    op.execute(sa.text("DROP TABLE resource_before"))
    for index in _INDEXES:
        op.execute(sa.text(index))
