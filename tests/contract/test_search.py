"""Search against a naive evaluator, and paging while others write: no duplicates, no gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.fhir.search.params import parse_search
from hub.fhir.search.query import Cursor
from hub.ports import Unit
from tests.builders import LOINC, PULSE, SPO2, Json, coding, observation, patient
from tests.contract.bench import BASE, START, Bench, permit, save
from tests.contract.naive import date_matches, holds, of_resource

NPU = "urn:npu"
QUICK = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
# few days, so that ranges meet, touch and nest often; the nights of summer time are among them
DAYS = ("2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26", "2026-12-31", "2027-01-01")  # fmt: skip
HOURS = ("00:00", "00:59", "01:00", "22:00", "23:00", "23:59", "12:00")
ZONES = ("Z", "+01:00", "+02:00", "-01:00")


@st.composite
def dates(draw: st.DrawFn, *, searched: bool) -> str:
    """A date of any precision, as a resource holds it or as a search names it."""
    day = draw(st.sampled_from(DAYS))
    shape = draw(
        st.sampled_from(
            ["year", "month", "day", "minute", "second", "fraction"]
            if searched
            else ["year", "month", "day", "second", "fraction"]
        )
    )
    if shape in ("year", "month", "day"):
        return day[: {"year": 4, "month": 7, "day": 10}[shape]]
    zone = draw(st.sampled_from((*ZONES, "") if searched else ZONES))
    clock = draw(st.sampled_from(HOURS))
    if shape == "minute":
        return f"{day}T{clock}{zone}"
    second = draw(st.sampled_from(["00", "59"]))
    fraction = draw(st.sampled_from([".5", ".999", ".123456"])) if shape == "fraction" else ""
    return f"{day}T{clock}:{second}{fraction}{zone}"


@st.composite
def effectives(draw: st.DrawFn) -> Json:
    """The effective[x] of an Observation, or none."""
    match draw(st.sampled_from(["point", "point", "period", "start", "end", "none"])):
        case "point":
            return {"effectiveDateTime": draw(dates(searched=False))}
        case "period":
            ends = sorted(
                [draw(dates(searched=False)), draw(dates(searched=False))],
                key=lambda t: of_resource({"effectiveDateTime": t}) or (0, 0),
            )
            if ends[0][:10] > ends[1][:10] or len(ends[0]) != len(ends[1]):
                return {
                    "effectivePeriod": {
                        "start": ends[0][:10] if len(ends[0]) > 9 else "2026-03-28",
                        "end": "2027-01-01",
                    }
                }
            return {"effectivePeriod": {"start": ends[0], "end": ends[1]}}
        case "start":
            return {"effectivePeriod": {"start": draw(dates(searched=False))}}
        case "end":
            return {"effectivePeriod": {"end": draw(dates(searched=False))}}
        case _:
            return {}


CODES = st.lists(
    st.sampled_from([coding(SPO2), coding(PULSE), coding(SPO2, NPU), coding(SPO2, None), coding("X", NPU)]),
    min_size=1,
    max_size=3,
    unique_by=lambda c: (c.get("system"), c["code"]),
)  # fmt: skip
IDENTIFIERS = st.lists(
    st.sampled_from([{"system": "urn:a", "value": "1"}, {"system": "urn:b", "value": "1"}, {"value": "1"}, {"system": "urn:a", "value": "2"}]),
    max_size=2,
    unique_by=lambda i: (i.get("system"), i["value"]),
)  # fmt: skip


@st.composite
def observations(draw: st.DrawFn) -> Json:
    """An Observation of one of a few patients or of a group."""
    body = observation(draw(st.sampled_from(["Patient/a", "Patient/b", "Group/g"])))
    del body["effectiveDateTime"]
    body |= draw(effectives())
    body["code"] = {"coding": draw(CODES)}
    body["status"] = draw(st.sampled_from(["final", "amended", "entered-in-error"]))
    identifier = draw(IDENTIFIERS)
    return {**body, "identifier": identifier} if identifier else body


DATE = st.builds(
    lambda prefix, date: prefix + date, st.sampled_from(PREFIXES), dates(searched=True)
)
TOKEN = st.sampled_from(
    [
        SPO2,
        PULSE,
        "X",
        f"{LOINC}|{SPO2}",
        f"{NPU}|{SPO2}",
        f"|{SPO2}",
        f"{NPU}|",
        "none",
        f"{LOINC}|X",
    ]
)
PAIRS = {
    "date": DATE,
    "code": TOKEN,
    "status": st.sampled_from(["final", "amended", "none", "|final"]),
    "identifier": st.sampled_from(["1", "2", "urn:a|1", "urn:b|1", "|1", "urn:a|", "urn:c|1"]),
    "patient": st.sampled_from(["a", "b", "Patient/a", "Patient/none"]),
    "subject": st.sampled_from(["Patient/a", "Patient/b", "Group/g", f"{BASE}/Patient/a"]),
    "_id": st.sampled_from(["o0", "o1", "o5", "none"]),
}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """A parameter with one value or several."""
    name = draw(st.sampled_from(sorted(PAIRS)))
    return name, ",".join(draw(st.lists(PAIRS[name], min_size=1, max_size=2)))


def fill(bench: Bench, bodies: list[Json]) -> list[Json]:
    """Bodies → stored as o0, o1, … with their patients; → the resources."""
    stored = [{**body, "id": f"o{n}"} for n, body in enumerate(bodies)]

    def work(unit: Unit) -> None:
        for name in ("a", "b"):
            save(unit.fhir, {**patient(), "id": name}, START)
        save(
            unit.fhir, {"resourceType": "Group", "id": "g", "type": "person", "actual": True}, START
        )
        for body in stored:
            save(unit.fhir, body, START)

    bench.write(work)
    return stored


def expected_of(stored: list[Json], asked: list[tuple[str, str]]) -> set[str]:
    """Resources and parameters → the ids that all of them hold for, one by one."""
    plain = [(n, v.replace(f"{BASE}/", "")) for n, v in asked]
    return {o["id"] for o in stored if all(holds(o, name, value, START) for name, value in plain)}


@QUICK
@given(st.lists(observations(), min_size=1, max_size=12), st.lists(pairs(), min_size=1, max_size=4))
def test_a_search_finds_what_the_sentences_of_the_specification_say(
    make_bench: Callable[[], Bench], bodies: list[Json], asked: list[tuple[str, str]]
) -> None:
    bench = make_bench()
    stored = fill(bench, bodies)
    found = bench.find("Observation", *asked)
    assert sorted(found) == sorted(expected_of(stored, asked))
    total = bench.page("Observation", [*asked, ("_count", "0")]).total
    assert total == len(found)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(effectives(), DATE)
def test_every_prefix_means_what_the_specification_says(
    shared: Bench, effective: Json, value: str
) -> None:
    body = {**observation("Patient/a"), "id": "only"}
    del body["effectiveDateTime"]
    body |= effective
    shared.save(body)
    target = of_resource(body)
    expected = target is not None and date_matches(value, target, shared.now)
    for more in ([], [("patient", "a")], [("patient", "a"), ("code", SPO2)], [("code", SPO2)]):
        assert (shared.find("Observation", ("date", value), *more) == ["only"]) == expected, more


@pytest.fixture
def shared(bench: Bench) -> Bench:
    """A store with one patient, for all examples of a test."""
    bench.save({**patient(), "id": "a"})
    return bench


SORTS = ("_id", "-_id", "date", "-date", "_lastUpdated", "-_lastUpdated")


@QUICK
@given(
    st.lists(observations(), min_size=3, max_size=15),
    st.lists(st.tuples(st.integers(0, 4), observations(), st.booleans()), max_size=8),
    st.sampled_from(SORTS),
    st.integers(1, 4),
    st.sampled_from(
        [
            [],
            [("patient", "a")],
            [("code", SPO2)],
            [("patient", "a"), ("code", SPO2)],
            [("status", "final")],
            [("identifier", "1")],
        ]
    ),
)
def test_pages_have_no_duplicates_and_no_gaps_while_others_write(
    make_bench: Callable[[], Bench],
    bodies: list[Json],
    later: list[tuple[int, Json, bool]],
    sort: str,
    count: int,
    asked: list[tuple[str, str]],
) -> None:
    bench = make_bench()
    stored = fill(bench, bodies)
    before = expected_of(stored, asked)
    found: list[str] = []
    cursor: Cursor | None = None
    step = 0
    while True:
        page = bench.page("Observation", [*asked, ("_sort", sort), ("_count", str(count))], cursor)
        found += [match.id for match in page.matches]
        for place, (at, body, first) in enumerate(later):
            if at == step:
                bench.save({**body, "id": f"{'a' if first else 'z'}{place}"})
        cursor, step = page.next, step + 1
        if cursor is None:
            break
    assert len(found) == len(set(found))
    assert before <= set(found)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_joined_are_the_whole_in_order(bench: Bench, sort: str) -> None:
    dates_of: dict[str, str] = {}
    bench.save({**patient(), "id": "a"})
    for n in range(23):
        day = f"2026-11-{1 + n * 7 % 20:02d}"
        dates_of[f"o{n:02d}"] = day
        bench.save({**observation("Patient/a", at=day), "id": f"o{n:02d}"})
    whole = bench.find("Observation", ("_sort", sort), ("_count", "1000"))
    assert len(whole) == 23
    for count in (1, 2, 5, 22, 23):
        assert bench.find("Observation", ("_sort", sort), ("_count", str(count))) == whole
        narrowed = [("patient", "a"), ("code", SPO2), ("_sort", sort), ("_count", str(count))]
        assert sorted(bench.find("Observation", *narrowed)) == sorted(whole)
    if "date" in sort and sort.lstrip("-") == "date":
        shown = [dates_of[i] for i in whole]
        assert shown == sorted(shown, reverse=sort.startswith("-"))
    else:
        assert whole == sorted(whole, reverse=sort.startswith("-"))


def test_a_page_ends_with_no_next_when_it_is_just_full(bench: Bench) -> None:
    for n in range(4):
        bench.save({**patient(n), "id": f"p{n}"})
    assert bench.page("Patient", [("_count", "4")]).next is None
    assert bench.page("Patient", [("_count", "3")]).next is not None


def test_a_cursor_stays_good_when_its_row_is_deleted_or_changed(bench: Bench) -> None:
    for n in range(6):
        bench.save({**patient(n), "id": f"p{n}"})
    page = bench.page("Patient", [("_count", "2")])
    bench.delete("Patient", "p1")
    bench.save({**patient(2), "id": "p2", "active": True})
    rest = bench.page("Patient", [("_count", "10")], page.next)
    assert [m.id for m in rest.matches] == ["p2", "p3", "p4", "p5"]


TOKENS: list[tuple[str, list[str]]] = [
    ("urn:x|a\\,b", ["comma"]),
    ("a\\,b", ["comma"]),
    ("a,b", []),
    ("urn:x|a\\|b", ["bar"]),
    ("a\\|b", ["bar"]),
    ("urn:x|a|b", ["bar"]),
    ("a\\\\b", ["slash"]),
    ("urn:x|a\\\\b", ["slash"]),
    ("a\\$b", ["dollar"]),
    ("a$b", ["dollar"]),
    ("a%b", ["percent"]),
    ("A\\,B", []),
    ("urn\\|y|1", ["odd"]),
    ("a\\\\\\,b", ["both"]),
    ("urn:e\\\\|1", ["ends"]),
]


@pytest.mark.parametrize(("asked", "expected"), TOKENS)
def test_escaped_signs_are_part_of_the_token(bench: Bench, asked: str, expected: list[str]) -> None:
    values = {
        "comma": "a,b",
        "bar": "a|b",
        "slash": "a\\b",
        "dollar": "a$b",
        "percent": "a%b",
        "both": "a\\,b",
    }
    for name, value in values.items():
        bench.save({**patient(identifier=[{"system": "urn:x", "value": value}]), "id": name})
    bench.save({**patient(identifier=[{"system": "urn|y", "value": "1"}]), "id": "odd"})
    bench.save({**patient(identifier=[{"system": "urn:e\\", "value": "1"}]), "id": "ends"})
    assert bench.find("Patient", ("identifier", asked)) == expected


REFERENCES: dict[str, Json] = {
    "Task": {"status": "requested", "intent": "order", "for": {"reference": "Patient/a"}},
    "Flag": {"status": "active", "code": {"text": "x"}, "subject": {"reference": "Patient/a"}},
    "DetectedIssue": {"status": "final", "patient": {"reference": "Patient/a"}},
    "Account": {"status": "active", "subject": [{"reference": "Patient/a"}]},
    "Provenance": {"recorded": "2026-01-01T00:00:00Z", "agent": [{"who": {"display": "x"}}], "target": [{"reference": "Patient/a"}]},
    "Appointment": {"status": "proposed", "participant": [{"actor": {"reference": "Patient/a"}, "status": "accepted"}]},
    "Encounter": {"status": "planned", "class": {"code": "HH"}, "subject": {"reference": "Patient/a"}},
    "Communication": {"status": "completed", "subject": {"reference": "Patient/a"}, "sent": "2026-01-02"},
}  # fmt: skip


@pytest.mark.parametrize("kind", REFERENCES)
def test_every_type_is_found_by_its_patient(bench: Bench, kind: str) -> None:
    for name in ("a", "b"):
        bench.save({**patient(), "id": name})
    bench.save({"resourceType": kind, "id": "x", **REFERENCES[kind]})
    for value in ("a", "Patient/a", f"{BASE}/Patient/a", "Patient/b,Patient/a"):
        assert bench.find(kind, ("patient", value)) == ["x"], value
    for value in ("b", "Patient/b", "Patient/none"):
        assert bench.find(kind, ("patient", value)) == [], value


def test_a_type_other_than_observation_is_searched_by_date_status_and_code(bench: Bench) -> None:
    bench.save({**patient(), "id": "a"})
    concept = {"coding": [coding("1", "urn:x"), coding("1", "urn:y")]}
    bench.save(
        {
            "resourceType": "Encounter",
            "id": "e",
            "status": "planned",
            "class": {"code": "HH"},
            "subject": {"reference": "Patient/a"},
            "period": {"start": "2026-01-02", "end": "2026-01-04"},
        }
    )
    bench.save(
        {
            "resourceType": "Condition",
            "id": "c",
            "code": concept,
            "subject": {"reference": "Patient/a"},
        }
    )
    for value, found in (
        ("2026-01", ["e"]),
        ("2026-01-03", []),
        ("ap2026-01-03", ["e"]),
        ("ge2026-01-04", []),
        ("sa2026-01-04", []),
    ):
        assert bench.find("Encounter", ("date", value)) == found, value
    assert bench.find("Encounter", ("status", "planned,finished")) == ["e"]
    for value, found in (("1", ["c"]), ("urn:y|1", ["c"]), ("urn:z|1", []), ("urn:x|", ["c"])):
        assert bench.find("Condition", ("code", value)) == found, value
    assert bench.page("Condition", [("code", "1"), ("_count", "0")]).total == 1


def lastn(bench: Bench, asked: list[tuple[str, str]], maximum: int) -> list[str]:
    """Parameters and max → the ids in order."""
    query = parse_search("Observation", asked, START, BASE)
    return [
        m.id for m in bench.read(lambda unit: unit.fhir.last_n(permit(), query, maximum)).matches
    ]


@QUICK
@given(
    st.lists(
        st.tuples(
            st.sampled_from([SPO2, PULSE, "X"]),
            st.sampled_from(["a", "b"]),
            st.integers(1, 28),
            st.sampled_from(["final", "amended"]),
        ),
        max_size=15,
    ),
    st.integers(1, 4),
    st.sampled_from([[], [("status", "final")], [("date", "ge2026-11-10")], [("code", SPO2)]]),
)
def test_lastn_gives_the_newest_of_each_code_and_nothing_else(
    make_bench: Callable[[], Bench],
    made: list[tuple[str, str, int, str]],
    maximum: int,
    more: list[tuple[str, str]],
) -> None:
    bench = make_bench()
    bodies = [
        observation(f"Patient/{who}", code, at=f"2026-11-{day:02d}", status=status)
        for code, who, day, status in made
    ]
    stored = fill(bench, bodies)
    found = lastn(bench, [("patient", "a"), *more], maximum)
    suited = [o for o in stored if all(holds(o, n, v, START) for n, v in [("patient", "a"), *more])]
    by_code: dict[str, list[Json]] = {}
    for each in suited:
        by_code.setdefault(each["code"]["coding"][0]["code"], []).append(each)
    assert (
        len(found) == len(set(found)) == sum(min(maximum, len(group)) for group in by_code.values())
    )
    dated: dict[str, Any] = {o["id"]: o for o in stored}
    for code, group in by_code.items():
        days = [
            dated[i]["effectiveDateTime"]
            for i in found
            if dated[i]["code"]["coding"][0]["code"] == code
        ]
        assert days == sorted((o["effectiveDateTime"] for o in group), reverse=True)[:maximum]


@pytest.mark.parametrize("sort", ["date", "-date", "_lastUpdated", "-_id", "status,-date"])
@pytest.mark.parametrize("more", [[], [("code", SPO2)]])
def test_where_bodies_are_enough_the_pages_are_the_same(
    bench: Bench, sort: str, more: list[tuple[str, str]]
) -> None:
    for name in ("a", "b"):
        bench.save({**patient(1), "id": name})
    for n in range(12):
        body = {**observation("Patient/b" if n % 5 == 4 else "Patient/a"), "id": f"o{n}"}
        if n % 3 == 2:
            del body["effectiveDateTime"]
        elif n % 2:
            body["effectiveDateTime"] = "2026-01-01T08:00:00Z"
        bench.save(body)
    asked = [("patient", "a"), *more, ("_sort", sort), ("_count", "3")]
    query = parse_search("Observation", asked, bench.now, BASE)
    seen: list[str] = []
    while True:
        whole = bench.read(lambda unit, q=query: unit.fhir.search(permit(), q))
        plain = replace(query, bodies=True)
        few = bench.read(lambda unit, q=plain: unit.fhir.search(permit(), q))
        shown = few.bodies.rows if few.bodies else [m.body for m in few.matches]
        assert [m.body for m in whole.matches] == list(shown)
        assert (whole.next, whole.total) == (few.next, few.total)
        if few.bodies:
            assert (few.bodies.type, few.bodies.patient_id) == ("Observation", "a")
        seen += [m.id for m in whole.matches]
        if whole.next is None:
            break
        query = replace(query, cursor=whole.next)
    assert len(seen) == len(set(seen)) == 10
