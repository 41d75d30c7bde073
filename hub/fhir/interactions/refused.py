"""What was refused → its entry in the access log: who asked for what is not there, gone, changed meanwhile or not theirs.

Source: security/audit.md §2 ("failed and refused attempts are logged as well"), §3.4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from hub.fhir.interactions.context import AUDIT_ACTION, Context
from hub.fhir.outcome import status_of
from hub.fhir.repository import Session
from hub.fhir.requests import AuditEntry, FhirRequest
from hub.policy import Action, Actor, Permit, authorise
from hub.problems import Problem, ProblemCode

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LOGGED: Final = frozenset((400, 403, 404, 405, 409, 410, 412, 413, 415, 422, 428))


async def log_refused(
    request: FhirRequest,
    context: Context,
    interaction: str,
    named: tuple[str, ...],
    problems: Sequence[Problem],
) -> None:
    """A refused interaction on (type, id) → an entry with outcome 4, in a transaction of its own: nothing else was done.

    Shape: the patient is the one whose the resource is or was, looked for on the hub's own account: the log knows whom a
    refusal was about, the caller does not, and what is missing takes as long as what is closed. Who asks for what is open
    to all has no tenant, and no log.
    """
    if status_of(problems) not in _LOGGED or request.actor.tenant_id <= 0:
        return
    resource_type, resource_id = named
    if problems[0].code is ProblemCode.NATIONAL_ID_IN_URL or not _ID.fullmatch(resource_id):
        resource_id = ""  # what is no id names nothing, and may name a person
    at = context.now()
    own = Actor("internal_job", "log", "The access log", request.actor.tenant_id)
    verdict = authorise(own, Action("read", resource_type))

    def log(session: Session) -> None:
        held = None
        if resource_id and isinstance(verdict, Permit):
            held = session.head(verdict, resource_type, resource_id)
        session.audit(
            AuditEntry(
                actor=request.actor,
                action=AUDIT_ACTION.get(interaction, "E"),
                interaction=interaction,
                recorded=at,
                resource_type=resource_type,
                resource_id=resource_id,
                version=0 if held is None else held.version,
                patient_id=None if held is None else held.patient_id,
                reason=f"refused: {problems[0].code.name.lower().replace('_', '-')}",
                query=urlencode(request.query),
                request_id=request.request_id,
                outcome="4",
                address=request.address,
            )
        )

    await context.repository.write(log)
