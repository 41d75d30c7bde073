"""One transaction that changes things: who, when and under which rules; every change of a request goes through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.fhir.interactions.context import Context, access, permit_for
from hub.fhir.interactions.prepare import Prepared, Setting, store
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, Stored
from hub.policy import Permit
from hub.policy.decide import Interaction


@dataclass(frozen=True, slots=True)
class Writing:
    """An open transaction. Shape: `setting.at` was taken inside it, so that times follow the order of the commits."""

    session: Session
    request: FhirRequest
    context: Context
    setting: Setting

    @classmethod
    def begin(cls, session: Session, request: FhirRequest, context: Context) -> Writing:
        """A session inside a transaction → the writing of this request."""
        return cls(
            session, request, context, Setting(context.now(), request.base_url, context.tags)
        )

    def permit(self, interaction: Interaction, resource_type: str) -> Permit:
        """An interaction on a type → Permit. Problems: FORBIDDEN."""
        return permit_for(self.request, interaction, resource_type)

    def store(self, permit: Permit, prepared: Prepared, current: Stored | None) -> Stored:
        """A prepared body and the version it follows → the stored next version. Problems: as `prepare.store`."""
        return store(self.session, permit, prepared, current, self.setting)

    def log(
        self, permit: Permit, interaction: str, stored: Stored | None, *, query: str = ""
    ) -> None:
        """What was done → its entry in the access log, in this transaction."""
        self.session.audit(
            access(self.request, permit, interaction, self.setting.at, stored, query=query)
        )


Change = Callable[[Writing], object]
