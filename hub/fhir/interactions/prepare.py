"""Body → Draft: the way every write takes, be it a create, an update or an entry of a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, TypedDict, TypeVar

from msgspec import Struct

from hub.fhir.codec import Parsed, parse, splice, splice_own
from hub.fhir.interactions.context import OFFLOAD_BYTES, Context
from hub.fhir.large import Base64Data, with_data
from hub.fhir.models.told import SlowRefusalError
from hub.fhir.repository import Draft, Session
from hub.fhir.requests import Stored, fhir_instant
from hub.fhir.search.index import IndexEntry, extract
from hub.fhir.subject import settle_patient
from hub.fhir.subset import refuse_part
from hub.policy import Permit
from hub.problems import ProblemCode, fail

T = TypeVar("T")


class Setting(Struct, frozen=True):
    """What a write needs to know of its surroundings.

    Shape: `at` whole milliseconds; `tags` are meta.security labels put on every resource.
    """

    at: datetime
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()


class _Put(TypedDict):
    id: str
    version_id: str
    last_updated: str
    security: tuple[Mapping[str, str], ...]


class Prepared(Struct, frozen=True):
    """A checked body that waits for its place.

    Shape: `index` are the values it will be found by; `body` is empty where it is made of our own struct in the end; `data`
    the content of a large Binary, which body and struct are without.
    """

    type: str
    id: str
    body: bytes
    parsed: Parsed
    index: tuple[IndexEntry, ...]
    data: Base64Data | None = None


async def at_once(context: Context, body: bytes, make: Callable[[bool], T]) -> T:
    """A body and what makes something of it → that, here where it is quick; what is long, or long to refuse, leaves the loop.

    Shape: `make` is told whether to be hasty: it may raise SlowRefusalError then.
    """
    if len(body) <= OFFLOAD_BYTES:
        with suppress(SlowRefusalError):
            return make(True)
    return await context.offload(lambda: make(False))


def prepare(
    body: bytes,
    resource_type: str | None,
    resource_id: str,
    base_url: str,
    *,
    hasty: bool = False,
) -> Prepared:
    """Body bytes → Prepared. Problems: everything tier 1 finds, with FHIRPaths; BUSINESS_RULE for a part."""
    parsed = parse(body, resource_type, hasty=hasty)
    refuse_part(parsed.resource, body)
    return Prepared(parsed.type, resource_id, body, parsed, extract(parsed.resource, base_url))


def prepare_own(
    resource: Any, resource_id: str, base_url: str, data: Base64Data | None = None
) -> Prepared:
    """A struct that a mapper of ours has built, with its id → Prepared, without checking our own work again.

    Meant for what is written in storms (alerts); tests hold the mappers' output against the codec.
    """
    kind = type(resource).__name__
    parsed = Parsed(resource, kind, head=0, plain=False)
    return Prepared(kind, resource_id, b"", parsed, extract(resource, base_url), data)


def store(
    session: Session,
    permit: Permit,
    prepared: Prepared,
    current: Stored | None,
    setting: Setting,
) -> Stored:
    """A prepared body and the version it follows → the stored next version, inside the transaction.

    Problems: UNKNOWN_SUBJECT; SUBJECT_CHANGED when the new version would belong to another patient.
    """
    resource = prepared.parsed.resource
    patient_id = settle_patient(
        session, permit, resource, prepared.type, prepared.id, setting.base_url
    )
    if current is not None and current.patient_id is not None and current.patient_id != patient_id:
        raise fail(
            ProblemCode.SUBJECT_CHANGED,
            "A resource cannot be moved to another patient",
            f"{prepared.type}.subject",
        )
    version, at = 1, setting.at
    if (
        current is not None
    ):  # a clock that was set back must not make a version older than the one before
        version, at = current.version + 1, max(setting.at, current.updated)
    put: _Put = {
        "id": prepared.id,
        "version_id": str(version),
        "last_updated": fhir_instant(at),
        "security": setting.tags,
    }
    if prepared.body:
        body = splice(prepared.body, prepared.parsed, **put)
    else:
        body = splice_own(resource, **put)
    return session.save(
        permit,
        Draft(
            prepared.type,
            prepared.id,
            version,
            at,
            body if prepared.data is None else with_data(body, prepared.data),
            resource,
            (*prepared.index, *_labels(setting.tags)),
            patient_id,
        ),
    )


@lru_cache(maxsize=64)
def _entries(tags: tuple[tuple[tuple[str, str], ...], ...]) -> tuple[IndexEntry, ...]:
    return tuple(
        IndexEntry("_security", "token", tag.get("system"), tag["code"], tag.get("display"))
        for tag in map(dict, tags)
    )


def _labels(tags: tuple[Mapping[str, str], ...]) -> tuple[IndexEntry, ...]:
    """The labels the hub puts on a body → what it is found by because of them; the store keeps what comes twice once."""
    return _entries(tuple([tuple(tag.items()) for tag in tags])) if tags else ()
