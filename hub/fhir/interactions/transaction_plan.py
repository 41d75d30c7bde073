"""The entries of a transaction → steps: checked, with ids given out and links resolved, before the store is asked anything.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.fhir.interactions.entries import Entry, Target, at_entry, patch_of, read_head, target_of
from hub.fhir.interactions.links import Links
from hub.fhir.interactions.patch import Patch, parse_patch
from hub.fhir.interactions.prepare import Prepared, prepare
from hub.fhir.interactions.update import check_id
from hub.problems import HubError, Problem, ProblemCode, fail

_BODIES: Final = ("POST", "PUT")
_ORDER: Final = {"DELETE": 0, "POST": 1, "PUT": 1, "PATCH": 1, "GET": 2, "HEAD": 2}
# Among what is written: patients, then what belongs to nobody, go before what refers to them
_RANK: Final = {"Patient": 0, "Group": 1, "Device": 1, "Location": 1}

MOST_TOLD: Final = 1000
"""How many problems are told of one transaction: thousands of entries can have a hundred each."""
TWICE: Final = Problem(
    ProblemCode.BUSINESS_RULE, "A transaction may change a resource only once", "request.url"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One entry, ready to run.

    Shape: `place` counts from 0 in the Bundle; `body` has its links resolved; `prepared` for POST and PUT, `patch` for
    PATCH; `key` the `Type/id` it will have, which may still change when it is in `Plan.open`; `uses` the open ones that
    its body names.
    """

    place: int
    entry: Entry
    target: Target
    body: bytes = b""
    prepared: Prepared | None = None
    patch: Patch | None = None
    key: bytes = b""
    uses: frozenset[bytes] = frozenset()

    @property
    def method(self) -> str:
        """The method, where a search or operation by POST counts as the reading it is."""
        return self.entry.request.method if self.target.type else "GET"


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole transaction. Shape: `steps` in the order they run; `searches` open place → reference by search."""

    steps: tuple[Step, ...]
    open: frozenset[bytes]
    searches: dict[bytes, str]


def plan(
    entries: Sequence[Entry], new_id: Callable[[], str], base_url: str, *, hasty: bool = False
) -> Plan:
    """Entries → Plan. Shape: `hasty` as for `parse`. Problems: all that can be told without the store, of all entries."""
    problems: list[Problem] = []
    targets: list[tuple[int, Entry, Target, bytes]] = []
    links = Links(new_id)
    for place, entry in enumerate(entries):
        try:
            target = target_of(entry.request, base_url)
        except HubError as error:
            problems.extend(at_entry(place, error.problems))
            continue
        key = _key(entry, target, links)
        targets.append((place, entry, target, key))
        if key and entry.fullUrl and entry.request.method in _BODIES:
            links.places[entry.fullUrl.encode()] = key
    links.lost = _lost(targets)
    steps: list[Step] = []
    for place, entry, target, key in targets:
        try:
            steps.append(_step(place, entry, target, key, links, base_url, hasty=hasty))
        except HubError as error:
            problems.extend(at_entry(place, error.problems))
            if len(problems) >= MOST_TOLD:
                unseen = f"The entries behind Bundle.entry[{place}] were not looked at"
                raise HubError(*problems, Problem(ProblemCode.MORE_PROBLEMS, unseen)) from None
    problems.extend(_twice(steps))
    if problems:
        raise HubError(*problems)
    steps.sort(key=_rank)
    searches = {found: text.decode() for text, found in links.searches.items()}
    return Plan(tuple(steps), frozenset(links.open), searches)


def _rank(step: Step) -> tuple[int, int, int]:
    """DELETE, then POST, then PUT and PATCH, then what reads; patients before what refers to them."""
    order = _ORDER[step.method]
    return order, _RANK.get(step.target.type, 2) if order == 1 else 0, int(step.method != "POST")


def _key(entry: Entry, target: Target, links: Links) -> bytes:
    """What a written resource will be named; open while a condition may find that it is here already."""
    if not target.type or entry.request.method not in _BODIES:
        return b""
    if target.id:
        return f"{target.type}/{target.id}".encode()
    inside = read_head(entry.body).id if entry.request.method == "PUT" else None
    key = f"{target.type}/{inside or links.new_id()}".encode()
    if target.criteria is None:
        links.made.add(key)
    elif inside is None:
        links.open.add(key)
    return key


def _lost(targets: Iterable[tuple[int, Entry, Target, bytes]]) -> set[bytes]:
    """What creates call themselves, and no other entry will be (http.html#create: "the server SHALL ignore" that id)."""
    named = {
        f"{target.type}/{own}".encode()
        for _, entry, target, _ in targets
        if entry.request.method == "POST" and target.type and (own := read_head(entry.body).id)
    }
    return named.difference(key for _, _, _, key in targets) if named else named


def _step(
    place: int,
    entry: Entry,
    target: Target,
    key: bytes,
    links: Links,
    base_url: str,
    *,
    hasty: bool,
) -> Step:
    method = entry.request.method
    if not target.type or method == "DELETE":
        return Step(place, entry, target)
    if not entry.body:
        raise fail(ProblemCode.REQUIRED_MISSING, f"{method} needs a resource", "resource")
    if method == "PATCH":
        return Step(place, entry, target, patch=parse_patch(*patch_of(entry.body)))
    body, uses = entry.body, frozenset[bytes]()
    if links.places or links.lost or b"?" in body:
        body, uses = links.resolve(body, entry.fullUrl or "")
    resource_id = key.decode().partition("/")[2]
    prepared = prepare(body, target.type, resource_id, base_url, hasty=hasty)
    if target.id:
        check_id(prepared, target.id)
    return Step(place, entry, target, body, prepared, None, key, uses)


def _twice(steps: Iterable[Step]) -> Iterable[Problem]:
    seen: set[tuple[str, str]] = set()
    for step in steps:
        here = step.target.type, step.target.id
        if not step.target.id:
            continue
        if here in seen:
            yield from at_entry(step.place, (TWICE,))
        seen.add(here)
