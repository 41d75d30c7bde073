"""GET …/_search?_form=… → the posted search that such a link stands for, whose form it carries sealed.

Source: http://hl7.org/fhir/R4/http.html#paging (links are opaque, and followed with GET).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from hub.fhir.interactions.context import Context, seal_for
from hub.fhir.requests import FhirRequest
from hub.fhir.search.sealed_form import BESIDE, FORM, open_form
from hub.problems import ProblemCode, fail

_METHODS: Final = ("GET", "HEAD", "POST")


def with_form(request: FhirRequest, context: Context) -> FhirRequest:
    """A request → the same, or, when it is the link of a posted search, that search as it was posted.

    Shape: a link that is posted with its form in the body goes by that form, as links without one must.
    Problems: BAD_PARAMETER when the form was not sealed here for this tenant and path, or conditions stand beside it.
    """
    if request.path[-1:] != ("_search",) or request.method not in _METHODS:
        return request
    tokens = [value for name, value in request.query if name == FORM]
    if not tokens:
        return request
    beside = tuple([pair for pair in request.query if pair[0] != FORM])
    alone = all(name in BESIDE for name, _ in beside)
    if request.method == "POST":  # what the link says about a page, the form may say again
        beside = tuple([(n, v) for n, v in beside if n not in BESIDE] + [*_last(beside).items()])
        if not alone:
            return replace(request, query=beside)
    if len(tokens) > 1:
        raise fail(ProblemCode.BAD_PARAMETER, f"{FORM} may stand once", FORM)
    if not alone:
        detail = f"Beside {FORM} there may be {', '.join(BESIDE)} and nothing else"
        raise fail(ProblemCode.BAD_PARAMETER, detail, FORM)
    form = open_form(seal_for(request, context), tokens[0], context.limits.parameters)
    return replace(request, method="POST", query=(*form, *beside))


def _last(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Pairs → those that may stand beside a form, each as it was said last."""
    return {name: value for name, value in pairs if name in BESIDE}
