"""What the flows need of the outside, as protocols: one transaction with its parts, and the transports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, TypeVar

from msgspec import Struct

from hub.fhir.repository import Session
from hub.policy.actor import ActorKind
from hub.policy.relations import CareRelation, Share
from hub.values import OwnService

T = TypeVar("T")


class JudgeMark(Struct, frozen=True):
    """One version of an observation that is to be judged, or was.

    Shape: `at` the effective time, or receipt where there is none; `ahead` receipt where `at` is later than it; `identifiers` its business identifiers; `input` the Measurement as stored for
    replay; `verdict` empty while it is unjudged; `judged_at` given only for a new mark that is judged already, `following` for one
    that was judged among what is remembered of its patient.
    """

    tenant_id: int
    observation_id: str
    version: int
    patient_id: str
    measure: str
    at: datetime
    identifiers: tuple[str, ...]
    input: bytes
    ahead: datetime | None = None
    seq: int = 0
    zone: str = ""
    verdict: bytes = b""
    attempts: int = 0
    judged_at: datetime | None = None
    following: Following | None = None


class LoggedMark(Struct, frozen=True, gc=False):
    """One mark as the log tells of it. Shape: `judged` when its verdict stands."""

    seq: int
    patient_id: str
    observation_id: str
    version: int
    measure: str
    judged: bool


FOLLOWED: Final = 2000
"""How many marks are followed at a time; where there are more, what was remembered is forgotten."""


class Following(Protocol):
    """Somebody who follows the marks of patients as they are put in, and judges by what is remembered of them."""

    def after(self, tenant_id: int) -> int:
        """A tenant → the number of the last mark that was followed."""
        ...

    def confirm(
        self,
        log: Mapping[int, Sequence[LoggedMark]],
        marks: Sequence[JudgeMark],
        stands: list[bool],
    ) -> None:
        """What was put in since (by tenant), and marks that are put in now → in `stands` False for verdicts that missed something."""
        ...


LogRow = tuple[str, int, bytes, str, bytes, str, int, int | None]
"""Observation, version, input, zone ("" = not judged yet), verdict, measure, `at` and `ahead` as in JudgeMark, in microseconds since
1970: a tuple, because a store holds millions."""


class Judgements(Protocol):
    """Marks and verdicts."""

    def add(self, mark: JudgeMark) -> None:
        """A mark → to be judged, in the same commit as the observation.

        One that comes with its verdict is settled by it, unless it has company: then the verdict is dropped.
        """
        ...

    def remember(self, tenant_id: int, observation_id: str, identifiers: Collection[str]) -> None:
        """Identifiers that an observation carries or carried, where the search index does not tell → found by `carriers`."""
        ...

    def has_company(self, mark: JudgeMark) -> bool:
        """A mark → whether another observation has its patient, measure and instant, or one of its identifiers."""
        ...

    def undone(self) -> int:
        """Nothing → a number that grows whenever marks that were put in came to nothing."""
        ...

    def logged(self, tenant_id: int, after: int, limit: int) -> Sequence[LoggedMark]:
        """A tenant and the number of a mark → the marks that were put in after it, in order."""
        ...

    def last(self, tenant_id: int) -> int:
        """A tenant → the number of its last mark, 0 when there is none."""
        ...

    def waits(self, tenant_id: int, patient_id: str) -> bool:
        """A patient → whether anything of it waits to be judged."""
        ...

    def todo(self, now: datetime, limit: int) -> Sequence[JudgeMark]:
        """Now → the oldest marks that are due."""
        ...

    def near(
        self, tenant_id: int, patient_id: str, measure: str, start: datetime, end: datetime
    ) -> Sequence[str]:
        """A patient's judged observations of one measure that count within start ≤ at ≤ end → their ids."""
        ...

    def received(
        self, tenant_id: int, patient_id: str, measure: str, start: datetime, end: datetime
    ) -> Sequence[str]:
        """As `near`, with those that wait to be judged."""
        ...

    def since(self, tenant_id: int, patient_id: str, start: datetime) -> Sequence[JudgeMark]:
        """A patient → the marks of all measures with at ≥ start."""
        ...

    def log(self, tenant_id: int, patient_id: str) -> Sequence[LogRow]:
        """A patient → everything that was marked, judged or not, in the order it came: no more than recomputing needs."""
        ...

    def patients(self, tenant_id: int, after: str, limit: int) -> Sequence[str]:
        """A patient's id ("" = before the first) → the next ones that have marks, in order."""
        ...

    def count_patients(self, tenant_id: int) -> int:
        """A tenant → how many patients have marks."""
        ...

    def newest(self, tenant_id: int, patient_id: str, start: datetime) -> Sequence[JudgeMark]:
        """A patient → the newest mark of each measure with at ≥ start, of what still stands, by measure."""
        ...

    def carriers(self, tenant_id: int, identifiers: Collection[str]) -> Sequence[str]:
        """Business identifiers → the ids of the observations that carry or carried one of them."""
        ...

    def versions_of(self, tenant_id: int, observation_ids: Collection[str]) -> Sequence[JudgeMark]:
        """Observations → the marks of all their versions."""
        ...

    def versions(self, tenant_id: int, observation_id: str) -> Sequence[JudgeMark]:
        """An observation → the marks of all its versions."""
        ...

    def settle(self, mark: JudgeMark, now: datetime, zone: str, verdict: bytes) -> bool:
        """A mark → judged, with zone and verdict; False when it was judged already."""
        ...

    def rejudge(self, tenant_id: int, observation_id: str, zone: str, verdict: bytes) -> None:
        """An observation whose judgement changed by what came later → its newest judged version says so."""
        ...

    def counts(self) -> tuple[int, int]:
        """Nothing → how many marks there are, and how many wait."""
        ...

    def postpone(self, mark: JudgeMark, due: datetime) -> None:
        """A mark that could not be judged → again at `due`."""
        ...


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as the engine needs it. Shape: `issue_id` its DetectedIssue; `data` the engine's own encoding."""

    tenant_id: int
    issue_id: str
    patient_id: str
    rule_id: str
    open: bool
    updated: datetime
    data: bytes


