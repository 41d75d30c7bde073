"""A patient's resources in memory: messages are received one after the other, as a flow would do it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from hub.clock import FixedClock
from hub.emessage.msghead import MsgHead
from hub.fhir import codec
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.task import Task
from hub.mapping.draft import Context, Draft
from hub.mapping.registry import message_to_fhir
from hub.mapping.series import stored_series, to_series_key

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


class Town:
    """Resources by "Type/id", as decoded from their own JSON; ids are counted."""

    def __init__(self, patient_id: str = "p1") -> None:
        self.patient_id = patient_id
        self.clock = FixedClock(NOW)
        self.resources: dict[str, Any] = {}
        self.series: dict[Any, list[str]] = {}

    def context(self, message: MsgHead) -> Context:
        held = self.series.get(to_series_key(message.msg_info), [])
        return Context(
            patient_id=self.patient_id,
            new_id=self.clock.new_id,
            received=self.clock.now(),
            stays=tuple(self.all(Encounter)),
            tasks=tuple(self.all(Task)),
            series=stored_series([self.resources[key] for key in held]),
        )

    def draft(self, message: MsgHead) -> Draft:
        return message_to_fhir(message, self.context(message)).value

    def receive(self, message: MsgHead) -> Draft:
        draft = self.draft(message)
        keys = {c.full_url: f"{type(c.resource).__name__}/{c.full_url[9:]}" for c in draft.create}
        for made in draft.create:
            body = codec.encode(made.resource)
            for full_url, key in keys.items():
                body = body.replace(f'"{full_url}"'.encode(), f'"{key}"'.encode())
            name, _, new_id = keys[made.full_url].partition("/")
            self._keep(codec.parse(body, name).resource, new_id, "1")
        for changed in draft.update:
            name = type(changed).__name__
            again = codec.parse(codec.encode(changed), name).resource
            version = again.meta.versionId if again.meta else "1"
            self._keep(again, again.id, str(int(version) + 1))
        self.series.setdefault(draft.series, []).extend(keys.values())
        return draft

    def _keep(self, resource: Any, new_id: str, version: str) -> None:
        meta = msgspec.structs.replace(resource.meta, versionId=version)
        kept = msgspec.structs.replace(resource, id=new_id, meta=meta)
        self.resources[f"{type(resource).__name__}/{new_id}"] = kept

    def all(self, kind: type) -> list[Any]:
        return [r for r in self.resources.values() if isinstance(r, kind)]

    def only(self, kind: type) -> Any:
        (one,) = self.all(kind)
        return one
