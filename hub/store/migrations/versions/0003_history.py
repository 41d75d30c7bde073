"""Indexes that histories of a type and of the system walk down, newest first."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_index("history_type", "history", ["tenant_id", "type", "updated"])
    op.create_index("history_updated", "history", ["tenant_id", "updated"])
    op.create_index("resource_changed", "resource", ["tenant_id", "updated"])


def downgrade() -> None:
    """Back: the indexes hold nothing of their own."""
    op.drop_index("resource_changed", "resource")
    op.drop_index("history_updated", "history")
    op.drop_index("history_type", "history")
