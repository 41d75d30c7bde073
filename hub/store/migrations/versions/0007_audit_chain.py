"""The access log as a chain that only grows, with columns to be found by; what is there already gets its place in it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXTS = ("action", "outcome", "interaction", "agent", "person", "entity", "address")
_BATCH = 1000
_GROWS = "the access log only grows"
_ALLOWED = "EXISTS (SELECT 1 FROM hub_flag WHERE name = 'audit-retention')"


def upgrade() -> None:
    """To this schema. Entries were numbered and chained in the order in which they were written."""
    new: list[sa.Column[Any]] = [
        sa.Column("seq", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    ]
    new.append(sa.Column("hash", sa.LargeBinary(), nullable=False, server_default=""))
    new += [sa.Column(name, sa.Text(), nullable=False, server_default="") for name in _TEXTS]
    op.create_table(
        "audit_segment",
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "last_seq"),
        sqlite_with_rowid=False,
    )
    for column in new:
        op.add_column("audit_event", column)
    _chain()
    op.create_index("audit_event_seq", "audit_event", ["tenant_id", "seq"], unique=True)
    _grow_only()


def _chain() -> None:
    connection = op.get_bind()
    heads: dict[int, tuple[int, bytes]] = {}
    last = 0
    names = ", ".join(f"{name} = :{name}" for name in ("seq", "hash", *_TEXTS))
    update = sa.text(f"UPDATE audit_event SET {names} WHERE rid = :rid")
    read = sa.text(
        "SELECT rid, tenant_id, body FROM audit_event WHERE rid > :last ORDER BY rid LIMIT :most"
    )
    while rows := connection.execute(read, {"last": last, "most": _BATCH}).fetchall():
        values: list[dict[str, object]] = []
        for rid, tenant, body in rows:
            start = sha256(b"dho-hub access log of tenant %d" % tenant).digest()
            seq, before = heads.get(tenant, (0, start))
            heads[tenant] = (seq + 1, sha256(before + bytes(body)).digest())
            place = dict(zip(("seq", "hash"), heads[tenant], strict=True))
            values.append({"rid": rid, **place, **_told(bytes(body))})
            last = rid
        connection.execute(update, values)


def _told(body: bytes) -> dict[str, str]:
    """An entry of before → its columns; it had one agent that was not the hub, and no network address."""
    event = msgspec.json.decode(body)
    references = [
        e["what"]["reference"].partition("/_history/")[0]
        for e in event.get("entity", [])
        if e.get("type", {}).get("code") == "2" and "reference" in e.get("what", {})
    ]
    return {
        "action": event["action"],
        "outcome": event["outcome"],
        "interaction": event["subtype"][0]["code"],
        "agent": event["agent"][0]["who"]["identifier"]["value"],
        "person": "",
        "entity": references[0] if references else "",
        "address": "",
    }


def _grow_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_event_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'DELETE' AND {_ALLOWED} THEN RETURN OLD; END IF;"
            f" RAISE EXCEPTION '{_GROWS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_event_grows BEFORE UPDATE OR DELETE ON audit_event"
            " FOR EACH ROW EXECUTE FUNCTION audit_event_grows()"
        )
        return
    op.execute(
        "CREATE TRIGGER audit_event_not_changed BEFORE UPDATE ON audit_event BEGIN"
        f" SELECT RAISE(ABORT, '{_GROWS}'); END"
    )
    op.execute(
        f"CREATE TRIGGER audit_event_not_removed BEFORE DELETE ON audit_event WHEN NOT {_ALLOWED} BEGIN"
        f" SELECT RAISE(ABORT, '{_GROWS}'); END"
    )


def downgrade() -> None:
    """Back: the chain and its columns are lost, the entries stay."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_event_grows ON audit_event")
        op.execute("DROP FUNCTION audit_event_grows()")
    else:
        op.execute("DROP TRIGGER audit_event_not_changed")
        op.execute("DROP TRIGGER audit_event_not_removed")
    op.drop_index("audit_event_seq", "audit_event")
    for name in ("seq", "hash", *_TEXTS):
        op.drop_column("audit_event", name)
    op.drop_table("audit_segment")
