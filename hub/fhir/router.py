"""A request → the interaction that the table of routes gives to its method and path, run.

Source: http://hl7.org/fhir/R4/http.html#summary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hub.fhir.interactions.context import Context
from hub.fhir.interactions.posted_form import with_form
from hub.fhir.interactions.refused import log_refused
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.operations import Operation
from hub.fhir.path_shape import shape_of
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.routes import OPERATIONS, ROUTES
from hub.fhir.search.params import refuse_national_ids
from hub.problems import HubError, Problem, ProblemCode, fail

_BY_SHAPE: Final = {(r.method, r.shape): r for r in ROUTES}
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
            shape, arguments = shape_of(request.path)
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


def _no_route(shape: str) -> HubError:
    allowed = _METHODS.get(shape, [])
    if not allowed:
        return fail(ProblemCode.NOT_FOUND, "The URL has no meaning here")
    return fail(ProblemCode.METHOD_NOT_ALLOWED, f"This URL takes {', '.join(allowed)}")


def interaction_of(method: str, path: tuple[str, ...]) -> str:
    """Method and path → the interaction's name for the figures: few and ours, whatever callers make up."""
    route = _BY_SHAPE.get((method, "[type]")) if len(path) == 1 else None
    if route is not None and path[0] in RESOURCE_TYPES:
        return route.action
    try:
        shape, arguments = shape_of(path)
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
        shape, arguments = shape_of(path)
    except HubError:
        return ""
    found = OPERATIONS.get((arguments[0], arguments[1])) if shape == "$" else None
    methods = _METHODS.get(shape, []) if found is None else found.methods
    more = ("HEAD",) if "GET" in methods else ()
    return ", ".join(sorted((*methods, *more)))
