"""What is told of a body that is walked: names that are safe to show, how deep it may be, and when enough was found."""

from __future__ import annotations

from typing import Final

from hub.fhir.wire import MAX_DEPTH
from hub.problems import Problem, ProblemCode

HASTY_BYTES: Final = 2048
"""What a body of this length is refused for is found within some two milliseconds."""
_LONGEST_NAME: Final = 64


class SlowRefusalError(Exception):
    """A body that is refused, or odd: saying why takes a hundred times what accepting takes, and is not for here."""


class EnoughError(Exception):
    """There are more problems than are worth looking for: the rest of the body costs time and tells nobody anything."""


def too_deep(where: str) -> Problem:
    """A place → the problem that it lies too deep."""
    detail = f"At most {MAX_DEPTH} levels of objects and arrays are taken"
    return Problem(ProblemCode.TOO_DEEP, detail, where)


def safe_name(name: str) -> str:
    """A member's name as the sender wrote it → one that is safe to show and to put in a path."""
    plain = name.isascii() and name.replace("_", "").isalnum() and len(name) <= _LONGEST_NAME
    return name if plain else "?"
