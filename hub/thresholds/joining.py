"""What falls due one after the other and only joins an alert that stands: worked in together, since it changes nothing that is told.

A value that nobody sends for years is missed thousands of times. Each miss joins as evidence, and each time all that the alert rests on would
be looked through and copied. Zone, state and timers of an alert do not move by what is no worse and new (thresholds.md §7.3), so that a run of
such firings gives the same in one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from hub.thresholds.alarm import Alert, live_alert
from hub.thresholds.book import Book
from hub.thresholds.judgement import Firing
from hub.thresholds.ledger import AlertChange, Ledger, evidence_of, finish
from hub.thresholds.zones import RANK


@dataclass(slots=True)
class Joining:
    """The firings of a run, in order, and when the last of them fell due.

    Shape: `cited` is what all alerts of a rule rest on, with what waits to join them, by rule.
    """

    at: datetime | None = None
    firings: list[Firing] = field(default_factory=list[Firing])
    cited: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])

    def takes(self, alerts: tuple[Alert, ...], firings: Sequence[Firing], at: datetime) -> bool:
        """What falls due at an instant → whether it only joins alerts that stand, and is kept until `join`."""
        if not all(self._joins(alerts, firing) for firing in firings):
            return False
        for firing in firings:
            self.cited[firing.rule].add(firing.observation)
            self.firings.append(firing)
            self.at = at
        return True

    def join(
        self, book: Book, alerts: tuple[Alert, ...]
    ) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...]]:
        """The alerts that were there all along → (alerts with all that was kept, changes); nothing is kept any more."""
        at, firings = self.at, self.firings
        self.at, self.firings, self.cited = None, [], {}
        if at is None:
            return alerts, ()
        ledger = Ledger(book, at, {alert.id: alert for alert in alerts})
        for rule in dict.fromkeys(firing.rule for firing in firings):
            live = ledger.live(rule)
            assert live is not None
            come = (evidence_of(firing) for firing in firings if firing.rule == rule)
            ledger.put(replace(live, evidence=(*live.evidence, *come)))
        return finish(ledger, {})

    def _joins(self, alerts: tuple[Alert, ...], firing: Firing) -> bool:
        live = live_alert(alerts, firing.rule)
        if live is None or firing.suppressed or RANK[firing.zone] > RANK[live.zone]:
            return False
        cited = self.cited.get(firing.rule)
        if cited is None:
            those = (alert for alert in alerts if alert.rule == firing.rule)
            cited = {item.observation for alert in those for item in alert.evidence}
            self.cited[firing.rule] = cited
        return firing.observation not in cited
