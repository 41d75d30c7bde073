"""Nothing in the hub calls out but by the guarded client: no library, no socket, no other program.

Source: security README §7 ("one guarded client"), §9 (no `verify=False` in the code).
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
MODULES: Final = frozenset(
    (
        "httpx", "requests", "aiohttp", "urllib3", "websockets", "socket", "ssl", "smtplib", "ftplib", "poplib", "imaplib", "nntplib",
        "telnetlib", "xmlrpc", "socketserver", "subprocess", "multiprocessing", "pty", "urllib.request", "urllib.error", "http.client",
        "http.server", "ctypes",
    )
)  # fmt: skip
CALLS: Final = frozenset(
    (
        "urlopen", "urlretrieve", "open_connection", "open_unix_connection", "create_connection", "create_datagram_endpoint", "sock_connect",
        "create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell", "getaddrinfo", "system", "popen", "execv",
        "execve", "execvp", "execl", "spawnv", "spawnl", "posix_spawn", "fork", "import_module", "__import__", "eval", "exec",
    )
)  # fmt: skip
ALLOWED: Final = {
    "hub/transport/outbound.py": {"httpx", "socket", "ssl", "getaddrinfo"},  # the one way out
    "hub/cli/serve.py": {"socket"},  # listens
    "hub/cli/__init__.py": {"import_module"},  # commands of its own table
    "hub/fhir/models/__init__.py": {"import_module"},  # generated models, by the name of a type that is known
    "hub/fhir/models/full.py": {"import_module"},  # as above
    "hub/fhir/search/terminology.py": {"import_module"},  # as above
    "hub/mapping/both_ways/script.py": {"exec"},  # functions written out from our own tables, nothing of a message in them (ADR 0043)
    "hub/demo/nurse.py": {"urllib.request", "urlopen"},  # the demo speaks to the hub it has started, on loopback
    "hub/demo/play.py": {"urllib.request", "urlopen"},  # as above
    "hub/demo/secure.py": {"urllib.request", "urllib.error", "urlopen"},  # as above
}  # fmt: skip
"""What a file may have all the same, and why."""


def ways_out(source: str) -> Iterator[str]:
    """A module's text → the modules and calls in it by which something could leave the process."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [node.module or "", *within]
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in CALLS:
                yield name
            if any(
                k.arg == "verify" and getattr(k.value, "value", True) is False
                for k in node.keywords
            ):
                yield "verify=False"  # fmt: skip
            continue
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (m for m in (parts[0], ".".join(parts[:2])) if m in MODULES)


def test_each_module_has_the_ways_out_that_it_is_allowed() -> None:
    found = {
        str(path.relative_to(ROOT)): set(ways_out(path.read_text("utf-8")))
        for path in sorted((ROOT / "hub").rglob("*.py"))
        if "models/r4" not in path.as_posix()
    }
    assert {path: ways for path, ways in found.items() if ways} == ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "import httpx", "from httpx import AsyncClient", "import urllib.request", "from urllib import request", "from urllib.request import urlopen",
        "import http.client", "from http import client", "import socket as s", "import smtplib", "import subprocess; subprocess.run(['curl', 'x'])",
        "import os; os.system('curl x')", "import asyncio; asyncio.open_connection('x', 1)", "loop.create_connection(f, 'x', 1)",
        "os.popen('curl x')", "__import__('httpx')", "importlib.import_module('httpx')", "client(verify=False)",
    ],
)  # fmt: skip
def test_the_rule_sees_each_way_out(source: str) -> None:
    assert list(ways_out(source)) != []


def test_the_import_rules_forbid_the_same_libraries() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]  # fmt: skip
    (rule,) = [each for each in contracts if each["name"].startswith("One way out")]
    assert {"httpx", "requests", "aiohttp", "urllib3", "socket", "smtplib", "subprocess"} <= set(rule["forbidden_modules"])  # fmt: skip
    assert {each.partition(" -> ")[0] for each in rule["ignore_imports"]} <= {
        "hub.transport.outbound",
        "hub.security.jose",
        "hub.cli.serve",
    }
