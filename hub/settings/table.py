"""Every setting: its name, its default and what it means; docs/reference/settings.md is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub import limits
from hub.thresholds.timer_text import PROPOSED


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
DEFAULTS: Final = {s.name: s.default for s in TABLE}
