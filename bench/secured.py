"""What authorisation, filters and the rates of callers cost: the same requests as somebody and as the open development actor.

    python bench/secured.py

The hub runs in this process on an embedded database on disk, its work not begun; requests go in at its outermost layer, some at
a time, by turns as the development actor (HUB_DEV_OPEN) and as an actor whose token is remembered: a supplier that sends
values, a GP system that reads a trend. All are audited. What the proof beside a token costs is bench/dpop.py's.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop

from bench.f1_post import values
from bench.loading import median
from bench.town import MEASURES, Citizen, bundle, citizens, resources, shared_resources
from hub.api.auth import App, Message
from hub.clock import SystemClock
from hub.policy import Actor, Organisation, parse_scopes
from hub.policy.relations import CareRelation
from hub.policy.rights import RelationKind
from hub.settings import read_settings
from hub.store.migrate import DEMO_TENANT
from hub.wiring import Hub, build_hub
from hub.wiring.layers import build_layers

MUST: Final = {"POST Observation": 35.0, "trend read": 30.0}
"""By how much the throughput may fall. Units: per cent."""
PATIENTS: Final = 40
ROUNDS: Final = 9
REQUESTS: Final = 320
AT_ONCE: Final = 32
SUPPLIER: Final = Organisation("964338531", "", "889640782")
OFFICE: Final = Organisation("974760673")
DEVELOPER: Final = Actor("development", "developer", "Open", DEMO_TENANT)
VENDOR: Final = Actor(
    "dho_vendor", "v", "A supplier", DEMO_TENANT, "v", parse_scopes(["system/*.cruds"]), SUPPLIER
)
GP: Final = Actor(
    "gp_system", "g", "A GP's journal", DEMO_TENANT, "g", parse_scopes(["system/*.rs"]), OFFICE
)
Request = tuple[str, str, bytes, bytes]
"""Method, path, query and body."""


async def ask(app: App, request: Request) -> tuple[int, bytes]:
    """A request → status and body of its answer."""
    method, path, query, body = request
    told: list[Message] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "client": ("127.0.0.1", 50000),
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"accept", b"application/fhir+json"),
            (b"content-type", b"application/fhir+json"),
            (b"content-length", b"%d" % len(body)),
        ],
    }
    await app(scope, receive, send)
    return told[0]["status"], told[1]["body"]


async def cpu_us(app: App, requests: Sequence[Request], status: int) -> float:
    """Requests that must all have one status → CPU microseconds of this process for each."""
    rest = iter(requests)

    async def caller() -> None:
        for request in rest:
            got, body = await ask(app, request)
            if got != status:
                raise RuntimeError(f"{got}: {body[:300]!r}")

    began = time.process_time()
    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    return (time.process_time() - began) / len(requests) * 1e6


def as_actor(hub: Hub, settings: Any, actor: Actor) -> App:
    """A hub and an actor → its outermost layer, where everybody is that actor."""
    rates = hub.app.fhir.look_ups
    assert rates is not None
    return build_layers(settings, hub.app, hub.figures, None, rates.rates, actor)


async def load(hub: Hub, app: App, people: Sequence[Citizen]) -> None:
    """Patients with plans, and the relations that open them to both organisations."""
    start = SystemClock().now().replace(microsecond=0) - timedelta(days=60)
    made = (*shared_resources(), *(r for each in people for r in resources(each, start)))
    status, body = await ask(app, ("POST", "/fhir", b"", bundle(made)))
    if status != 200:
        raise RuntimeError(f"loading was refused: {body[:300]!r}")
    sides: tuple[tuple[str, RelationKind], ...] = (
        (SUPPLIER.supplier, "agreement"),
        (OFFICE.parent, "gp_list"),
    )
    for each in people:
        for organisation, kind in sides:
            relation = CareRelation(DEMO_TENANT, each.id, organisation, kind, start)
            await hub.store.write(lambda unit, r=relation: unit.relations.add(r, start))


def posts(people: tuple[Citizen, ...], seed: int) -> list[Request]:
    """Patients and a seed → requests that send values."""
    bodies = (r.partition(b"\r\n\r\n")[2] for r in values(people, REQUESTS, seed))
    return [("POST", "/fhir/Observation", b"", body) for body in bodies]


def trends(people: tuple[Citizen, ...]) -> list[Request]:
    """Patients → requests that read their trends."""
    code = MEASURES[0].codings[0][1]
    form = "patient={}&code={}&date=ge2020-01-01&_sort=date&_count=365"
    asked = [form.format(each.id, code).encode() for each in people]
    return [("GET", "/fhir/Observation", query, b"") for query in asked]


async def measure(folder: Path) -> dict[str, tuple[float, float, float]]:
    """A folder → what was measured: microseconds open and secured, and the loss of throughput, medians of the pairs."""
    settings = read_settings(
        {
            "HUB_MODE": "development",
            "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
            "HUB_DEV_OPEN": "yes",
            "HUB_DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
            "HUB_LOG_LEVEL": "error",
        }
    )
    hub = build_hub(settings, SystemClock())
    people = citizens("sec", PATIENTS)
    anybody = as_actor(hub, settings, DEVELOPER)
    await load(hub, anybody, people)
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in MUST}
    for number in range(-1, ROUNDS):
        taken = {
            "POST Observation": (
                await cpu_us(anybody, posts(people, 2 * number), 201),
                await cpu_us(as_actor(hub, settings, VENDOR), posts(people, 2 * number + 1), 201),
            ),
            "trend read": (
                await cpu_us(anybody, trends(people), 200),
                await cpu_us(as_actor(hub, settings, GP), trends(people), 200),
            ),
        }
        for name, pair in taken.items() if number >= 0 else ():
            pairs[name].append(pair)
    hub.store.engine.close()
    return {
        name: (
            median(a for a, _ in found),
            median(b for _, b in found),
            median((1 - a / b) * 100 for a, b in found),
        )
        for name, found in pairs.items()
    }


def main() -> int:
    """Nothing → exit status 1 when a must is missed."""
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(measure(Path(folder)))
    for name, (base, secured, loss) in found.items():
        told = f"{base:.0f} µs CPU open, {secured:.0f} µs secured"
        verdict = "held" if loss <= MUST[name] else "MISSED"
        print(
            f"{name:18} {told}: {loss:.0f} % less throughput (must: {MUST[name]:.0f} %) {verdict}"
        )
    return any(loss > MUST[name] for name, (_, _, loss) in found.items())


if __name__ == "__main__":
    sys.exit(main())
