"""What the follow-up service does on the demo day: tries a plan, asks why an alert is there, takes it, closes it.

Everything goes through the hub's own interface, as a journal system would do it.
Source: dho/requirements.md (tuning of limits, follow-up of alerts); dho/thresholds.md §7.1, §11.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from hub.demo.case_file import read_cases
from hub.demo.people import MAIN
from hub.demo.plans import OSLO
from hub.demo.story import Story
from hub.fhir.codec import encode
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.thresholds.plan import Band, PlanVersion, Rule

Step = Literal["try", "explain", "take", "close"]
_CLOCK: Final[Mapping[Step, time]] = {
    "explain": time(16, 15),
    "take": time(16, 18),
    "close": time(19, 30),
}
_TRIED: Final = Decimal(91)
"""The yellow limit of the draft: one percent tighter than the plan's."""
_NURSE: Final = "Vaken Testsykepleier"
_ACTION: Final = "Legevakt kontaktet, oksygen og inhalasjon gitt"
_NOTE: Final = "Han puster lettere. Ny måling klokken 20, fastlegen er varslet."


@dataclass(slots=True)
class Nurse:
    """One nurse of the follow-up service. Shape: `line` prints a mark and a text; `journal` the folder of the journal."""

    story: Story
    base: str
    patient_id: str
    new_id: Callable[[], str]
    line: Callable[[str, str], None]
    journal: Path
    alert: str = ""
    seen: set[str] = field(default_factory=set[str])

    def steps(self) -> list[tuple[datetime, Step]]:
        """Nothing → what the nurse does in the day, and when; the plan is tried before."""
        return [(datetime.combine(self.story.day, at, OSLO), step) for step, at in _CLOCK.items()]

    def do(self, step: Step) -> None:
        """A step → done, and told."""
        {"try": self._try, "explain": self._explain, "take": self._take, "close": self._close}[
            step
        ]()

    def look(self) -> None:
        """Notes that have come into the journal's folder → told."""
        for path in sorted(self.journal.glob("out/*.json")):
            if path.name not in self.seen:
                self.seen.add(path.name)
                self.line("   ✎ ut ", f"notat til kommunens journal: {path}")

    def _try(self) -> None:
        stands = read_cases(self.story)[MAIN].plans[-1]
        draft = _tighter(stands)
        self.line("☞ ", f"{_NURSE} prøver et utkast: gul grense for SpO2 {_TRIED} %")
        made = plan_to_fhir(draft, self.patient_id, new_id=self.new_id, status="draft")
        for resource in made.all:
            self._send("PUT", f"/{type(resource).__name__}/{resource.id}", encode(resource))
        name = f"CarePlan/{made.care_plan.id}"
        found = self._send("GET", f"/{name}/$simulate?period=P1M")
        for text in _parts(found, "text")[:1]:
            self.line("   ", text["valueString"].splitlines()[1])
        self.line("   ", f"{self.base}/{name}/$simulate?period=P3M")

    def _explain(self) -> None:
        issue = self._red()
        if issue is None:
            return
        self.line("☞ ", f"{_NURSE} spør hvorfor varselet er der")
        found = self._send("GET", f"/DetectedIssue/{issue['id']}/$explain")
        for text in _parts(found, "text"):
            for line in text["valueString"].splitlines():
                self.line("   ", line)

    def _take(self) -> None:
        self._step("acknowledge", f"{_NURSE} tar varselet", {})

    def _close(self) -> None:
        more = {
            "action": {"valueCodeableConcept": {"text": _ACTION}},
            "note": {"valueString": _NOTE},
        }
        self._step("close", f"{_NURSE} lukker varselet: {_ACTION}", more)

    def _step(self, name: str, told: str, more: Mapping[str, dict[str, Any]]) -> None:
        issue = self._red()
        if issue is None:
            return
        self.line("☞ ", told)
        performer = {"name": "performer", "valueReference": {"display": _NURSE}}
        parameters = [performer, *({"name": key, **value} for key, value in more.items())]
        body = msgspec.json.encode({"resourceType": "Parameters", "parameter": parameters})
        match = f'W/"{issue["meta"]["versionId"]}"'
        self._send("POST", f"/DetectedIssue/{issue['id']}/${name}", body, {"If-Match": match})

    def _red(self) -> Any:
        """The red alert of the day, as it stands now."""
        query = f"patient={self.patient_id}&_sort=-_lastUpdated&_count=50"
        found = self._send("GET", f"/DetectedIssue?{query}")
        issues = [entry["resource"] for entry in found.get("entry", ())]
        return next((i for i in issues if i.get("severity") == "high"), None)

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own hub on loopback
            self.base + path,
            data=body,
            method=method,
            headers={"Content-Type": "application/fhir+json", **(headers or {})},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())


def _parts(parameters: Any, name: str) -> list[Any]:
    return [part for part in parameters["parameter"] if part["name"] == name]


def _tighter(plan: PlanVersion) -> PlanVersion:
    """The plan in force → the next version, with a tighter yellow limit for SpO2."""
    rules = tuple(_moved(r) if r.measure == "spo2" and r.bands else r for r in plan.rules)
    return msgspec.structs.replace(plan, version=plan.version + 1, rules=rules)


def _moved(rule: Rule) -> Rule:
    limit = next((b.ge for b in rule.bands if b.zone == "green"), None)

    def moved(bands: Iterable[Band]) -> Iterable[Band]:
        for band in bands:
            if band.zone == "green" and band.ge == limit:
                yield msgspec.structs.replace(band, ge=_TRIED)
            elif band.zone == "yellow" and band.lt == limit:
                yield msgspec.structs.replace(band, lt=_TRIED)
            else:
                yield band

    return msgspec.structs.replace(rule, bands=tuple(moved(rule.bands)))
