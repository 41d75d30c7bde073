"""A hub whose caller is whoever the test says: the actor a token would have made, put where the ASGI layer puts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

from hub.api.auth import ACTOR
from hub.policy import Actor, Organisation, Person, parse_scopes
from hub.policy.relations import CareRelation
from hub.store.unit import StoreUnit
from hub.wiring import Hub
from tests.builders import Json
from tests.functional.hub_client import Client

GP_OFFICE, MUNICIPALITY, HOSPITAL, SUPPLIER = "974760673", "999999999", "983974880", "889640782"
OTHER_OFFICE = "971524960"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ALL_SCOPES = parse_scopes(
    f"{level}/{kind}.cruds"
    for level, kind in product(
        ("system", "user", "patient"), ("*", "AuditEvent", "Subscription", "Consent")
    )
)
KARI = Person("https://issuer.example", "sub-kari", "Kari Prøve", 4, "9144900", "SP")
DEVELOPER = Actor("development", "developer", "Developer", 1)
GP = Actor(
    "gp_system",
    "gp-client",
    "Testdal legesenter",
    1,
    "gp-client",
    ALL_SCOPES,
    Organisation(GP_OFFICE),
)
JOURNAL = Actor(
    "municipal_epj",
    "epj-client",
    "Testdal kommune, journal",
    1,
    "epj-client",
    ALL_SCOPES,
    Organisation(MUNICIPALITY),
)
VENDOR = Actor(
    "dho_vendor",
    "vendor-client",
    "Måleren AS",
    1,
    "vendor-client",
    ALL_SCOPES,
    Organisation(MUNICIPALITY, "", SUPPLIER),
)
WARD = Actor(
    "hospital", "ward-client", "Sykehuset", 1, "ward-client", ALL_SCOPES, Organisation(HOSPITAL)
)
CLINICIAN = Actor(
    "clinician",
    "sub-kari",
    "Kari Prøve",
    1,
    "smart-client",
    ALL_SCOPES,
    Organisation(GP_OFFICE),
    KARI,
    patient_id="mine",
)
OPERATOR = Actor("operator", "sub-kari", "Kari Prøve", 1, "console", ALL_SCOPES, person=KARI)
ADMIN = replace(OPERATOR, kind="tenant_admin")
OFFICER = replace(OPERATOR, kind="privacy_officer")


class _Asking:
    """Sends what is asked to the application, as the actor of the moment."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.actor: Actor | None = DEVELOPER

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope[ACTOR] = self.actor
        await self.hub.app(scope, receive, send)


class ActingClient(Client):
    """A client of a hub that is whoever it says to be."""

    def __init__(self, hub: Hub) -> None:
        self.asking = _Asking(hub)
        super().__init__(hub, self.asking)

    @contextmanager
    def as_(self, actor: Actor | None) -> Iterator[ActingClient]:
        """An actor → the client while it is that one."""
        former, self.asking.actor = self.asking.actor, actor
        try:
            yield self
        finally:
            self.asking.actor = former

    def relate(self, patient_id: str, organisation: str, kind: Any, **more: Any) -> None:
        """A care relation, in force since long ago unless told."""
        relation = CareRelation(
            more.pop("tenant", 1),
            patient_id,
            organisation,
            kind,
            more.pop("starts", LONG_AGO),
            **more,
        )

        def add(unit: StoreUnit) -> None:
            unit.relations.add(relation, LONG_AGO)

        self.runner.run(self.hub.store.write(add))

    def relations(self, tenant: int = 1) -> Sequence[CareRelation]:
        """A tenant → its care relations, those that have ended too."""
        return self.hub.store.read_now(lambda unit: unit.relations.of(tenant))

    def log_of(self, tenant: int = 1) -> list[Json]:
        """The access log of a tenant, oldest first."""
        with self.as_(replace(DEVELOPER, tenant_id=tenant)):
            return list(reversed(self.history("AuditEvent/_history?_count=1000")))

    def history(self, path: str) -> list[Json]:
        """A history → the resources on its first page."""
        return [entry["resource"] for entry in self.get(path).json().get("entry", ())]
