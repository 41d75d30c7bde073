"""What happens in the hub → lines on the screen: value, zone, alert, message, receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.demo.story import Event, Story
from hub.flows.alert_record import parse_record
from hub.ports import MessageRow
from hub.store.migrate import DEMO_TENANT
from hub.store.unit import Store, StoreUnit
from hub.thresholds.alarm import Alert

_OSLO: Final = ZoneInfo("Europe/Oslo")
_COLOURS: Final = {
    "red": "31;1",
    "yellow": "33;1",
    "green": "32",
    "black": "90",
    "invalid": "35",
    "duplicate": "90",
}
_ZONES: Final = {
    "red": "RØD",
    "yellow": "GUL",
    "green": "grønn",
    "black": "svart (prøvetid)",
    "invalid": "ikke vurdert",
    "duplicate": "samme måling én gang til, telles ikke",
    "retracted": "trukket tilbake",
    "superseded": "erstattet",
    "none": "ingen grense",
}
_STATES: Final = {
    "Queued": "i kø",
    "Written": "sendt",
    "TransportAcked": "hentet av formidleren",
    "AppRecOk": "kvittert OK: ansvaret er hos mottakeren",
    "AppRecRejected": "AVVIST av mottakeren",
}
_TAKEN: Final = {"acknowledged": "tatt", "mitigated": "tiltak er gjort"}
_ENDED: Final = {"withdrawn": "trukket tilbake", "auto-resolved": "løst", "closed": "lukket"}


@dataclass(slots=True)
class Narrator:
    """Prints news since last time. Shape: `patients` maps a person's key to the Patient id; `colour` for terminals."""

    story: Story
    store: Store
    patients: Mapping[str, str]
    base: str
    say: Callable[[str], None]
    now: Callable[[], datetime]
    colour: bool
    _alerts: dict[str, str] = field(default_factory=dict[str, str])
    _messages: dict[str, str] = field(default_factory=dict[str, str])
    _sent: set[str] = field(default_factory=set[str])

    def event(self, event: Event) -> None:
        """Something that is about to happen → its line."""
        person = self.story.people[event.person]
        name = f"{person.given} {person.family}"
        arrow = "✉ inn " if event.kind == "message" else "→ inn "
        self.line(arrow, f"{name}: {event.title}")

    def zone(self, zone: str) -> None:
        """The zone of the value that just came."""
        self.line("   sone ", self._paint(zone, _ZONES.get(zone, zone)))

    async def look(self) -> None:
        """Alerts and messages that changed since last time → their lines."""
        for alert, issue_id in await self.store.read(self._read_alerts):
            told = f"{alert.zone} {alert.state} {len(alert.evidence)}"
            before = self._alerts.get(alert.id)
            if before != told:
                self._alerts[alert.id] = told
                self._tell_alert(alert, issue_id, before)
        for row in await self.store.read(self._read_messages):
            if self._messages.get(row.id) != row.state:
                self._messages[row.id] = row.state
                self._tell_message(row)

    def _read_alerts(self, unit: StoreUnit) -> list[tuple[Alert, str]]:
        rows = [
            row
            for patient in self.patients.values()
            for row in unit.alerts.of_patient(DEMO_TENANT, patient, everything=True)
        ]
        return [
            (parse_record(row.data).alert, row.issue_id)
            for row in sorted(rows, key=lambda r: r.updated)
        ]

    def _read_messages(self, unit: StoreUnit) -> list[MessageRow]:
        return sorted(unit.messages.recent(DEMO_TENANT, 100), key=lambda row: (row.created, row.id))

    def _tell_alert(self, alert: Alert, issue_id: str, before: str | None) -> None:
        if alert.state in _ENDED:
            self.line("   varsel ", f"{_ENDED[alert.state]}: {alert.text}")
        elif before is None or before.split()[0] != alert.zone:
            kind = "nytt varsel" if before is None else "varselet er oppgradert"
            self.line("   varsel ", f"{self._paint(alert.zone, kind)}: {alert.text}")
            self.line("          ", f"{self.base}/DetectedIssue/{issue_id}")
        elif before.split()[1] != alert.state and alert.state in _TAKEN:
            self.line("   varsel ", f"{_TAKEN[alert.state]}: {alert.text}")
        else:
            self.line(
                "   varsel ",
                f"ny måling i samme varsel ({len(alert.evidence)} målinger): {alert.text}",
            )

    def _tell_message(self, row: MessageRow) -> None:
        if row.state == "Queued":
            return
        if row.type == "APPREC":
            if row.id not in self._sent:
                self._sent.add(row.id)
                self.line("   ✉ ut ", f"kvittering til HER-id {row.receiver_her}: sendt")
            return
        state = _STATES.get(row.state, row.state)
        self.line("   ✉ ut ", f"{row.type} til HER-id {row.receiver_her}: {state}")

    def line(self, mark: str, text: str) -> None:
        """A mark and what is told → one line, with the time of the played day."""
        self.say(f"{self.now().astimezone(_OSLO):%H:%M}  {mark}{text}")

    def _paint(self, zone: str, text: str) -> str:
        return f"\x1b[{_COLOURS.get(zone, '0')}m{text}\x1b[0m" if self.colour else text
