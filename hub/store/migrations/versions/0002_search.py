"""Index tables for every kind of search parameter, and columns for those of an Observation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_HOT = (
    sa.Column("status", sa.Text(), nullable=False, server_default=""),
    sa.Column("category", sa.Text(), nullable=False, server_default=""),
    sa.Column("category_system", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    sa.Column("value_low", sa.Double[float](), nullable=True),
    sa.Column("value_high", sa.Double[float](), nullable=True),
    sa.Column("value_system", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    sa.Column("value_code", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    sa.Column("value_unit", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    sa.Column("base_low", sa.Double[float](), nullable=True),
    sa.Column("base_high", sa.Double[float](), nullable=True),
    sa.Column("base_unit", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    sa.Column("texts", sa.Text(), nullable=False, server_default=""),
)


def upgrade() -> None:
    """To this schema; the mark makes env.py index what is there, by the code of the newest schema."""
    _index_tables()
    for column in _HOT:
        op.add_column("observation", column)
    for name, condition in (("status", "status <> 'final'"), ("category", "category <> 'vital-signs'")):  # fmt: skip
        op.create_index(
            f"observation_{name}",
            "observation",
            ["tenant_id", name, "rid"],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.drop_index("token_index_rid", table_name="token_index")
    op.drop_table("token_index")
    op.execute(
        "INSERT INTO hub_flag (name, value) SELECT 'reindex', 'todo' WHERE EXISTS (SELECT 1 FROM tenant)"
    )


def _leading() -> tuple[sa.Column[int], ...]:
    return (
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("rid", sa.BigInteger(), nullable=False),
        sa.Column("param", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
    )


def _index_tables() -> None:
    op.create_table(
        "index_text",
        *_leading(),
        sa.Column("value", _KEY, nullable=False),
        sa.Column("extra", sa.BigInteger(), nullable=False),
        sa.Column("rest", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "rid", "param", "slot", "value", "extra"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "index_text_value", "index_text", ["tenant_id", "param", "value", "rid", "extra"]
    )
    op.create_table(
        "index_date",
        *_leading(),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("finish", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "rid", "param", "slot", "start", "finish"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "index_date_value", "index_date", ["tenant_id", "param", "start", "rid", "finish"]
    )
    op.create_table(
        "index_number",
        *_leading(),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("value_low", sa.Double[float](), nullable=False),
        sa.Column("value_high", sa.Double[float](), nullable=False),
        sa.Column("value_system", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("value_code", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("value_unit", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("base_low", sa.Double[float](), nullable=True),
        sa.Column("base_high", sa.Double[float](), nullable=True),
        sa.Column("base_unit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "rid", "param", "slot", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "index_number_value", "index_number", ["tenant_id", "param", "value_low", "rid"]
    )


def downgrade() -> None:
    """Not back: what the old index held would have to be found out again from every body."""
    raise NotImplementedError
