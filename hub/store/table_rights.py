"""What a job or a command may write, by table: a connection that refuses every statement about another one.

A row of hub/policy/jobs.py names resource types and what is no resource (`Message`, `Queue`, `Relation` …); here each becomes
tables. It is the hub's own check, the same on every engine: the database's own rights (roles on PostgreSQL) know processes, not
jobs. Source: security README §3 (`internal_job`: least tables).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from hub.policy.jobs import Job
from hub.problems import ProblemCode, fail

T = TypeVar("T")
Rights = frozenset[tuple[str, str]]
"""(verb, table)."""
VERBS: Final = ("INSERT", "UPDATE", "DELETE")
_RECORD: Final = (
    "resource observation observation_code history index_text index_date index_number hub_flag"
)
_CLOCK: Final = "clock_patient clock_slot"
_MESSAGE: Final = "message message_fact inbox_raw inbox_large inbox_import inbox_link outbox"
NAMED: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(tables.split())
    for name, tables in {
        "AccessLog": "audit_event audit_segment hub_flag",
        "Alert": "alert",
        "Client": "client client_agreement",
        "Clock": _CLOCK,
        "Mark": "judgement judgement_identifier",
        "Message": _MESSAGE,
        "Old": "audit_event audit_segment hub_flag outbox message inbox_raw inbox_large",
        "Queue": "outbox",
        "Relation": "care_relation",
        "Share": "share",
    }.items()
}
"""What is no resource → its tables."""
_FOLLOWED: Final[Mapping[str, frozenset[str]]] = {
    "Communication": frozenset(("outbox",)),
    "Observation": frozenset(("judgement", "judgement_identifier")),
    "QuestionnaireResponse": frozenset(("judgement", "judgement_identifier")),
}
"""What follows a save in its own transaction (hub/wiring/work.py); whose plans change is planned for anew, whatever the type."""
_LOGGED: Final = ("INSERT", "audit_event")
_TEXT: Final = re.compile(r"'(?:[^']|'')*'")
_WRITE: Final = re.compile(
    r"\b(INSERT|REPLACE|UPDATE|DELETE)\b(?:\s+OR\s+\w+)?(?:\s+(?:INTO|FROM|ONLY))?\s+\"?(\w+)",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(
    r"\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|REPLACE|VALUES)\b", re.IGNORECASE
)


def rights_of(job: Job) -> Rights:
    """What a job or command may do → what it may write: its own tables whole, and new entries in the access log."""
    tables: set[str] = set()
    for kind in job.creates | job.updates:
        if kind in NAMED:
            tables |= NAMED[kind]
        else:
            tables |= {*_RECORD.split(), *_CLOCK.split(), *_FOLLOWED.get(kind, ())}
    return frozenset({_LOGGED, *((verb, table) for verb in VERBS for table in tables)})


@lru_cache(maxsize=4096)
def written_by(sql: str) -> tuple[tuple[str, str], ...]:
    """A statement → what it writes; (statement's first word, "") for one that is neither a reading nor a writing."""
    plain = _TEXT.sub("''", sql)
    if not _PLAIN.match(plain):
        return ((plain.split(None, 1)[0].upper() if plain.split() else "", ""),)
    found: list[tuple[str, str]] = []
    for verb, table in _WRITE.findall(plain):
        name = table.lower()
        if name not in ("set", "nothing", "of"):  # DO UPDATE SET, FOR UPDATE OF
            found.append(("INSERT" if verb.upper() == "REPLACE" else verb.upper(), name))
    return tuple(found)


class Narrow:
    """hub.store.connection.WritingConnection over another one, for whoever may write some tables alone. Problems: FORBIDDEN."""

    __slots__ = ("_inner", "_rights")

    def __init__(self, inner: Any, rights: Rights) -> None:
        """A connection inside a transaction, and what may be written."""
        self._inner = inner
        self._rights = rights

    def __getattr__(self, name: str) -> Any:
        """What writes nothing is the connection's own."""
        return getattr(self._inner, name)

    @property
    def raw(self) -> Any:
        """The driver's connection, for values in parts."""
        return getattr(self._inner, "raw", self._inner)

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        """A statement and its values → its rows."""
        self._check(sql)
        return self._inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """A statement, once for each row of values."""
        self._check(sql)
        return self._inner.executemany(sql, parameters)

    def execute_beside(self, table: str, sql: str, parameters: Sequence[Any], /) -> Any:
        """A reading of one table of bodies."""
        self._check(sql)
        return self._inner.execute_beside(table, sql, parameters)

    def later(self, put: Callable[[Any, Sequence[T]], None], item: T, /) -> None:
        """What puts things in, and one thing → put in with its like, as narrowly."""
        if isinstance(item, tuple) and item and isinstance(item[0], str):
            first = item[0]
            if _PLAIN.match(first):
                self._check(first)
        self._inner.later(_narrowed(put, self._rights), item)

    def _check(self, sql: str) -> None:
        for each in written_by(sql):
            if each not in self._rights:
                verb, table = each
                raise fail(ProblemCode.FORBIDDEN, f"no right to {verb} {table}".strip())


@lru_cache(maxsize=1024)
def _narrowed(
    put: Callable[[Any, Sequence[Any]], None], rights: Rights
) -> Callable[[Any, Sequence[Any]], None]:
    """What puts things in → the same, by a connection that is as narrow; the same for all who may as much."""

    def narrow(connection: Any, items: Sequence[Any]) -> None:
        put(Narrow(connection, rights), items)

    return narrow
