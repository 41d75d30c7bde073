"""What can be done about an alert, as forms: taken, mitigated, put off, closed.

Each form names the version of the alert that its reader saw, and carries a mark that only this hub's own pages have.
Source: dho/thresholds.md §7.1, §7.6; OWASP "Cross-Site Request Forgery Prevention" (HMAC token, Origin).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from hub.html import Html, el, join
from hub.thresholds.alarm import STEPS, Alert

# Operation → what the button says, and what it means.
TITLES: Final = {
    "acknowledge": "Ta varselet",
    "mitigate": "Tiltak er satt i verk",
    "snooze": "Utsett",
    "close": "Lukk",
}
DONE: Final = {
    "acknowledge": "Varselet er ditt.",
    "mitigate": "Tiltaket er skrevet på varselet.",
    "snooze": "Varselet er utsatt.",
    "close": "Varselet er lukket.",
}
HOURS: Final = (1, 2, 4, 8, 24)
LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Marks:
    """Makes and knows the marks. Shape: `keys` are the same in all processes; the first marks, those behind it are known."""

    keys: tuple[bytes, ...]

    def make(self, issue: str) -> str:
        """An alert → the mark of its forms."""
        return _mark(self.keys[0], issue)

    def knows(self, issue: str, mark: str) -> bool:
        """An alert and the mark that came with a form → whether it is ours."""
        ours = [hmac.compare_digest(_mark(k, issue).encode(), mark.encode()) for k in self.keys]
        return any(ours)


def _mark(key: bytes, issue: str) -> str:
    return hmac.new(key, issue.encode(), sha256).hexdigest()


def alert_forms(alert: Alert, issue: str, version: int, mark: str, back: str) -> Html:
    """An alert, its DetectedIssue as seen, a mark and the page to come back to → a form for each step that is open."""
    forms = [
        _form(step, alert, issue, version, mark, back)
        for step in TITLES
        if (alert.state, step) in STEPS and (step != "snooze" or alert.zone == "yellow")
    ]
    return el("div", forms, class_="acts")


def _form(step: str, alert: Alert, issue: str, version: int, mark: str, back: str) -> Html:
    hidden = {"version": str(version), "mark": mark, "back": back}
    return el(
        "details",
        el("summary", TITLES[step]),
        el(
            "form",
            [el("input", type="hidden", name=name, value=value) for name, value in hidden.items()],
            list(_fields(step, alert, f"{step}-{issue}")),
            el("p", el("button", TITLES[step], type="submit")),
            method="post",
            action=f"/alerts/{issue}/{step}",
        ),
    )


def _fields(step: str, alert: Alert, name: str) -> Iterator[Html]:
    yield _line("Hvem er du?", f"{name}-performer", "performer", required=True)
    if step == "snooze":
        options = [el("option", f"{n} timer" if n > 1 else "1 time", value=str(n)) for n in HOURS]
        field_ = el("select", options, id=f"{name}-hours", name="hours")
        yield el("p", el("label", "Hvor lenge?", for_=f"{name}-hours"), field_)
    else:
        needed = step == "mitigate"
        yield _line("Hva ble gjort?", f"{name}-action", "action", required=needed)
    red = step == "close" and alert.zone == "red"
    label = "Notat til journalen" if red else "Notat til journalen (om du vil)"
    area = el(
        "textarea", "", id=f"{name}-note", name="note", rows=3, maxlength=LONGEST, required=red
    )
    yield el("p", el("label", label, for_=f"{name}-note"), area)


def _line(label: str, name: str, key: str, *, required: bool) -> Html:
    return join(
        el(
            "p",
            el("label", label, for_=name),
            el("input", type="text", id=name, name=key, maxlength=200, required=required),
        )
    )
