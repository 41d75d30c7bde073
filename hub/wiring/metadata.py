"""The CapabilityStatement of a composed hub."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version as installed_version

from hub.fhir.interactions.capabilities import Offered, build_capabilities
from hub.fhir.routes import OPERATIONS, claimed_interactions
from hub.settings import Settings


@dataclass(slots=True)
class Metadata:
    """The CapabilityStatement, made once per base URL."""

    started: datetime
    settings: Settings
    made: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def __call__(self, base_url: str) -> bytes:
        """Base URL → CapabilityStatement bytes."""
        if base_url not in self.made:
            operations = [
                (kind, name.lstrip("$"), row.definition) for (kind, name), row in OPERATIONS.items()
            ]
            self.made[base_url] = build_capabilities(
                base_url,
                installed_version("dho-hub"),
                self.started,
                Offered(
                    claimed_interactions(on_types=True),
                    claimed_interactions(on_types=False),
                    operations,
                    self.settings.conditional_delete,
                    enforced=self.settings.referential_integrity >= {"write", "delete"},
                    cors=bool(self.settings.cors_origins),
                ),
            )
        return self.made[base_url]
