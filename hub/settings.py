"""Frozen settings, read once from HUB_*; one clear message names everything that is wrong.

docs/reference/settings.md is generated from the table below.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from hub import limits
from hub.limits import Limits
from hub.policy.retention import Periods, parse_periods
from hub.store.address import Address, parse_address
from hub.thresholds.timer_text import PROPOSED, parse_timers
from hub.thresholds.timers import Routing
from hub.values import HerId, OwnService, parse_her_id


class SettingsError(Exception):
    """Settings that cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the reference page."""

    name: str
    default: str
    meaning: str


EDITIONS: Final = ("PLO 1.6", "PLO 1.5")
"""Editions that a partner can be written to in; the newest first."""


TABLE: Final = (
    Setting(
        "HUB_MODE",
        "",
        "`production`, `test` or `development`; no default: unset means that the hub refuses to start.",
    ),
    Setting(
        "HUB_I_ACCEPT_INSECURE_DEVELOPMENT", "", "`yes` is needed beside `HUB_MODE=development`."
    ),
    Setting(
        "HUB_DEV_OPEN",
        "",
        "`yes` lets requests without a token act as the demo tenant with all rights: only in development, on loopback and on a"
        " database marked synthetic.",
    ),
    Setting(
        "HUB_DATABASE_URL",
        "sqlite:///var/hub.db",
        "Where the data lies: `sqlite:///` and a path, or `postgresql://user@host:port/database` for PostgreSQL 15 or newer"
        " (`postgresql+psycopg://` says the same). A password may stand in the URL, in `PGPASSWORD` or in a password file"
        " (`PGPASSFILE`); it is never logged.",
    ),
    Setting(
        "HUB_HOST",
        "127.0.0.1",
        "Address to listen on. Development mode takes loopback addresses only.",
    ),
    Setting("HUB_PORT", "8000", "Port to listen on."),
    Setting(
        "HUB_METRICS_PORT",
        "",
        "Port where `/metrics` stands alone, on the same address. Unset: beside everything else on `HUB_PORT`.",
    ),
    Setting(
        "HUB_BASE_URL",
        "",
        "FHIR base URL as others see it; default `http://HUB_HOST:HUB_PORT/fhir`.",
    ),
    Setting(
        "HUB_FILEDROP_DIR",
        "",
        "Folder shared with the local message broker; unset means no file drop.",
    ),
    Setting(
        "HUB_FILEDROP_KEEP_DAYS",
        "90",
        "How many days the drop keeps what was taken in, in `in/archive` and `receipt/archive`. The quarantine is kept.",
    ),
    Setting(
        "HUB_OWN_SERVICES",
        "",
        "Services that receive e-messages: `organisation/service=types`, several divided by `;`, types by `,`, `*` for all."
        " Example: `99387/5078=*;99387/90213=LOG_INNLAGT`. Unset: those in the database.",
    ),
    Setting(
        "HUB_EMESSAGE_SCHEMAS",
        "",
        "Folder with the official XSDs (`hub emessage schemas install`) as a second check of e-messages; unset means the"
        " codecs check alone.",
    ),
    Setting(
        "HUB_SIGNATURE_TRUST_DIR",
        "",
        "Folder with the certificates of issuers (`.pem`, `.crt`, `.cer`) and their lists of revoked ones (`.crl`), by which"
        " personal signatures in e-messages are judged. Unset: a signature must hold and its certificate be in date.",
    ),
    Setting(
        "HUB_RECEIPT_HOURS",
        "",
        "After how many hours without a receipt a message that we sent becomes a Task, for types where 96 is too long:"
        " `DIALOG_HELSEFAGLIG=24;LOG_INNLAGT=4`.",
    ),
    Setting(
        "HUB_PARTNER_EDITIONS",
        "",
        "Partners that still take an older edition, by the HER-id of their service: `8093210=PLO 1.5;8093211=PLO 1.5`. What"
        " is sent to them, and what `hub emessage write` writes for them, is in it; for everyone else in the newest.",
    ),
    Setting(
        "HUB_UNKNOWN_RECEIVER",
        "reject",
        "`reject` or `hold`: what becomes of an e-message to our organisation whose service or person is not known here. It is"
        " refused with E21, or waits for a person with its receipt (`hub messages take` or `reject`).",
    ),
    Setting(
        "HUB_MAX_MESSAGE_BYTES",
        "36700160",
        "Largest e-message that is read; more goes to quarantine.",
    ),
    Setting(
        "HUB_REFERENTIAL_INTEGRITY",
        "no",
        "`yes`, `no`, `write` or `delete`: whether references to resources of this server must lead somewhere when they are"
        " written, and whether what others refer to cannot be deleted. The subject of an Observation is checked always.",
    ),
    Setting(
        "HUB_CONDITIONAL_DELETE",
        "single",
        "`single` or `multiple`: whether `DELETE [type]?…` may delete more than one match (at most 1000).",
    ),
    Setting(
        "HUB_CORS_ORIGINS",
        "",
        "Origins whose pages may call the FHIR API from a browser, divided by commas: `https://app.example,http://localhost:3000`."
        " Exact ones only, no `*`. Unset: none.",
    ),
    Setting(
        "HUB_SERVE_WORKS",
        "yes",
        "`no`: `hub serve` serves alone, and `hub work` processes beside it judge and send (PostgreSQL only).",
    ),
    Setting(
        "HUB_ALERT_TIMERS",
        PROPOSED,
        "When people are reminded of alerts, and when these go to the next tier: minutes for each zone (`remind`, `escalate`,"
        " `act` = after a red was taken), `rounds` the local times of the check rounds. A local decision.",
    ),
    Setting(
        "HUB_JOURNAL_DIR",
        "",
        "Folder in which the municipal journal is given a document (VKP Bundle) for each alert that is closed; unset means none.",
    ),
    Setting(
        "HUB_HELSEID_ISSUER",
        "",
        "Whose access tokens are taken: `https://helseid-sts.test.nhn.no`, or `https://helseid-sts.nhn.no` outside development."
        " A stand-in on loopback may be `http://127.0.0.1:8100`, outside production only. Unset: no tokens are taken.",
    ),
    Setting(
        "HUB_HELSEID_AUDIENCE",
        "",
        "The name under which this API is registered there: what `aud` of a token must be. Needed beside HUB_HELSEID_ISSUER.",
    ),
    Setting(
        "HUB_TOKEN_KEY_FILE",
        "",
        "File with the private key (JWK, ES256) of the hub's own token endpoint, for suppliers that cannot use HelseID; readable by"
        " its owner alone. Unset: the hub has no token endpoint.",
    ),
    Setting(
        "HUB_NONCE_KEY_FILE",
        "",
        "File with at least 32 secret bytes, the same for all processes: proofs of possession must then carry a nonce of the"
        " hub's. Unset: none is asked for.",
    ),
    Setting(
        "HUB_ALLOWED_HOSTS",
        "",
        "Names under which the hub may be called (the Host header, without port), divided by commas. Unset: the host of"
        " HUB_BASE_URL and the loopback names.",
    ),
    Setting(
        "HUB_RETENTION",
        "",
        "How many days records are kept, where it is not the default: `access-log=3653;done-jobs=14;2/access-log=1826` (`2/` = of"
        " tenant 2 alone), `rule=never`, or `off`: nothing is taken away by itself. The rules, their defaults and bounds stand in"
        " docs/reference/retention.md. In development mode nothing is.",
    ),
    Setting("HUB_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`."),
    *(Setting(row.setting, str(limits.DEFAULTS[row.field]), row.meaning) for row in limits.TABLE),
)
_INTEGRITY: Final = {
    "no": frozenset[str](),
    "yes": frozenset(("write", "delete")),
    "write": frozenset(("write",)),
    "delete": frozenset(("delete",)),
}
_DEFAULTS: Final = {s.name: s.default for s in TABLE}
_SERVICE: Final = re.compile(r"([0-9]+)/([0-9]+)=(\*|[A-Z0-9_]+(?:,[A-Z0-9_]+)*)")
_HOURS: Final = re.compile(r"([A-Z0-9_]+)=([0-9]{1,2})")
_ORIGIN: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9.\-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?"
)
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.\-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
PRODUCTION_ISSUER: Final = "https://helseid-sts.nhn.no"
_HTTPS: Final = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.\-]{0,252}[a-z0-9])?(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._~-]+)*"
)
_LOOPBACK_ISSUER: Final = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost):[1-9][0-9]{0,4}")
_BASE_URL: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Shape: paths are absolute; `own_services` empty = those in the database."""

    mode: str
    dev_open: bool
    database: Address
    host: str
    port: int
    base_url: str
    filedrop: Path | None
    own_services: tuple[OwnService, ...]
    schemas: Path | None
    max_message_bytes: int
    log_level: str
    limits: Limits = field(default_factory=Limits)
    conditional_delete: str = "single"
    referential_integrity: frozenset[str] = frozenset()
    cors_origins: frozenset[str] = frozenset()
    serve_works: bool = True
    timers: Routing = field(default_factory=lambda: parse_timers(PROPOSED)[0])
    journal: Path | None = None
    hold_unknown_receiver: bool = False
    keep: timedelta = timedelta(days=90)
    trust: Path | None = None
    receipt_within: Mapping[str, timedelta] = field(default_factory=dict[str, timedelta])
    issuer: str = ""
    audience: str = ""
    token_key: Path | None = None
    nonce_key: Path | None = None
    allowed_hosts: frozenset[str] = frozenset()
    partners: Mapping[str, str] = field(default_factory=dict[str, str])
    retention: Periods = field(default_factory=Periods)
    figures_port: int = 0

    @property
    def development(self) -> bool:
        """Whether this is development mode."""
        return self.mode == "development"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Environment → Settings. Raises SettingsError with every fault at once."""
    values = {**_DEFAULTS, **{k: v for k, v in environment.items() if k in _DEFAULTS and v}}
    faults: list[str] = []
    mode = values["HUB_MODE"]
    if mode not in ("production", "test", "development"):
        faults.append("HUB_MODE must be production, test or development")
    host = values["HUB_HOST"]
    loopback = _is_loopback(host)
    base_url = values["HUB_BASE_URL"].rstrip("/")
    if base_url and not _BASE_URL.fullmatch(base_url):
        faults.append("HUB_BASE_URL must be http:// or https:// with a host and a path")
    dev_open = values["HUB_DEV_OPEN"] == "yes"
    if values["HUB_DEV_OPEN"] not in ("", "yes", "no"):
        faults.append("HUB_DEV_OPEN must be yes or no")
    if mode == "development" and values["HUB_I_ACCEPT_INSECURE_DEVELOPMENT"] != "yes":
        faults.append("HUB_MODE=development also needs HUB_I_ACCEPT_INSECURE_DEVELOPMENT=yes")
    if mode == "development" and not loopback:
        faults.append(
            "HUB_MODE=development listens on loopback only: HUB_HOST must be 127.0.0.1, ::1 or localhost"
        )
    if dev_open and mode != "development":
        faults.append("HUB_DEV_OPEN=yes is allowed with HUB_MODE=development only")
    port = _number(values, "HUB_PORT", 1, 65535, faults)
    figures_port = _figures_port(values, port, faults)
    max_message = _number(values, "HUB_MAX_MESSAGE_BYTES", 1024, 1 << 30, faults)
    receipt_within = _receipt_hours(values["HUB_RECEIPT_HOURS"], faults)
    partners = _editions(values["HUB_PARTNER_EDITIONS"], faults)
    keep_days = _number(values, "HUB_FILEDROP_KEEP_DAYS", 1, 36500, faults)
    bounds = _limits(values, faults)
    if values["HUB_LOG_LEVEL"].lower() not in ("debug", "info", "warning", "error"):
        faults.append("HUB_LOG_LEVEL must be debug, info, warning or error")
    if values["HUB_REFERENTIAL_INTEGRITY"] not in _INTEGRITY:
        faults.append("HUB_REFERENTIAL_INTEGRITY must be yes, no, write or delete")
    if values["HUB_UNKNOWN_RECEIVER"] not in ("reject", "hold"):
        faults.append("HUB_UNKNOWN_RECEIVER must be reject or hold")
    if values["HUB_CONDITIONAL_DELETE"] not in ("single", "multiple"):
        faults.append("HUB_CONDITIONAL_DELETE must be single or multiple")
    services = _services(values["HUB_OWN_SERVICES"], faults)
    origins = _origins(values["HUB_CORS_ORIGINS"], faults)
    database = parse_address(values["HUB_DATABASE_URL"])
    if isinstance(database, str):
        faults.append(f"HUB_DATABASE_URL {database}")
    serve_works = _serve_works(values["HUB_SERVE_WORKS"], database, faults)
    timers, wrong = parse_timers(values["HUB_ALERT_TIMERS"])
    faults.extend(f"HUB_ALERT_TIMERS: {each}" for each in wrong)
    _check_issuer(values, mode, faults)
    retention, wrong = parse_periods(values["HUB_RETENTION"])
    faults.extend(f"HUB_RETENTION: {each}" for each in wrong)
    hosts = _hosts(values["HUB_ALLOWED_HOSTS"], faults)
    if faults or isinstance(database, str):
        raise SettingsError(
            "The settings cannot be used:\n" + "\n".join(f"  - {f}" for f in faults)
        )
    return Settings(
        mode,
        dev_open,
        database,
        host,
        port,
        base_url or f"http://{f'[{host}]' if ':' in host else host}:{port}/fhir",
        _folder(values["HUB_FILEDROP_DIR"]),
        services,
        _folder(values["HUB_EMESSAGE_SCHEMAS"]),
        max_message,
        values["HUB_LOG_LEVEL"].lower(),
        bounds,
        values["HUB_CONDITIONAL_DELETE"],
        _INTEGRITY[values["HUB_REFERENTIAL_INTEGRITY"]],
        origins,
        serve_works,
        timers,
        _folder(values["HUB_JOURNAL_DIR"]),
        values["HUB_UNKNOWN_RECEIVER"] == "hold",
        timedelta(days=keep_days),
        _folder(values["HUB_SIGNATURE_TRUST_DIR"]),
        receipt_within,
        values["HUB_HELSEID_ISSUER"],
        values["HUB_HELSEID_AUDIENCE"],
        _folder(values["HUB_TOKEN_KEY_FILE"]),
        _folder(values["HUB_NONCE_KEY_FILE"]),
        hosts,
        partners,
        retention,
        figures_port,
    )


def _figures_port(values: Mapping[str, str], port: int, faults: list[str]) -> int:
    """0 where the figures stand beside everything else."""
    if not values["HUB_METRICS_PORT"]:
        return 0
    found = _number(values, "HUB_METRICS_PORT", 1, 65535, faults)
    if found == port:
        faults.append("HUB_METRICS_PORT must be another port than HUB_PORT")
    return found


def parse_own_services(text: str) -> tuple[OwnService, ...]:
    """`99387/5078=*;99387/90213=LOG_INNLAGT` → own services. Raises SettingsError."""
    faults: list[str] = []
    services = _services(text, faults)
    if faults:
        raise SettingsError("\n".join(faults))
    return services


def parse_partner_editions(text: str) -> Mapping[str, str]:
    """`8093210=PLO 1.5` → the edition by the HER-id of the partner's service. Raises SettingsError."""
    faults: list[str] = []
    found = _editions(text, faults)
    if faults:
        raise SettingsError("\n".join(faults))
    return found


