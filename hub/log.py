"""The catalogue of log events: every line the hub logs has a stable name and a level; no line carries personal data."""

from __future__ import annotations

import json
import logging
from collections import Counter
from enum import Enum
from typing import Final

_LOGGER = logging.getLogger("hub")


class Event(Enum):
    """What may be logged. Shape: value = (level, text)."""

    STARTED = (logging.INFO, "hub started")
    WORKING = (logging.INFO, "hub works")
    STOPPED = (logging.INFO, "hub stopped")
    DEVELOPMENT_MODE = (logging.WARNING, "DEVELOPMENT MODE: no authentication; synthetic data only")
    WORK_FAILED = (logging.ERROR, "the hub's own work could not begin")
    REQUEST_FAILED = (logging.ERROR, "a request failed by our own fault")
    JUDGE_FAILED = (logging.ERROR, "an observation could not be judged; it will be tried again")
    CLOCK_FAILED = (logging.ERROR, "what fell due could not be judged; it will be tried again")
    PLAN_FAULTY = (logging.ERROR, "a plan or general limits cannot be judged by as they stand")
    JOB_RETRY = (logging.WARNING, "a job failed and will be tried again")
    JOB_DEAD = (logging.ERROR, "a job was given up; a person must look at it")
    MESSAGE_CONFLICT = (
        logging.ERROR,
        "a known MsgId arrived with other content; nothing was imported",
    )
    RECEIPT_UNMATCHED = (
        logging.WARNING,
        "a receipt arrived that answers no message of ours; it changes nothing",
    )
    MESSAGE_QUARANTINED = (logging.ERROR, "a file from the drop was put in quarantine")
    MESSAGE_RECEIVED = (logging.INFO, "a message was received")
    MESSAGE_WRITTEN = (logging.INFO, "a message was written to the drop")
    JOURNAL_WRITTEN = (logging.INFO, "a note was given to the municipal journal")
    REQUEST_SLOW = (logging.WARNING, "a request took long")
    STOPPING = (logging.INFO, "hub stops: it takes nothing new and ends what is in work")
    LISTENER_FAILED = (logging.ERROR, "what follows a commit could not be woken")
    KEYS_NOT_FETCHED = (logging.WARNING, "the keys of a token issuer could not be fetched")
    CALLER_TOO_BUSY = (logging.ERROR, "a caller asks oftener than it may")
    LOOKUPS_MANY = (
        logging.ERROR,
        "a caller searched for many persons who are not here; such searches are closed to it for a while",
    )
    REFUSALS_MANY = (logging.ERROR, "many tokens from one address were refused")
    OUTBOUND_REFUSED = (logging.ERROR, "a call to a host that may not be called was stopped")
    TOKEN_NOT_GIVEN = (logging.ERROR, "an issuer gave no access token for a call of ours")
    TOKEN_REFUSED = (logging.WARNING, "a request was not let in")
    RETENTION_STOPPED = (
        logging.ERROR,
        "records that are too old were left: the log does not hold, or our role may not delete from it",
    )
    LOG_STANDS = (
        logging.INFO,
        "the access log stands here: keep this line where the hub cannot write",
    )
    DROP_UNHEALTHY = (logging.ERROR, "the file drop cannot be used")


COUNTS: Final = Counter[str]()
"""How often each event was logged by this process, by its name: for the figures."""


def log(event: Event, **facts: str | int) -> None:
    """An event and facts that are no personal data (ids of ours, counts, codes) → one line."""
    level, text = event.value
    COUNTS[event.name.lower()] += 1
    _LOGGER.log(
        level, "%s %s %s", event.name, text, json.dumps(facts, ensure_ascii=False) if facts else ""
    )


def log_failure(event: Event, error: BaseException, **facts: str | int) -> None:
    """An event caused by an exception → one line with its type and place; its text may hold personal data: not logged."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (
        f"{trace.tb_frame.f_code.co_filename.rpartition('/hub/')[2]}:{trace.tb_lineno}"
        if trace
        else ""
    )
    log(event, error=type(error).__name__, place=place, **facts)


def set_up_logging(level: str) -> None:
    """A level name → plain lines on standard error."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(message)s")
