"""What a search asks beside its own type: refused up front where the caller may not read it.

Leaving it out on the way back would tell that it is there. Includes, chains and `_has` are reads of the types they lead to;
a person is looked for by identifier only. The rows themselves are bounded in the store.
Source: security/smart.md §2; README §5 note 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.fhir.search.query import Chain, Clause, Filter, Include, Page, Reverse, SearchQuery
from hub.policy import Action, Deny, Permit, authorise, may_see
from hub.policy.rights import BY_IDENTIFIER
from hub.problems import HubError, ProblemCode, fail

_PERSONAL: Final = "identifier"


def refuse_unseen(permit: Permit, query: SearchQuery, *, posted: bool) -> None:
    """A Permit and a search → nothing when all that it leads to may be read. Problems: FORBIDDEN."""
    if permit.trusted:
        return
    if permit.by_identifier and query.resource_type:
        _one_person(query, posted=posted)
    for include in query.includes:
        _included(permit, include)
    for clause in query.clauses:
        _led(permit, clause, posted=posted)


def refuse_several(permit: Permit, page: Page) -> None:
    """The page of a search that may find one person → nothing when it has. Problems: MULTIPLE_MATCHES."""
    if permit.by_identifier and (len(page.matches) > 1 or page.next is not None):
        raise fail(ProblemCode.MULTIPLE_MATCHES, "The identifier is not of one person alone")


def _one_person(query: SearchQuery, *, posted: bool) -> None:
    named = any(f.param == _PERSONAL and not f.modifier for f in query.filters)
    others = {f.param for f in query.filters} - {_PERSONAL, "_id", "_lastUpdated", "active"}
    if not named or not posted or others or query.clauses:
        raise _forbidden(
            f"A {query.resource_type} is looked for by identifier, with POST _search, and by nothing else"
        )


def _included(permit: Permit, include: Include) -> None:
    kind = include.source if include.reverse else include.target
    if kind not in ("", "*") and not may_see(permit, kind):
        raise _forbidden(f"{kind} cannot be included: you may not read it")


def _led(permit: Permit, clause: Clause, *, posted: bool) -> None:
    """A chain or `_has` → nothing when it goes one step, to a type that may be read."""
    kinds, inner = _step(clause)
    if not isinstance(inner, Filter):
        raise _forbidden("A search goes one reference far at most")
    open_kinds = [kind for kind in kinds if _searchable(permit, kind)]
    if not open_kinds:
        raise _forbidden(f"{', '.join(sorted(kinds)[:3])} cannot be searched by you")
    personal = any((permit.actor.kind, kind) in BY_IDENTIFIER for kind in open_kinds)
    if personal and (inner.param not in (_PERSONAL, "_id") or not posted):
        raise _forbidden("A person is looked for by identifier, with POST _search")


def _step(clause: Clause) -> tuple[Iterable[str], Clause]:
    match clause:
        case Chain():
            return clause.types, clause.inner
        case Reverse():
            return (clause.type,), clause.inner
        case Filter():
            return (), clause


def _searchable(permit: Permit, kind: str) -> bool:
    """A type at the end of a chain → whether it may be searched: a view of it is no leave to ask for the rest."""
    at = permit.filter.asked
    verdict = authorise(permit.actor, Action("search", kind), at)
    return not isinstance(verdict, Deny) and not verdict.view and may_see(permit, kind)


def _forbidden(text: str) -> HubError:
    return fail(ProblemCode.FORBIDDEN, text)
