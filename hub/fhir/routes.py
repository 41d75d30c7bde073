"""The tables of interactions and operations: method and path shape → the function that does it. A new one is a row here.

Source: http://hl7.org/fhir/R4/http.html#summary.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from hub.fhir.interactions.access_log import access_log
from hub.fhir.interactions.alert_steps import acknowledge, close, mitigate, snooze
from hub.fhir.interactions.bundle import bundle
from hub.fhir.interactions.context import Context, permit_for
from hub.fhir.interactions.create import create
from hub.fhir.interactions.delete import conditional_delete, delete
from hub.fhir.interactions.everything import everything_of_all, everything_of_one
from hub.fhir.interactions.explain import explain
from hub.fhir.interactions.history import history_instance, history_system, history_type
from hub.fhir.interactions.last_n import last_n
from hub.fhir.interactions.patch import conditional_patch, patch
from hub.fhir.interactions.read import read, vread
from hub.fhir.interactions.search_compartment import search_compartment
from hub.fhir.interactions.search_system import search_system
from hub.fhir.interactions.search_type import search_type
from hub.fhir.interactions.simulate import simulate
from hub.fhir.interactions.update import conditional_update, update
from hub.fhir.interactions.validate import validate
from hub.fhir.operations import (
    ACCESS_LOG_FROM,
    ACCESS_LOG_OUT,
    ACCESS_LOG_PATIENT,
    ACCESS_LOG_UNTIL,
    ALERT_STEP_OUT,
    EXPLAIN_OUT,
    LANG,
    LANGUAGE,
    MITIGATION,
    NOTE,
    PERFORMER,
    PERIOD,
    SIMULATION_OUT,
    STEP_ACTION,
    UNTIL,
    UNTIL_DAY,
    Operation,
    operation_definition,
)
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.subset import parse_subset, reduce_body
from hub.policy.action import Interaction

Handler = Callable[..., Awaitable[FhirResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row.

    Shape: `shape` is the path after the base; `action` what the policy is asked for; `code` FHIR's name of the interaction
    where it is another (http://hl7.org/fhir/R4/valueset-restful-interaction.html), `more` those it serves besides.
    """

    method: str
    shape: str
    handler: Handler
    action: Interaction
    code: str = ""
    more: tuple[str, ...] = ()

    @property
    def asks(self) -> Interaction:
        """What the policy is asked for: the history of one resource is a kind of reading, that of many a kind of search."""
        return "history-instance" if self.code == "history-instance" else self.action


async def _capabilities(request: FhirRequest, context: Context) -> FhirResponse:
    whole = context.capabilities["metadata"](request.base_url)
    subset = parse_subset(request.query, ("CapabilityStatement",))
    if subset is None:
        return FhirResponse(200, whole)
    return FhirResponse(200, await context.offload(lambda: reduce_body(whole, subset)))


async def _read(
    request: FhirRequest, context: Context, kind: str, resource_id: str
) -> FhirResponse:
    """As `read`; the definitions of our own operations are made from the table below."""
    if kind == "OperationDefinition":
        for (of, name), row in OPERATIONS.items():
            if row.definition == f"{OWN}/{resource_id}":
                permit_for(request, "read", kind)
                told = operation_definition(of, name, row)
                return FhirResponse(200, msgspec.json.encode(told))
    return await read(request, context, kind, resource_id)


