"""Bring a database to the newest schema, mark it synthetic, give it the demo tenant (D9)."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from hub.store.address import Address, PostgresAddress
from hub.store.connection import Connection
from hub.store.marks import is_marked
from hub.values import OwnService

HEAD: Final = "0013"
_PAGE_KEY: Final = "SELECT value FROM hub_flag WHERE name = 'page-key'"
DEMO_TENANT: Final = 1
DEMO_NAME: Final = "Testdal kommune (demo)"
# HER-ids of the demo tenant's own services; made up, the register starts far below
DEMO_SERVICES: Final = (
    ("8100100", "8100101", "Testdal kommune", "Digital hjemmeoppfølging Testdal", "tel:70000001"),
    ("8100100", "8100102", "Testdal kommune", "Saksbehandling Testdal", "tel:70000002"),
)


class UnusableDatabaseError(Exception):
    """A database that cannot be reached; the text says which and why, without a password."""


class NoRolesError(Exception):
    """Roles that cannot get their rights; the text says why."""


def schema_version(address: Address) -> str | None:
    """A database → the migration it stands at, or None when it is empty or not there. Raises UnusableDatabaseError, also of a newer one."""
    if isinstance(address, Path) and not _is_there(address):
        return None
    known = (
        "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        if isinstance(address, Path)
        else "SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('alembic_version')"
    )
    with _session(address) as connection:
        if connection.execute(known).fetchone() is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None:
            return None
        if row[0] > HEAD:
            raise UnusableDatabaseError(
                f"{address} was made by a newer version of the hub: it is at schema {row[0]}, this hub knows {HEAD}. Use the newer"
                " hub, or another HUB_DATABASE_URL."
            )
        return row[0] if not is_marked(connection) else f"{row[0]}, index unfinished"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a folder above it that we may not enter
        raise UnusableDatabaseError(
            f"{path} cannot be used as a database: {error.strerror}."
        ) from None


def migrate(address: Address, base_url: str = "") -> None:
    """A database → at the newest schema; a file is made, readable by its owner only, when it is not there.

    A new database file is made from the script that tools/schema_sql.py writes from the migrations: importing the migration
    tools would cost more than everything else at start.
    """
    if schema_version(address) == HEAD:
        return
    if isinstance(address, PostgresAddress):
        upgrade_by_migrations(address, base_url)
        return
    try:
        address.parent.mkdir(parents=True, exist_ok=True)
        with _alone(address.parent):
            _migrate_file(address, base_url)
    except OSError as error:
        text = f"{address} cannot be made: {error.strerror}: {error.filename}."
        raise UnusableDatabaseError(text) from None


def _migrate_file(address: Path, base_url: str) -> None:
    version = schema_version(address)
    if version == HEAD:  # another process was at it before us
        return
    if version is not None:
        upgrade_by_migrations(address, base_url)
        return
    if not address.exists():
        os.close(os.open(address, os.O_CREAT | os.O_WRONLY, 0o600))
    script = (Path(__file__).parent / "schema_sqlite.sql").read_text()
    with _opened(address) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(f"BEGIN IMMEDIATE;{script}COMMIT;")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """A folder → one process at a time makes or upgrades a database in it; the lock ends with the process."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def upgrade_by_migrations(address: Address, base_url: str = "") -> None:
    """A database → at the newest schema, by Alembic; references to `base_url` are to this hub."""
    from alembic import command  # noqa: PLC0415 - see migrate
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = sqlalchemy_url(address)
    config.attributes["base_url"] = base_url
    command.upgrade(config, "head")


def sqlalchemy_url(address: Address) -> str:
    """A database → its URL for SQLAlchemy."""
    if isinstance(address, Path):
        return f"sqlite:///{address}"
    return f"postgresql+psycopg://{address.url.partition('://')[2]}"


def is_synthetic(address: Address) -> bool:
    """A migrated database → whether it is marked as holding synthetic data only."""
    with _session(address) as connection:
        row = connection.execute("SELECT value FROM hub_flag WHERE name = 'synthetic'").fetchone()
        return row is not None and row[0] == "yes"


def is_held_by_row_security(address: Address) -> bool:
    """A database → whether row security holds for the role we come as; a file has no roles, so nothing is missing there."""
    if isinstance(address, Path):
        return True
    with _session(address) as connection:
        row = connection.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        return row is not None and not row[0]


