"""Composition root: settings → store, flows, API and worker; nothing else knows them all."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from hub.api.app import HubApp
from hub.api.auth import App
from hub.api.fhir import FhirApp
from hub.api.figures import Figures
from hub.api.health import Health
from hub.api.look_ups import LookUps
from hub.api.openapi import OpenApi
from hub.api.rates import Rates
from hub.clock import Clock, monotonic
from hub.fhir.interactions.access_log import CitizenEntry
from hub.fhir.interactions.context import Context
from hub.fhir.interactions.simulate import AskedSimulation, Permits
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.router import Router
from hub.log import Event, log, set_up_logging
from hub.policy import Actor
from hub.ports import Outbound
from hub.problems import Problem
from hub.settings import Settings
from hub.store import migrate as database
from hub.store.engine import open_engine
from hub.store.unit import FhirStore, Store
from hub.wiring.admission import (
    BadSecretError,
    build_admission,
    build_oauth,
    why_not_in_production,
)
from hub.wiring.alerts import explain, take_step
from hub.wiring.late import LateWork
from hub.wiring.layers import build_layers
from hub.wiring.litter import leave_what_stays, look_through_all_again
from hub.wiring.loud import Loud
from hub.wiring.metadata import Metadata
from hub.wiring.pace import Pace
from hub.wiring.probes import build_watched
from hub.wiring.ready import NotReadyError as NotReadyError
from hub.wiring.ready import prepare_database
from hub.wiring.refusals import Refusals
from hub.wiring.serving import During, Ending, serve
from hub.wiring.start_log import StartLog

if TYPE_CHECKING:
    from hub.security.admission import Admission
    from hub.store.resources import ResourceSession
    from hub.wiring.work import Work

T = TypeVar("T")

SWITCH_S: Final = 0.0005
"""How soon a thread that computes lets another one go on: the event loop waits for it each time it wakes."""
HTEST: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
_DEVELOPER: Final = Actor(
    "development", "developer", "Development mode, no log-in", database.DEMO_TENANT
)
_AT_A_TIME: Final = 16


@dataclass(slots=True)
class Hub:
    """A composed hub. Shape: `app` is the ASGI application; `work` does what follows commits."""

    settings: Settings
    clock: Clock
    store: Store
    app: HubApp
    outer: App
    late: LateWork
    figures: Figures
    ending: Ending

    @property
    def work(self) -> Work:
        """What does the work that follows commits."""
        return self.late.now()

    def announce(self, say: Callable[[str], None]) -> None:
        """Tell how the hub runs; development mode is loud (security README §9)."""
        if self.settings.development:
            say("=" * 78)
            say(
                "  DEVELOPMENT MODE: nobody is asked who they are. Synthetic data only, never a real patient."
            )
            say("=" * 78)
        say(f"FHIR base {self.settings.base_url} (try {self.settings.base_url}/metadata)")

    def run(self, during: During | None = None) -> None:
        """Serve until a signal ends it; `during` runs beside it once the hub answers, and is told the server."""
        set_up_logging(self.settings.log_level)
        sys.setswitchinterval(SWITCH_S)
        self.late.then = leave_what_stays
        try:
            with (
                suppress(KeyboardInterrupt),
                asyncio.Runner(loop_factory=_loop_factory()) as runner,
            ):
                runner.run(self._serve(during))
        finally:
            look_through_all_again()

    async def _serve(self, during: During | None) -> None:
        headers = self.app.headers
        await serve(self.outer, self.settings, self.figures, self.ending, headers, during)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not there on every system
    except ImportError:
        return None
    return uvloop.new_event_loop


def build_hub(
    settings: Settings,
    clock: Clock,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    outbound: Outbound | None = None,
) -> Hub:
    """Settings and a clock → a hub that is ready to run; `outbound` in place of the guarded client. Raises NotReadyError."""
    prepare_database(settings)
    why_not = why_not_in_production(settings)
    if why_not:
        raise NotReadyError(f"The hub does not start in production mode: {why_not}.")
    store = Store(open_engine(settings.database))
    now = partial(whole_milliseconds, clock)
    tags = (HTEST,) if settings.development else ()
    figures, ending, rates = Figures(), Ending(), Rates(settings.limits.per_minute)

    def make_work() -> Work:
        from hub.wiring.work import build_work  # noqa: PLC0415 - see LateWork

        work = build_work(settings, clock, now, store, tags, pace, figures.asked)
        store.engine.on_commit(work.runner.wake)
        return work

    late = LateWork(make_work)
    if settings.schemas is not None or settings.trust is not None:
        late.now()  # what cannot be read must stop the start, not the work
    headers = ((b"x-hub-mode", b"development"),) if settings.development else ()
    context = _context(settings, clock, now, FhirStore(store, settings.limits.query_s), late)
    looked_up = LookUps(rates, monotonic())
    fhir = FhirApp(
        *(Router(context), settings.base_url, "/fhir", settings.limits, headers),
        *(_further, late.ready, looked_up),
    )
    admission = _admission(settings, store, now, outbound)
    begun, loud = StartLog(context.repository, settings, now), Loud(settings.development)
    watched = build_watched(store, late, now, ending, works=settings.serve_works)
    refused = Refusals(context.repository, now).token
    app = HubApp(
        fhir,
        Health(watched, figures, headers),
        partial(_start, settings, late, begun, loud),
        partial(_stop, store, late, begun, loud),
        partial(_pages, settings, store, now, partial(_ask, fhir, late)),
        OpenApi(settings.base_url, headers) if settings.development else None,
        build_oauth(settings, admission, clock.new_id, headers, refused),
        headers,
    )
    open_actor = _DEVELOPER if settings.dev_open else None
    outer = build_layers(settings, app, figures, admission, rates, open_actor)
    return Hub(settings, clock, store, app, outer, late, figures, ending)


def _context(
    settings: Settings,
    clock: Clock,
    now: Callable[[], datetime],
    repository: FhirStore,
    late: LateWork,
) -> Context:
    """What the interactions of FHIR stand on."""
    limits = settings.limits
    return Context(
        repository=repository,
        now=now,
        new_id=clock.new_id,
        offload=_offload,
        page_key=database.page_key(settings.database),
        capabilities={"metadata": Metadata(clock.now(), settings)},
        tags=(HTEST,) if settings.development else (),
        limits=limits,
        together=_together,
        integrity=settings.referential_integrity,
        take_step=partial(take_step, late),
        explain=explain,
        simulate=_simulate,
        tell_access=_tell_access,
        delete_many=limits.page_most if settings.conditional_delete == "multiple" else 1,
    )


def _admission(
    settings: Settings, store: Store, now: Callable[[], datetime], outbound: Outbound | None
) -> Admission | None:
    try:
        return build_admission(settings, store.engine, now, outbound)
    except BadSecretError as error:
        raise NotReadyError(str(error)) from None


def whole_milliseconds(clock: Clock) -> datetime:
    """A clock → now, cut to milliseconds: what is stored is what is shown."""
    now = clock.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def _further(body: bytes, kind: str, known: Sequence[Problem]) -> tuple[Problem, ...]:
    """A second opinion on a refused body; its models are imported when the first body is refused."""

    def ask() -> tuple[Problem, ...]:
        from hub.fhir.models.full import further_problems  # noqa: PLC0415 - the reject path alone pays for it

        return further_problems(body, kind, known)

    return await asyncio.to_thread(ask)


async def _together(works: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """The entries of a batch, some at a time: they share commits, and nobody else waits for all of them."""
    for start in range(0, len(works), _AT_A_TIME):
        await asyncio.gather(*(work() for work in works[start : start + _AT_A_TIME]))


def _offload(work: Callable[[], T]) -> Awaitable[T]:
    return asyncio.to_thread(work)


def _tell_access(body: bytes) -> CitizenEntry:
    from hub.mapping.audit_to_citizen import audit_to_citizen, citizen_event  # noqa: PLC0415 - loaded when it is asked for

    return CitizenEntry(audit_to_citizen(body).text, citizen_event(body))


def _simulate(session: Session, permits: Permits, asked: AskedSimulation) -> Mapping[str, Any]:
    from hub.wiring.simulating import simulate_plan  # noqa: PLC0415 - pages and plans are loaded when they are asked for

    return simulate_plan(cast("ResourceSession", session), permits, asked)


async def _start(settings: Settings, late: LateWork, begun: StartLog, loud: Loud) -> None:
    loud.begin()
    begun.begin()
    late.begin_soon()
    log(Event.STARTED, port=settings.port)


async def _stop(store: Store, late: LateWork, begun: StartLog, loud: Loud) -> None:
    loud.end()
    await begun.end()
    await late.stop()
    await asyncio.to_thread(store.engine.close)
    log(Event.STOPPED)


async def _ask(fhir: FhirApp, late: LateWork, request: FhirRequest) -> FhirResponse:
    """A request of a page → the answer of the router, once the work that a step leads to is there."""
    await late.ready()
    return await fhir.router.run(request)


async def _pages(
    settings: Settings,
    store: Store,
    now: Callable[[], datetime],
    ask: Callable[[FhirRequest], Awaitable[FhirResponse]],
) -> App:
    """The pages for people; importing them takes a while, so it happens beside the event loop."""

    def make() -> App:
        from hub.api.pages import build_pages  # noqa: PLC0415 - FastAPI is imported on first use

        return build_pages(store, settings.base_url, now, ask, development=settings.development)

    return await asyncio.to_thread(make)
