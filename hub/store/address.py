"""Where a database is: a file of the embedded engine, or a PostgreSQL server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database of a PostgreSQL server. Shape: `shown` has no password in it; `url` may, and is never shown or logged."""

    url: str = field(repr=False)
    shown: str

    def __str__(self) -> str:
        """For people and for logs."""
        return self.shown


Address = Path | PostgresAddress
"""A path is a file of the embedded engine."""


def parse_address(text: str) -> Address | str:
    """`sqlite:///path` or `postgresql://user@host:port/database` → where the data lies; a str says what is wrong."""
    if text in ("sqlite:///:memory:", "sqlite:////:memory:"):
        return "must name a file: what the hub has answered must be on disk"
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return Path(text.removeprefix("sqlite:///")).absolute()
    if text.partition("://")[0] not in _SCHEMES:
        return "must be sqlite:/// and a path, or postgresql://user@host:port/database"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "has a host or a port that cannot be read"
    if not parts.path.strip("/"):
        return "must name a database after the host: postgresql://user@host:port/database"
    url = f"postgresql://{text.partition('://')[2]}"
    if not _is_read(url):
        return "has an option that PostgreSQL does not know, or characters in user or password that must be percent-encoded (a space is %20, % itself %25)"
    options = dict(parse_qsl(parts.query))
    host = unquote(parts.hostname or options.get("host", "localhost"))
    user = f"{unquote(parts.username)}@" if parts.username else ""
    shown = f"postgresql://{user}{host}{f':{port}' if port else ''}{unquote(parts.path)}"
    return PostgresAddress(url, shown)


def _is_read(url: str) -> bool:
    """Whether the driver can read a URL; what it says about one may hold the password."""
    from psycopg import ProgrammingError  # noqa: PLC0415 - the driver only where it is used
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - as above

    try:
        conninfo_to_dict(url)
    except ProgrammingError:
        return False
    return True
