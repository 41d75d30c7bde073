"""What an operation is: a row of the router's table, and the parameters of our own ones.

Source: http://hl7.org/fhir/R4/operations.html; http://hl7.org/fhir/R4/operationdefinition.html.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from hub.fhir.requests import FhirResponse

Handler = Callable[..., Awaitable[FhirResponse]]
"""(request, context, type) or (request, context, type, id) → the response."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation. Shape: `type` a FHIR datatype or resource type; `minimum` 0 or 1, `most` 1 or *."""

    name: str
    type: str
    told: str
    use: Literal["in", "out"] = "in"
    minimum: int = 0
    most: str = "1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One row.

    Shape: `on_type` is called for `[type]/$name`, `on_one` for `[type]/[id]/$name`; None where there is none of it. `title`
    and `parameters` are those of our own operations; FHIR's are told by FHIR.
    """

    definition: str
    on_type: Handler | None = None
    on_one: Handler | None = None
    methods: tuple[str, ...] = ("GET", "POST")
    title: str = ""
    parameters: tuple[Parameter, ...] = ()


PERFORMER: Final = Parameter(
    "performer",
    "Reference",
    "Who does it, where that is not the one who is logged in: a reference, an identifier or a name.",
)
NOTE: Final = Parameter("note", "string", "What is to be remembered; it goes into the journal.")
STEP_ACTION: Final = Parameter("action", "CodeableConcept", "What was done about it.")
MITIGATION: Final = replace(STEP_ACTION, minimum=1)
UNTIL: Final = Parameter(
    "until", "dateTime", "When the alert comes back, at most 24 hours from now.", minimum=1
)
PERIOD: Final = Parameter(
    "period", "string", "How far to look back, as P1M or P14D; a month if not given."
)
UNTIL_DAY: Final = Parameter("until", "date", "The last day looked at; today if not given.")
LANGUAGE: Final = Parameter(
    "language",
    "code",
    "The language of the text, nb or en; else by Accept-Language, nb if that tells nothing.",
)
SIMULATION_OUT: Final = Parameter(
    "return",
    "Parameters",
    "period, values, current and draft (how often a rule fires yellow and red), changed (values that get another zone),"
    " text, and picture (SVG).",
    "out",
    1,
)
LANG: Final = Parameter(
    "lang", "code", "`nb` or `en`; else by Accept-Language, `nb` if that tells nothing."
)
EXPLAIN_OUT: Final = (
    Parameter("text", "string", "Why the alert is there, for a person.", "out", 1),
    Parameter("same", "boolean", "Whether the stored inputs give the stored answer.", "out", 1),
    Parameter("difference", "string", "What does not agree, one each.", "out", most="*"),
    Parameter("document", "string", "The same as JSON, with every operand.", "out", 1),
)
ACCESS_LOG_PATIENT: Final = Parameter(
    "patient", "id", "Whose log: the id of one Patient; it may stand in the URL instead."
)
ACCESS_LOG_FROM: Final = Parameter("from", "date", "The first day.")
ACCESS_LOG_UNTIL: Final = Parameter("until", "date", "The day after the last.")
ACCESS_LOG_OUT: Final = (
    Parameter(
        "text", "string", "A line for each access, in Norwegian, the newest first.", "out", 1
    ),
    Parameter(
        "entry", "AuditEvent", "The same as entries, with names and without numbers.", "out", 0, "*"
    ),
    Parameter("next", "uri", "Where the log goes on.", "out"),
)
ALERT_STEP_OUT: Final = Parameter(
    "return", "DetectedIssue", "The alert as it stands afterwards.", "out", 1
)


def operation_definition(kind: str, name: str, row: Operation) -> dict[str, Any]:
    """A row of our own → its OperationDefinition."""
    slug = row.definition.rpartition("/")[2]
    return {
        "resourceType": "OperationDefinition",
        "id": slug,
        "url": row.definition,
        "name": "".join(part.title() for part in slug.split("-")),
        "title": row.title,
        "status": "active",
        "kind": "operation",
        "affectsState": "GET" not in row.methods,
        "code": name.lstrip("$"),
        "resource": [kind],
        "system": False,
        "type": row.on_type is not None,
        "instance": row.on_one is not None,
        "parameter": [
            {
                "name": each.name,
                "use": each.use,
                "min": each.minimum,
                "max": each.most,
                "documentation": each.told,
                "type": each.type,
            }
            for each in row.parameters
        ],
    }
