"""What a message may be found by when another speaks of it: so far only by the conversation it began or was in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema; what was imported before is found by its series and by its own MsgId."""
    op.create_table(
        "inbox_link",
        sa.Column("tenant_id", sa.BigInteger, primary_key=True),
        sa.Column("link", sa.Text, primary_key=True),
        sa.Column("sender_her", sa.Text, primary_key=True),
        sa.Column("msg_id", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT tenant_id, sender_her, msg_id, series FROM inbox_import WHERE series <> ''")
    ).fetchall()
    for tenant, sender, msg_id, series in rows:
        own = f"{series.partition('/')[0]}/{msg_id}"
        for link in dict.fromkeys((series, own)):
            connection.execute(
                sa.text(
                    "INSERT INTO inbox_link (tenant_id, link, sender_her, msg_id)"
                    " VALUES (:tenant, :link, :sender, :msg_id)"
                ),
                {"tenant": tenant, "link": link, "sender": sender, "msg_id": msg_id},
            )


def downgrade() -> None:
    """Back: the series itself still stands with every import."""
    op.drop_table("inbox_link")
