"""Steps of a transaction → what they did, inside the open transaction.

Order: deletes; what is written, patients first; what refers by search, once the rest is there to be found; reads.
Conditions are decided in that order too: a condition sees what entries before it have written.
Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.fhir.interactions.conditional import Criteria, find_all, find_one, parse_criteria
from hub.fhir.interactions.create import create_in, found_instead
from hub.fhir.interactions.delete import delete_in, nothing_to_delete, settle_delete
from hub.fhir.interactions.done import Done, answered
from hub.fhir.interactions.entries import as_request, at_entry
from hub.fhir.interactions.in_session import answer_in
from hub.fhir.interactions.links import replace_places
from hub.fhir.interactions.patch import SlowPatchError, patch_in, settle_patch
from hub.fhir.interactions.prepare import Prepared, prepare
from hub.fhir.interactions.transaction_plan import TWICE, Plan, Step
from hub.fhir.interactions.update import settle_update, update_in
from hub.fhir.interactions.writing import Writing
from hub.fhir.prefer import parse_prefer
from hub.problems import HubError, Problem, ProblemCode, fail

MAX_ROUNDS: Final = 8
"""How often references by search are looked for, when what they find is itself written late."""


def run(writing: Writing, plan: Plan, *, hasty: bool = False) -> Sequence[bytes]:
    """A plan → the answers in the Bundle's own order. Shape: `hasty` as for `patch_in`.

    Problems: those of the first entry that cannot be carried out.
    """
    return _Run(writing, plan, set(plan.open), hasty).all()


@dataclass(frozen=True, slots=True)
class _Run:
    """A transaction under way. Shape: `open` places not settled yet; `settled` place → what it became; `changed` by whom."""

    writing: Writing
    plan: Plan
    open: set[bytes]
    hasty: bool
    settled: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    changed: set[bytes] = field(default_factory=set[bytes])
    conditions: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])
    answers: dict[int, bytes] = field(default_factory=dict[int, bytes])
    places: dict[str, int] = field(default_factory=dict[str, int])

    def all(self) -> Sequence[bytes]:
        by_method = self.plan.steps
        self._each(self._delete, [s for s in by_method if s.method == "DELETE"])
        self._write([s for s in by_method if s.method in ("POST", "PUT", "PATCH")])
        self._each(self._read, [s for s in by_method if s.method in ("GET", "HEAD")])
        try:
            self.writing.finish(None)
        except HubError as error:
            raise HubError(*self._placed(error.problems)) from error
        return [self.answers[place] for place in sorted(self.answers)]

    def _placed(self, problems: Iterable[Problem]) -> Iterable[Problem]:
        """What is wrong with resources → the same at the entries that wrote or deleted them."""
        for problem in problems:
            place = self.places.get(problem.part)
            yield from (problem,) if place is None else at_entry(place, (problem,))

    def _each(self, do: Callable[[Step], None], steps: Iterable[Step]) -> None:
        for step in steps:
            try:
                do(step)
            except HubError as error:
                raise HubError(*at_entry(step.place, error.problems)) from error

    def _done(self, step: Step, done: Done) -> None:
        returns = parse_prefer(self.writing.request.headers.get("prefer")).returns
        self.answers[step.place] = done.entry(returns)
        if done.stored is not None:
            self.places[f"{done.stored.type}/{done.stored.id}"] = step.place

    def _claim(self, resource_type: str, resource_id: str) -> None:
        """One change for each resource, those found by conditions included (trules: identities must not overlap)."""
        here = f"{resource_type}/{resource_id}".encode()
        if here in self.changed:
            raise HubError(TWICE)
        self.changed.add(here)

    # DELETE

    def _delete(self, step: Step) -> None:
        target, conditions = step.target, step.entry.request.conditions
        if target.criteria is None:
            self._claim(target.type, target.id)
            self._done(step, delete_in(self.writing, target.type, target.id, conditions))
            return
        found = settle_delete(self.writing, target.criteria)
        done = nothing_to_delete(self.writing, target.criteria, conditions) if not found else None
        for one in found:
            self._claim(one.type, one.id)
            text = target.criteria.text
            done = delete_in(self.writing, one.type, one.id, conditions, query=text)
        assert done is not None
        several = Done(204, None, f"Deleted {len(found)} resources")
        self._done(step, several if len(found) > 1 else done)

    # POST, PUT and PATCH

    def _write(self, steps: Sequence[Step]) -> None:
        searches = self.plan.searches.keys()
        later: list[Step] = []
        for step in steps:
            if step.uses & self.open:
                later.append(step)
            else:
                self._each(self._write_one, (step,))
        # What is left waits for a condition whose entry waits as well, or for a reference by search
        self._each(self._settle, [s for s in later if s.key in self.open])
        by_search = [s for s in later if s.uses & searches]
        self._each(self._write_one, [s for s in later if not s.uses & searches])
        self._write_by_search(by_search)

    def _write_by_search(self, steps: Sequence[Step]) -> None:
        waiting, written = list(steps), set[str]()
        for _ in range(MAX_ROUNDS):
            self._look(waiting)
            ready = [s for s in waiting if not s.uses & self.open]
            waiting = [s for s in waiting if s.uses & self.open]
            self._each(self._write_one, ready)
            written |= {s.target.type for s in ready}
            if not ready or not waiting:
                break
        if waiting:
            raise HubError(*(p for s in waiting for p in self._unfound(s)))
        self._look_again(steps, written)

    def _look(self, steps: Sequence[Step]) -> None:
        """What the references by search find now, each looked for once."""
        for step in steps:
            for place in sorted(step.uses & self.open & self.plan.searches.keys()):
                try:
                    found = find_one(self.writing, self._criteria(place))
                except HubError as error:
                    raise HubError(*at_entry(step.place, error.problems)) from error
                if found is not None:
                    self._became(place, f"{found.type}/{found.id}")

    def _look_again(self, steps: Sequence[Step], written: set[str]) -> None:
        """What was found must be the only match still, after all is written."""
        for step in steps:
            for place in sorted(step.uses & self.plan.searches.keys()):
                criteria = self._criteria(place)
                if criteria.type in written and len(find_all(self.writing, criteria, 1)) != 1:
                    raise HubError(*self._unfound(step))

    def _criteria(self, place: bytes) -> Criteria:
        kind, _, query = self.plan.searches[place].partition("?")
        return parse_criteria(kind, query, "resource")

    def _unfound(self, step: Step) -> Iterable[Problem]:
        text = "A reference by search must find exactly one resource, and finds none or several"
        return at_entry(step.place, (Problem(ProblemCode.UNRESOLVED_REFERENCE, text, "resource"),))

    def _write_one(self, step: Step) -> None:
        if step.patch is not None:
            self._patch(step)
        elif step.method == "POST":
            self._post(step)
        else:
            self._put(step)

    def _post(self, step: Step) -> None:
        prepared, criteria = self._final(step), step.target.criteria
        if criteria is None:
            self._done(step, create_in(self.writing, prepared))
            return
        here = self.settled.get(step.key, step.key)
        found = find_one(self.writing, criteria)
        if (
            found is None and here != step.key
        ):  # an entry before it, under the same condition, made it
            kind, _, resource_id = here.decode().partition("/")
            found = self.writing.session.load(self.writing.permit("read", kind), kind, resource_id)
        if found is not None:
            self._became(step.key, f"{found.type}/{found.id}")
            self._done(step, found_instead(self.writing, found, criteria))
            return
        self._became(step.key, step.key.decode())
        self._done(step, create_in(self.writing, prepared))

    def _put(self, step: Step) -> None:
        prepared, criteria = self._final(step), step.target.criteria
        conditions = step.entry.request.conditions
        if criteria is None:
            self._claim(prepared.type, prepared.id)
            self._done(step, update_in(self.writing, prepared, conditions))
            return
        prepared = settle_update(self.writing, criteria, prepared)
        self._claim(prepared.type, prepared.id)
        self._became(step.key, f"{prepared.type}/{prepared.id}")
        self._done(step, update_in(self.writing, prepared, conditions, query=criteria.text))

    def _patch(self, step: Step) -> None:
        assert step.patch is not None
        target, query, resource_id = step.target, "", step.target.id
        if target.criteria is not None:
            found = settle_patch(self.writing, target.criteria)
            query, resource_id = target.criteria.text, found.id
        self._claim(target.type, resource_id)
        conditions = step.entry.request.conditions
        here, hasty = (target.type, resource_id), self.hasty
        try:
            done = patch_in(self.writing, *here, step.patch, conditions, query=query, hasty=hasty)
        except SlowPatchError as slow:
            slow.place = step.place
            raise
        self._done(step, done)

    def _settle(self, step: Step) -> None:
        """What a conditional entry will be, told to those that link to it before it is written itself."""
        criteria = step.target.criteria
        assert criteria is not None
        found = find_one(self.writing, criteria)
        if found is not None:
            self._became(step.key, f"{found.type}/{found.id}")
            return
        same = self.conditions.setdefault((criteria.type, criteria.text), step.key)
        self._became(step.key, same.decode())

    def _became(self, place: bytes, what: str) -> None:
        self.open.discard(place)
        self.settled[place] = what.encode()

    def _final(self, step: Step) -> Prepared:
        """The body with the references that its open links have become; parsed again only when one differs."""
        assert step.prepared is not None
        others = {p: self.settled[p] for p in step.uses if self.settled.get(p, p) != p}
        if not others:
            return step.prepared
        body = replace_places(step.body, others)
        return prepare(body, step.prepared.type, step.prepared.id, self.writing.setting.base_url)

    # GET

    def _read(self, step: Step) -> None:
        request = as_request(step.entry, step.target, self.writing.request, "")
        try:
            answer = answer_in(self.writing.session, request, self.writing.context)
        except HubError as error:
            told = (Problem(p.code, p.detail, "request.url") for p in error.problems)
            raise HubError(*told) from error
        if answer.status >= 400:
            raise fail(ProblemCode.NOT_FOUND, "The read was refused", "request.url")
        self.answers[step.place] = answered(answer, request)
