"""Search criteria that stand for a resource: the conditional forms of create, update, patch and delete.

The search runs inside the transaction of the change, and writers come one after the other: what it finds stays true.
Source: http://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #2.1.0.13.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from msgspec.structs import replace

from hub.fhir.interactions.allowed import refuse_unseen
from hub.fhir.interactions.writing import Writing
from hub.fhir.requests import Stored
from hub.fhir.search.pairs import read_pairs
from hub.fhir.search.params import parse_search
from hub.problems import ProblemCode, fail

MAX_PARAMETERS: Final = 50
# They say how to show a result or how much of it; a condition has nothing to show
PRESENTATION: Final = frozenset({"_format", "_pretty"})
_RESULT: Final = frozenset(
    (
        "_sort",
        "_count",
        "_cursor",
        "_include",
        "_revinclude",
        "_summary",
        "_elements",
        "_total",
        "_contained",
        "_containedType",
    )
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """`[type]?name=value&…`, all of which must hold. Shape: `where` is the FHIRPath or header that holds them."""

    type: str
    pairs: tuple[tuple[str, str], ...]
    where: str = ""

    @property
    def text(self) -> str:
        """The criteria as a query string."""
        return urlencode(self.pairs)


def criteria_of(resource_type: str, pairs: Sequence[tuple[str, str]], where: str = "") -> Criteria:
    """Type and query pairs → Criteria. Problems: BAD_PARAMETER when there is none, or one that only shapes results."""
    kept = tuple((n, v) for n, v in pairs if n not in PRESENTATION)
    if not kept:
        raise fail(ProblemCode.BAD_PARAMETER, "A condition needs search parameters", where)
    wrong = sorted({n for n, _ in kept if n.partition(":")[0] in _RESULT})
    if wrong:
        raise fail(ProblemCode.BAD_PARAMETER, f"A condition cannot have {', '.join(wrong)}", where)
    return Criteria(resource_type, kept, where)


def parse_criteria(resource_type: str, text: str, where: str = "") -> Criteria:
    """`name=value&…` as If-None-Exist or an entry carries it → Criteria. Problems: BAD_PARAMETER.

    Some clients (HAPI) put the type or the whole address of the search before it.
    """
    query = text.strip()
    head, mark, rest = query.partition("?")
    if mark and "=" not in head and head.rpartition("/")[2] in ("", resource_type):
        query = rest
    unread = f"A condition is written like a query string, with at most {MAX_PARAMETERS} parameters"
    return criteria_of(resource_type, read_pairs(query, MAX_PARAMETERS, where, unread), where)


def find_all(writing: Writing, criteria: Criteria, most: int) -> tuple[Stored, ...]:
    """Criteria → the resources that match them, at most `most` and one more. Problems: those of a search."""
    permit = writing.permit("search", criteria.type)
    query = parse_search(
        criteria.type,
        criteria.pairs,
        writing.setting.at,
        writing.setting.base_url,
        writing.context.limits,
    )
    refuse_unseen(permit, query, posted=True)
    page = writing.session.search(permit, replace(query, count=most + 1, total=False))
    return tuple(m for m in page.matches if m.type == criteria.type)


def find_one(writing: Writing, criteria: Criteria) -> Stored | None:
    """Criteria → the one resource that matches, or None. Problems: MULTIPLE_MATCHES."""
    found = find_all(writing, criteria, 1)
    if len(found) > 1:
        raise fail(
            ProblemCode.MULTIPLE_MATCHES,
            f"Several resources of type {criteria.type} match the condition",
            criteria.where,
        )
    return found[0] if found else None