_CORE: Final = "http://hl7.org/fhir/OperationDefinition"
OWN: Final = "https://dho-hub.example/fhir/OperationDefinition"
"""Where our own operations are defined (architecture D6: a reserved name)."""
ROUTES: Final = (
    Route("GET", "metadata", _capabilities, "capabilities"),
    Route("POST", "", bundle, "transaction", more=("batch",)),
    Route("POST", "[type]", create, "create"),
    Route("GET", "", search_system, "search", "search-system"),
    Route("POST", "_search", search_system, "search", "search-system"),
    Route("GET", "[type]", search_type, "search"),
    Route("POST", "[type]/_search", search_type, "search"),
    Route("PUT", "[type]", conditional_update, "update"),
    Route("DELETE", "[type]", conditional_delete, "delete"),
    Route("PATCH", "[type]", conditional_patch, "patch"),
    Route("GET", "[type]/[id]", _read, "read"),
    Route("PUT", "[type]/[id]", update, "update"),
    Route("PATCH", "[type]/[id]", patch, "patch"),
    Route("DELETE", "[type]/[id]", delete, "delete"),
    Route("GET", "[type]/[id]/_history/[vid]", vread, "vread"),
    Route("GET", "[type]/[id]/[type]", search_compartment, "search", "search-type"),
    Route("POST", "[type]/[id]/[type]/_search", search_compartment, "search", "search-type"),
    Route("GET", "[type]/[id]/_history", history_instance, "history", "history-instance"),
    Route("GET", "[type]/_history", history_type, "history", "history-type"),
    Route("GET", "_history", history_system, "history", "history-system"),
    Route("POST", "[type]/$validate", validate, "operation"),
    Route("POST", "[type]/[id]/$validate", validate, "operation"),
)
OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("Observation", "$lastn"): Operation(f"{_CORE}/Observation-lastn", on_type=last_n),
    ("Patient", "$everything"): Operation(
        f"{_CORE}/Patient-everything", on_type=everything_of_all, on_one=everything_of_one
    ),
    ("CarePlan", "$simulate"): Operation(
        f"{OWN}/dho-careplan-simulate",
        on_one=simulate,
        title="Tell what would have fired on the values a patient has sent under this plan, beside what fires today",
        parameters=(PERIOD, UNTIL_DAY, LANGUAGE, SIMULATION_OUT),
    ),
    ("DetectedIssue", "$acknowledge"): Operation(
        f"{OWN}/dho-alert-acknowledge",
        on_one=acknowledge,
        methods=("POST",),
        title="Take an alert: from now on it is yours, and nobody else is reminded of it",
        parameters=(PERFORMER, NOTE, STEP_ACTION, ALERT_STEP_OUT),
    ),
    ("DetectedIssue", "$mitigate"): Operation(
        f"{OWN}/dho-alert-mitigate",
        on_one=mitigate,
        methods=("POST",),
        title="Tell what was done about an alert that stays open",
        parameters=(PERFORMER, NOTE, MITIGATION, ALERT_STEP_OUT),
    ),
    ("DetectedIssue", "$close"): Operation(
        f"{OWN}/dho-alert-close",
        on_one=close,
        methods=("POST",),
        title="Close an alert; a red one needs a note, and an action here or on an earlier step since it became red",
        parameters=(PERFORMER, NOTE, STEP_ACTION, ALERT_STEP_OUT),
    ),
    ("DetectedIssue", "$snooze"): Operation(
        f"{OWN}/dho-alert-snooze",
        on_one=snooze,
        methods=("POST",),
        title="Put off a yellow alert: no reminder until then; a red one cannot be put off",
        parameters=(PERFORMER, NOTE, UNTIL, ALERT_STEP_OUT),
    ),
    ("DetectedIssue", "$explain"): Operation(
        f"{OWN}/dho-alert-explain",
        on_one=explain,
        title="Tell why an alert is there, and judge it again from what is stored",
        parameters=(LANG, *EXPLAIN_OUT),
    ),
    ("AuditEvent", "$access-log"): Operation(
        f"{OWN}/dho-access-log",
        on_type=access_log,
        title="Tell a patient who has looked at their record, when, for whom and why",
        parameters=(ACCESS_LOG_PATIENT, ACCESS_LOG_FROM, ACCESS_LOG_UNTIL, *ACCESS_LOG_OUT),
    ),
}
_CODES: Final = {"search": "search-type"}


def claimed_interactions(*, on_types: bool) -> tuple[str, ...]:
    """Those on types, or those on the whole system → FHIR's codes of the interactions there are, each once."""
    found = [
        code
        for r in ROUTES
        if r.shape.startswith("[type]") is on_types
        and r.action not in ("capabilities", "operation")
        for code in (r.code or _CODES.get(r.action, r.action), *r.more)
    ]
    return tuple(dict.fromkeys(found))
