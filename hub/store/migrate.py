"""Bring a database to the newest schema, mark it synthetic, give it the demo tenant (D9)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hub.store.marks import is_marked
from hub.values import OwnService

HEAD: Final = "0002"
DEMO_TENANT: Final = 1
DEMO_NAME: Final = "Testdal kommune (demo)"
# HER-ids of the demo tenant's own services; made up, the register starts far below
DEMO_SERVICES: Final = (
    ("8100100", "8100101", "Testdal kommune", "Digital hjemmeoppfølging Testdal", "tel:70000001"),
    ("8100100", "8100102", "Testdal kommune", "Saksbehandling Testdal", "tel:70000002"),
)


def schema_version(path: Path) -> str | None:
    """A database file → the migration it stands at, or None when it is empty or not there."""
    if not path.exists():
        return None
    connection = sqlite3.connect(path)
    try:
        known = connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        ).fetchone()
        row = (
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if known
            else None
        )
        if row is None:
            return None
        return row[0] if not is_marked(connection) else f"{row[0]}, index unfinished"
    finally:
        connection.close()


def migrate(path: Path, base_url: str = "") -> None:
    """A database file → at the newest schema; it is made, readable by its owner only, when it is not there.

    A new database is made from the script that tools/schema_sql.py writes from the migrations: importing the migration
    tools would cost more than everything else at start.
    """
    version = schema_version(path)
    if version == HEAD:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if version is not None:
        upgrade_by_migrations(path, base_url)
        return
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    script = (Path(__file__).parent / "schema_sqlite.sql").read_text()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(f"BEGIN IMMEDIATE;{script}COMMIT;")
    connection.close()


def upgrade_by_migrations(path: Path, base_url: str = "") -> None:
    """A database file → at the newest schema, by Alembic; references to `base_url` are to this hub."""
    from alembic import command  # noqa: PLC0415 - see migrate
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = f"sqlite:///{path}"
    config.attributes["base_url"] = base_url
    command.upgrade(config, "head")


def is_synthetic(path: Path) -> bool:
    """A migrated database → whether it is marked as holding synthetic data only."""
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("SELECT value FROM hub_flag WHERE name = 'synthetic'").fetchone()
        return row is not None and row[0] == "yes"
    finally:
        connection.close()


def is_empty(path: Path) -> bool:
    """A migrated database → whether no tenant has been set up in it."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT 1 FROM tenant").fetchone() is None
    finally:
        connection.close()


def mark_synthetic(path: Path) -> None:
    """A migrated database without a tenant → marked synthetic, with the demo tenant and its services."""
    connection = sqlite3.connect(path)
    with connection:
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
    connection.close()


def set_own_services(path: Path, tenant_id: int, services: Iterable[OwnService]) -> None:
    """Services from the settings → the tenant's own, in place of those it had; known names stay."""
    connection = sqlite3.connect(path)
    with connection:
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
    connection.close()
