"""One transaction that changes things: who, when and under which rules; every change of a request goes through it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct, field

from hub.fhir.interactions.context import Context, access, is_long, permit_for
from hub.fhir.interactions.integrity import dangling, referred_to
from hub.fhir.interactions.one_patient import astray, may_lead_astray
from hub.fhir.interactions.prepare import Prepared, Setting, store
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, Stored
from hub.policy import Permit
from hub.policy.action import Interaction
from hub.problems import HubError, Problem

T = TypeVar("T")


class LongWorkError(Exception):
    """What is to be changed takes longer than the event loop may be held: it is begun anew beside it."""


class Writing(Struct, frozen=True):
    """An open transaction.

    Shape: `setting.at` was taken inside it, so that times follow the order of the commits; `written`, `removed` and `linking` wait
    for the check of references, which a transaction can only make at its end; `light` on the event loop, where nothing may take long.
    """

    session: Session
    request: FhirRequest
    context: Context
    setting: Setting
    written: list[Stored] = field(default_factory=list[Stored])
    removed: list[Stored] = field(default_factory=list[Stored])
    linking: list[Stored] = field(default_factory=list[Stored])
    light: bool = False

    @classmethod
    def begin(
        cls, session: Session, request: FhirRequest, context: Context, *, light: bool = False
    ) -> Writing:
        """A session inside a transaction → the writing of this request."""
        setting = Setting(context.now(), request.base_url, context.tags)
        return cls(session, request, context, setting, light=light)

    def weigh(self, current: Stored) -> None:
        """The version that is to be changed → nothing. Problems: LongWorkError on the event loop, when it is large."""
        if self.light and is_long(current.body):
            raise LongWorkError

    def permit(self, interaction: Interaction, resource_type: str) -> Permit:
        """An interaction on a type → Permit. Problems: FORBIDDEN."""
        return permit_for(self.request, interaction, resource_type)

    def store(self, permit: Permit, prepared: Prepared, current: Stored | None) -> Stored:
        """A prepared body and the version it follows → the stored next version. Problems: as `prepare.store`."""
        stored = store(self.session, permit, prepared, current, self.setting)
        if "write" in self.context.integrity:
            self.written.append(stored)
        if may_lead_astray(stored):
            self.linking.append(stored)
        return stored

    def delete(self, permit: Permit, current: Stored, at: datetime) -> Stored:
        """The current version → its tombstone."""
        stored = self.session.delete(permit, current, at)
        if "delete" in self.context.integrity:
            self.removed.append(stored)
        return stored

    def finish(self, result: T) -> T:
        """What a change has come to → the same, when all references lead somewhere still, and to no other patient.

        Problems: TWO_PATIENTS, UNKNOWN_REFERENCE, STILL_REFERENCED; `part` names the resource.
        """
        problems: list[Problem] = []
        if self.linking:
            permit = self.permit("create", "")
            problems += astray(self.session, permit, self.linking, self.setting.base_url)
        if self.written:
            permit = self.permit("create", "")
            problems += dangling(self.session, permit, self.written, self.setting.base_url)
        if self.removed:
            problems += referred_to(self.session, self.permit("delete", ""), self.removed)
        if problems:
            raise HubError(*problems)
        return result

    def log(
        self, permit: Permit, interaction: str, stored: Stored | None, *, query: str = ""
    ) -> None:
        """What was done → its entry in the access log, in this transaction."""
        self.session.audit(
            access(self.request, permit, interaction, self.setting.at, stored, query=query)
        )


async def write_in(
    request: FhirRequest, context: Context, work: Callable[[Writing], T], *, long: bool = False
) -> T:
    """What is done inside a transaction → its result, after the commit; off the event loop where that, or what it changes, is large."""
    if not long:
        try:
            return await context.repository.write(
                lambda session: work(Writing.begin(session, request, context, light=True))
            )
        except LongWorkError:
            pass
    return await context.repository.write(
        lambda session: work(Writing.begin(session, request, context)), long=True
    )
