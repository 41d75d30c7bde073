"""Messages are found by their state: what waits to be picked up or answered was looked for among all that were ever sent."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_index("message_state", "message", ["direction", "state", "created"])


def downgrade() -> None:
    """Back."""
    op.drop_index("message_state", "message")
