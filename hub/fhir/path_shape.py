"""What the path of a request means: one of the shapes that the table of interactions names, with the names and ids in it.

Source: http://hl7.org/fhir/R4/http.html#summary.
"""

from __future__ import annotations

from hub.fhir.models import RESOURCE_TYPES
from hub.problems import ProblemCode, fail


def shape_of(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """A path after the base → (its shape, the names and ids in it); "$" is the shape of an operation of the table.

    Problems: UNKNOWN_RESOURCE_TYPE, BAD_PARAMETER, NOT_FOUND.
    """
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
