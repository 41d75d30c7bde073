"""What the hub's own jobs and the commands of its operators may do: each declares its types and letters, and gets no more.

A row reads `sees | creates | updates`. A job sees what it must read to do its work (`*`: all types but those that nobody
gets by a wildcard), and writes what it makes. Beside resource types stands what is no resource (`AccessLog`, `Client`, `Message`,
`Queue` …, hub/store/table_rights.py): a statement about a table that follows from none of them is refused. Whoever is not in these
tables may do nothing.
Source: security README §1, §3 (`internal_job`: least tables).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.policy.scopes import NEVER_BY_WILDCARD

NOT_BY_WILDCARD: Final = NEVER_BY_WILDCARD - {"Consent"}
"""Letters are told about consents, too; the log and subscriptions are no part of a record."""

_BOOK = "Patient CarePlan ServiceRequest EpisodeOfCare ObservationDefinition HealthcareService"
_JUDGED = "Observation QuestionnaireResponse"
_ALERT = "DetectedIssue Flag Task"
_HELD = "Patient Task"
_MESSAGE = (
    "AllergyIntolerance Appointment CareTeam Communication CommunicationRequest Composition Condition Consent"
    " DeviceUseStatement DocumentReference Encounter EpisodeOfCare Flag Goal MedicationAdministration"
    " MedicationDispense MedicationRequest MedicationStatement Observation Procedure RelatedPerson ServiceRequest Task"
)
"""What a message can become: all that the mappers make (tests/functional/test_every_entrance_is_decided.py)."""

# job → sees | creates | updates
_JOBS: Final = {
    "explain": f"{_BOOK} {_JUDGED} {_ALERT} | |",
    "journal": f"{_BOOK} {_JUDGED} {_ALERT} Practitioner | Task Queue | Queue",
    "judge": f"{_BOOK} {_JUDGED} {_ALERT} | {_ALERT} Provenance Alert Clock Queue | {_ALERT} Alert Clock Mark",
    "keep": "| | Old",
    "list": "* | |",
    "log": "* AuditEvent Subscription | |",
    "mirror": f"Patient {_ALERT} | Provenance | {_ALERT}",
    "notify": "Patient Task | Task Queue | Task Queue",
    "receive": f"Patient Binary Provenance Organization {_MESSAGE} | Patient Binary Provenance {_MESSAGE} Message | Patient {_MESSAGE} Message",
    "recompute": f"{_BOOK} {_JUDGED} {_ALERT} | {_ALERT} Provenance Alert Queue | {_ALERT} Alert Mark Queue",
    "relate": "Organization | |",
    "send": "* | Communication Provenance Task Message | Communication Task Message",
    "track": "Patient Communication Task | Task Message | Communication Task Message",
}

_SIMULATED = f"{_BOOK} {_JUDGED}"
# command → sees | creates | updates; "" where it opens no database of the hub's
_COMMANDS: Final = {
    "audit affected": "AccessLog | |",
    "audit note": "AccessLog | |",
    "audit patient": "AccessLog Patient | |",
    "audit purge": "AccessLog | | AccessLog",
    "audit verify": "AccessLog | |",
    "clients add": "Client | Client | Client",
    "clients close": "Client | | Client",
    "clients list": "Client | |",
    "demo": "",
    "emessage read": "",
    "emessage roundtrip": "",
    "emessage schemas check": "",
    "emessage schemas install": "",
    "emessage write": "",
    "fhir validate": "",
    "messages avvik": "Message Patient Communication | Communication Message |",
    "messages create": f"Message {_HELD} | Patient Message | {_HELD} Message",
    "messages list": "Message * | |",
    "messages match": f"Message {_HELD} | Patient Message | {_HELD} Message",
    "messages reject": f"Message {_HELD} | Message | {_HELD} Message",
    "messages replay": "Message * | | Message",
    "messages show": "Message * | |",
    "messages take": f"Message {_HELD} | Patient Message | {_HELD} Message",
    "migrate": "",
    "relations add": "Relation Patient | Relation |",
    "relations end": "Relation Patient | | Relation",
    "relations list": "Relation Patient | |",
    "relations share": "Share Patient | Share | Share",
    "relations shares": "Share | |",
    "serve": "",
    "standin broker": "",
    "standin hospital": "",
    "standin issuer": "",
    "standin journal": "",
    "thresholds explain": f"{_SIMULATED} {_ALERT} | |",
    "thresholds forms": "",
    "thresholds judge": "",
    "thresholds limits": "",
    "thresholds recompute": f"{_SIMULATED} {_ALERT} | {_ALERT} Provenance Alert Queue | {_ALERT} Alert Mark",
    "thresholds simulate": f"{_SIMULATED} | |",
    "work": "",
}

QUEUES: Final[Mapping[str, str]] = {
    "build_alert_message": "send",
    "build_journal_note": "journal",
    "held_too_long": "receive",
    "import_message": "receive",
    "judge_anew": "recompute",
    "limits_anew": "recompute",
    "notify_alert": "notify",
    "publish_journal_note": "journal",
    "send_communication": "send",
    "submit_message": "track",
    "write_journal_note": "journal",
}
"""Queue of work → the job that does it; a queue that is not here is not served (hub/wiring/work.py)."""

ROUNDS: Final[Mapping[str, str]] = {
    "receipts": "track",
    "clock": "judge",
    "drop-in": "receive",
    "drop-out": "track",
    "anchor": "keep",
    "set-back": "judge",
    "retention": "keep",
}
"""What is done every few seconds → the job that does it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one job or command may do, by type. Shape: `sees` with "*" = all but `NOT_BY_WILDCARD`, unless they are named."""

    sees: frozenset[str]
    creates: frozenset[str]
    updates: frozenset[str]

    def may_see(self, kind: str) -> bool:
        """A type → whether rows of it are open to the job."""
        return kind in self.sees or ("*" in self.sees and kind not in NOT_BY_WILDCARD)

    @property
    def writes(self) -> bool:
        """Whether it changes anything at all."""
        return bool(self.creates or self.updates)


def _read(row: str) -> Job:
    sees, creates, updates = (frozenset(part.split()) for part in (row or "||").split("|"))
    return Job(sees, creates, updates)


JOBS: Final[Mapping[str, Job]] = {name: _read(row) for name, row in _JOBS.items()}
"""The hub's own jobs by the name their actor bears."""

COMMANDS: Final[Mapping[str, Job]] = {name: _read(row) for name, row in _COMMANDS.items()}
"""The commands of `hub` by their words."""
ASKED_WHY: Final = frozenset(
    f"messages {word}" for word in ("avvik", "create", "match", "reject", "replay", "show", "take")
)
"""Commands that show a message or decide about it: whoever gives one says why (audit.md §3.4 no. 10)."""


def job_of(name: str, command: str) -> Job | None:
    """A job's name, and the command where a person at the machine acts → what it may do; None for one that is not listed."""
    return COMMANDS.get(command) if command else JOBS.get(name)
