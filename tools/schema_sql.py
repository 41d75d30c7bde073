"""Write hub/store/schema_sqlite.sql: what the migrations build, as one script for a new database.

A new database is made from it in milliseconds; databases with a history go through Alembic.
`--check` exits with 1 when the committed file is not what the migrations build.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path

from hub.store.migrate import upgrade_by_migrations

TARGET = Path(__file__).parent.parent / "hub" / "store" / "schema_sqlite.sql"


def render() -> str:
    """Nothing → the script, from a database that the migrations have built."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.db"
        upgrade_by_migrations(path)
        connection = sqlite3.connect(path)
        rows = connection.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'trigger', type DESC, name"
        ).fetchall()
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.close()
    statements = [" ".join(sql.split()) + ";" for (sql,) in rows]
    statements.append(
        f"INSERT INTO alembic_version (version_num) VALUES ('{version}');"  # noqa: S608 - our own revision
    )
    return (
        "-- Made by tools/schema_sql.py from the migrations; do not edit.\n"
        + "\n".join(statements)
        + "\n"
    )


def main() -> int:
    """Command line → exit status."""
    text = render()
    if "--check" in sys.argv:
        current = TARGET.read_text() if TARGET.exists() else ""
        if current != text:
            print(
                "hub/store/schema_sqlite.sql is not what the migrations build; run tools/schema_sql.py"
            )
            return 1
        return 0
    TARGET.write_text(text)
    print(f"wrote {TARGET.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
