"""All tables in one place; the migrations build exactly these (tests/contract/test_migrations.py).

Times are microseconds since 1970 (UTC) unless the name says otherwise. `tenant_id` leads every key, so that the tables can
be spread by it. Hot types have a table of their own (observation, audit_event); the rest share `resource`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.ext.compiler import compiles

metadata = MetaData()

_Key = Text().with_variant(
    Text(collation="C"), "postgresql"
)  # compared by its bytes, as SQLite does


@compiles(Text, "postgresql")
def _text(*_: Any, **__: Any) -> str:
    """Text is compared by its code points, as SQLite does, whatever language the server's databases speak."""
    return 'TEXT COLLATE "C"'


@event.listens_for(Table, "after_create")
def _keep_bodies_plain(table: Table, connection: Any, **_: Any) -> None:
    """Bodies are not compressed on PostgreSQL: they are read far more often than written."""
    if connection.dialect.name == "postgresql":
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                connection.execute(
                    text(
                        f'ALTER TABLE {table.name} ALTER COLUMN "{column.name}" SET STORAGE EXTERNAL'
                    )
                )


_GROWS = "the access log only grows"
_ALLOWED = "EXISTS (SELECT 1 FROM hub_flag WHERE name = 'audit-retention')"


@event.listens_for(Table, "after_create")
def _only_grows(table: Table, connection: Any, **_: Any) -> None:
    """Nothing in the access log is changed, and only the retention takes whole segments away."""
    if table.name != "audit_event" or "seq" not in table.columns:  # an early migration's has none
        return
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION audit_event_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF TG_OP = 'DELETE' AND {_ALLOWED} THEN RETURN OLD; END IF;"
                f" RAISE EXCEPTION '{_GROWS}'; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER audit_event_grows BEFORE UPDATE OR DELETE ON audit_event"
                " FOR EACH ROW EXECUTE FUNCTION audit_event_grows()"
            )
        )
        return
    connection.execute(
        text(
            "CREATE TRIGGER audit_event_not_changed BEFORE UPDATE ON audit_event BEGIN"
            f" SELECT RAISE(ABORT, '{_GROWS}'); END"
        )
    )
    connection.execute(
        text(
            f"CREATE TRIGGER audit_event_not_removed BEFORE DELETE ON audit_event WHEN NOT {_ALLOWED} BEGIN"
            f" SELECT RAISE(ABORT, '{_GROWS}'); END"
        )
    )


_Rid = BigInteger().with_variant(Integer, "sqlite")  # SQLite's row id wants the word INTEGER


