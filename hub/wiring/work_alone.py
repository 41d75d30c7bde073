"""`hub work`: the work that follows commits, in a process of its own beside others (PostgreSQL)."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hub.clock import Clock
from hub.log import Event, log, set_up_logging
from hub.settings import Settings
from hub.wiring import NotReadyError, build_hub
from hub.wiring.litter import leave_what_stays, look_through_all_again

LOOK_S = 1.0
"""How often the process looks whether its worker still goes on: without one it must end, so that it is started again."""


def work_alone(settings: Settings, clock: Clock) -> None:
    """Settings and a clock → works until a signal ends it. Raises NotReadyError."""
    if isinstance(settings.database, Path):
        raise NotReadyError(
            f"hub work needs PostgreSQL: on SQLite ({settings.database}) `hub serve` does the work itself, and two processes"
            " would do it twice. Set HUB_DATABASE_URL=postgresql://…"
        )
    set_up_logging(settings.log_level)
    try:
        asyncio.run(_work(replace(settings, serve_works=True), clock))
    finally:
        look_through_all_again()


async def _work(settings: Settings, clock: Clock) -> None:
    hub = build_hub(settings, clock)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    work = hub.work
    await work.start()
    leave_what_stays()
    log(Event.WORKING)
    while not ended.is_set() and work.runner.alive():
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await ended.wait()
    asked = ended.is_set()
    await work.stop()
    await asyncio.to_thread(hub.store.engine.close)
    log(Event.STOPPED)
    if not asked:
        raise NotReadyError("The worker has ended by itself; start the process again.")
