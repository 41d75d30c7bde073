"""Each alert explains itself, in two languages, and is judged again: the same answer, or a loud difference.

Source: dho/thresholds.md §11, §13 S3.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hub.flows import store_alert
from hub.flows.alert_record import ENGINE_VERSION
from hub.store.unit import StoreUnit
from hub.thresholds.plan import Band, Rule
from hub.thresholds.spans import parse_span
from tests.builders import WEIGHT, Json
from tests.functional.followed import SPO2_RULE, Followed


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan: SpO2 red below 88, yellow below 92."""
    name = followed.person()
    followed.plan(name, SPO2_RULE)
    return name


def told(followed: Followed, issue: Json, lang: str = "nb") -> tuple[str, bool, list[str], Json]:
    """An alert → (text, whether the answer is the same, differences, the document)."""
    answer = followed.client.get(f"DetectedIssue/{issue['id']}/$explain?lang={lang}")
    assert answer.status_code == 200, answer.text
    parts = answer.json()["parameter"]
    one = {p["name"]: p for p in parts}
    differences = [p["valueString"] for p in parts if p["name"] == "difference"]
    document = json.loads(one["document"]["valueString"])
    return one["text"]["valueString"], one["same"]["valueBoolean"], differences, document


@pytest.mark.parametrize(
    ("header", "begins"),
    [
        ("", "Rødt"), ("en", "Red"), ("en-GB,en;q=0.9", "Red"), ("nn-NO, en;q=0.8", "Rødt"), ("no", "Rødt"),
        ("sv, en;q=0.5, nb;q=0.4", "Red"), ("en;q=0", "Rødt"), ("fr", "Rødt"), ("en;q=x, nb;q=0.1", "Rødt"), ("*", "Rødt"),
    ],
)  # fmt: skip
def test_the_language_is_what_the_reader_likes_best(
    followed: Followed, who: str, header: str, begins: str
) -> None:
    followed.send(who, "86")
    followed.work()
    (issue,) = followed.alerts(who)
    path = f"DetectedIssue/{issue['id']}/$explain"
    answer = followed.client.get(path, headers={"Accept-Language": header})
    assert begins == answer.json()["parameter"][0]["valueString"].split()[0].strip(":")
    answer = followed.client.get(f"{path}?lang=nb", headers={"Accept-Language": header})
    assert answer.json()["parameter"][0]["valueString"].startswith("Rødt")


def change(followed: Followed, sql: str, *values: Any) -> None:
    """The database → changed behind the hub's back."""

    def work(unit: StoreUnit) -> None:
        unit.fhir.connection.execute(sql, values)

    followed.client.runner.run(followed.hub.store.write(work))


def swap(followed: Followed, table: str, column: str, old: bytes, new: bytes, where: str) -> None:
    """Bytes in a column → other bytes of the same length."""
    assert len(old) == len(new)

    def work(unit: StoreUnit) -> None:
        connection = unit.fhir.connection
        rows = connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchall()
        assert any(old in bytes(row[0]) for row in rows), "nothing to change"
        for row in rows:
            connection.execute(
                f"UPDATE {table} SET {column} = ? WHERE {where} AND {column} = ?",
                (bytes(row[0]).replace(old, new), row[0]),
            )

    followed.client.runner.run(followed.hub.store.write(work))


def test_an_alert_says_in_norwegian_and_english_what_it_rests_on(
    followed: Followed, who: str
) -> None:
    made = followed.send(who, "86")
    (issue,) = followed.alerts(who)

    nb, same, differences, document = told(followed, issue)
    assert (True, []) == (same, differences)
    for words in (
        "Rødt varsel, åpent",
        "SpO2 86 % er under rød grense (< 88 %), EBP v2",
        "egenbehandlingsplan ebp, versjon 2",
        "Godkjent av: Rolig Testlege",
        "mottatt 86 %",
        "grensen er < 88 %",
        made.partition("/")[2],
        "samme svar",
    ):
        assert words in nb
    en, *_ = told(followed, issue, "en")
    assert "Red alert, open" in en
    assert "Oxygen saturation 86 % is below the red limit (< 88 %), self-care plan v2" in en
    assert "grense" not in en
    assert "the same answer" in en
    (finding,) = document["findings"]
    assert finding["verdict"] == finding["again"]
    assert (["<", "88"], 2) == (finding["verdict"]["bound"], finding["verdict"]["plan_version"])


def test_a_technical_alert_and_its_flags_are_told_in_words(followed: Followed, who: str) -> None:
    followed.send(who, "86", unit="parts", at="2026-11-20T08:00:00+01:00")
    (issue,) = followed.alerts(who)

    nb, *_ = told(followed, issue)
    assert "Grense fra: innebygd systemregel, gjelder alltid" in nb
    assert "Merknader: kom sent, mer enn 6 timer etter målingen" in nb
    en, *_ = told(followed, issue, "en")
    assert "Limit from: built-in system rule, always on" in en
    assert "Flags: came late, more than 6 hours after the measurement" in en