class Alerts(Protocol):
    """Alerts by patient and rule; at most one is open for each pair."""

    def of_patient(
        self, tenant_id: int, patient_id: str, *, everything: bool
    ) -> Sequence[AlertRow]:
        """A patient → all alerts, or the open ones and the latest closed one of each rule."""
        ...

    def save(self, row: AlertRow) -> None:
        """A row → stored, new or changed."""
        ...

    def find(self, tenant_id: int, issue_id: str) -> AlertRow | None:
        """A DetectedIssue id → its row."""
        ...

    def still_open(self, tenant_id: int, limit: int) -> Sequence[AlertRow]:
        """A tenant → its open alerts, those changed last first."""
        ...


@dataclass(frozen=True, slots=True)
class DueTime:
    """One time at which something falls due. Shape: filled by a value in [start, due]; `at` the nominal time."""

    due: datetime
    start: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class DueSlot:
    """The next times of one rule of one patient.

    Shape: `times` in order, at least one; `measure` "" when it is no value that is waited for; `filled` when a value that
    certainly fills the first of them is there.
    """

    tenant_id: int
    patient_id: str
    rule_id: str
    measure: str
    times: tuple[DueTime, ...]
    filled: bool = False


class Dues(Protocol):
    """What falls due by the clock alone, and for whom that is to be planned."""

    def change(self, tenant_id: int, patient_id: str, at: datetime, *, new: bool) -> None:
        """A patient whose plans or status change at an instant → planned anew; `new` also when it was not planned for yet."""
        ...

    def change_all(self, tenant_id: int, at: datetime) -> None:
        """General limits that change → everybody with a plan is planned anew."""
        ...

    def to_plan(self, now: datetime, limit: int) -> Sequence[tuple[int, str, datetime]]:
        """Now → (tenant, patient, since): who is to be planned for, for the deadlines after `since`."""
        ...

    def plan(
        self,
        tenant_id: int,
        patient_id: str,
        until: datetime,
        again: datetime,
        slots: Sequence[DueSlot],
    ) -> None:
        """A patient → these times in place of all there were; planned `until`, and to be planned for `again`."""
        ...

    def forget(self, tenant_id: int, patient_id: str) -> None:
        """A patient for whom the clock means nothing → not looked at any more."""
        ...

    def first_due(self, tenant_id: int, patient_id: str) -> datetime | None:
        """A patient → the earliest time that has not been judged yet."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[DueSlot]:
        """Now → what has fallen due, the longest waiting first."""
        ...

    def advance(self, slots: Sequence[DueSlot]) -> None:
        """Slots whose first time was judged → the next one of each, if there is any."""
        ...

    def postpone(self, tenant_id: int, patient_id: str, until: datetime) -> None:
        """A patient who could not be planned for or judged → looked at again then; nothing is taken out."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work that leaves by the outbox. Shape: `subject` what it is about (an id); `attempts` so far."""

    tenant_id: int
    queue: str
    subject: str
    payload: bytes = b""
    seq: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as it stands in the outbox. Shape: `state` is todo, done or dead; `reason` why the last try failed."""

    job: Job
    state: str
    due: datetime
    reason: str


class Outbox(Protocol):
    """Side effects to come, in the transaction of what caused them (D4)."""

    def add(self, job: Job, now: datetime, due: datetime | None = None) -> None:
        """A job → to be done at `due` (at once when None)."""
        ...

    def note(self, job: Job, now: datetime) -> None:
        """A job that this transaction does itself → kept as finished, for the record."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Job]:
        """Now → the jobs that are due, oldest first."""
        ...

    def waiting(self) -> int:
        """Nothing → how many jobs are still to be done, due or not."""
        ...

    def stands(self, job: Job) -> bool:
        """A job as it was read → whether it is still to be done and nobody has tried it since."""
        ...

    def done(self, job: Job) -> None:
        """A job → finished."""
        ...

    def again(self, job: Job, due: datetime, reason: str) -> None:
        """A job that failed → at `due` once more."""
        ...

    def dead(self, job: Job, reason: str) -> None:
        """A job that is given up → dead letter with a reason; a person replays it."""
        ...

    def of_subject(self, tenant_id: int, queue: str, subject: str) -> Sequence[QueuedJob]:
        """A queue and what a job is about → all its jobs, oldest first."""
        ...

    def dead_letters(self, tenant_id: int, limit: int) -> Sequence[QueuedJob]:
        """A tenant → the jobs that were given up, newest first."""
        ...

    def revive(self, job: Job, now: datetime) -> None:
        """A job that was given up → to be done at once, all its tries before it again."""
        ...


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message to one receiver, either way. Shape: `raw` exact bytes; `state` of emessage/dialogue.py."""

    tenant_id: int
    id: str
    direction: str
    msg_id: str
    type: str
    sender_her: str
    receiver_her: str
    state: str
    created: datetime
    sent_for: str = ""
    patient_id: str = ""
    communication_id: str = ""
    sha256: str = ""
    name: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class MessageFact:
    """One thing that is known to have happened to a message; facts are only added."""

    tenant_id: int
    message_id: str
    receiver_her: str
    kind: str
    at: datetime
    evidence: str = ""


class Messages(Protocol):
    """Messages and the facts about them."""

    def add(self, row: MessageRow) -> None:
        """A message → stored."""
        ...

    def find(self, tenant_id: int, message_id: str) -> MessageRow | None:
        """Our id → the message."""
        ...

    def sent(self, tenant_id: int, msg_id: str) -> Sequence[MessageRow]:
        """A MsgId → the outgoing messages with it (one per receiver)."""
        ...

    def waiting(self, states: Sequence[str]) -> Sequence[MessageRow]:
        """States → the outgoing messages in one of them, without their bytes."""
        ...

    def unanswered(self, states: Sequence[str], before: datetime) -> Sequence[MessageRow]:
        """States and an instant → the messages out, receipts aside, that are older and in one of them; without bytes."""
        ...

    def record(self, fact: MessageFact, state: str, name: str = "") -> None:
        """A fact and the state that follows from all facts → stored; `name` is what the transport calls the message now."""
        ...

    def facts(self, tenant_id: int, message_id: str) -> Sequence[MessageFact]:
        """A message → its facts, oldest first."""
        ...

    def recent(self, tenant_id: int, limit: int, state: str = "") -> Sequence[MessageRow]:
        """A tenant → its newest messages (in one state, when it is named, upper or lower case), without their bytes."""
        ...

    def of_patient(self, tenant_id: int, patient_id: str, limit: int) -> Sequence[MessageRow]:
        """A patient → the newest messages about it, without their bytes."""
        ...

    def answers(self, tenant_id: int, msg_id: str, since: datetime) -> Sequence[MessageRow]:
        """A received MsgId and when it came → the receipts made for it, without their bytes."""
        ...


@dataclass(frozen=True, slots=True)
class RawMessage:
    """Bytes as they came. Shape: `claim_id` names this arrival for ever; `state` what became of it."""

    claim_id: str
    tenant_id: int
    name: str
    sha256: str
    received: datetime
    state: str
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class ImportRow:
    """The one import of (sender, MsgId).

    Shape: `resources` are `Type/id`; `series` the MsgId the series began with; `links` what the message may be found by
    when another speaks of it (empty when read back).
    """

    tenant_id: int
    sender_her: str
    msg_id: str
    sha256: str
    claim_id: str
    type: str
    series: str
    imported: datetime
    state: str
    resources: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Inbox(Protocol):
    """Received bytes, and what was imported of them."""

    def keep(self, raw: RawMessage) -> RawMessage:
        """Bytes with their claim id → stored, or the row that stands already."""
        ...

    def find(self, claim_id: str) -> RawMessage | None:
        """A claim id → the arrival, or None."""
        ...

    def state(self, claim_id: str) -> str | None:
        """A claim id → the state of the arrival, or None: without its bytes."""
        ...

    def mark(self, claim_id: str, state: str, reason: str) -> None:
        """An arrival → what became of it."""
        ...

    def imported(self, tenant_id: int, sender_her: str, msg_id: str) -> ImportRow | None:
        """Sender and MsgId → the import, if there was one."""
        ...

    def add_import(self, row: ImportRow) -> None:
        """An import → stored; only a held one may be replaced, anything else of the same sender and MsgId is refused."""
        ...

    def recent(
        self, tenant_id: int, limit: int, state: str = "", most_bytes: int = 0
    ) -> Sequence[RawMessage]:
        """A tenant → its newest arrivals (in one state, when it is named); `raw` is b"" where it is larger than asked for."""
        ...

    def import_of(self, tenant_id: int, claim_id: str) -> ImportRow | None:
        """An arrival → the import that came of it, or None."""
        ...

    def imports_of(self, tenant_id: int, msg_id: str) -> Sequence[ImportRow]:
        """A MsgId → its imports, one per sender; for people who look for a message, not for the flow of messages."""
        ...

    def linked(self, tenant_id: int, links: Sequence[str]) -> Sequence[ImportRow]:
        """What messages may be found by → their imports, oldest first, each once."""
        ...


class Relations(Protocol):
    """Care relations and shares: why an organisation may see a patient (security README §4)."""

    def add(self, relation: CareRelation, at: datetime) -> None:
        """A relation → in force from its start; the same one again changes its end and basis."""
        ...

    def end(self, relation: CareRelation, at: datetime, by: str) -> int:
        """A relation, whenever it began → ended at `at`; → how many facts that was."""
        ...

    def of(
        self, tenant_id: int, *, patient_id: str = "", organisation: str = "", source: str = ""
    ) -> Sequence[CareRelation]:
        """A tenant and what to look for → the relations, those that have ended too, oldest first."""
        ...

    def state(
        self, tenant_id: int, source: str, now_stated: Iterable[CareRelation], at: datetime
    ) -> None:
        """What a resource states of relations now → in force; what it has stated before and no more is ended."""
        ...

    def share(self, share: Share, at: datetime) -> None:
        """A share → in force from its start."""
        ...

    def end_share(self, share: Share, at: datetime, by: str) -> int:
        """A share, whenever it began → ended; → how many that was."""
        ...

    def shares(self, tenant_id: int, organisation: str = "") -> Sequence[Share]:
        """A tenant → what it shares and has shared, oldest first."""
        ...


class Retention(Protocol):
    """What is older than it is to be kept."""

    def tenants(self) -> Sequence[int]:
        """Nothing → whose records there may be; 0 is the hub itself."""
        ...

    def heads(self) -> Sequence[tuple[int, int, str]]:
        """Nothing → (tenant, number, hash) of the newest entry of each log."""
        ...

    def take_away(
        self, rule: str, tenant_id: int, before: datetime, at: datetime, most: int
    ) -> int | None:
        """A rule, whose records, how old and how many at most → how many went; None where they must not be touched."""
        ...


class Unit(Protocol):
    """One transaction."""

    @property
    def fhir(self) -> Session:
        """Resources and the access log."""
        ...

    @property
    def judgements(self) -> Judgements:
        """Marks and verdicts."""
        ...

    @property
    def alerts(self) -> Alerts:
        """Alerts by patient and rule."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Jobs to come."""
        ...

    @property
    def dues(self) -> Dues:
        """What falls due by the clock alone."""
        ...

    @property
    def messages(self) -> Messages:
        """E-messages and their facts."""
        ...

    @property
    def inbox(self) -> Inbox:
        """Received bytes."""
        ...

    @property
    def relations(self) -> Relations:
        """Care relations and shares."""
        ...

    @property
    def retention(self) -> Retention:
        """What is too old."""
        ...

    def own_services(self, tenant_id: int) -> Sequence[OwnParty]:
        """A tenant → its services that send and receive e-messages."""
        ...


