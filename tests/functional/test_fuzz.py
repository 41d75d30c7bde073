"""Whatever comes in, the answer is one of ours: never a 500, always an OperationOutcome where it is a refusal."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.clock import FixedClock
from hub.fhir.codec import parse
from hub.settings import read_settings
from hub.store.migrate import mark_synthetic, migrate
from hub.wiring import build_hub
from tests import postgres_cluster
from tests.builders import entry, observation, patient, to_json, transaction
from tests.conftest import NOON
from tests.functional.conftest import DEVELOPMENT
from tests.functional.hub_client import Client

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
WORDS = st.sampled_from(
    ["Patient", "Observation", "AuditEvent", "Bundle", "Nothing", "_search", "_history", "$lastn", "metadata", "1", "a", "*", "%", "$"]
)  # fmt: skip
TEXT = st.text(max_size=12).filter(lambda s: s not in (".", ".."))  # httpx walks up itself
SEGMENT = st.one_of(WORDS, TEXT, st.text(string.digits, min_size=9, max_size=13))
NAMES = st.sampled_from(
    ["_id", "_lastUpdated", "identifier", "patient", "subject", "code", "date", "status", "_sort", "_count", "_cursor", "_format", "max", "x", "code:in"]
)  # fmt: skip
PIECES = st.sampled_from(
    ["ge", "le", "ap", "ne", "2026", "-02", "-30", "T", "10:00", "Z", "+01:00", "9999-12-31", "0001", "|", ",", "\\", "$", "Patient/", "-", "date", "_id", "http://x", "MTIz", "0", "9"]
)  # fmt: skip
VALUE = st.one_of(st.lists(PIECES, max_size=6).map("".join), st.text(max_size=20))
HEADER = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["resourceType", "id", "meta", "identifier", "code", "coding", "subject", "reference", "status", "entry", "request", "extension", "url", "text", "contained", "value", "_status"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def hub(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """One hub for all of it: what one input breaks the next one would show."""
    if request.param == "postgres":
        url = postgres_cluster.new_database("synthetic")
    else:
        path = tmp_path_factory.mktemp("fuzz") / "hub.db"
        migrate(path)
        mark_synthetic(path)
        url = f"sqlite:///{path}"
    values = {**DEVELOPMENT, "HUB_DATABASE_URL": url, "HUB_MAX_BODY_BYTES": "65536"}
    client = Client(build_hub(read_settings(values), FixedClock(NOON)))
    client.put("Patient/p", {**patient(), "id": "p"})
    yield client
    client.close()


def check(answer: Any) -> None:
    """An answer → nothing when it is one that the hub means to give."""
    assert answer.status_code in {
        200,
        201,
        204,
        304,
        400,
        403,
        404,
        405,
        406,
        409,
        410,
        412,
        413,
        415,
        422,
    }, answer.text
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        parse(answer.content, "OperationOutcome")
        msgspec.json.decode(answer.content)


def ask(hub: Client, method: str, path: str, **more: Any) -> None:
    """A request → its answer is checked."""
    check(hub.request(method, path, **more))


METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])


@QUICK
@given(METHODS, st.lists(SEGMENT, max_size=4), st.lists(st.tuples(NAMES, VALUE), max_size=4))
def test_no_url_breaks_the_hub(
    hub: Client, method: str, path: list[str], query: list[tuple[str, str]]
) -> None:
    encoded = "/".join(quote(part, safe="") for part in path)
    ask(hub, method, f"/fhir/{encoded}" if path else "/fhir", params=query)


@QUICK
@given(
    st.sampled_from(["Patient", "Observation", "AuditEvent", "Observation/$lastn"]),
    st.lists(st.tuples(NAMES, VALUE), max_size=5),
)
def test_no_query_breaks_the_search(hub: Client, kind: str, query: list[tuple[str, str]]) -> None:
    ask(hub, "GET", kind, params=query)


@QUICK
@given(st.binary(max_size=60))
def test_no_raw_query_or_form_breaks_the_search(hub: Client, raw: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    check(hub.post("Observation/_search", raw, headers=form))


@QUICK
@given(
    st.sampled_from(["Patient", "Observation", ""]),
    st.one_of(st.binary(max_size=80), JSON.map(msgspec.json.encode)),
)
def test_no_body_breaks_a_write(hub: Client, path: str, body: bytes) -> None:
    check(hub.post(path, body))


def damage(body: bytes) -> Callable[[tuple[int, int, bytes]], bytes]:
    """A good body → a function that puts bytes in place of some of it."""

    def apply(cut: tuple[int, int, bytes]) -> bytes:
        start, length, put = cut
        start %= len(body)
        return body[:start] + put + body[start + length :]

    return apply


GOOD = {
    "Observation": to_json(observation("Patient/p", contained=[{"resourceType": "Device", "id": "d"}], device={"reference": "#d"})),
    "Patient": to_json(patient(birthDate="1960-02-03", extension=[{"url": "urn:x", "valueDecimal": 1}])),
    "": to_json(transaction(entry("POST", "Patient", patient(), "urn:uuid:11111111-2222-4333-8444-555555555555", ifMatch='W/"1"'))),
}  # fmt: skip
CUTS = st.tuples(
    st.integers(0, 5000),
    st.integers(0, 12),
    st.one_of(
        st.binary(max_size=3),
        st.sampled_from(
            [
                b"null",
                b"{}",
                b"[]",
                b'""',
                b"1e999",
                b"-0",
                b'"\\ud800"',
                b",",
                b'"',
                b"}",
                b"\\u0000",
            ]
        ),
    ),
)


@QUICK
@given(
    st.sampled_from(sorted(GOOD)).flatmap(
        lambda path: CUTS.map(lambda cut: (path, damage(GOOD[path])(cut)))
    )
)
def test_no_damage_to_a_good_body_breaks_a_write(hub: Client, damaged: tuple[str, bytes]) -> None:
    check(hub.post(*damaged))


@QUICK
@given(JSON, JSON, st.text(max_size=10))
def test_no_entry_breaks_a_transaction(
    hub: Client, resource: Any, request: Any, full_url: str
) -> None:
    made = {"fullUrl": full_url, "resource": resource, "request": request}
    check(hub.post("", {"resourceType": "Bundle", "type": "transaction", "entry": [made]}))
    whole = {
        "fullUrl": full_url,
        "resource": resource,
        "request": {"method": "POST", "url": "Patient"},
    }
    check(hub.post("", {"resourceType": "Bundle", "type": "transaction", "entry": [whole]}))


NAMED = st.sampled_from(
    [
        "If-Match",
        "If-None-Match",
        "Accept",
        "Content-Type",
        "X-Request-Id",
        "Content-Length",
        "Content-Encoding",
        "Prefer",
    ]
)


@QUICK
@given(st.sampled_from(["GET", "PUT"]), st.dictionaries(NAMED, HEADER, max_size=3))
def test_no_header_breaks_the_hub(hub: Client, method: str, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    body = to_json({**patient(), "id": "h"}) if method == "PUT" else None
    check(hub.request(method, "Patient/h", body, headers=raw))


def test_after_all_that_the_hub_still_works(hub: Client) -> None:
    assert hub.post("Observation", observation("Patient/p")).status_code == 201


def test_the_database_is_whole(hub: Client) -> None:
    orphans = "SELECT count(*) FROM observation_code c LEFT JOIN observation o ON o.rid = c.rid WHERE o.rid IS NULL"

    def look(connection: Any) -> tuple[int, str]:
        shared = hub.hub.store.engine.shared
        whole = "ok" if shared else connection.execute("PRAGMA integrity_check").fetchone()[0]
        return connection.execute(orphans).fetchone()[0], whole

    async def work() -> tuple[int, str]:
        return await hub.hub.store.engine.read(look)

    assert hub.runner.run(work()) == (0, "ok")
