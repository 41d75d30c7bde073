"""A real `hub serve` in a process of its own, spoken to over sockets."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.servers import Server, free_port, start_hub


@contextmanager
def live_hub(folder: Path, **settings: str) -> Iterator[Server]:
    """A folder and settings → a hub that is ready, ended with the block."""
    server = start_hub(folder, free_port(), core=None, more=settings)
    try:
        server.wait_ready("/ready")
        yield server
    finally:
        server.stop()


def base_of(server: Server) -> str:
    """A hub → its FHIR base."""
    return f"http://127.0.0.1:{server.port}/fhir"


def client_of(server: Server, **more: object) -> httpx.Client:
    """A hub → a client whose paths begin at the root."""
    return httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30, **more)  # pyright: ignore[reportArgumentType] - passed on


def line_to(server: Server, timeout_s: float = 15) -> socket.socket:
    """A hub → a bare connection."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=timeout_s)


def all_from(line: socket.socket) -> bytes:
    """A connection → what comes until the other side ends it; then it is closed."""
    got = b""
    with line:
        try:
            while piece := line.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
    return got
