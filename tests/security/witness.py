"""One instrument for every attack: what the hub keeps, whom it calls, what it says and what it logs, before and after.

An attack is refused when nothing was stored, nobody was called, no marked value stands in an answer, a log line or a figure,
no answer is a fault of the hub's own, and the access log tells of it. Source: issue 6 ("bad input"); security README §1, §6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import httpx
import msgspec
import pytest

from hub.store.tables import metadata
from hub.wiring import Hub
from tests.access_log import logged
from tests.builders import Json
from tests.functional.hub_client import Client
from tests.tokens import Wire

TELLS: Final = frozenset({"audit_event", "one_time"})
"""Tables that a refusal is told in: the access log, and proofs that were shown."""
INSIDE: Final = ("Traceback", 'File "', "sqlite3", "psycopg", "msgspec", "SELECT ", "INSERT ", "site-packages", "/hub/")  # fmt: skip


def kept(hub: Hub, beside: Iterable[str] = ()) -> dict[str, str]:
    """A hub → a sum over the rows of each table, but for those that tell of refusals and those `beside`."""
    tables = sorted({*metadata.tables} - TELLS - {*beside})

    def look(connection: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for table in tables:
            rows = sorted(
                repr(tuple(row))
                for row in connection.execute(f"SELECT * FROM {table}", ()).fetchall()
            )
            found[table] = f"{len(rows)} {sha256(''.join(rows).encode()).hexdigest()}"
        return found

    return hub.store.engine.read_now(look)


def log_of(hub: Hub) -> dict[tuple[int, int], bytes]:
    """A hub → the entries of all tenants' access logs, and of the hub's own, by tenant and place."""
    return hub.store.engine.read_now(logged)


@dataclass
class Witness:
    """Watches a hub from its making on; `refused` says what must have held since.

    Shape: `marks` values that belong to somebody else, and must stand nowhere; `beside` tables that may change (a message
    that is refused is kept as it came).
    """

    client: Client
    wire: Wire
    caplog: pytest.LogCaptureFixture
    marks: Sequence[str]
    beside: frozenset[str] = frozenset()
    _kept: dict[str, str] = field(default_factory=dict[str, str])
    _calls: int = 0
    _entries: dict[tuple[int, int], bytes] = field(default_factory=dict[tuple[int, int], bytes])

    def __post_init__(self) -> None:
        """Look at everything."""
        self.caplog.clear()
        self._kept = kept(self.client.hub, self.beside)
        self._calls = len(self.wire.calls)
        self._entries = log_of(self.client.hub)

    def refused(
        self,
        answers: Sequence[httpx.Response],
        statuses: Iterable[int],
        *,
        told: str = "4",
        fewest: int | None = None,
    ) -> list[Json]:
        """Answers, the statuses they may have, and the outcomes that the access log may tell → the new entries.

        Shape: `told` "" where nobody has shown who they are, so that there is nobody to tell of; `fewest` entries where it
        is not one for each answer (a flood is counted).
        """
        allowed = set(statuses)
        for answer in answers:
            assert answer.status_code in allowed, (answer.status_code, answer.text[:500])
            assert answer.status_code < 500
            self._says_nothing(f"{answer.headers} {answer.text}")
            for word in INSIDE:
                assert word not in answer.text
        assert kept(self.client.hub, self.beside) == self._kept, "something was stored"
        called = {call.purpose for call in self.wire.calls[self._calls :]}
        assert called <= {"keys"}, "somebody was called"
        for record in self.caplog.records:
            if record.name.startswith("httpx"):
                continue  # the client of the tests
            self._says_nothing(record.getMessage())
            self._says_nothing(repr(record.__dict__.get("fields", "")))
        self._says_nothing(self.client.get("/metrics").text)
        entries = self.new_entries()
        assert told or not entries, "an entry about nobody"
        if told:
            least = len(answers) if fewest is None else fewest
            assert len(entries) >= least, "the access log does not tell of it"
            assert {entry["outcome"] for entry in entries} <= {*told}
        return entries

    def new_entries(self) -> list[Json]:
        """Nothing → what the access logs say since, and that what they said before stands."""
        whole = log_of(self.client.hub)
        assert self._entries.items() <= whole.items(), "the access log was changed"
        return [msgspec.json.decode(whole[key]) for key in sorted(whole.keys() - self._entries)]

    def _says_nothing(self, text: str) -> None:
        for mark in self.marks:
            assert mark not in text, f"{mark} was told"
