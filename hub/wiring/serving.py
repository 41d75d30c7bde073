"""The HTTP server of a hub: our bounds on each connection, and an end that loses no request.

SIGTERM or SIGINT: `/ready` says no; after HUB_DRAIN_SECONDS nothing new is taken; requests in work have
HUB_SHUTDOWN_SECONDS to end; then the worker ends its piece and the store is closed. A second SIGINT ends at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hub.log import Event, log

if TYPE_CHECKING:
    from uvicorn import Config, Server

    from hub.api.auth import App
    from hub.api.figures import Figures
    from hub.settings import Settings

During = Callable[["Server"], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Ending:
    """Whether the hub has been told to end."""

    begun: bool = False


async def serve(
    app: App,
    settings: Settings,
    figures: Figures,
    ending: Ending,
    headers: tuple[tuple[bytes, bytes], ...],
    during: During | None,
) -> None:
    """An application and how it is to be served → when a signal has ended it.

    `during` runs beside it once it answers, and is told the server.
    """
    from hub.api.known_heads import KnownHeads  # noqa: PLC0415 - tests drive the app without a server
    from hub.api.protocol import BoundedHttp  # noqa: PLC0415 - as above
    from hub.wiring.draining import DrainingServer  # noqa: PLC0415 - as above

    bounds = settings.limits
    protocol = partial(BoundedHttp, bounds, figures, lambda: ending.begun, headers, KnownHeads())

    def told() -> None:
        ending.begun = True
        log(Event.STOPPING)

    config = _config(app, settings, protocol)
    server = DrainingServer(config, bounds.drain_s, told)
    beside = None if during is None else asyncio.create_task(_beside(server, during))
    sockets = None
    if settings.figures_port:  # the same application: doors.py tells what stands at which port
        beside_it = type(config)(config.app, host=settings.host, port=settings.figures_port)
        sockets = [config.bind_socket(), beside_it.bind_socket()]
    await server.serve(sockets)
    if beside is not None:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)


def _config(app: App, settings: Settings, protocol: Callable[..., Any]) -> Config:
    """An application, settings and what speaks HTTP → how uvicorn serves it."""
    from uvicorn import Config  # noqa: PLC0415 - as above

    return Config(
        app,  # pyright: ignore[reportArgumentType] - an ASGI callable, typed more widely there
        host=settings.host,
        port=settings.port,
        http=protocol,  # pyright: ignore[reportArgumentType] - a class with its first arguments given
        interface="asgi3",  # uvicorn would take an application that is no coroutine function for an older kind
        ws="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
        log_config=None,  # by the hub's own lines: uvicorn's would show whole tracebacks
        timeout_keep_alive=settings.limits.idle_s,
        timeout_graceful_shutdown=settings.limits.shutdown_s,
    )


async def _beside(server: Server, during: During) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag alone
        await asyncio.sleep(0.02)
    await during(server)
