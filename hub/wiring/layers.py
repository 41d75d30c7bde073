"""The layers around the application, outermost first: names and headers, other origins, who asks, how much at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hub.api.app import HubApp
from hub.api.auth import App, Authentication
from hub.api.cors import Cors
from hub.api.doors import Doors
from hub.api.figures import Figures
from hub.api.rates import Rates
from hub.api.short_way import ShortWay
from hub.api.traffic import Traffic
from hub.clock import monotonic
from hub.policy import Actor
from hub.settings import Settings
from hub.wiring.refusals import Refusals

if TYPE_CHECKING:
    from hub.security.admission import Admission

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


def build_layers(
    settings: Settings,
    app: HubApp,
    figures: Figures,
    admission: Admission | None,
    rates: Rates,
    open_actor: Actor | None,
) -> App:
    """The application and what stands around it → the whole as it is served."""
    ticks, headers = monotonic(), app.headers
    gate = Traffic(app, settings.limits, figures, ticks, headers, rates)
    door = Authentication(
        gate,
        open_actor,
        admission,
        Refusals(app.fhir.router.context.repository, app.fhir.router.context.now),
        refused=lambda address: rates.refused(address, ticks()),
    )
    outer: App = door
    if settings.cors_origins:
        outer = Cors(outer, "/fhir", settings.cors_origins)
    https = settings.base_url.startswith("https://")
    doors = Doors(outer, hosts_of(settings), https, headers, settings.figures_port)
    if settings.cors_origins:  # whose headers are on every answer
        return doors
    return ShortWay(doors, door, gate, app.fhir, open_actor)


def hosts_of(settings: Settings) -> frozenset[bytes]:
    """Settings → the names under which the hub may be called."""
    name = urlsplit(settings.base_url).hostname or ""
    own = f"[{name}]" if ":" in name else name.lower()
    chosen = settings.allowed_hosts or {own, *_LOOPBACK}
    return frozenset(host.encode() for host in chosen)
