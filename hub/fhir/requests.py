"""FHIR requests and responses as plain values, free of any web framework.

Source: FHIR R4 RESTful API, http://hl7.org/fhir/R4/http.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

from hub.policy import Actor

FHIR_JSON = "application/fhir+json"


class FhirRequest(Struct, frozen=True):
    """One request on the FHIR base.

    Shape: `path` segments after the base, already percent-decoded; `query` pairs in the order sent (form body of
    `_search` included); `headers` lower-case names; `base_url` without trailing slash; `at` when it came, which care
    relations are asked as of; `address` the network address it came from.
    """

    method: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    actor: Actor
    base_url: str
    request_id: str = ""
    at: datetime | None = None
    address: str = ""


class FhirResponse(Struct, frozen=True):
    """What goes back.

    Shape: `headers` are (name, value) pairs beside Content-Type and Content-Length; `document` when the body is the
    content of a Binary, not FHIR; `stored` the version that is told of, where it is one.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = FHIR_JSON
    document: bool = False
    stored: Stored | None = None


class Stored(Struct, frozen=True, gc=False):
    """One version of a resource as the store holds it: a struct, because a page makes hundreds of them.

    Shape: `body` is the exact JSON (empty when deleted); `version` counts from 1; `updated` aware, whole milliseconds.
    """

    type: str
    id: str
    version: int
    updated: datetime
    body: bytes
    deleted: bool = False
    patient_id: str | None = None

    @property
    def etag(self) -> str:
        """The weak entity tag of this version (http://hl7.org/fhir/R4/http.html#versioning)."""
        return f'W/"{self.version}"'


class AuditEntry(Struct, frozen=True):
    """One access, as it goes into the access log in the same commit.

    Shape: `action` C R U D E (audit-event-action); `event` a row of hub/store/audit_events.py, `interaction` its subtype (of
    restful-interaction for calls of the API); `query` for searches; `address` the network address it came from; `named` and
    `details` tell of what is no resource (a message, what a rule has taken away); `party` is the HER-id, and its name where it is
    known, of who has sent or gets it.
    Source: security/audit.md §2, §3.
    """

    actor: Actor
    action: str
    interaction: str
    recorded: datetime
    resource_type: str = ""
    resource_id: str = ""
    version: int = 0
    patient_id: str | None = None
    reason: str = ""
    query: str = ""
    request_id: str = ""
    outcome: str = "0"
    address: str = ""
    event: str = "rest"
    named: str = ""
    details: tuple[tuple[str, str], ...] = ()
    party: tuple[str, str] = ("", "")


def http_date(at: datetime) -> str:
    """An instant → the form of HTTP's Last-Modified, in GMT and whole seconds (RFC 9110 §5.6.7)."""
    return _http_date(at.replace(microsecond=0))


@lru_cache(maxsize=64)  # all answers of a second have the same
def _http_date(at: datetime) -> str:
    utc = at.astimezone(UTC)
    clock = f"{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d}"
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02d} {_MONTHS[utc.month - 1]} {utc.year:04d} {clock} GMT"
    )


@lru_cache(maxsize=256)  # the works of a commit share their moment
def fhir_instant(at: datetime) -> str:
    """An aware instant → FHIR instant in UTC with milliseconds."""
    return f"{at.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
