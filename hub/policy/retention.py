"""How long each kind of record is kept: one row per kind, with its period, floor and ceiling; what is in no row is kept.

Clinical records, their history, verdicts, alerts, care relations, facts about messages and the (sender, MsgId) of each import are
in no row: they are the record, or what proves it. Source: security/audit.md §1, §6; docs/adr/0035-what-is-kept-how-long.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

RuleId = Literal[
    "access-log", "security-log", "done-jobs", "dead-jobs", "message-bodies", "dead-letters"
]
NEVER: Final = 0
OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. Units: days; `default` NEVER = kept until an operator sets a period. Shape: `what` goes, in words."""

    id: RuleId
    default: int
    floor: int
    ceiling: int
    what: str


RULES: Final = (
    Rule("access-log", 1826, 365, 36_500, "Entries of the tenants' access logs, by whole segments; the hash they ended with stays."),
    Rule("security-log", 548, 365, 731, "Entries of the hub's own log: log-ins, refused tokens, starts, clients; as above."),
    Rule("done-jobs", 30, 7, 365, "Jobs of the outbox that were done, with what they carried."),
    Rule("dead-jobs", 90, 30, 3650, "Jobs that were given up; after that they cannot be replayed."),
    Rule("message-bodies", NEVER, 30, 3650, "The bytes of messages that were sent and answered, or taken in (which keeps them as a Binary of the record), refused or answered twice; all that is known of the message stays."),
    Rule("dead-letters", NEVER, 90, 3650, "The bytes of messages that were put in quarantine, were not for us, or did not reach anybody; never of what is held for a person or still waits."),
)  # fmt: skip
_BY_ID: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}
_ENTRY: Final = re.compile(r"(?:([0-9]{1,9})/)?([a-z-]+)=(never|[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods in force. Shape: `chosen` by (tenant, rule), tenant None = all that have none of their own; `on` False = nothing goes."""

    chosen: Mapping[tuple[int | None, str], int] = field(
        default_factory=dict[tuple[int | None, str], int]
    )
    on: bool = True

    def before(self, rule: Rule, tenant_id: int, now: datetime) -> datetime | None:
        """A rule, whose records, and now → what is older goes; None where nothing does."""
        days = self.chosen.get((tenant_id, rule.id), self.chosen.get((None, rule.id), rule.default))
        return None if days == NEVER or not self.on else now - timedelta(days=days)


def parse_periods(text: str) -> tuple[Periods, list[str]]:
    """`rule=days`, `rule=never` or `tenant/rule=days`, divided by semicolons, or `off` → the periods, and what is wrong."""
    if text.strip() == OFF:
        return Periods(on=False), []
    chosen: dict[tuple[int | None, str], int] = {}
    faults: list[str] = []
    for part in filter(None, (each.strip() for each in text.split(";"))):
        match = _ENTRY.fullmatch(part)
        rule = _BY_ID.get(match[2]) if match else None
        if match is None or rule is None:
            faults.append(
                f"{part[:60]!r} is not rule=days; the rules are {', '.join(sorted(_BY_ID))}"
            )
            continue
        days = NEVER if match[3] == "never" else int(match[3])
        if match[3] != "never" and not rule.floor <= days <= rule.ceiling:
            faults.append(f"{rule.id} must be from {rule.floor} to {rule.ceiling} days, or never")
        chosen[None if match[1] is None else int(match[1]), rule.id] = days
    return Periods(chosen), faults
