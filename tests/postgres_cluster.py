"""A PostgreSQL cluster of the tests' own, in a scratch folder: started when the first test asks, gone when all are done."""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg

from hub.store.address import PostgresAddress, parse_address
from hub.store.migrate import mark_synthetic, migrate

_PROGRAMS: Final = "/usr/lib/postgresql"
KEEPER: Final = "keeper"
"""The superuser of the cluster; the hub's own role is none, so that row security holds for it."""
_FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_COUNT: Final = itertools.count()


def find_program(name: str) -> str:
    """A program of PostgreSQL → its path: among the system's versions, newest first, else in PATH."""
    versions = sorted(
        Path(_PROGRAMS).glob(f"*/bin/{name}"), key=lambda p: float(p.parts[-3]), reverse=True
    )
    found = str(versions[0]) if versions else shutil.which(name)
    assert found, (
        f"PostgreSQL 15 or newer is needed ({name} is not there): apt-get install postgresql-15"
    )
    return found


class Cluster:
    """A running server on a socket in its own folder. Shape: `durable` as in production, else fast and forgetful."""

    def __init__(
        self, folder: Path, *, durable: bool = False, more: Mapping[str, str] | None = None
    ) -> None:
        """A folder that is there and empty, and settings; the server runs as another user when we are root, which it refuses."""
        self.folder = folder
        self._more = dict(more or {})
        user, self._as_user = _server_user()
        if user:
            shutil.chown(folder, user)
        folder.chmod(0o755)
        self._call("initdb", "-D", folder / "data", "-U", KEEPER, "-A", "trust", "-E", "UTF8", "-N")
        self.start(durable=durable)
        with self.keeper("postgres") as connection:
            connection.execute("CREATE ROLE hub LOGIN")

    def start(self, *, durable: bool = False) -> None:
        """Start the server, and wait until it answers."""
        values = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "shared_buffers": "64MB",
            **({} if durable else _FAST),
            **self._more,
        }
        options = " ".join(f"-c {name}={str(value) or repr('')}" for name, value in values.items())
        self._call(
            "pg_ctl",
            "start",
            "-w",
            "-D",
            self.folder / "data",
            "-o",
            options,
            "-l",
            self.folder / "log",
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast` in good order, `immediate` as by a crash."""
        self._call("pg_ctl", "stop", "-m", mode, "-w", "-D", self.folder / "data")

    def url(self, database: str) -> str:
        """The name of a database → its URL, as in HUB_DATABASE_URL."""
        return f"postgresql://hub@/{database}?host={self.folder}"

    def keeper(self, database: str) -> psycopg.Connection[Any]:
        """The name of a database, or its URL → a connection as the one who keeps the server, whom nothing is hidden from."""
        name = database.partition("@/")[2].partition("?")[0] if "@/" in database else database
        url = self.url(name).replace("hub@", f"{KEEPER}@", 1)
        return psycopg.connect(url, autocommit=True)

    def create(self, template: str = "template0") -> str:
        """A template → the URL of a new database made from it, which the hub's role owns; that role is no superuser."""
        name = f"hub{next(_COUNT)}_{os.getpid()}"
        with self.keeper("postgres") as connection:
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy OWNER hub".encode()
            )
        return self.url(name)

    def drop(self, url: str) -> None:
        """The URL of a database of ours → gone, with all who are still connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        with self.keeper("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def _call(self, program: str, *arguments: object) -> None:
        command = [*self._as_user, find_program(program), *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@cache
def shared_cluster() -> Cluster:
    """The cluster of this run of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="hub-pg-"))
    watched = watch(folder)
    running = Cluster(folder)

    def end() -> None:
        assert watched.stdin is not None
        watched.stdin.close()
        watched.wait()

    atexit.register(end)
    return running


def watch(folder: Path) -> subprocess.Popen[bytes]:
    """A cluster's folder → a process that ends the server and its folder once nobody holds the pipe to it any more.

    That is when we close it, and also when we are killed, by whatever signal.
    """
    _, user = _server_user()
    stop = " ".join([*user, find_program("pg_ctl"), "stop -m immediate -D", str(folder / "data")])
    script = f"cat; cd /; {stop}; rm -rf {folder}"
    return subprocess.Popen(
        ["/bin/sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches it only through us
    )


def _server_user() -> tuple[str, list[str]]:
    """Nothing → the server's user, "" when it is us, and how to run a program as that user: root it refuses."""
    if os.geteuid() != 0:
        return "", []
    name = pwd.getpwnam("postgres").pw_name
    return name, ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups"]


_EMPTY: Final = """
DO $$
DECLARE
  each record;
  filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;  -- past the guard of the access log
  FOR each IN
    SELECT quote_ident(tablename) AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename != 'alembic_version'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || each.name || ')' INTO filled;
    IF filled THEN
      EXECUTE 'DELETE FROM ' || each.name;
    END IF;
  END LOOP;
  PERFORM setval(quote_ident(sequencename)::regclass, start_value, false)
  FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""
"""TRUNCATE makes new files for every table and every index: three times as dear for the few rows of a test."""
_FREE: Final[dict[str, list[str]]] = {"empty": [], "synthetic": []}


@cache
def _template(kind: str) -> str:
    """`empty` or `synthetic` → the name of a migrated database to copy."""
    url = shared_cluster().create()
    migrate(address_of(url))
    if kind == "synthetic":
        mark_synthetic(address_of(url))
    return url.partition("@/")[2].partition("?")[0]


def new_database(kind: str = "empty") -> str:
    """`empty` or `synthetic` → the URL of a migrated database as new: one given back, or a copy."""
    return _FREE[kind].pop() if _FREE[kind] else shared_cluster().create(_template(kind))


def give_back(url: str, kind: str = "empty") -> None:
    """A database that a test is done with → emptied for the next one, which is faster than another copy."""
    with shared_cluster().keeper(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        connection.execute(_EMPTY)
    if kind == "synthetic":
        mark_synthetic(address_of(url))
    _FREE[kind].append(url)


def address_of(url: str) -> PostgresAddress:
    """The URL of a database here → its address."""
    address = parse_address(url)
    assert isinstance(address, PostgresAddress), address
    return address
