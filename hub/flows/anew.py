"""A patient whose stored values one of the hub's own jobs judges anew and sets right, in one transaction.

Source: dho/thresholds.md §8.2, §8.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.fhir.interactions.prepare import Setting
from hub.flows.alert_follow_up import NO_FOLLOW_UP, FollowUp
from hub.flows.patient_book import Books
from hub.flows.recompute import Recomputed, recompute, set_right
from hub.flows.store_draft import Desk, job_actor
from hub.ports import Unit
from hub.thresholds.book import Book

Choose = Callable[[Recomputed, Book, datetime], Recomputed]
"""What differs, the book it was judged by, and now → that of it which is set right."""


@dataclass(frozen=True, slots=True)
class Anew:
    """How alerts are written by those jobs."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()
    follow_up: FollowUp = NO_FOLLOW_UP

    def judge(
        self,
        unit: Unit,
        tenant_id: int,
        patient_id: str,
        books: Books,
        choose: Choose | None = None,
    ) -> tuple[Recomputed, int]:
        """A patient → (what was set right, how many alerts changed). Shape: `choose` None = all that differs."""
        now = self.now()
        desk = Desk(
            job_actor("recompute", tenant_id), Setting(now, self.base_url, self.tags), self.new_id
        )
        book = books.book(unit.fhir, desk.permit("read", "CarePlan"), patient_id, now).book
        found = recompute(unit, tenant_id, patient_id, book)
        if choose is not None:
            found = choose(found, book, now)
        return found, set_right(unit, desk, patient_id, book, found, self.follow_up)
