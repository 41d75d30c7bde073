"""A raw socket with good credentials: no bytes behind a real token and proof bring a 5xx, a hang, or a word from inside.

Each request is let in first, so that what is hostile reaches the routes and not the door. Source: security README §9, §6;
xml-and-message-security.md §6; RFC 9112 §6, §11.2 (smuggling).
"""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store.engine import open_engine
from tests.builders import observation, to_json
from tests.live_hub import line_to
from tests.secure_hub import SecureHub, secure_hub

ACTORS: Final = ("supplier", "gp", "municipality", "hospital", "nurse", "privacy-officer", "tenant-admin", "operator")  # fmt: skip
INSIDE: Final = re.compile(
    rb"Traceback|File \"|\.py\b|sqlite3|psycopg|sqlalchemy|msgspec|uvicorn|starlette|SELECT |INSERT |/tmp/|/home/|site-packages",
    re.IGNORECASE,
)
"""What would tell of the inside of the hub."""
WAIT_S: Final = 12.0
"""Nothing may keep a caller longer; the hub of these tests waits a second for what does not come."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureHub]:
    """A hub with small bounds, so that each is reached."""
    bounds = {
        "HUB_HEADER_SECONDS": "1",
        "HUB_BODY_SECONDS": "1",
        "HUB_IDLE_SECONDS": "1",
        "HUB_MAX_BODY_BYTES": "65536",
        "HUB_RATE_PER_CLIENT": "1000000",
    }
    with secure_hub(tmp_path_factory.mktemp("raw"), **bounds) as made:
        yield made


def talk(hub: SecureHub, *sent: bytes, pause_s: float = 0.0) -> bytes:
    """Bytes, sent piece by piece → all that came back until the hub ended the connection."""
    got, began = b"", time.monotonic()
    with line_to(hub.server, WAIT_S) as line:
        with suppress(OSError):  # the hub may have ended it already
            for piece in sent:
                line.sendall(piece)
                time.sleep(pause_s)
        with suppress(ConnectionError):
            while piece := line.recv(65536):
                got += piece
    assert time.monotonic() - began < WAIT_S, "the connection was kept open"
    return got


def statuses(got: bytes) -> list[int]:
    """What came back → the statuses in it, in order; the request's own 100 Continue does not count."""
    found = [int(s) for s in re.findall(rb"HTTP/1\.[01] (\d{3})[ \r]", got)]
    return [status for status in found if status != 100]


def check(hub: SecureHub, got: bytes) -> list[int]:
    """What came back → its statuses; none is a fault of the hub's own, and nothing tells of its inside."""
    found = statuses(got)
    assert [status for status in found if status >= 500] == [], got[:2000]
    assert not INSIDE.search(got), got[:2000]
    assert hub.server.process.poll() is None
    return found


def head(
    hub: SecureHub, name: str, method: str, path: str, *more: bytes, version: bytes = b"HTTP/1.1"
) -> bytes:
    """An actor and a request → its head with credentials that let it in, up to the empty line."""
    shown = hub.headers(name, method, path.partition("?")[0])
    lines = [
        b"%s %s %s" % (method.encode(), path.encode(), version),
        b"host: 127.0.0.1",
        *(f"{n}: {v}".encode() for n, v in shown.items()),
        *more,
    ]
    return b"\r\n".join((*lines, b"", b""))


def length(body: bytes) -> bytes:
    """A body → its header."""
    return b"content-length: %d" % len(body)


CLOSE: Final = b"connection: close"
FHIR: Final = b"content-type: application/fhir+json"
BODY: Final = to_json(observation("Patient/p"))
CHUNKED: Final = b"transfer-encoding: chunked"
CHUNKS: Final = {
    "whole": (b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), {201, 403, 422}),
    "with a trailer": (b"%x\r\n%s\r\n0\r\nx: y\r\n\r\n" % (len(BODY), BODY), {201, 400, 403, 422}),
    "with an extension": (b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), {201, 400, 403, 422}),
    "negative": (b"-5\r\nhello\r\n0\r\n\r\n", {400, 408}),
    "with 0x": (b"0x5\r\nhello\r\n0\r\n\r\n", {400, 408}),
    "huge size": (b"ffffffffffffffffffff\r\n", {400, 408}),
    "not a number": (b"zz\r\nhello\r\n", {400, 408}),
    "cut short": (b"5\r\nhel", {400, 408}),
    "bare newlines": (b"5\nhello\n0\n\n", {400, 408}),
    "nothing": (b"0\r\n\r\n", {400, 403}),
}


