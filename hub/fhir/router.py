"""The table of interactions: method and path shape → the function that does it.

Source: http://hl7.org/fhir/R4/http.html#summary.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from hub.fhir.interactions.posted_form import with_form
from hub.fhir.interactions.read import read, vread
from hub.fhir.interactions.refused import log_refused
from hub.fhir.interactions.search_compartment import search_compartment
from hub.fhir.interactions.search_system import search_system
from hub.fhir.interactions.search_type import search_type
from hub.fhir.interactions.simulate import simulate
from hub.fhir.interactions.update import conditional_update, update
from hub.fhir.interactions.validate import validate
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.operations import (
    ACCESS_LOG_FROM,
    ACCESS_LOG_OUT,
    ACCESS_LOG_PATIENT,
    ACCESS_LOG_UNTIL,
    ALERT_STEP_OUT,
    EXPLAIN_OUT,
    LANG,
    LANGUAGE,
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
from hub.fhir.search.params import refuse_national_ids
from hub.fhir.subset import parse_subset, reduce_body
from hub.policy.action import Interaction
from hub.problems import HubError, Problem, ProblemCode, fail

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
        parameters=(PERFORMER, NOTE, replace(STEP_ACTION, minimum=1), ALERT_STEP_OUT),
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
_BY_SHAPE: Final = {(r.method, r.shape): r for r in ROUTES}
_CODES: Final = {"search": "search-type"}
_METHODS: Final = {
    shape: sorted({r.method for r in ROUTES if r.shape == shape}) for _, shape in _BY_SHAPE
}


@dataclass(frozen=True, slots=True)
class Router:
    """Finds and runs the interaction of a request."""

    context: Context
    operations: Mapping[tuple[str, str], Operation] = field(default_factory=lambda: OPERATIONS)

    def __post_init__(self) -> None:
        """Let the interactions ask the router: a batch runs its entries as requests."""
        object.__setattr__(self, "context", replace(self.context, dispatch=self.dispatch))

    async def run(self, request: FhirRequest) -> FhirResponse:
        """A request → its response. Problems: as `dispatch`."""
        return await self.dispatch(request, self.context)

    async def refused(
        self, request: FhirRequest, problems: Sequence[Problem], context: Context | None = None
    ) -> None:
        """A request that was refused before its body was read → its entry in the access log, as if it had come this far."""
        kind, resource_id, *_ = (*request.path, "", "")
        named = (kind, resource_id) if kind in RESOURCE_TYPES else ("", "")
        interaction = interaction_of(request.method, request.path)
        await log_refused(request, context or self.context, interaction, named, problems)

    async def dispatch(self, request: FhirRequest, context: Context) -> FhirResponse:
        """A request and what it may use → its response; what was refused is logged where the access log asks for it.

        Problems: UNKNOWN_RESOURCE_TYPE, METHOD_NOT_ALLOWED, NOT_SUPPORTED, NATIONAL_ID_IN_URL and those of the interaction.
        """
        try:
            refuse_national_ids((), request.path)
            shape, arguments = _shape(request.path)
            request = with_form(request, context)
        except HubError as error:
            return await self._nowhere(request, context, error)
        if shape == "$":
            return await self._operation(request, context, *arguments)
        method = "GET" if request.method == "HEAD" else request.method
        route = _BY_SHAPE.get((method, shape))
        if route is None:
            return await self._nowhere(request, context, _no_route(shape))
        try:
            return await route.handler(request, context, *arguments)
        except HubError as error:
            named = (*arguments, "", "")[:2]
            await log_refused(request, context, route.code or route.action, named, error.problems)
            raise

    async def _nowhere(
        self, request: FhirRequest, context: Context, error: HubError
    ) -> FhirResponse:
        """A request that leads to nothing there is → its entry in the access log, and the refusal. Problems: the error's."""
        await self.refused(request, error.problems, context)
        raise error

    async def _operation(
        self, request: FhirRequest, context: Context, kind: str, name: str, resource_id: str = ""
    ) -> FhirResponse:
        found = self.operations.get((kind, name))
        if found is None or (found.on_one if resource_id else found.on_type) is None:
            where = f"one {kind}" if resource_id else kind or "the system"
            error = fail(ProblemCode.NOT_FOUND, f"There is no operation {name} on {where}")
            return await self._nowhere(request, context, error)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in found.methods:
            told = " or ".join(found.methods)
            error = fail(ProblemCode.METHOD_NOT_ALLOWED, f"This operation takes {told}")
            return await self._nowhere(request, context, error)
        if not resource_id or found.on_one is None:
            assert found.on_type is not None
            try:
                return await found.on_type(request, context, kind)
            except HubError as error:
                await log_refused(request, context, "operation", (kind, ""), error.problems)
                raise
        try:
            return await found.on_one(request, context, kind, resource_id)
        except HubError as error:
            await log_refused(request, context, "operation", (kind, resource_id), error.problems)
            raise