def _body_columns(*others: Column[object]) -> list[Column[object]]:
    """Shape: `others` stand before the body: only what is last in its row can be written in parts (large.py)."""
    columns: list[Column[object]] = [
        Column("rid", _Rid, primary_key=True),
        Column("tenant_id", BigInteger, nullable=False),
        Column("id", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("updated", BigInteger, nullable=False),
        Column("patient_id", Text, nullable=False),  # "" where there is no patient
        Column("deleted", SmallInteger, nullable=False),
        Column(
            "date_from", BigInteger, nullable=False
        ),  # of the type's `date` parameter; far future when it has none
        Column("date_to", BigInteger, nullable=False),
        *others,
        Column("body", LargeBinary, nullable=False),
    ]
    return columns


def _writer() -> Column[object]:
    """Who has created the resource: a client; "" for the hub itself."""
    return Column("writer", Text, nullable=False, server_default="")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _units() -> list[Column[object]]:
    return [
        Column(name, BigInteger, nullable=False, server_default=text("0"))
        for name in ("value_system", "value_code", "value_unit")
    ]


tenant = Table(
    "tenant",
    metadata,
    Column("id", _Rid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("org_number", Text, nullable=False),
)
care_relation = Table(  # why an organisation may see a patient: gate 4 asks it in every statement
    "care_relation",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),  # organisation number
    Column("kind", Text, primary_key=True),  # hub.policy.rights.RelationKind
    Column("source", Text, primary_key=True),  # what states it: Type/id, or "" for the operator
    Column("starts", BigInteger, primary_key=True),
    Column("ends", BigInteger, nullable=False),  # far future where it has no end
    Column("basis", Text, nullable=False),  # the decision behind it, in words or by reference
    Column("recorded", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("care_relation_source", "tenant_id", "source", **_where("source <> ''")),
    Index("care_relation_organisation", "tenant_id", "organisation", "patient_id"),
    sqlite_with_rowid=False,
)
share = Table(  # what a tenant shares with an organisation that is not its own (gate 3)
    "share",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("type", Text, primary_key=True),  # resource type, or * for all
    Column("patient_id", Text, primary_key=True),  # "" for all patients
    Column("purpose", Text, primary_key=True),  # v3 PurposeOfUse, or "" for any
    Column("starts", BigInteger, primary_key=True),
    Column("ends", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    sqlite_with_rowid=False,
)
hub_flag = Table(
    "hub_flag",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
own_service = Table(
    "own_service",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("organisation_her", Text, primary_key=True),
    Column("service_her", Text, primary_key=True),
    Column("organisation_name", Text, nullable=False),
    Column("service_name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("types", Text, nullable=False),  # "*" or message types divided by commas
)

resource = Table(
    "resource",
    metadata,
    *_body_columns(Column("type", Text, nullable=False), _writer()),
    Index("resource_key", "tenant_id", "type", "id", unique=True),
    Index("resource_updated", "tenant_id", "type", "updated", "rid"),
    Index("resource_patient", "tenant_id", "type", "patient_id", "date_from", "rid"),
    Index("resource_date", "tenant_id", "type", "date_from", "rid"),
    Index("resource_changed", "tenant_id", "updated"),
)
observation = Table(
    "observation",
    metadata,
    *_body_columns(),
    Index("observation_key", "tenant_id", "id", unique=True),
    Index("observation_updated", "tenant_id", "updated", "rid"),
    Index("observation_patient", "tenant_id", "patient_id", "date_from", "rid"),
    Index("observation_date", "tenant_id", "date_from", "rid"),
    Column("status", Text, nullable=False, server_default=""),
    Column("category", Text, nullable=False, server_default=""),  # the first one
    Column("category_system", BigInteger, nullable=False, server_default=text("0")),
    Column("value_low", Double[float]()),
    Column("value_high", Double[float]()),
    *_units(),
    Column("base_low", Double[float]()),
    Column("base_high", Double[float]()),
    Column("base_unit", BigInteger, nullable=False, server_default=text("0")),
    Column("texts", Text, nullable=False, server_default=""),  # lines of parameter=folded text
    _writer(),
    Index("observation_status", "tenant_id", "status", "rid", **_where("status <> 'final'")),
    Index(
        "observation_category",
        "tenant_id",
        "category",
        "rid",
        **_where("category <> 'vital-signs'"),
    ),
)
observation_code = Table(
    "observation_code",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("date_from", BigInteger, primary_key=True),
    Column("rid", BigInteger, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("date_to", BigInteger, nullable=False),
    Column("leading", SmallInteger, nullable=False),  # 1 on the resource's first coding
    Column(
        "repeats", SmallInteger, nullable=False
    ),  # 1 when the same code came before under another system
    Column("value", Text),  # decimal, as received
    Column("unit", Text),
    Index("observation_code_code", "tenant_id", "code", "rid"),
    sqlite_with_rowid=False,
)
audit_event = Table(
    "audit_event",
    metadata,
    *_body_columns(),
    Column(  # place in the tenant's chain, from 1 without gaps
        "seq", BigInteger, nullable=False, server_default=text("0")
    ),
    Column(  # of the facts and the hash before it (audit_chain.py)
        "hash", LargeBinary, nullable=False, server_default=""
    ),
    *(
        Column(name, Text, nullable=False, server_default="")
        for name in (
            "action",
            "outcome",
            "interaction",
            "agent",  # the client
            "person",  # the issuer's name for who has logged in
            "entity",  # Type/id
            "address",
        )
    ),
    Index("audit_event_seq", "tenant_id", "seq", unique=True),
    Index("audit_event_patient", "tenant_id", "patient_id", "date_from", "rid"),
)
audit_segment = Table(  # what the retention has taken away, with the hash it ended with
    "audit_segment",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("last_seq", BigInteger, primary_key=True),
    Column("last_hash", LargeBinary, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),  # the time of its last entry
    Column("removed", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
history = Table(
    "history",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("updated", BigInteger, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("deleted", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _writer(),
    Index("history_type", "tenant_id", "type", "updated"),
    Index("history_updated", "tenant_id", "updated"),
)
# The index tables: `param` and the numbers in place of texts are those of index_keys.py; `slot` tells repeated elements
# apart, for composites. Each is kept in two orders: by row id (what a resource has) and by value (who has it).
index_text = Table(  # codes, references, URLs and folded texts
    "index_text",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("rid", BigInteger, primary_key=True),
    Column("param", Integer, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("value", _Key, primary_key=True),
    Column("extra", BigInteger, primary_key=True),  # system or version, or the text as written
    Column("rest", Text),  # the whole of a text that is longer than its index entry
    Index("index_text_value", "tenant_id", "param", "value", "rid", "extra"),
    sqlite_with_rowid=False,
)
index_date = Table(
    "index_date",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("rid", BigInteger, primary_key=True),
    Column("param", Integer, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("finish", BigInteger, primary_key=True),
    Index("index_date_value", "tenant_id", "param", "start", "rid", "finish"),
    sqlite_with_rowid=False,
)
index_number = Table(  # numbers and quantities, as written and in base units
    "index_number",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("rid", BigInteger, primary_key=True),
    Column("param", Integer, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("value_low", Double[float](), nullable=False),
    Column("value_high", Double[float](), nullable=False),
    *_units(),
    Column("base_low", Double[float]()),
    Column("base_high", Double[float]()),
    Column("base_unit", BigInteger, nullable=False),
    Index("index_number_value", "tenant_id", "param", "value_low", "rid"),
    sqlite_with_rowid=False,
)

judgement = Table(  # one row per version of an observation that is to be judged; NULL judged_at = still to do
    "judgement",
    metadata,
    Column("seq", _Rid, primary_key=True),
    Column("tenant_id", BigInteger, nullable=False),
    Column("observation_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # the effective time, or receipt where there is none
    Column(
        "ahead", BigInteger
    ),  # receipt, only where the effective time is later (a clock that runs ahead)
    Column("input", LargeBinary, nullable=False),  # the Measurement, for judging and for replay
    Column("judged_at", BigInteger),
    Column("zone", Text),
    Column("verdict", LargeBinary),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due", BigInteger, nullable=False, server_default=text("0")),
    Index(
        "judgement_todo",
        "seq",
        sqlite_where=text("judged_at IS NULL"),
        postgresql_where=text("judged_at IS NULL"),
    ),
    Index("judgement_version", "tenant_id", "observation_id", "version", unique=True),
    Index("judgement_near", "tenant_id", "patient_id", "measure", "at"),
    Index(
        "judgement_ahead",
        "tenant_id",
        "patient_id",
        "measure",
        "ahead",
        sqlite_where=text("ahead IS NOT NULL"),
        postgresql_where=text("ahead IS NOT NULL"),
    ),
)
judgement_identifier = Table(  # business identifiers of what was judged, to find what is sent again (thresholds.md §4.1)
    "judgement_identifier",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("identifier", Text, primary_key=True),  # system|value
    Column("observation_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
alert = Table(
    "alert",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("issue_id", Text, primary_key=True),  # the DetectedIssue
    Column("patient_id", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("open", SmallInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),  # the engine's view of the alert
    Index(
        "alert_open",
        "tenant_id",
        "patient_id",
        "rule_id",
        unique=True,
        sqlite_where=text("open = 1"),
        postgresql_where=text("open = 1"),
    ),
    Index("alert_rule", "tenant_id", "patient_id", "rule_id", "updated"),
)

clock_patient = Table(  # whose expected values are planned ahead, and when that is to be done again
    "clock_patient",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("wake", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),  # deadlines after it are not planned yet
    Index("clock_patient_wake", "wake"),
    sqlite_with_rowid=False,
)
clock_slot = Table(  # the next time of each rule at which something falls due without a value
    "clock_slot",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("rule_id", Text, primary_key=True),
    Column("wake", BigInteger, nullable=False),  # = due, or later when it could not be judged then
    Column("due", BigInteger, nullable=False),  # the deadline
    Column("start", BigInteger, nullable=False),  # a value from here to the deadline fills it
    Column("at", BigInteger, nullable=False),  # the nominal time
    Column("measure", Text, nullable=False),  # "" when it is no value that is waited for
    Column("later", LargeBinary, nullable=False),  # the times after it, as far as they are planned
    Index("clock_slot_wake", "wake"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", _Rid, primary_key=True),
    Column("tenant_id", BigInteger, nullable=False),
    Column("queue", Text, nullable=False),
    Column("subject", Text, nullable=False),  # what the job is about: an id
    Column("payload", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Text, nullable=False),  # todo | done | dead
    Column("reason", Text, nullable=False),
    Index(
        "outbox_todo",
        "due",
        "seq",
        sqlite_where=text("state = 'todo'"),
        postgresql_where=text("state = 'todo'"),
    ),
    Index("outbox_subject", "tenant_id", "queue", "subject"),
)
message = Table(
    "message",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("direction", Text, nullable=False),  # in | out
    Column("msg_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("sender_her", Text, nullable=False),
    Column("receiver_her", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("sent_for", Text, nullable=False),  # the alert, or the message that this answers
    Column("patient_id", Text, nullable=False),
    Column("communication_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index("message_msg_id", "tenant_id", "direction", "msg_id"),
    Index("message_created", "tenant_id", "created"),
    Index("message_state", "direction", "state", "created"),
)
message_fact = Table(
    "message_fact",
    metadata,
    Column("seq", _Rid, primary_key=True),
    Column("tenant_id", BigInteger, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("receiver_her", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("evidence", Text, nullable=False),
    Index("message_fact_message", "tenant_id", "message_id", "seq"),
)
inbox_raw = Table(  # first transaction of receiving: the bytes as they came, whatever they are
    "inbox_raw",
    metadata,
    Column("claim_id", Text, primary_key=True),
    Column("tenant_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index("inbox_raw_received", "tenant_id", "received"),
)
inbox_large = Table(  # the bytes of large arrivals, apart from their rows
    "inbox_large",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("claim_id", Text, primary_key=True),
    Column("raw", LargeBinary, nullable=False),
)
inbox_import = Table(  # second transaction: one import per sender and MsgId, ever
    "inbox_import",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("sender_her", Text, primary_key=True),
    Column("msg_id", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("claim_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("series", Text, nullable=False),
    Column("imported", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # imported | rejected | held
    Column("resources", LargeBinary, nullable=False),  # JSON list of the Type/id that came of it
    Index("inbox_import_series", "tenant_id", "series"),
)

client = Table(  # systems that may ask, by whose tokens they come with
    "client",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("user_kind", Text, nullable=False),  # as what its users act; "" = it has none
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # SMART scopes divided by blanks
    Column("profile", Text, nullable=False),  # dpop | legacy_bearer
    Column("supplier", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("expires", BigInteger),
    Column("status", Text, nullable=False),  # active | closed
    Column("jwks", Text, nullable=False),  # its keys at our own token endpoint
    Column("changed", BigInteger, nullable=False),
)
client_agreement = Table(  # for whom a client may ask, and from when to when
    "client_agreement",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),  # the parent, 9 digits
    Column("begins", BigInteger, primary_key=True),
    Column("tenant_id", BigInteger, nullable=False),
    Column("ends", BigInteger),
    Column("children", Text, nullable=False),  # units of the organisation, divided by blanks
)
one_time = Table(  # what may be shown once (proofs, assertions), until it could not be shown anyway
    "one_time",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Index("one_time_until", "until"),
    sqlite_with_rowid=False,
)
inbox_link = Table(  # what a message may be found by when another speaks of it: its MsgId, its conversation, its document
    "inbox_link",
    metadata,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("link", Text, primary_key=True),
    Column("sender_her", Text, primary_key=True),
    Column("msg_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
