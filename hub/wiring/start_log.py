"""The hub starts → an entry in its own log (tenant 0): in which mode, and whether its settings are others than before.

Shape: settings are told by a digest, but for the mode and who issues tokens: addresses and passwords stay where they are.
Source: security/audit.md §3.4 no. 11 ("config change, dev-mode start").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Final, cast

from hub.fhir.repository import FhirRepository
from hub.fhir.requests import AuditEntry
from hub.log import Event, log_failure
from hub.policy import NO_TENANT, Actor
from hub.settings import Settings

STARTED: Final = "110120"
"""DICOM: Application Start."""
_UNTOLD: Final = frozenset(("database", "log_level"))


@dataclass(slots=True)
class StartLog:
    """Writes beside the first answers: a store that is busy keeps nobody waiting."""

    repository: FhirRepository
    settings: Settings
    now: Callable[[], datetime]
    _task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The hub starts → its entry is on its way."""
        self._task = asyncio.get_running_loop().create_task(self._write())

    async def end(self) -> None:
        """The hub stops → once the entry stands, or cannot."""
        if self._task is not None:
            await self._task

    async def _write(self) -> None:
        try:
            await self.repository.log([start_entry(self.settings, self.now())])
        except Exception as error:  # noqa: BLE001 - told in the log lines; the hub serves all the same
            log_failure(Event.LISTENER_FAILED, error)


def start_entry(settings: Settings, at: datetime) -> AuditEntry:
    """Settings and when → the entry."""
    told = "open to everybody" if settings.dev_open else "tokens"
    return AuditEntry(
        actor=Actor("internal_job", "hub", "The hub itself", NO_TENANT),
        action="E",
        interaction=STARTED,
        recorded=at,
        reason=f"started in {settings.mode} mode",
        event="start",
        details=(
            ("mode", settings.mode),
            ("access", told),
            ("issuer", settings.issuer),
            ("settings", digest(settings)),
        ),
    )


def digest(settings: Settings) -> str:
    """Settings → the same digest for the same settings, wherever the data lies."""
    told = (f"{f.name}={_plain(getattr(settings, f.name))}" for f in fields(settings) if f.name not in _UNTOLD)  # fmt: skip
    return sha256("\n".join(told).encode()).hexdigest()


def _plain(value: object) -> str:
    """A value → its text, sets in order."""
    if not isinstance(value, frozenset):
        return repr(value)
    return repr(sorted(map(repr, cast("frozenset[object]", value))))