@dataclass(frozen=True, slots=True)
class OwnParty:
    """One of the tenant's services with what a letterhead needs."""

    service: OwnService
    organisation_name: str
    service_name: str
    phone: str


class UnitOfWork(Protocol):
    """Runs functions in transactions."""

    async def read(self, work: Callable[[Unit], T], *, long: bool = False) -> T:
        """A function of a unit → its result; nothing may be written; `long` work (over 2 ms) must say so."""
        ...

    async def write(self, work: Callable[[Unit], T], *, long: bool = False) -> T:
        """A function of a unit → its result, after the commit is durable; `long` work (over 2 ms) must say so."""
        ...


class Claims(Protocol):
    """Who does what, among the processes that share a store; what a process claimed is free again when it dies."""

    async def take(self, job: Job) -> bool:
        """A job → ours until `free`, or another process's."""
        ...

    async def free(self, job: Job) -> None:
        """A job that is settled → anybody's again."""
        ...

    async def duty(self, name: str) -> bool:
        """A duty of which one process at a time takes care → whether it is ours, as long as we live."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes out.

    Shape: HER-ids of level 2; `lost` is the evidence of hand-overs that came to nothing, before a person sent the message
    again: finding one of these does not mean that it went out. `made` is when the message was made, the same at every try.
    """

    data: bytes
    msg_id: str
    sender_her: str
    receiver_her: str
    lost: tuple[str, ...] = ()
    made: datetime | None = None


