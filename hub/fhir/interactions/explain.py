"""DetectedIssue/[id]/$explain → Parameters: why the alert is there, and whether judging it again gives the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hub.fhir.interactions.context import Context, access, permit_for
from hub.fhir.language import language_wanted
from hub.fhir.operations import LANG, Operation
from hub.fhir.parameters import read_parameters
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, Stored
from hub.problems import ProblemCode, fail
from hub.values import LANGUAGES

_CONTROL: Final = ("_format", "_pretty")
_OPERATION: Final = Operation("explain", parameters=(LANG,))


@dataclass(frozen=True, slots=True)
class Explained:
    """What is to be told. Shape: `differences` one line each, none when the answer is the same; `document` JSON as text."""

    text: str
    same: bool
    differences: tuple[str, ...]
    document: str


async def explain(request: FhirRequest, context: Context, kind: str, issue: str) -> FhirResponse:
    """`lang` nb or en, else by Accept-Language → Parameters with `text`, `same`, `difference`*, `document`.

    Problems: FORBIDDEN, also without leave to read Observation; NOT_FOUND, GONE; BAD_PARAMETER, UNKNOWN_PARAMETER; NOT_SUPPORTED when it is no alert of the hub.
    """
    permit = permit_for(request, "operation", kind, "$explain")
    permit_for(request, "read", "Observation")  # the values it rests on stand in the explanation
    lang = _language(request)

    def look(session: Session) -> tuple[Stored, Explained]:
        stored = session.load(permit, kind, issue)
        if stored is None:
            raise fail(ProblemCode.NOT_FOUND, "There is no such alert")
        if stored.deleted:
            raise fail(ProblemCode.GONE, "The alert was deleted")
        return stored, context.explain(session, permit, issue, lang, context.now())

    stored, told = await context.repository.read(look, long=True)
    entry = access(request, permit, "operation", context.now(), stored, query="$explain")
    await context.repository.write(lambda session: session.audit(entry))
    parts: list[dict[str, Any]] = [
        {"name": "text", "valueString": told.text},
        {"name": "same", "valueBoolean": told.same},
        *({"name": "difference", "valueString": each} for each in told.differences),
        {"name": "document", "valueString": told.document},
    ]
    document = {"resourceType": "Parameters", "parameter": parts}
    return FhirResponse(200, msgspec.json.encode(document))


def _language(request: FhirRequest) -> str:
    given = dict(read_parameters(request.body, _OPERATION)) if request.method == "POST" else {}
    for name, value in request.query:
        if name in _CONTROL:
            continue
        if name != "lang" or name in given:
            raise fail(ProblemCode.UNKNOWN_PARAMETER, "Valid is: lang, once", name[:64])
        given[name] = value
    lang = given.get("lang") or language_wanted(request.headers.get("accept-language", ""))
    if lang not in LANGUAGES:
        raise fail(ProblemCode.BAD_PARAMETER, "lang may be nb or en", "lang")
    return lang
