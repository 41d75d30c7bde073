"""What the probes ask, composed: the store, the worker and how the hub stands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from importlib.metadata import version as installed_version

from hub.api.health import LATE_S, Standing, Watched
from hub.problems import HubError
from hub.store import migrate as database
from hub.store.connection import WritingConnection
from hub.store.judgements import JudgementTable
from hub.store.refusal import try_change
from hub.store.standing import deadlines_put_off, oldest_unjudged, queues, schema_of
from hub.store.unit import Store
from hub.wiring.late import LateWork
from hub.wiring.serving import Ending


def build_watched(
    store: Store, late: LateWork, now: Callable[[], datetime], ending: Ending, *, works: bool
) -> Watched:
    """Store, work, time, how the hub ends and whether it works itself → what the probes ask."""
    return Watched(
        partial(_standing, store, now),
        partial(_store_fault, store),
        late.alive,
        late.trouble,
        lambda: ending.begun,
        lambda: store.engine.commits,
        installed_version("dho-hub"),
        now().timestamp(),
        works,
        late.gauges,
    )


async def _standing(store: Store, now: Callable[[], datetime]) -> Standing:
    at = now()

    def look(connection: WritingConnection) -> Standing:
        marked, unjudged = JudgementTable(connection).counts()
        waiting = {each.name: (each.waiting, _age(at, each.due)) for each in queues(connection, at)}
        put_off = deadlines_put_off(connection, at)
        oldest = oldest_unjudged(connection) if unjudged else None
        return Standing(marked, unjudged, _waited(at, oldest), waiting, put_off)

    return await store.engine.read(look)


async def _store_fault(store: Store) -> str:
    """A store → why it cannot be worked with, or "". While it refuses changes each probe tries one, so that it tells when that is over."""
    engine = store.engine
    if why := await engine.look():
        return f"the database takes no changes: {why}"
    version = await engine.read(schema_of)
    if version != database.HEAD:
        return f"the database is at schema {version or 'none'}, this hub needs {database.HEAD}"
    if engine.refusal.why:
        with suppress(HubError):
            await engine.write(try_change, quiet=True)
            engine.refusal.over()
    return engine.refusal.why and f"the database takes no changes: {engine.refusal.why}"


def _waited(now: datetime, since: datetime | None) -> float:
    """Now and when a value was stored → for how long it has waited; from before the clock was set back: at least as much as that."""
    ahead = 0.0 if since is None else (since - now).total_seconds()
    return ahead if ahead > LATE_S else _age(now, since)


def _age(now: datetime, then: datetime | None) -> float:
    return 0.0 if then is None else max(0.0, (now - then).total_seconds())