@pytest.mark.parametrize("name", CHUNKS)
def test_a_chunked_body_is_read_as_the_standard_says_or_refused(hub: SecureHub, name: str) -> None:
    body, wanted = CHUNKS[name]
    asked = head(hub, "supplier", "POST", "/fhir/Observation", FHIR, CHUNKED, CLOSE)
    got = talk(hub, asked + body)
    found = check(hub, got)
    assert len(found) == 1
    assert found[0] in wanted


HIDDEN: Final = b"GET /fhir/Patient/smuggled HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
SMUGGLED: Final = {
    "length and chunked": (b"content-length: 5", CHUNKED),
    "chunked and length": (CHUNKED, b"content-length: 5"),
    "two lengths": (b"content-length: 5", b"content-length: 50"),
    "a list of lengths": (b"content-length: 5, 50",),
    "chunked twice": (CHUNKED, CHUNKED),
    "chunked not last": (b"transfer-encoding: chunked, identity",),
    "an unknown coding": (b"transfer-encoding: xchunked",),
    "a tab before the colon": (b"transfer-encoding\t: chunked",),
    "a space before the colon": (b"content-length : 5",),
    "a folded header": (b"transfer-encoding:\r\n chunked",),
    "a vertical tab": (b"transfer-encoding: \x0bchunked",),
    "a negative length": (b"content-length: -1",),
    "a length with a sign": (b"content-length: +5",),
    "a length in another script": ("content-length: ٥".encode(),),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_no_second_request_hides_behind_the_first(hub: SecureHub, name: str) -> None:
    sent = head(hub, "supplier", "POST", "/fhir/Observation", FHIR, *SMUGGLED[name])
    got = talk(hub, sent + b"0\r\n\r\n" + HIDDEN)
    found = check(hub, got)
    assert found == [400], got[:600]


def test_pipelined_requests_are_answered_each_for_itself(hub: SecureHub) -> None:
    one = head(hub, "gp", "GET", "/fhir/Observation?_count=1")
    two = head(hub, "operator", "GET", "/fhir/Observation")
    nobody = b"GET /fhir/Observation HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    got = talk(hub, one + two + nobody)
    assert check(hub, got) == [200, 403, 401]


def test_who_comes_by_http_1_0_is_served_and_the_connection_ends(hub: SecureHub) -> None:
    got = talk(hub, head(hub, "gp", "GET", "/fhir/Observation", version=b"HTTP/1.0"))
    assert check(hub, got) == [200]


@pytest.mark.parametrize("kind", ["fhir", "token"])
def test_a_small_body_that_unpacks_to_a_large_one_is_refused(hub: SecureHub, kind: str) -> None:
    body = gzip.compress(b" " * 20_000_000)
    path = "/fhir/Observation" if kind == "fhir" else "/oauth/token"
    sent = head(hub, "supplier", "POST", path, FHIR, b"content-encoding: gzip", length(body), CLOSE)
    assert check(hub, talk(hub, sent + body))[0] in (400, 401, 413, 415)


FLOODS: Final = {
    "many headers": (*(b"x-%d: y" % n for n in range(6000)),),
    "one long header": (b"x: " + b"y" * 40_000,),
    "a long token": (b"authorization: DPoP " + b"a" * 30_000,),
    "many proofs": (*(b"dpop: x" for _ in range(50)),),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_headers_is_cut_off(hub: SecureHub, name: str) -> None:
    got = talk(hub, head(hub, "supplier", "GET", "/fhir/Observation", *FLOODS[name]))
    found = check(hub, got)
    assert not found or found[0] in (400, 401, 431)


def test_who_sends_a_byte_now_and_then_is_not_waited_for(hub: SecureHub) -> None:
    whole = head(hub, "supplier", "POST", "/fhir/Observation", FHIR, length(BODY))
    drops = [whole[n : n + 1] for n in range(24)]
    assert set(check(hub, talk(hub, *drops, pause_s=0.1))) <= {408}
    slow = [whole, *(BODY[n : n + 1] for n in range(24))]
    assert set(check(hub, talk(hub, *slow, pause_s=0.1))) <= {408}


DEEP: Final = b"[" * 30_000
BODIES: Final = {
    "deep arrays": (FHIR, DEEP),
    "deep objects": (FHIR, b'{"a":' * 9000),
    "deep extensions": (FHIR, BODY[:-1] + b',"extension":[{"url":"u"' + b',"extension":[{"url":"u"' * 500 + b"}]" * 501 + b"}"),
    "deep xml": (b"content-type: application/fhir+xml", b"<a>" * 15_000),
    "a bomb of entities": (b"content-type: application/fhir+xml", b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Observation xmlns="http://hl7.org/fhir"><id value="&b;"/></Observation>'),
    "huge integer": (FHIR, BODY[:-1] + b',"valueInteger":' + b"9" * 20_000 + b"}"),
    "huge exponent": (FHIR, BODY.replace(b"94", b"9e99999999")),
    "negative zero exponent": (FHIR, BODY.replace(b"94", b"-0e-99999999")),
    "a lone surrogate": (FHIR, BODY.replace(b'"final"', b'"\\ud800"')),
    "a surrogate in a key": (FHIR, BODY[:-1] + b',"\\udfff":1}'),
    "nul": (FHIR, BODY.replace(b'"final"', b'"fi\\u0000nal"')),
    "raw nul": (FHIR, BODY.replace(b"final", b"fi\x00nal")),
    "not utf-8": (FHIR, BODY.replace(b"final", b"fi\xff\xfenal")),
    "overlong utf-8": (FHIR, BODY.replace(b"final", b"fi\xc0\xafnal")),
    "a byte order mark": (FHIR, b"\xef\xbb\xbf" + BODY),
    "duplicate keys": (FHIR, b'{"resourceType":"Patient",' + BODY[1:]),
    "multipart": (b"content-type: multipart/form-data; boundary=x", b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'),
    "multipart without a boundary": (b"content-type: multipart/mixed", b"--"),
    "no type": (b"x: y", BODY),
    "a type of rubbish": (b"content-type: ;;==\xff", BODY),
    "another charset": (b"content-type: application/fhir+json; charset=utf-7", BODY),
    "a form": (b"content-type: application/x-www-form-urlencoded", b"a=b"),
    "too much": (FHIR, b" " * 70_000 + BODY),
    "wrong gzip": (b"content-encoding: gzip", b"\x1f\x8b\x08hello"),
    "several codings": (b"content-encoding: gzip, gzip, gzip", gzip.compress(BODY)),
    "an unknown coding": (b"content-encoding: zstd", BODY),
}  # fmt: skip


@pytest.mark.parametrize("path", ["/fhir/Observation", "/fhir", "/fhir/Observation/$validate", "/fhir/Observation/_search", "/oauth/token"])  # fmt: skip
@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_behind_good_credentials_is_refused(
    hub: SecureHub, name: str, path: str
) -> None:
    kind, body = BODIES[name]
    got = talk(hub, head(hub, "supplier", "POST", path, kind, length(body), CLOSE) + body)
    found = check(hub, got)
    assert len(found) == 1
    assert found[0] in (200, 400, 401, 403, 404, 406, 413, 415, 422), got[:300]
    assert found[0] != 200 or path.endswith("$validate")


# Everything at once, by chance

METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
TARGETS = st.sampled_from(
    [
        "/fhir", "/fhir/Observation", "/fhir/Patient/p", "/fhir/Patient/_search", "/fhir/_search", "/fhir/_history", "/fhir/Observation/_history",
        "/fhir/Observation/$lastn?patient=p", "/fhir/Patient/p/$everything", "/fhir/AuditEvent?date=gt2020", "/fhir/CarePlan/x/$simulate",
        "/fhir/DetectedIssue/x/$explain", "/fhir/DetectedIssue/x/$close", "/fhir/Observation/x/_history/1", "/fhir/Task?_id=x", "/fhir/Patient/p/*",
        "/fhir/Observation/$validate", "/fhir/Binary/x", "/fhir/metadata", "/fhir/.well-known/smart-configuration", "/oauth/token", "/oauth/jwks",
    ]
)  # fmt: skip
NAMES = ["_id", "_cursor", "_sort", "_count", "_include", "_revinclude", "_has:Task:patient:status", "code", "date", "patient", "identifier", "_type", "_filter", "_since", "_elements", "_summary", "_format", "value-quantity", "_total", "subject:Patient.name", "_list"]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "%",
            "%00",
            "%ff",
            "WzFd",
            "eyJ",
            "e30",
            "1e999",
            "-1",
            "9" * 400,
            "gt",
            "*",
            "a|b|c",
            "\\",
            "Observation:subject",
            "..",
            "%ud800",
            "null",
            "%F0%9F%92%A9",
            "2026-02-30",
            "'",
            "a,b," * 30,
        ]
    ),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=" #?&"), max_size=12
    ),
)
EXTRA = st.lists(
    st.sampled_from(
        [
            b"if-match: W/", b'if-match: W/"99999999999999999999"', b"if-none-match: *", b"if-none-exist: %", b"if-none-exist: _id=x&_has:x=y", b"if-modified-since: x", b"prefer: ;;=",
            b"prefer: return=OperationOutcome", b"accept: */*;q=x", b"accept: application/fhir+xml", b"accept: \xff", b"content-encoding: gzip", b"expect: 100-continue", b"range: bytes=-1",
            b"x-http-method-override: DELETE", b"x-forwarded-host: evil", b"x-tenant: 2", b"x-emergency: true", b"forwarded: host=evil", b"content-type: application/json-patch+json",
            b"content-type: application/fhir+json", b"content-type: application/fhir+xml", b"content-type: application/x-www-form-urlencoded", b"upgrade: h2c", b"te: trailers", b"x-request-id: \x7f\xff",
        ]
    ),
    max_size=4,
)  # fmt: skip
PAYLOADS = st.one_of(
    st.sampled_from(
        [
            b"",
            BODY,
            b"{}",
            b"[]",
            b"null",
            b'[{"op":"add","path":"/x","value":1}]',
            b"identifier=x",
            b'{"resourceType":"Parameters"}',
            b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"//evil/fhir/Patient"}}]}',
            b"<Observation xmlns='http://hl7.org/fhir'/>",
        ]
    ),
    st.binary(max_size=40),
    st.tuples(st.integers(0, len(BODY)), st.binary(max_size=4)).map(
        lambda c: BODY[: c[0]] + c[1] + BODY[c[0] + len(c[1]) :]
    ),
)
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=3)