def unknown_settings(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Environment → names that look like settings of the hub and are none: worth a warning, a misspelling perhaps."""
    return tuple(sorted(k for k in environment if k.startswith("HUB_") and k not in _DEFAULTS))


def _services(text: str, faults: list[str]) -> tuple[OwnService, ...]:
    out: list[OwnService] = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        match = _SERVICE.fullmatch(part)
        upper = parse_her_id(match.group(1)) if match else None
        lower = parse_her_id(match.group(2)) if match else None
        if match is None or upper is None or lower is None:
            faults.append(f"HUB_OWN_SERVICES: {part!r} is not organisation/service=types")
            continue
        types = None if match.group(3) == "*" else frozenset(match.group(3).split(","))
        out.append(OwnService(HerId(upper.value), HerId(lower.value), types))
    return tuple(out)


def _editions(text: str, faults: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, _, edition = part.partition("=")
        her_id = parse_her_id(name)
        if her_id is None or edition.strip() not in EDITIONS:
            named = " or ".join(EDITIONS)
            faults.append(f"HUB_PARTNER_EDITIONS: {part!r} is not a HER-id and {named}")
        else:
            found[her_id.value] = edition.strip()
    return found


def _receipt_hours(text: str, faults: list[str]) -> dict[str, timedelta]:
    found: dict[str, timedelta] = {}
    for part in filter(None, (p.strip() for p in text.split(";"))):
        match = _HOURS.fullmatch(part)
        if match is None or not 1 <= int(match.group(2)) <= 96:
            faults.append(f"HUB_RECEIPT_HOURS: {part!r} is not a message type and 1 to 96 hours")
        else:
            found[match.group(1)] = timedelta(hours=int(match.group(2)))
    return found


def _origins(text: str, faults: list[str]) -> frozenset[str]:
    found = frozenset(part.strip() for part in text.split(",") if part.strip())
    faults.extend(
        f"HUB_CORS_ORIGINS: {origin!r} is no origin such as https://app.example"
        for origin in sorted(found)
        if _ORIGIN.fullmatch(origin) is None
    )
    return found


def _check_issuer(values: Mapping[str, str], mode: str, faults: list[str]) -> None:
    issuer = values["HUB_HELSEID_ISSUER"]
    if not issuer:
        return
    loopback = mode != "production" and _LOOPBACK_ISSUER.fullmatch(issuer)
    if not _HTTPS.fullmatch(issuer) and not loopback:
        faults.append("HUB_HELSEID_ISSUER must be https:// with a host, and no slash at its end")
    if mode == "development" and issuer == PRODUCTION_ISSUER:
        faults.append(
            "HUB_HELSEID_ISSUER: development mode never takes tokens of the production HelseID"
        )
    if not values["HUB_HELSEID_AUDIENCE"]:
        faults.append("HUB_HELSEID_AUDIENCE is needed beside HUB_HELSEID_ISSUER")


def _hosts(text: str, faults: list[str]) -> frozenset[str]:
    found = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    faults.extend(
        f"HUB_ALLOWED_HOSTS: {host!r} is no host name such as hub.example"
        for host in sorted(found)
        if _HOST.fullmatch(host) is None
    )
    return found


def _limits(values: Mapping[str, str], faults: list[str]) -> Limits:
    taken = {
        row.field: _number(values, row.setting, row.low, row.high, faults) for row in limits.TABLE
    }
    if taken["page"] > taken["page_most"]:
        faults.append("HUB_PAGE_SIZE must not be larger than HUB_MAX_PAGE_SIZE")
    if taken["body_s"] > taken["request_s"]:
        faults.append("HUB_BODY_SECONDS must not be longer than HUB_REQUEST_SECONDS")
    return Limits(**taken)


def _serve_works(text: str, database: Address | str, faults: list[str]) -> bool:
    if text not in ("yes", "no"):
        faults.append("HUB_SERVE_WORKS must be yes or no")
    if text == "no" and isinstance(database, Path):
        faults.append("HUB_SERVE_WORKS=no needs PostgreSQL: on SQLite one process serves and works")
    return text != "no"


def _number(values: Mapping[str, str], name: str, low: int, high: int, faults: list[str]) -> int:
    text = values[name]
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    faults.append(f"{name} must be a whole number from {low} to {high}")
    return low


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _folder(text: str) -> Path | None:
    return Path(text).absolute() if text else None
