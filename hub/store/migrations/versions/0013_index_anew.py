"""What resources are found by is made anew from their bodies: the index holds more of them, and texts in another form.

Values that only say that they are there, the system of a contact, the words of family names, contained resources, versions
of canonical references; texts without punctuation. No table changes.
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this index; the mark makes env.py index what is there."""
    op.execute(
        "INSERT INTO hub_flag (name, value) SELECT 'reindex', 'todo' WHERE EXISTS (SELECT 1 FROM tenant)"
        " ON CONFLICT (name) DO UPDATE SET value = 'todo'"
    )


def downgrade() -> None:
    """Back: the tables are the same."""
