"""A transaction is stored whole or not at all when the real server is killed in the middle of it."""

from __future__ import annotations

import http.client
import random
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.servers import Server, free_port, start_hub
from tests.builders import entry, patient, to_json, transaction

ENTRIES = 400
KILLS = 8


def bundle(kill: int) -> bytes:
    """The number of a kill → a transaction of conditional creates, linked in a circle, with its mark on each."""
    urns = [f"urn:uuid:00000000-0000-4000-8000-{n:012d}" for n in range(ENTRIES)]
    return to_json(
        transaction(
            *[
                entry(
                    "POST",
                    "Patient",
                    patient(
                        n,
                        identifier=[
                            {"system": "urn:kill", "value": str(kill)},
                            {"system": "urn:one", "value": f"{kill}.{n}"},
                        ],
                        link=[{"other": {"reference": urns[n - 1]}, "type": "seealso"}],
                    ),
                    urns[n],
                    ifNoneExist=f"identifier=urn:one|{kill}.{n}",
                )
                for n in range(ENTRIES)
            ]
        )
    )


def send(
    port: int, method: str, path: str, body: bytes | None = None, more: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """A request, `more` headers → status and body; 0 when the server was gone."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request(method, path, body, {"content-type": "application/fhir+json"} | (more or {}))
        answer = line.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        line.close()


def count(port: int, kill: int) -> int:
    """The number of a kill → how many of its patients are there."""
    status, body = send(port, "GET", f"/fhir/Patient?identifier=urn:kill%7C{kill}&_count=0")
    assert status == 200, body
    return msgspec.json.decode(body)["total"]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_transaction_that_is_killed_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    port, dice = free_port(), random.Random(3)
    seen: list[tuple[int, int]] = []
    unanswered = 0
    server: Server = start_hub(tmp_path, port)
    server.wait_ready()
    for kill in range(KILLS):
        told: list[int] = []
        body = bundle(kill)
        sender = threading.Thread(target=lambda b=body, t=told: t.append(send(port, "POST", "/fhir", b)[0]))  # fmt: skip
        sender.start()
        time.sleep(0.02 + dice.random() * 0.5)
        server.kill()
        sender.join()
        unanswered += told == [0]
        server = start_hub(tmp_path, port)
        server.wait_ready()
        there = count(port, kill)
        seen.append((told[0], there))
        # What was not answered may be sent again: the conditions make it once
        assert send(port, "POST", "/fhir", body)[0] == 200
        assert count(port, kill) == ENTRIES
    server.kill()

    assert all(there in (0, ENTRIES) for _, there in seen), seen
    assert all(there == ENTRIES for status, there in seen if status == 200), seen
    assert unanswered > 0, seen
