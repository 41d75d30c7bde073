"""POST [type]/$validate and POST [type]/[id]/$validate → an OperationOutcome with every problem, always 200.

The body is the resource itself, or Parameters with `resource`, `mode` and `profile`; the last two may stand in the URL.
Source: http://hl7.org/fhir/R4/resource-operation-validate.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Raw

from hub.fhir.interactions.context import Context, access, permit_for
from hub.fhir.outcome import to_outcome
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.validate import find_problems
from hub.problems import Problem, ProblemCode, fail

MODES: Final = ("", "create", "update", "delete", "profile")
_WELL: Final = msgspec.json.encode(
    {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "information",
                "code": "informational",
                "details": {"text": "The hub would accept it"},
                "diagnostics": "The hub would accept it",
            }
        ],
    }
)


class _Part(msgspec.Struct):
    """One parameter, as far as it is needed; the resource keeps its bytes."""

    name: Any = None
    resource: Raw = Raw(b"")
    valueCode: Any = None  # noqa: N815 - the specification's name
    valueUri: Any = None  # noqa: N815 - as above
    valueCanonical: Any = None  # noqa: N815 - as above
    valueString: Any = None  # noqa: N815 - as above


class _Parameters(msgspec.Struct):
    parameter: tuple[_Part, ...] = ()
    type: str = msgspec.field(default="", name="resourceType")


_READER: Final = msgspec.json.Decoder(_Parameters)


class _WithId(msgspec.Struct):
    id: Any = None


_ID: Final = msgspec.json.Decoder(_WithId)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be validated. Shape: `body` is empty when there is no resource."""

    body: bytes
    mode: str
    profile: str


async def validate(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str = ""
) -> FhirResponse:
    """A body, a mode and where → what is wrong with it; a profile is answered as not supported, beside what R4 says.

    Problems: BAD_PARAMETER when the mode is none of FHIR's; FORBIDDEN and NOT_FOUND for what is stored under the id;
    everything else is told in the answer.
    """
    permit_for(request, "operation", resource_type, "$validate")
    asked = _asked(request, resource_type)
    if asked.mode not in MODES:
        raise fail(
            ProblemCode.BAD_PARAMETER, "mode may be create, update, delete or profile", "mode"
        )
    problems: list[Problem] = []
    if asked.body and asked.mode != "delete":
        problems += await context.offload(lambda: find_problems(asked.body, resource_type))
        problems += _identity(asked, resource_type, resource_id)
    elif resource_id:
        found = await _stored(request, context, resource_type, resource_id)
        if asked.mode != "delete":
            problems += await context.offload(lambda: find_problems(found, resource_type))
    else:
        detail = "A resource is needed in the body, or an id in the URL"
        problems.append(Problem(ProblemCode.REQUIRED_MISSING, detail, "Parameters.parameter"))
    if asked.profile:
        detail = "Profiles are not supported yet: the resource was held against FHIR R4 itself"
        problems.append(Problem(ProblemCode.NOT_SUPPORTED, detail, "profile"))
    return FhirResponse(200, to_outcome(problems) if problems else _WELL)


async def _stored(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> bytes:
    """What is stored under an id → its body: looking at it is reading it, by right and in the access log.

    Problems: FORBIDDEN, NOT_FOUND.
    """
    permit = permit_for(request, "read", resource_type)
    found = await context.repository.read(
        lambda session: session.load(permit, resource_type, resource_id)
    )
    if found is None or found.deleted:
        raise fail(ProblemCode.NOT_FOUND, "There is no such resource")
    entry = access(request, permit, "operation", context.now(), found, query="$validate")
    await context.repository.write(lambda session: session.audit(entry))
    return found.body


def _asked(request: FhirRequest, resource_type: str) -> _Asked:
    query = dict(request.query)
    mode, profile = query.get("mode", ""), query.get("profile", "")
    try:
        read = _READER.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Asked(request.body, mode, profile)
    parts = {each.name: each for each in read.parameter if isinstance(each.name, str)}
    wrapped = read.type == "Parameters" and (
        resource_type != "Parameters" or bool(bytes(parts.get("resource", _Part()).resource))
    )
    if not wrapped:
        return _Asked(request.body, mode, profile)
    return _Asked(
        bytes(parts.get("resource", _Part()).resource),
        _text(parts.get("mode")) or mode,
        _text(parts.get("profile")) or profile,
    )


def _text(part: _Part | None) -> str:
    if part is None:
        return ""
    values = (part.valueCode, part.valueUri, part.valueCanonical, part.valueString)
    return next((v for v in values if isinstance(v, str)), "")


def _identity(asked: _Asked, resource_type: str, resource_id: str) -> list[Problem]:
    """An update carries the id of its URL."""
    if asked.mode != "update" and not resource_id:
        return []
    try:
        own = _ID.decode(asked.body).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    where = f"{resource_type}.id"
    if asked.mode == "update" and own is None:
        return [Problem(ProblemCode.ID_MISMATCH, "An update must carry an id", where)]
    if resource_id and own is not None and own != resource_id:
        return [Problem(ProblemCode.ID_MISMATCH, "The id must be that of the URL", where)]
    return []
