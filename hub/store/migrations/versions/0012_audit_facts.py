"""The access log is read by the numbers of its rows, which its ids say: the index of the ids goes (ADR 0046)."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.drop_index("audit_event_key", "audit_event")


def downgrade() -> None:
    """Back."""
    op.create_index("audit_event_key", "audit_event", ["tenant_id", "id"], unique=True)
