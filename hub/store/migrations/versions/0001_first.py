"""The first schema: resources, search, judging, messages, access log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this schema."""
    op.create_table(
        "alert",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("open", sa.SmallInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "issue_id"),
    )
    op.create_index(
        "alert_open",
        "alert",
        ["tenant_id", "patient_id", "rule_id"],
        unique=True,
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open = 1"),
    )
    op.create_index(
        "alert_rule", "alert", ["tenant_id", "patient_id", "rule_id", "updated"], unique=False
    )
    op.create_table(
        "audit_event",
        sa.Column("rid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("deleted", sa.SmallInteger(), nullable=False),
        sa.Column("date_from", sa.BigInteger(), nullable=False),
        sa.Column("date_to", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("rid"),
    )
    op.create_index("audit_event_key", "audit_event", ["tenant_id", "id"], unique=True)
    op.create_index(
        "audit_event_patient",
        "audit_event",
        ["tenant_id", "patient_id", "date_from", "rid"],
        unique=False,
    )
    op.create_table(
        "history",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("deleted", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "type", "id", "version"),
    )
    op.create_table(
        "hub_flag",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "inbox_import",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("sender_her", sa.Text(), nullable=False),
        sa.Column("msg_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("imported", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("resources", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sender_her", "msg_id"),
    )
    op.create_index("inbox_import_series", "inbox_import", ["tenant_id", "series"], unique=False)
    op.create_table(
        "inbox_raw",
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id"),
    )
    op.create_index("inbox_raw_received", "inbox_raw", ["tenant_id", "received"], unique=False)
    op.create_table(
        "judgement_identifier",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("observation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "identifier", "observation_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "judgement",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("observation_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ahead", sa.BigInteger(), nullable=True),
        sa.Column("input", sa.LargeBinary(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("verdict", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "judgement_ahead",
        "judgement",
        ["tenant_id", "patient_id", "measure", "ahead"],
        unique=False,
        sqlite_where=sa.text("ahead IS NOT NULL"),
        postgresql_where=sa.text("ahead IS NOT NULL"),
    )
    op.create_index(
        "judgement_near", "judgement", ["tenant_id", "patient_id", "measure", "at"], unique=False
    )
    op.create_index(
        "judgement_todo",
        "judgement",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("judged_at IS NULL"),
        postgresql_where=sa.text("judged_at IS NULL"),
    )
    op.create_index(
        "judgement_version", "judgement", ["tenant_id", "observation_id", "version"], unique=True
    )
    op.create_table(
        "message",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("msg_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sender_her", sa.Text(), nullable=False),
        sa.Column("receiver_her", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("sent_for", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("communication_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("message_created", "message", ["tenant_id", "created"], unique=False)
    op.create_index("message_msg_id", "message", ["tenant_id", "direction", "msg_id"], unique=False)
    op.create_table(
        "message_fact",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("receiver_her", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "message_fact_message", "message_fact", ["tenant_id", "message_id", "seq"], unique=False
    )
    op.create_table(
        "observation",
        sa.Column("rid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("deleted", sa.SmallInteger(), nullable=False),
        sa.Column("date_from", sa.BigInteger(), nullable=False),
        sa.Column("date_to", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("rid"),
    )
    op.create_index(
        "observation_date", "observation", ["tenant_id", "date_from", "rid"], unique=False
    )
    op.create_index("observation_key", "observation", ["tenant_id", "id"], unique=True)
    op.create_index(
        "observation_patient",
        "observation",
        ["tenant_id", "patient_id", "date_from", "rid"],
        unique=False,
    )
    op.create_index(
        "observation_updated", "observation", ["tenant_id", "updated", "rid"], unique=False
    )
    op.create_table(
        "observation_code",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("date_from", sa.BigInteger(), nullable=False),
        sa.Column("rid", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("date_to", sa.BigInteger(), nullable=False),
        sa.Column("leading", sa.SmallInteger(), nullable=False),
        sa.Column("repeats", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "patient_id", "code", "date_from", "rid", "system"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "observation_code_code", "observation_code", ["tenant_id", "code", "rid"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("outbox_subject", "outbox", ["tenant_id", "queue", "subject"], unique=False)
    op.create_index(
        "outbox_todo",
        "outbox",
        ["due", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'todo'"),
        postgresql_where=sa.text("state = 'todo'"),
    )
    op.create_table(
        "own_service",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_her", sa.Text(), nullable=False),
        sa.Column("service_her", sa.Text(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "organisation_her", "service_her"),
    )
    op.create_table(
        "resource",
        sa.Column("rid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("deleted", sa.SmallInteger(), nullable=False),
        sa.Column("date_from", sa.BigInteger(), nullable=False),
        sa.Column("date_to", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rid"),
    )
    op.create_index(
        "resource_date", "resource", ["tenant_id", "type", "date_from", "rid"], unique=False
    )
    op.create_index("resource_key", "resource", ["tenant_id", "type", "id"], unique=True)
    op.create_index(
        "resource_patient",
        "resource",
        ["tenant_id", "type", "patient_id", "date_from", "rid"],
        unique=False,
    )
    op.create_index(
        "resource_updated", "resource", ["tenant_id", "type", "updated", "rid"], unique=False
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("org_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "token_index",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("param", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rid", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "type", "param", "code", "rid", "system"),
        sqlite_with_rowid=False,
    )
    op.create_index("token_index_rid", "token_index", ["tenant_id", "type", "rid"], unique=False)


def downgrade() -> None:
    """Back to the one before."""
    op.drop_index("token_index_rid", table_name="token_index")
    op.drop_table("token_index")
    op.drop_table("tenant")
    op.drop_index("resource_updated", table_name="resource")
    op.drop_index("resource_patient", table_name="resource")
    op.drop_index("resource_key", table_name="resource")
    op.drop_index("resource_date", table_name="resource")
    op.drop_table("resource")
    op.drop_table("own_service")
    op.drop_index(
        "outbox_todo",
        table_name="outbox",
        sqlite_where=sa.text("state = 'todo'"),
        postgresql_where=sa.text("state = 'todo'"),
    )
    op.drop_index("outbox_subject", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("observation_code_code", table_name="observation_code")
    op.drop_table("observation_code")
    op.drop_index("observation_updated", table_name="observation")
    op.drop_index("observation_patient", table_name="observation")
    op.drop_index("observation_key", table_name="observation")
    op.drop_index("observation_date", table_name="observation")
    op.drop_table("observation")
    op.drop_index("message_fact_message", table_name="message_fact")
    op.drop_table("message_fact")
    op.drop_index("message_msg_id", table_name="message")
    op.drop_index("message_created", table_name="message")
    op.drop_table("message")
    op.drop_index("judgement_version", table_name="judgement")
    op.drop_index(
        "judgement_todo",
        table_name="judgement",
        sqlite_where=sa.text("judged_at IS NULL"),
        postgresql_where=sa.text("judged_at IS NULL"),
    )
    op.drop_index("judgement_near", table_name="judgement")
    op.drop_table("judgement_identifier")
    op.drop_table("judgement")
    op.drop_index("inbox_raw_received", table_name="inbox_raw")
    op.drop_table("inbox_raw")
    op.drop_index("inbox_import_series", table_name="inbox_import")
    op.drop_table("inbox_import")
    op.drop_table("hub_flag")
    op.drop_table("history")
    op.drop_index("audit_event_patient", table_name="audit_event")
    op.drop_index("audit_event_key", table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_index("alert_rule", table_name="alert")
    op.drop_index(
        "alert_open",
        table_name="alert",
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open = 1"),
    )
    op.drop_table("alert")
