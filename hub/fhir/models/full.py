"""The one gate to fhir.resources: a second opinion on a body that was refused; slow, and never the only check.

Its R4B models pass invalid required codes and lose decimals, so they only ever add to our own list (ADR 0002).
Source: https://pypi.org/project/fhir.resources/ 8, package R4B.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from hub.fhir.models.told import safe_name
from hub.problems import Problem, ProblemCode

MAX_BYTES: Final = 256 * 1024
_CODES: Final = {
    "missing": (ProblemCode.REQUIRED_MISSING, "This element is required"),
    "extra_forbidden": (ProblemCode.UNKNOWN_ELEMENT, "There is no such element here"),
}
_OTHER: Final = (ProblemCode.BAD_VALUE, "The value is not what FHIR expects here")


def further_problems(body: bytes, type_name: str, known: Sequence[Problem]) -> tuple[Problem, ...]:
    """A refused body, its type and the problems known → those that fhir.resources finds at places not among them.

    It takes milliseconds: call it off the event loop. Bodies above MAX_BYTES and types R4B has dropped give none.
    """
    if len(body) > MAX_BYTES:
        return ()
    covered = {problem.where for problem in known}
    found: dict[Problem, None] = {}
    for kind, where in _errors(body, type_name):
        if not any(_same_place(where, each) for each in covered):
            code, detail = _CODES.get(kind, _OTHER)
            found[Problem(code, detail, where)] = None
    return tuple(found)


def _errors(body: bytes, type_name: str) -> list[tuple[str, str]]:
    """(kind of error, FHIRPath) of each error; a failure of the library itself counts as no opinion."""
    package: Any = import_module("fhir.resources.R4B")
    pydantic: Any = import_module("pydantic")
    try:
        model = package.get_fhir_model_class(type_name)
    except (LookupError, ValueError):
        return []
    try:
        model.model_validate_json(body)
    except pydantic.ValidationError as error:
        return [(e["type"], _path(type_name, e["loc"])) for e in error.errors(include_input=False)]
    except Exception:  # noqa: BLE001 - its validators raise what they like; ours have judged already
        return []
    return []


def _path(type_name: str, location: Sequence[str | int]) -> str:
    where = type_name
    for step in location:
        where += (
            f"[{step}]" if isinstance(step, int) else f".{safe_name(step.removesuffix('__ext'))}"
        )
    return where


def _same_place(where: str, known: str) -> bool:
    """Two paths → whether one lies in the other: the library places a fault higher or lower than we do."""
    return where.startswith(known) or known.startswith(where)
