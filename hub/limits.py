"""How much may be asked of the hub at once: one table of limits, their settings, ranges and answers.

docs/reference/limits.md is generated from the table. The reasons for the defaults stand in each row's meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from hub.problems import ProblemCode


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force, by what they bound.

    Units: names end in theirs (`_bytes`, `_s`); all others count. `per_client` 0 = a caller may use all there is.
    """

    body_bytes: int = 10_485_760
    depth: int = 64
    entries: int = 5000
    page: int = 50
    page_most: int = 1000
    included: int = 1000
    parameters: int = 200
    values: int = 100
    chain: int = 4
    query_s: int = 10
    url_bytes: int = 8192
    header_bytes: int = 32_768
    connections: int = 900
    in_flight: int = 128
    waiting: int = 512
    wait_s: int = 5
    per_client: int = 0
    per_minute: int = 30_000
    header_s: int = 10
    body_s: int = 20
    request_s: int = 60
    idle_s: int = 5
    drain_s: int = 0
    shutdown_s: int = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """One row: the setting, the field of Limits, the range it may be set in, and what the hub answers beyond it.

    Shape: `answer` None where nothing is refused (a smaller page is given, a connection is closed).
    """

    setting: str
    field: str
    low: int
    high: int
    unit: str
    meaning: str
    answer: ProblemCode | None = None


TABLE: Final = (
    Limit(
        "HUB_MAX_BODY_BYTES",
        "body_bytes",
        1024,
        1 << 30,
        "bytes",
        "Largest request body that is read, unpacked where it came packed.",
        ProblemCode.TOO_LARGE,
    ),
    Limit(
        "HUB_MAX_DEPTH",
        "depth",
        8,
        64,
        "levels",
        "Objects and arrays within each other in a body; the deepest official example has about twenty.",
        ProblemCode.TOO_DEEP,
    ),
    Limit(
        "HUB_MAX_ENTRIES",
        "entries",
        1,
        100_000,
        "entries",
        "Entries of a batch or transaction.",
        ProblemCode.TOO_LARGE,
    ),
    Limit(
        "HUB_PAGE_SIZE",
        "page",
        1,
        10_000,
        "resources",
        "Matches on a page when `_count` does not say; never more than HUB_MAX_PAGE_SIZE.",
    ),
    Limit(
        "HUB_MAX_PAGE_SIZE",
        "page_most",
        1,
        10_000,
        "resources",
        "Matches on a page at most: a larger `_count` is taken as this.",
    ),
    Limit(
        "HUB_MAX_INCLUDED",
        "included",
        0,
        100_000,
        "resources",
        "Resources that `_include` and `_revinclude` add to one page, all together.",
        ProblemCode.TOO_COSTLY,
    ),
    Limit(
        "HUB_MAX_PARAMETERS",
        "parameters",
        10,
        10_000,
        "parameters",
        "Parameters in a query or form.",
        ProblemCode.BAD_PARAMETER,
    ),
    Limit(
        "HUB_MAX_VALUES",
        "values",
        1,
        10_000,
        "values",
        "Values of one parameter, divided by commas.",
        ProblemCode.BAD_PARAMETER,
    ),
    Limit(
        "HUB_MAX_CHAIN",
        "chain",
        0,
        10,
        "links",
        "References that one condition of a search may follow, by chains and `_has`; 0 = none.",
        ProblemCode.BAD_PARAMETER,
    ),
    Limit(
        "HUB_QUERY_SECONDS",
        "query_s",
        1,
        3600,
        "seconds",
        "How long the store may work on one search.",
        ProblemCode.TOO_COSTLY,
    ),
    Limit(
        "HUB_MAX_URL_BYTES",
        "url_bytes",
        256,
        65_536,
        "bytes",
        "Path and query of a request; longer searches go by `POST [type]/_search`.",
        ProblemCode.URL_TOO_LONG,
    ),
    Limit(
        "HUB_MAX_HEADER_BYTES",
        "header_bytes",
        1024,
        1 << 20,
        "bytes",
        "Names and values of a request's headers, all together.",
        ProblemCode.HEADERS_TOO_LARGE,
    ),
    Limit(
        "HUB_MAX_CONNECTIONS",
        "connections",
        1,
        100_000,
        "connections",
        "Open connections; the system must allow as many open files (`ulimit -n`).",
        ProblemCode.OVERLOADED,
    ),
    Limit(
        "HUB_MAX_IN_FLIGHT",
        "in_flight",
        1,
        10_000,
        "requests",
        "Requests in work at the same time; the next ones wait.",
    ),
    Limit(
        "HUB_MAX_WAITING",
        "waiting",
        0,
        100_000,
        "requests",
        "Requests that wait for their turn; the next one is refused at once.",
        ProblemCode.OVERLOADED,
    ),
    Limit(
        "HUB_MAX_WAIT_SECONDS",
        "wait_s",
        1,
        600,
        "seconds",
        "How long a request waits for its turn.",
        ProblemCode.OVERLOADED,
    ),
    Limit(
        "HUB_MAX_PER_CLIENT",
        "per_client",
        0,
        10_000,
        "requests",
        "Requests of one caller (the actor, or the address where there is none) in work or waiting; 0 = no such limit."
        " Behind a proxy all callers without log-in share its address.",
        ProblemCode.THROTTLED,
    ),
    Limit(
        "HUB_RATE_PER_CLIENT",
        "per_minute",
        0,
        10_000_000,
        "requests a minute",
        "Requests of one caller a minute, as long as it asks, with ten seconds' worth saved up; 0 = no such limit. The open actor"
        " of development has none.",
        ProblemCode.THROTTLED,
    ),
    Limit(
        "HUB_HEADER_SECONDS",
        "header_s",
        1,
        600,
        "seconds",
        "From a request's first byte until its headers are whole; then the connection is closed.",
        ProblemCode.TOO_SLOW,
    ),
    Limit(
        "HUB_BODY_SECONDS",
        "body_s",
        1,
        3600,
        "seconds",
        "From the start of a request's work until its body is whole.",
        ProblemCode.TOO_SLOW,
    ),
    Limit(
        "HUB_REQUEST_SECONDS",
        "request_s",
        1,
        3600,
        "seconds",
        "How long one request may be worked on, its body included. A change may have been stored: read before repeating.",
        ProblemCode.TIMED_OUT,
    ),
    Limit(
        "HUB_IDLE_SECONDS",
        "idle_s",
        1,
        3600,
        "seconds",
        "How long a connection may rest between two requests; then it is closed.",
    ),
    Limit(
        "HUB_DRAIN_SECONDS",
        "drain_s",
        0,
        600,
        "seconds",
        "After SIGTERM: how long `/ready` says no while everything is still served, so that a load balancer can look"
        " elsewhere first.",
    ),
    Limit(
        "HUB_SHUTDOWN_SECONDS",
        "shutdown_s",
        1,
        600,
        "seconds",
        "After that: how long requests in work may take to end, when no new ones are taken.",
    ),
)
DEFAULTS: Final[Mapping[str, int]] = asdict(Limits())
