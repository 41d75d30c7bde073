"""Care relations and shares, and who has written a resource: what the gates of the policy ask for in every statement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WRITTEN = ("resource", "observation", "history")


def upgrade() -> None:
    """To this schema; what was there before has been written by nobody who could ask for it as their own."""
    for table in _WRITTEN:
        op.add_column(table, sa.Column("writer", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "care_relation",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "patient_id", "organisation", "kind", "source", "starts"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "care_relation_source",
        "care_relation",
        ["tenant_id", "source"],
        sqlite_where=sa.text("source <> ''"),
        postgresql_where=sa.text("source <> ''"),
    )
    op.create_index(
        "care_relation_organisation", "care_relation", ["tenant_id", "organisation", "patient_id"]
    )
    op.create_table(
        "share",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "organisation", "type", "patient_id", "purpose", "starts"
        ),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Back: relations, shares and writers are lost."""
    op.drop_table("share")
    op.drop_table("care_relation")
    for table in _WRITTEN:
        op.drop_column(table, "writer")