def hold(
    hub: SecureHub,
    name: str,
    method: str,
    target: str,
    query: list[tuple[str, str]],
    more: list[bytes],
    body: bytes,
) -> None:
    """One request that is let in → its answer is one that the hub means to give."""
    asked = "&".join(f"{n}={v}" for n, v in query)
    path = target + ("" if not asked else f"{'&' if '?' in target else '?'}{asked}")
    sent = head(hub, name, method, path, *more, CLOSE, length(body)) + body
    found = check(hub, talk(hub, sent))
    assert len(found) == 1, path


ASKED = (st.sampled_from(ACTORS), METHODS, TARGETS, QUERIES, EXTRA, PAYLOADS)


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.tuples(*ASKED))
def test_nothing_behind_good_credentials_breaks_the_hub(hub: SecureHub, asked: tuple) -> None:  # type: ignore[type-arg]
    hold(hub, *asked)


@pytest.mark.sweep
@pytest.mark.timeout(1200)
@settings(
    max_examples=1500, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.tuples(*ASKED))
def test_nothing_behind_good_credentials_breaks_the_hub_however_long(
    hub: SecureHub, asked: tuple
) -> None:  # type: ignore[type-arg]
    hold(hub, *asked)


def test_after_all_that_nothing_was_stored(hub: SecureHub) -> None:
    """Nobody is known to this hub, so no body could be about anybody, whatever was hidden in it."""
    engine = open_engine(hub.folder / "hub.db")
    tables = ("resource", "observation", "history", "judgement", "alert", "outbox", "message", "care_relation")  # fmt: skip
    counts = {t: engine.read_now(lambda c, t=t: c.execute(f"SELECT count(*) FROM {t}").fetchone()[0]) for t in tables}  # fmt: skip
    engine.close()
    assert set(counts.values()) == {0}, counts


def test_after_all_that_the_hub_serves_and_has_said_nothing_of_its_inside(hub: SecureHub) -> None:
    assert hub.ask("gp", "GET", "/fhir/Observation").status_code == 200
    assert "Traceback" not in hub.said()
    assert "eyJ" not in hub.said()
