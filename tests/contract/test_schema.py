"""The schema is one: what the migrations build, what the tables say and the script that new databases are made from."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from hub.store.migrate import HEAD, migrate, schema_version, upgrade_by_migrations
from hub.store.tables import metadata

ROOT = Path(__file__).parent.parent.parent


def described(path: Path) -> dict[str, str]:
    """A database → name of each object → its SQL, blanks evened out."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ).fetchall()
    connection.close()
    return {name: " ".join(sql.split()) for name, sql in rows}


def test_the_migrations_build_exactly_the_tables(tmp_path: Path) -> None:
    upgrade_by_migrations(tmp_path / "a.db")
    engine = create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_tables_are_created_as_the_migrations_create_them(tmp_path: Path) -> None:
    upgrade_by_migrations(tmp_path / "a.db")
    engine = create_engine(f"sqlite:///{tmp_path}/b.db", poolclass=NullPool)
    metadata.create_all(engine)
    engine.dispose()
    migrated = described(tmp_path / "a.db")
    del migrated["alembic_version"]
    assert described(tmp_path / "b.db") == migrated


def test_a_new_database_is_what_the_migrations_build(tmp_path: Path) -> None:
    upgrade_by_migrations(tmp_path / "a.db")
    migrate(tmp_path / "b.db")
    assert described(tmp_path / "b.db") == described(tmp_path / "a.db")
    assert schema_version(tmp_path / "b.db") == schema_version(tmp_path / "a.db") == HEAD


def test_the_script_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "tools/schema_sql.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    migrate(tmp_path / "a.db")
    before = described(tmp_path / "a.db")
    migrate(tmp_path / "a.db")
    assert described(tmp_path / "a.db") == before


def test_every_row_of_a_tenant_names_it() -> None:
    without = {t.name for t in metadata.tables.values() if "tenant_id" not in t.columns}
    assert without == {"tenant", "hub_flag", "client", "one_time"}
    for table in metadata.tables.values():
        if "tenant_id" in table.columns:
            assert not table.columns["tenant_id"].nullable, table.name
