"""Whether the database takes changes now: a full disk is told once when it fills, shown by the probes, and told again when it is over.

Source: https://www.sqlite.org/rescode.html; https://www.postgresql.org/docs/15/errcodes-appendix.html
"""

from __future__ import annotations

from typing import Final

from hub.log import Event, log
from hub.store.connection import WritingConnection

_SQLITE: Final = {
    8: "it may only be read",
    10: "its files cannot be read or written",
    11: "its file is damaged",
    13: "no room is left for it",
    14: "its file cannot be opened",
    26: "its file is no database",
}
"""Primary result codes of SQLite; a lock that somebody else holds is none of them."""
_POSTGRES: Final = {
    "25006": "it may only be read",
    "53100": "no room is left for it",
    "53200": "it is out of memory",
    "58030": "its files cannot be read or written",
    "XX001": "its files are damaged",
    "XX002": "its files are damaged",
}
_TRIED: Final = (
    "1" * 65_536,
    "2" * 65_536,
)  # as much as a large resource, so that it does not pass where nothing else does
_TRY: Final = (
    "INSERT INTO hub_flag (name, value) VALUES ('tried', ?) ON CONFLICT (name) DO UPDATE"
    " SET value = CASE substr(hub_flag.value, 1, 1) WHEN '1' THEN ? ELSE excluded.value END"
)


class Refusal:
    """Why the database takes no changes, "" while it takes them. Written by the thread that writes, read by any."""

    def __init__(self) -> None:
        """It takes them as far as anybody knows."""
        self.why = ""

    def met(self, error: BaseException) -> bool:
        """What a driver raised while something was written → whether the database takes no changes at all."""
        why = _reason(error)
        if why and why != self.why:
            self.why = why
            log(Event.STORE_REFUSES, because=why)
        return bool(why)

    def over(self) -> None:
        """What `try_change` did was made durable. Other commits tell less: a small one may pass where most do not."""
        if self.why:
            self.why = ""
            log(Event.STORE_TAKES)


def try_change(connection: WritingConnection) -> None:
    """A connection → a row is changed that nothing reads: whether it can be is what the probe wants to know."""
    connection.execute(_TRY, _TRIED)


def _reason(error: BaseException) -> str:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    state: str | None = getattr(error, "sqlstate", None)
    return _SQLITE.get(code & 0xFF, "") if code else _POSTGRES.get(state or "", "")