class Transport(Protocol):
    """A way out for messages; it never looks into them."""

    def submit(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[str]:
        """Deliveries → the evidence of their hand-overs, in order; the same delivery again is found and not sent twice.

        Problems: UNREACHABLE when one cannot be handed over now; others may have been.
        """
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request of ours to somebody else.

    Shape: `purpose` picks the list of hosts that may be asked; `headers` beside those HTTP needs. Units: seconds, bytes.
    """

    purpose: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_s: float = 10.0
    most_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Shape: `headers` by lower-case name, the last of a name; redirections are answers like others."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outbound(Protocol):
    """The one way out for HTTP: it asks nobody but those it was told of (security README §7)."""

    async def send(self, call: Call) -> Answer:
        """A request → the answer. Problems: OUTBOUND_REFUSED (not a host for this purpose), UNREACHABLE."""
        ...


class OneTime(Protocol):
    """What may be shown once: proofs, assertions. Shared by all processes of a hub."""

    async def first(self, mark: bytes, now: float, until: float) -> bool:
        """A mark and until when it counts (seconds since 1970) → whether nobody showed it before."""
        ...


@dataclass(frozen=True, slots=True)
class Agreement:
    """One organisation for which a client may ask.

    Shape: `organisation` and `children` organisation numbers; `guest` when the organisation is not the tenant's own.
    Units: seconds since 1970.
    """

    organisation: str
    tenant_id: int
    guest: bool
    begins: float
    ends: float | None = None
    children: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Client:
    """A system that is registered to ask.

    Shape: `issuer` whose tokens it comes with; `kind` as what it acts, `user_kind` as what its users do ("" = none may);
    `profile` dpop or legacy_bearer; `supplier` the organisation that holds the delegation ("" = the organisation's own
    system); `networks` where it may ask from (empty = anywhere); `jwks` its keys at our own token endpoint.
    Units: seconds since 1970.
    """

    issuer: str
    client_id: str
    kind: ActorKind
    name: str
    scopes: tuple[str, ...]
    user_kind: ActorKind | Literal[""] = ""
    profile: str = "dpop"
    supplier: str = ""
    networks: tuple[str, ...] = ()
    contact: str = ""
    expires: float | None = None
    status: str = "active"
    jwks: str = ""
    agreements: tuple[Agreement, ...] = ()


class ClientRegister(Protocol):
    """The registered clients."""

    async def find(self, issuer: str, client_id: str) -> Client | None:
        """An issuer and the client's id there → the client with its agreements."""
        ...