def reaches_every_tenant(address: Address) -> bool:
    """A migrated database → whether the role we come as may go through all tenants, as whoever works must."""
    if isinstance(address, Path):
        return True
    with _session(address) as connection:
        row = connection.execute(
            "SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) OR EXISTS (SELECT 1 FROM"
            " pg_policy, unnest(polroles) AS named WHERE polname = 'every_tenant' AND polrelid = 'observation'::regclass"
            " AND (named = 0 OR pg_has_role(current_user, named, 'USAGE')))"
        ).fetchone()
        return row is not None and bool(row[0])


def is_empty(address: Address) -> bool:
    """A migrated database → whether no tenant has been set up in it."""
    with _session(address) as connection:
        return connection.execute("SELECT 1 FROM tenant").fetchone() is None


def mark_synthetic(address: Address) -> None:
    """A migrated database without a tenant → marked synthetic, with the demo tenant and its services."""
    with _session(address) as connection:
        connection.execute(
            "INSERT INTO hub_flag (name, value) VALUES ('synthetic', 'yes') ON CONFLICT DO NOTHING"
        )
        connection.execute(
            "INSERT INTO tenant (id, name, org_number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (DEMO_TENANT, DEMO_NAME, "999999999"),
        )
        connection.executemany(
            "INSERT INTO own_service (tenant_id, organisation_her, service_her, organisation_name, service_name, phone,"
            " types) VALUES (?, ?, ?, ?, ?, ?, '*') ON CONFLICT DO NOTHING",
            [(DEMO_TENANT, *row) for row in DEMO_SERVICES],
        )


def grant_rights(address: Address, serve: Sequence[str], work: Sequence[str]) -> None:
    """A migrated database and the roles that serve and that work → they have the rights they need. Raises NoRolesError."""
    if isinstance(address, Path):
        raise NoRolesError("SQLite has no roles: whoever may open the file may do everything")
    from hub.store.postgres_session import session  # noqa: PLC0415 - the driver only where it is used
    from hub.store.roles import NoSuchRoleError, grant  # noqa: PLC0415 - as above

    try:
        with session(address, UnusableDatabaseError) as connection:
            grant(connection, serve, work)
    except NoSuchRoleError as error:
        raise NoRolesError(str(error)) from None


def set_own_services(address: Address, tenant_id: int, services: Iterable[OwnService]) -> None:
    """Services from the settings → the tenant's own, in place of those it had; known names stay."""
    with _session(address) as connection:
        known = {
            (row[0], row[1]): row[2:]
            for row in connection.execute(
                "SELECT organisation_her, service_her, organisation_name, service_name, phone FROM own_service"
                " WHERE tenant_id = ?",
                (tenant_id,),
            )
        }
        connection.execute("DELETE FROM own_service WHERE tenant_id = ?", (tenant_id,))
        for service in services:
            key = (service.organisation.value, service.service.value)
            names = known.get(key, ("", "", ""))
            types = "*" if service.types is None else ",".join(sorted(service.types))
            connection.execute(
                "INSERT INTO own_service (tenant_id, organisation_her, service_her, organisation_name, service_name,"
                " phone, types) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (tenant_id, *key, *names, types),
            )


def page_key(address: Address) -> bytes:
    """A migrated database → what seals the tokens of pages, made when it is first asked for; the same for all processes."""
    with _session(address) as connection:
        row = connection.execute(_PAGE_KEY).fetchone()
        if row is None:
            connection.execute(
                "INSERT INTO hub_flag (name, value) VALUES ('page-key', ?) ON CONFLICT DO NOTHING",
                (secrets.token_hex(32),),
            )
            row = connection.execute(_PAGE_KEY).fetchone()
        return bytes.fromhex(row[0])


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    """A file → a connection to it, closed at the end. Raises UnusableDatabaseError: no database, no right to it, a full disk."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            yield connection
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:  # SQLite's own words hold no values
        raise UnusableDatabaseError(f"{path} cannot be used as a database: {error}.") from None


@contextmanager
def _session(address: Address) -> Generator[Connection]:
    """One transaction on a database, committed when the block ends well. Raises UnusableDatabaseError."""
    if isinstance(address, Path):
        with _opened(address) as connection, connection:
            yield connection
        return
    from hub.store.postgres_session import session  # noqa: PLC0415 - the driver only where it is used

    with session(address, UnusableDatabaseError) as shared:
        yield shared
