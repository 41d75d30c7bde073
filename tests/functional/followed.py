"""A whole hub at work in this process: people with plans, a GP, values, alerts, and the drop with its folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from hub.clock import FixedClock
from hub.fhir.codec import encode
from hub.flows.alert_record import parse_record
from hub.mapping.plan_to_fhir import PlanResources, plan_to_fhir
from hub.ports import JudgeMark, MessageRow
from hub.standin.journal import Journal, JournalEvent
from hub.store.migrate import DEMO_TENANT
from hub.thresholds.alarm import Alert
from hub.thresholds.plan import Band, PlanVersion, Rule
from hub.transport.file_drop import Drop, standard_drop
from hub.transport.file_drop_scan import ReadRules
from hub.wiring import Hub
from hub.workers.giving_way import GivingWay
from tests.builders import SPO2, Json, coding, observation, patient, quantity
from tests.functional.hub_client import Client

HER = "urn:oid:2.16.578.1.12.4.1.2"
SPRING = datetime(2026, 3, 1, tzinfo=UTC)
OWN = "8090001/8090011=*"
"""The one service of ours in these tests."""
TWO_SERVICES = "8095001/8095101=*;8095001/8095102=LOG_INNLAGT"
"""Those of the municipality that the messages of tests.message_builders go to."""
FNR = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "12834812019"}
ASLAUG: Json = {
    "resourceType": "Patient",
    "identifier": [FNR],
    "name": [{"family": "Testdal", "given": ["Aslaug"]}],
    "gender": "female",
    "birthDate": "1948-03-12",
}


def standing(alerts: Sequence[Alert]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Alerts → rule, zone, state and what they rest on, of those that are not withdrawn."""
    return sorted(
        (a.rule, a.zone, a.state, tuple(sorted({e.observation for e in a.evidence})))
        for a in alerts
        if a.live
    )


def newest(marks: Iterable[JudgeMark]) -> dict[str, JudgeMark]:
    """Marks → that of the newest version of each observation."""
    return {m.observation_id: m for m in sorted(marks, key=lambda m: m.version)}


def bands(*ends: tuple[str, str | None, str | None]) -> tuple[Band, ...]:
    """(zone, inclusive low, exclusive high) → bands."""
    return tuple(
        Band(
            zone,  # pyright: ignore[reportArgumentType] - zones as text read better in tests
            ge=None if low is None else Decimal(low),
            lt=None if high is None else Decimal(high),
        )
        for zone, low, high in ends
    )


def absolute(
    name: str, measure: str, unit: str, *ends: tuple[str, str | None, str | None], **more: Any
) -> Rule:
    """One rule on one value."""
    return Rule(name, "absolute", measure, unit, bands(*ends), **more)


SPO2_RULE = absolute(
    "spo2", "spo2", "%", ("red", None, "88"), ("yellow", "88", "92"), ("green", "92", None)
)
PULSE_RULE = absolute(
    "puls", "pulse", "/min", ("green", None, "100"), ("yellow", "100", "120"), ("red", "120", None)
)
SUGAR_RULE = absolute(
    "sukker", "glucose", "mmol/L", ("red", None, "3.0"), ("yellow", "3.0", "3.9"), ("green", "3.9", None)
)  # fmt: skip
PRESSURE_RULE = Rule(
    "bt",
    "composite_bp",
    unit="mm[Hg]",
    components={
        "systolic": bands(("green", None, "160"), ("yellow", "160", "180"), ("red", "180", None)),
        "diastolic": bands(("green", None, "100"), ("yellow", "100", None)),
    },
)


class ProcessDied(BaseException):
    """The process dies here. Nothing in the hub catches it, and unlike KeyboardInterrupt it does not stop the event loop itself."""