def _shape(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if len(path) == 1 and path[0] in RESOURCE_TYPES:  # what is mostly asked
        return "[type]", path
    match path:
        case ():
            return "", ()
        case ("metadata",):
            return "metadata", ()
        case ("_search",):
            return "_search", ()
        case ("_history",):
            return "_history", ()
        case (name,) if name.startswith("$"):
            return "$", ("", name)
        case (kind, *_) if kind not in RESOURCE_TYPES:
            raise fail(
                ProblemCode.UNKNOWN_RESOURCE_TYPE, "The URL names no resource type of FHIR R4"
            )
        case (kind,):
            return "[type]", (kind,)
        case (kind, "_search"):
            return "[type]/_search", (kind,)
        case (kind, "_history"):
            return "[type]/_history", (kind,)
        case (kind, "$validate"):
            return "[type]/$validate", (kind,)
        case (kind, resource_id, "$validate"):
            return "[type]/[id]/$validate", (kind, _checked_id(resource_id))
        case (kind, name) if name.startswith("$"):
            return "$", (kind, name)
        case (kind, resource_id):
            return "[type]/[id]", (kind, _checked_id(resource_id))
        case (kind, resource_id, name) if name.startswith("$"):
            return "$", (kind, name, _checked_id(resource_id))
        case (kind, resource_id, inner) if inner == "*" or inner in RESOURCE_TYPES:
            return "[type]/[id]/[type]", (kind, _checked_id(resource_id), inner)
        case (kind, resource_id, inner, "_search") if inner == "*" or inner in RESOURCE_TYPES:
            return "[type]/[id]/[type]/_search", (kind, _checked_id(resource_id), inner)
        case (kind, resource_id, "_history"):
            return "[type]/[id]/_history", (kind, _checked_id(resource_id))
        case (kind, resource_id, "_history", version):
            return "[type]/[id]/_history/[vid]", (kind, _checked_id(resource_id), version)
        case _:
            raise fail(ProblemCode.NOT_FOUND, "The URL has no meaning here")


def _checked_id(text: str) -> str:
    if not 1 <= len(text) <= 64 or not all(
        c.isascii() and (c.isalnum() or c in "-.") for c in text
    ):
        raise fail(ProblemCode.BAD_PARAMETER, "An id has 1 to 64 letters, digits, - and .")
    return text


def _no_route(shape: str) -> HubError:
    allowed = _METHODS.get(shape, [])
    if not allowed:
        return fail(ProblemCode.NOT_FOUND, "The URL has no meaning here")
    return fail(ProblemCode.METHOD_NOT_ALLOWED, f"This URL takes {', '.join(allowed)}")


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


def interaction_of(method: str, path: tuple[str, ...]) -> str:
    """Method and path → the interaction's name for the figures: few and ours, whatever callers make up."""
    route = _BY_SHAPE.get((method, "[type]")) if len(path) == 1 else None
    if route is not None and path[0] in RESOURCE_TYPES:
        return route.action
    try:
        shape, arguments = _shape(path)
    except HubError:
        return "unknown"
    if shape == "$":
        return arguments[1] if arguments[:2] in OPERATIONS else "unknown"
    route = _BY_SHAPE.get(("GET" if method == "HEAD" else method, shape))
    if route is None and shape.endswith("_search") and method in ("GET", "HEAD"):
        route = _BY_SHAPE["POST", shape]  # the link of a posted search
    return "unknown" if route is None else route.action


def allowed_methods(path: tuple[str, ...]) -> str:
    """A path → the methods it takes, for the Allow header of a 405."""
    try:
        shape, arguments = _shape(path)
    except HubError:
        return ""
    found = OPERATIONS.get((arguments[0], arguments[1])) if shape == "$" else None
    methods = _METHODS.get(shape, []) if found is None else found.methods
    more = ("HEAD",) if "GET" in methods else ()
    return ", ".join(sorted((*methods, *more)))
