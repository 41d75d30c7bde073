"""The catalogue of log events: every line the hub logs has a stable name and a level; no line carries personal data."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections import Counter
from enum import Enum
from typing import Final

from hub.values import parse_national_id

_LOGGER = logging.getLogger("hub")
_BLOT: Final = "[redacted]"
_ELEVEN: Final = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
_SECRETS: Final = (
    re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"),
    re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL),
    re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    re.compile(r"(?:\+|(?<![0-9])00)47[ ]?(?:[0-9][ ]?){8}(?![0-9])"),
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


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
    JUDGED_ANEW = (logging.INFO, "a plan that counts from an earlier time judged values otherwise")
    LIMITS_CHANGED = (logging.INFO, "general limits changed: what is stored is judged by them")
    LIMITS_ANEW = (
        logging.INFO,
        "everything stored was judged by the general limits as they are now",
    )
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
    LOG_NOT_WRITTEN_BACK = (
        logging.WARNING,
        "the log of the database could not be written back into its file; it is tried again",
    )
    STORE_REFUSES = (logging.ERROR, "the database takes no changes; nothing is accepted")
    STORE_TAKES = (logging.WARNING, "the database takes changes again")
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
    NOT_CAUGHT = (logging.ERROR, "an exception that nobody caught ended what it was raised in")
    LOG_STANDS = (
        logging.INFO,
        "the access log stands here: keep this line where the hub cannot write",
    )
    JOURNAL_UNHEALTHY = (logging.ERROR, "the folder of the journal cannot be written")
    CLOCK_STEPPED = (logging.ERROR, "the computer's clock was set; let NTP keep it")
    STOOD_STILL = (logging.ERROR, "the hub stood still; what came due meanwhile is being done now")
    JOBS_BROUGHT_BACK = (
        logging.WARNING,
        "jobs from before the clock was set back are done now, not when it comes round again",
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
    log(event, error=type(error).__name__, place=place_of(error), **facts)


def place_of(error: BaseException) -> str:
    """An exception → file and line where it was raised, within the hub as far as it goes; its text may hold personal data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/hub/')[2]}:{trace.tb_lineno}"


class OneLine(logging.Formatter):
    """The second net (audit.md §5): a record of anybody's → one line.

    Drops: texts of exceptions, and what looks like a person or a secret.
    """

    def format(self, record: logging.LogRecord) -> str:
        """A record → its line; of what other libraries say the first line alone: the next ones show values."""
        text = record.getMessage()
        if record.name != "hub" and not record.name.startswith("hub."):
            text = text.partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            text = f"{text} {type(error).__name__} {place_of(error)}"
        record.message = text
        record.asctime = self.formatTime(record, self.datefmt)
        return blot(self.formatMessage(record))


def blot(text: str) -> str:
    """A text → one line, with national numbers, tokens, keys, e-mail addresses and telephone numbers replaced."""
    for pattern in _SECRETS:
        text = pattern.sub(_BLOT, text)
    text = _ELEVEN.sub(lambda m: m[0] if parse_national_id(m[0]) is None else _BLOT, text)
    return _CONTROL.sub(lambda m: m[0].encode("unicode_escape").decode(), text)


def say_what_nobody_caught() -> None:
    """Nothing → an exception that ends a thread, a finaliser or the process is told by its type and place alone."""

    def told(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
            log_failure(Event.NOT_CAUGHT, error)

    sys.excepthook = lambda _, error, __: told(error)
    threading.excepthook = lambda found: told(found.exc_value)
    sys.unraisablehook = lambda found: told(found.exc_value)


def set_up_logging(level: str) -> None:
    """A level name → plain lines on standard error, whoever writes them.

    Other libraries say warnings alone: what they tell besides (each address they fetch from) is of no catalogue.
    """
    own = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(level=max(own, logging.WARNING))
    _LOGGER.setLevel(own)
    for handler in logging.getLogger().handlers:
        if type(handler) is logging.StreamHandler:
            handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    say_what_nobody_caught()
