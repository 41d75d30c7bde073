"""Registered clients with their agreements, and what may be shown once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CLIENT = (
    "kind", "user_kind", "name", "scopes", "profile", "supplier", "networks", "contact",
)  # fmt: skip


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "client",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in _CLIENT],
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("jwks", sa.Text(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "client_id"),
    )
    op.create_table(
        "client_agreement",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=True),
        sa.Column("children", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "client_id", "organisation", "begins"),
    )
    op.create_table(
        "one_time",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
        sqlite_with_rowid=False,
    )
    op.create_index("one_time_until", "one_time", ["until"])


def downgrade() -> None:
    """Back: who may ask is forgotten."""
    for table in ("one_time", "client_agreement", "client"):
        op.drop_table(table)
