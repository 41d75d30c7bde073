"""When to look at whom: the times at which values are expected, and who is to be planned for.

Patients with plans are planned for from the upgrade on: what should have come before is not asked for now.
"""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "clock_patient",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("wake", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "patient_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("clock_patient_wake", "clock_patient", ["wake"])
    op.create_table(
        "clock_slot",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("wake", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("later", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "patient_id", "rule_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("clock_slot_wake", "clock_slot", ["wake"])
    now = time.time_ns() // 1000
    op.execute(
        sa.text(
            "INSERT INTO clock_patient (tenant_id, patient_id, wake, since)"
            " SELECT DISTINCT tenant_id, patient_id, CAST(:now AS BIGINT), CAST(:now AS BIGINT) FROM resource"
            " WHERE type = 'CarePlan' AND patient_id <> ''"
        ).bindparams(now=now)
    )


def downgrade() -> None:
    """Back: everything in the tables can be planned anew."""
    op.drop_table("clock_slot")
    op.drop_table("clock_patient")
