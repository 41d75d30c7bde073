"""Programs under measurement: started as a stranger starts them, pinned to a core, stopped or killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
_START_S: Final = 60.0


@dataclass(slots=True)
class Server:
    """A running program. Shape: `began` on the clock of time.perf_counter."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    began: float
    ready_s: float = 0.0
    _core: int | None = field(default=None)

    @property
    def pid(self) -> int:
        """The program's process number."""
        return self.process.pid

    def wait_ready(self, path: str = "/fhir/metadata") -> float:
        """Nothing → seconds from its start to the first 200 on a path. Raises RuntimeError when it does not come."""
        request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode()
        while time.perf_counter() - self.began < _START_S:
            if self.process.poll() is not None:
                raise RuntimeError(f"the program ended:\n{self.log.read_text()[-2000:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                    line.sendall(request)
                    if line.recv(64).startswith(b"HTTP/1.1 200"):
                        self.ready_s = time.perf_counter() - self.began
                        return self.ready_s
            except OSError:
                pass
            time.sleep(0.003)
        raise RuntimeError("the program did not answer in time")

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM → its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def memory_mb(self) -> tuple[float, float]:
        """Nothing → resident and proportional set size, in MB."""
        rows = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        found = {r.split(":")[0]: int(r.split()[1]) / 1024 for r in rows if r.endswith("kB")}
        return found["Rss"], found["Pss"]

    def private_mb(self) -> float:
        """Nothing → memory that is the process's own (not mapped files), in MB."""
        rows = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        found = {r.split(":")[0]: int(r.split()[1]) / 1024 for r in rows if r.endswith("kB")}
        return found.get("Pss_Anon", found.get("Anonymous", 0.0))

    def cpu_s(self) -> float:
        """Nothing → seconds of processor time so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Nothing → a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(
    command: list[str], port: int, log: Path, env: Mapping[str, str], core: int | None
) -> Server:
    began = time.perf_counter()
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=dict(env), cwd=ROOT
        )
    pin(process.pid, core)
    return Server(process, port, log, began)


def start_hub(
    folder: Path,
    port: int,
    *,
    core: int | None = SERVER_CORE,
    more: Mapping[str, str] | None = None,
) -> Server:
    """A folder for database and drop → the hub, in development mode, open, with default settings otherwise."""
    env = _hub_env(folder, port, more or {})
    return _start([sys.executable, "-m", "hub", "serve"], port, folder / "hub.log", env, core)


def start_work(folder: Path, more: Mapping[str, str], *, core: int | None = None) -> Server:
    """The folder and settings of a hub on PostgreSQL → a process that works beside it."""
    env = _hub_env(folder, 8000, more)
    return _start([sys.executable, "-m", "hub", "work"], 0, folder / "work.log", env, core)


def _hub_env(folder: Path, port: int, more: Mapping[str, str]) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    # Program files are compiled, as pip does when it installs them
    mine = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env = {k: v for k, v in mine.items() if not k.startswith("HUB_")}
    return env | {
        "PYTHONFAULTHANDLER": "1",  # a crash that nobody ordered leaves its trace in the log
        "HUB_MODE": "development",
        "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
        "HUB_DEV_OPEN": "yes",
        "HUB_PORT": str(port),
        "HUB_DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
        "HUB_FILEDROP_DIR": str(folder / "drop"),
        "HUB_LOG_LEVEL": "warning",
        **more,
    }


def start_noop(folder: Path, port: int, *, core: int | None = SERVER_CORE) -> Server:
    """The no-op FastAPI program, same interpreter, same server library."""
    folder.mkdir(parents=True, exist_ok=True)
    program = str(ROOT / "bench" / "noop_app.py")
    return _start([sys.executable, program, str(port)], port, folder / "noop.log", os.environ, core)


def start_peer(folder: Path, port: int, python: Path) -> Server:
    """A folder, a port and the interpreter of the peer's own environment → the peer (bench/peer.py)."""
    folder.mkdir(parents=True, exist_ok=True)
    program = [str(python), "-W", "ignore", str(ROOT / "bench" / "peer_app.py"), str(port)]
    env = {**os.environ, "FHIR_SEQUENCE": "R4B"}
    return _start([*program, str(folder / "peer.db")], port, folder / "peer.log", env, SERVER_CORE)


def pin(pid: int, core: int | None) -> None:
    """A process (0 = this one) and a core (None = all of them) → it runs there only, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        return
    count = os.cpu_count() or 1
    if core is None:
        os.sched_setaffinity(pid, set(range(count)))
    elif core < count:
        os.sched_setaffinity(pid, {core})