def test_an_alert_of_an_older_engine_says_which_one_raised_it(
    followed: Followed, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(store_alert, "ENGINE_VERSION", "0")
        followed.send(who, "86")
    followed.send(who, "85")  # of the engine that is here now, in the same alert
    (issue,) = followed.alerts(who)

    nb, same, _, document = told(followed, issue)
    assert same
    assert f"Regelmotor: {ENGINE_VERSION} (varselet ble reist av 0)" in nb
    assert (ENGINE_VERSION, "0") == (document["engine"], document["raised_by_engine"])


def test_what_was_considered_is_told_with_every_value(followed: Followed) -> None:
    who = followed.person()
    rule = Rule(
        "vekt",
        "delta",
        "weight",
        "kg",
        (Band("yellow", gt=Decimal(2)),),
        window=parse_span("P3D"),
        direction="up",
    )
    followed.plan(who, rule)
    first = followed.send(who, "80.0", WEIGHT, "kg", at="2026-11-19T08:00:00+01:00")
    followed.send(who, "82.5", WEIGHT, "kg", at="2026-11-21T08:00:00+01:00")
    (issue,) = followed.alerts(who)

    text, same, _, document = told(followed, issue)
    assert same
    assert f"sett i lys av 19.11.2026 08:00 Vekt 80,0 [{first.partition('/')[2]}]" in text
    firing = next(e for e in issue["evidence"][0]["extension"])
    operands = [p for p in firing["extension"] if p["url"] == "operand"]
    references = {p["valueReference"]["reference"] for o in operands for p in o["extension"] if "valueReference" in p}  # fmt: skip
    assert first in references
    assert document["findings"][0]["verdict"]["operands"]


@pytest.mark.parametrize(
    ("table", "column", "old", "new", "where", "said"),
    [
        ("observation", "body", b'"value":86', b'"value":89', "deleted = 0", "en annen enn den som ble vurdert"),
        ("judgement", "input", b"\xa286", b"\xa285", "judged_at IS NOT NULL", "en annen enn den som ble vurdert"),
        ("judgement", "verdict", b"\xa3red", b"\xa3rad", "judged_at IS NOT NULL", "vurderingen blir en annen"),
        ("resource", "body", b'"valueDecimal":88', b'"valueDecimal":80', "type = 'ServiceRequest'", "vurderingen blir en annen"),
        ("resource", "body", b'"valueDecimal":88', b'"valueDecimal":87', "type = 'ServiceRequest'", "bound"),
    ],
)  # fmt: skip
def test_whoever_changes_what_is_stored_is_found_out(
    followed: Followed, who: str, table: str, column: str, old: bytes, new: bytes, where: str, said: str
) -> None:  # fmt: skip
    followed.send(who, "86")
    (issue,) = followed.alerts(who)
    swap(followed, table, column, old, new, where)

    text, same, differences, _ = told(followed, issue)
    assert not same
    assert "SVARET ER ET ANNET" in text
    assert any(said in each for each in differences), differences


def test_a_value_that_is_gone_is_told(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)
    change(followed, "DELETE FROM judgement")

    _, same, differences, _ = told(followed, issue, "en")
    assert (False, True) == (same, "not stored" in differences[0])


@pytest.mark.parametrize("end", ["correct", "retract", "close", "later"])
def test_the_answer_is_the_same_after_all_that_may_happen(
    followed: Followed, who: str, end: str
) -> None:
    made = followed.send(who, "86")
    (issue,) = followed.alerts(who)
    if end == "correct":
        value = {"value": 90, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
        followed.change(made, status="amended", valueQuantity=value)
    elif end == "retract":
        followed.change(made, status="entered-in-error")
    elif end == "close":
        act = {"action": {"text": "Ringte"}, "author": {"display": "Nina"}}
        followed.client.put(
            f"DetectedIssue/{issue['id']}", {**issue, "status": "final", "mitigation": [act]}
        )
    else:
        followed.send(who, "80", at="2026-11-21T09:00:00+01:00")
    _, same, differences, _ = told(followed, issue)
    assert (True, []) == (same, differences)


def test_what_cannot_be_explained_is_refused(followed: Followed, who: str) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)
    other = followed.client.create(
        {"resourceType": "DetectedIssue", "status": "final", "patient": {"reference": who}}
    )
    get = followed.client.get
    name = f"DetectedIssue/{issue['id']}/$explain"

    assert [400, 400, 404, 400] == [
        get(path).status_code
        for path in (f"{name}?lang=xx", f"{name}?x=1", "DetectedIssue/none/$explain", f"{other}/$explain")
    ]  # fmt: skip
    body = {"resourceType": "Parameters", "parameter": [{"name": "lang", "valueCode": "en"}]}
    assert "Red alert" in followed.client.post(name, body).text


def test_the_command_explains_and_its_status_tells_the_difference(
    followed: Followed, who: str, run_hub: Callable[..., tuple[int, str]]
) -> None:
    followed.send(who, "86")
    (issue,) = followed.alerts(who)
    name = f"DetectedIssue/{issue['id']}"

    status, text = run_hub(followed, "thresholds", "explain", name, "--lang", "en")
    assert (0, True) == (status, "the same answer" in text)
    status, text = run_hub(followed, "thresholds", "explain", issue["id"], "--json")
    assert (0, True) == (status, json.loads(text)["same"])
    assert 1 == run_hub(followed, "thresholds", "explain", "none")[0]
    swap(followed, "observation", "body", b'"value":86', b'"value":89', "deleted = 0")
    status, text = run_hub(followed, "thresholds", "explain", name)
    assert (1, True) == (status, "SVARET ER ET ANNET" in text)


@pytest.fixture
def run_hub(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Callable[..., tuple[int, str]]:
    """A command → (exit status, what it printed), on the database of the test."""
    from click.testing import CliRunner

    from hub.cli.thresholds import thresholds

    monkeypatch.setenv("HUB_DATABASE_URL", database_url)

    def run(_: Followed, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(thresholds, list(words[1:]))
        return done.exit_code, done.stdout

    return run
