"""Environment → Settings, with every fault told at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from hub import limits
from hub.limits import Limits
from hub.policy.retention import Periods, parse_periods
from hub.settings.parts import (
    SettingsError,
    check_issuer,
    editions,
    hosts,
    is_loopback,
    origins,
    own_services,
    receipt_hours,
)
from hub.settings.table import DEFAULTS
from hub.store.address import Address, parse_address
from hub.thresholds.timer_text import PROPOSED, parse_timers
from hub.thresholds.timers import Routing
from hub.values import OwnService

_INTEGRITY: Final = {
    "no": frozenset[str](),
    "yes": frozenset(("write", "delete")),
    "write": frozenset(("write",)),
    "delete": frozenset(("delete",)),
}
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
    given = _Given({**DEFAULTS, **{k: v for k, v in environment.items() if k in DEFAULTS and v}})
    values, faults = given.values, given.faults
    port = given.number("HUB_PORT", 1, 65535)
    database = given.database()
    settings = Settings(
        mode=given.mode(),
        dev_open=values["HUB_DEV_OPEN"] == "yes",
        database=database,
        host=values["HUB_HOST"],
        port=port,
        base_url=given.base_url(port),
        filedrop=given.folder("HUB_FILEDROP_DIR"),
        own_services=own_services(values["HUB_OWN_SERVICES"], faults),
        schemas=given.folder("HUB_EMESSAGE_SCHEMAS"),
        max_message_bytes=given.number("HUB_MAX_MESSAGE_BYTES", 1024, 1 << 30),
        log_level=given.one_of("HUB_LOG_LEVEL", "debug", "info", "warning", "error"),
        limits=given.limits(),
        conditional_delete=given.one_of("HUB_CONDITIONAL_DELETE", "single", "multiple"),
        referential_integrity=_INTEGRITY[given.one_of("HUB_REFERENTIAL_INTEGRITY", *_INTEGRITY)],
        cors_origins=origins(values["HUB_CORS_ORIGINS"], faults),
        serve_works=given.serve_works(database),
        timers=given.timers(),
        journal=given.folder("HUB_JOURNAL_DIR"),
        hold_unknown_receiver=given.one_of("HUB_UNKNOWN_RECEIVER", "reject", "hold") == "hold",
        keep=timedelta(days=given.number("HUB_FILEDROP_KEEP_DAYS", 1, 36500)),
        trust=given.folder("HUB_SIGNATURE_TRUST_DIR"),
        receipt_within=receipt_hours(values["HUB_RECEIPT_HOURS"], faults),
        issuer=values["HUB_HELSEID_ISSUER"],
        audience=values["HUB_HELSEID_AUDIENCE"],
        token_key=given.folder("HUB_TOKEN_KEY_FILE"),
        nonce_key=given.folder("HUB_NONCE_KEY_FILE"),
        allowed_hosts=hosts(values["HUB_ALLOWED_HOSTS"], faults),
        partners=editions(values["HUB_PARTNER_EDITIONS"], faults),
        retention=given.retention(),
        figures_port=given.figures_port(port),
    )
    check_issuer(values, settings.mode, faults)
    if faults:
        told = "\n".join(f"  - {fault}" for fault in faults)
        raise SettingsError(f"The settings cannot be used:\n{told}")
    return settings


def unknown_settings(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Environment → names that look like settings of the hub and are none: worth a warning, a misspelling perhaps."""
    return tuple(sorted(k for k in environment if k.startswith("HUB_") and k not in DEFAULTS))


@dataclass(frozen=True, slots=True)
class _Given:
    """What was set, by name, and what is wrong with it so far. What is wrong is read as something that can go on."""

    values: Mapping[str, str]
    faults: list[str] = field(default_factory=list[str])

    def one_of(self, name: str, *valid: str) -> str:
        text = self.values[name].lower() if name == "HUB_LOG_LEVEL" else self.values[name]
        if text in valid:
            return text
        self.faults.append(f"{name} must be {', '.join(valid[:-1])} or {valid[-1]}")
        return valid[0]

    def number(self, name: str, low: int, high: int) -> int:
        text = self.values[name]
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        self.faults.append(f"{name} must be a whole number from {low} to {high}")
        return low

    def folder(self, name: str) -> Path | None:
        text = self.values[name]
        return Path(text).absolute() if text else None

    def mode(self) -> str:
        values = self.values
        mode = self.one_of("HUB_MODE", "production", "test", "development")
        if values["HUB_DEV_OPEN"]:
            self.one_of("HUB_DEV_OPEN", "yes", "no")
        if values["HUB_DEV_OPEN"] == "yes" and values["HUB_MODE"] != "development":
            self.faults.append("HUB_DEV_OPEN=yes is allowed with HUB_MODE=development only")
        if mode != "development":
            return mode
        if values["HUB_I_ACCEPT_INSECURE_DEVELOPMENT"] != "yes":
            text = "HUB_MODE=development also needs HUB_I_ACCEPT_INSECURE_DEVELOPMENT=yes"
            self.faults.append(text)
        if not is_loopback(values["HUB_HOST"]):
            text = "HUB_MODE=development listens on loopback only: HUB_HOST must be 127.0.0.1, ::1 or localhost"
            self.faults.append(text)
        return mode

    def database(self) -> Address:
        database = parse_address(self.values["HUB_DATABASE_URL"])
        if isinstance(database, str):
            self.faults.append(f"HUB_DATABASE_URL {database}")
            return Path()
        return database

    def base_url(self, port: int) -> str:
        url, host = self.values["HUB_BASE_URL"].rstrip("/"), self.values["HUB_HOST"]
        if url and not _BASE_URL.fullmatch(url):
            self.faults.append("HUB_BASE_URL must be http:// or https:// with a host and a path")
        return url or f"http://{f'[{host}]' if ':' in host else host}:{port}/fhir"

    def figures_port(self, port: int) -> int:
        """0 where the figures stand beside everything else."""
        if not self.values["HUB_METRICS_PORT"]:
            return 0
        found = self.number("HUB_METRICS_PORT", 1, 65535)
        if found == port:
            self.faults.append("HUB_METRICS_PORT must be another port than HUB_PORT")
        return found

    def limits(self) -> Limits:
        taken = {row.field: self.number(row.setting, row.low, row.high) for row in limits.TABLE}
        if taken["page"] > taken["page_most"]:
            self.faults.append("HUB_PAGE_SIZE must not be larger than HUB_MAX_PAGE_SIZE")
        if taken["body_s"] > taken["request_s"]:
            self.faults.append("HUB_BODY_SECONDS must not be longer than HUB_REQUEST_SECONDS")
        return Limits(**taken)

    def serve_works(self, database: Address) -> bool:
        works = self.one_of("HUB_SERVE_WORKS", "yes", "no") == "yes"
        if not works and isinstance(database, Path) and database != Path():
            text = "HUB_SERVE_WORKS=no needs PostgreSQL: on SQLite one process serves and works"
            self.faults.append(text)
        return works

    def timers(self) -> Routing:
        timers, wrong = parse_timers(self.values["HUB_ALERT_TIMERS"])
        self.faults.extend(f"HUB_ALERT_TIMERS: {each}" for each in wrong)
        return timers

    def retention(self) -> Periods:
        retention, wrong = parse_periods(self.values["HUB_RETENTION"])
        self.faults.extend(f"HUB_RETENTION: {each}" for each in wrong)
        return retention