class Followed:
    """A hub with a drop, its clock, and what tests do to it."""

    def __init__(self, make: Callable[..., Client], clock: FixedClock, folder: Path, own: str = OWN) -> None:  # fmt: skip
        self.clock = clock
        self.drop: Drop = standard_drop(folder)
        self.client = make(HUB_FILEDROP_DIR=str(folder), HUB_OWN_SERVICES=own)
        loop = self.hub.work.drop
        assert loop is not None
        self.loop = loop
        loop.incoming.rules = ReadRules(settle_s=0, max_bytes=loop.incoming.rules.max_bytes)
        loop.giving_way = GivingWay()  # a test asks between its files: nobody shall wait for it
        self.number = 0

    @property
    def hub(self) -> Hub:
        """The composed hub."""
        return self.client.hub

    # The hub's own work

    def work(self) -> None:
        """Everything that is due is done."""
        self.client.runner.run(self.hub.work.runner.drain())

    def take_in(self) -> None:
        """One round over in/, and what follows from it."""
        self.client.runner.run(self.loop.take_in())
        self.work()

    def look_after(self) -> None:
        """One round over what was written and what waits for an answer."""
        self.client.runner.run(self.loop.look_after())
        self.client.runner.run(self.hub.work.chase())

    # People and plans

    def person(self, **more: Any) -> str:
        """A new synthetic patient → `Patient/…`."""
        self.number += 1
        return self.client.create(patient(self.number, **more))

    def gp(self) -> Json:
        """A GP with both HER-ids → what Patient.generalPractitioner holds."""
        office = self.client.create(
            {
                "resourceType": "Organization",
                "identifier": [{"system": HER, "value": "8091001"}],
                "name": "Prøvevik legesenter",
            }
        )
        role = self.client.create(
            {
                "resourceType": "PractitionerRole",
                "identifier": [{"system": HER, "value": "8091011"}],
                "practitioner": {"display": "Rolig Testlege"},
                "organization": {"reference": office},
            }
        )
        return {"generalPractitioner": [{"reference": role}]}

    def plan(
        self,
        who: str,
        *rules: Rule,
        version: int = 2,
        start: datetime = SPRING,
        end: datetime | None = None,
        **more: Any,
    ) -> PlanResources:
        """A patient and rules → an approved plan version, stored."""
        plan = PlanVersion(
            "ebp", version, start, rules, end, approved_by="Rolig Testlege", approved_at=start, **more
        )  # fmt: skip
        made = plan_to_fhir(
            plan,
            who.partition("/")[2],
            new_id=self.clock.new_id,
            status="active" if end is None else "completed",
        )
        for resource in made.all:
            answer = self.put(resource)
            assert answer.status_code == 201, answer.text
        return made

    def put(self, resource: Any) -> Any:
        """A struct → the answer to its PUT."""
        return self.client.put(f"{type(resource).__name__}/{resource.id}", encode(resource))

    # Values

    def send(self, who: str, value: str, code: str = SPO2, unit: str | None = "%", **more: Any) -> str:  # fmt: skip
        """A value → accepted and judged, → `Observation/…`."""
        made = self.client.create(observation(who, code, value, unit, **more))
        self.work()
        return made

    def change(self, name: str, **more: Any) -> None:
        """An Observation and new elements → its next version, judged."""
        stands = msgspec.json.decode(self.client.get(name).content)
        answer = self.client.put(name, {**stands, **more})
        assert answer.status_code == 200, answer.text
        self.work()

    def zone(self, name: str) -> str:
        """An Observation → the zone of its newest version, "" while it waits."""

        def find(unit: Any) -> str:
            return unit.judgements.versions(DEMO_TENANT, name.partition("/")[2])[-1].zone

        return self.client.runner.run(self.hub.store.read(find))

    def judged(self, who: str) -> tuple[list[JudgeMark], list[Alert]]:
        """A patient → all marks with their inputs and verdicts, and all alerts, as the engine has them."""
        patient = who.partition("/")[2]

        def find(unit: Any) -> Any:
            marks = unit.judgements.since(DEMO_TENANT, patient, datetime(2000, 1, 1, tzinfo=UTC))
            rows = unit.alerts.of_patient(DEMO_TENANT, patient, everything=True)
            return list(marks), [parse_record(r.data).alert for r in rows]

        return self.client.runner.run(self.hub.store.read(find))

    # What came of it

    def alerts(self, who: str, status: str | None = None) -> list[Json]:
        """A patient → its DetectedIssues, oldest first."""
        found = self.client.search(f"DetectedIssue?patient={who}&_count=100")
        chosen = [issue for issue in found if status is None or issue["status"] == status]
        return sorted(chosen, key=lambda issue: issue["id"])

    def reasons(self, who: str) -> list[tuple[str, str]]:
        """A patient → (reason, zone) of each alert, withdrawn ones aside."""
        return sorted(
            (reason_of(issue), zone_of(issue))
            for issue in self.alerts(who)
            if issue["status"] != "entered-in-error"
        )

    def flags(self, who: str) -> list[str]:
        """A patient → the statuses of its Flags."""
        return sorted(f["status"] for f in self.client.search(f"Flag?patient={who}&_count=100"))

    def tasks(self, who: str | None = None, code: str | None = None) -> list[Json]:
        """A patient, a code of ours → Tasks."""
        found = self.client.search(f"Task?patient={who}&_count=100" if who else "Task?_count=200")
        return [t for t in found if code is None or t["code"]["coding"][0]["code"] == code]

    def task_of(self, issue: Json) -> Json:
        """An alert → the Task that owns it."""
        name = f"DetectedIssue/{issue['id']}"
        alarms = [*self.tasks(code="clinical-alert"), *self.tasks(code="technical-alert")]
        (task,) = [t for t in alarms if t["focus"]["reference"] == name]
        return task

    def messages(self, kind: str | None = None) -> list[MessageRow]:
        """A type → our messages out, oldest first, with their bytes."""

        def find(unit: Any) -> list[MessageRow]:
            rows = [r for r in unit.messages.recent(DEMO_TENANT, 1000) if kind in (None, r.type)]
            return [unit.messages.find(DEMO_TENANT, r.id) for r in reversed(rows)]

        return self.client.runner.run(self.hub.store.read(find))

    def journal(self) -> Journal:
        """The stand-in GP journal on the other side of the drop."""
        return Journal(self.drop, self.clock.now, self.clock.new_id, lambda: 0.0)

    def answer(self, journal: Journal) -> Sequence[JournalEvent]:
        """What the journal does with what lies in out/; its answers are taken in."""
        events = journal.step()
        self.take_in()
        self.look_after()
        return events

    def files(self, folder: Path) -> list[Path]:
        """The documents in a folder of the drop, also in folders of days, by name."""
        return sorted(p for p in folder.rglob("*.xml") if p.is_file())


def reason_of(issue: Json) -> str:
    """An alert → the reason of its rule."""
    return issue["code"]["coding"][1]["code"]


def zone_of(issue: Json) -> str:
    """An alert → red or yellow."""
    return next(e["valueCode"] for e in issue["extension"] if e["url"].endswith("/dho-zone"))


def pressure(who: str, systolic: str, diastolic: str | None, unit: str = "mm[Hg]", **more: Any) -> Json:  # fmt: skip
    """Two values → a blood pressure Observation."""
    parts = [("8480-6", systolic), ("8462-4", diastolic)]
    made = observation(who, "85354-9", **more)
    del made["valueQuantity"]
    made["component"] = [
        {"code": {"coding": [coding(code)]}, "valueQuantity": quantity(value, unit)}
        for code, value in parts
        if value is not None
    ]
    return made
