"""`hub thresholds simulate` and `recompute` on the database of a hub: real values under another plan (issue 5, point 6)."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli.thresholds import thresholds
from hub.fhir.codec import encode
from hub.fhir.validate import find_problems
from hub.mapping.fhir_to_downtime import RECEPTION
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.mapping.urls import SERVICE_CODES
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.spans import Span
from tests.functional.followed import SPO2_RULE, SPRING, Followed, absolute

WIDER = absolute(
    "spo2", "spo2", "%", ("red", None, "80"), ("yellow", "80", "85"), ("green", "85", None)
)
ALL = ("--period", "P3Y")
Run = Callable[..., Result]


@pytest.fixture
def run(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> Run:
    address = followed.hub.settings.database
    url = f"sqlite:///{address}" if isinstance(address, Path) else address.url
    monkeypatch.setenv("HUB_DATABASE_URL", url)
    return lambda *arguments: CliRunner().invoke(thresholds, list(arguments))


def draft_of(followed: Followed, who: str, tmp_path: Path, *rules: object) -> Path:
    plan = PlanVersion("new", 1, SPRING, rules or (WIDER,), approved_by="Rolig Testlege")  # pyright: ignore[reportArgumentType]
    made = plan_to_fhir(plan, who.partition("/")[2], new_id=followed.clock.new_id, status="draft")
    entries = [json.loads(encode(resource)) for resource in made.all]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": entry} for entry in entries],
    }
    path = tmp_path / "draft.json"
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return path


def patient_with_values(followed: Followed) -> str:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    for hour, value in enumerate(("95", "90", "87", "84")):
        followed.send(who, value, at=f"2026-11-18T{hour + 8:02}:00:00+01:00")
    return who


def test_a_draft_in_a_file_is_tried_on_the_values_that_are_there(
    followed: Followed, run: Run, tmp_path: Path
) -> None:
    who = patient_with_values(followed)
    draft, picture = draft_of(followed, who, tmp_path), tmp_path / "both.svg"
    name = who.partition("/")[2]
    before = followed.alerts(who)

    said = run("simulate", "--patient", name, "--plan", str(draft), *ALL, "--svg", str(picture))

    assert 0 == said.exit_code, said.output
    assert "Utslag nå: 1 gul, 2 røde. Med utkastet: 1 gul." in said.output
    assert picture.read_text("utf-8").startswith("<?xml")
    assert before == followed.alerts(who)
    answer = run("simulate", "--patient", name, "--plan", str(draft), *ALL, "--json")
    document = json.loads(answer.output)
    assert {"yellow": 1, "red": 2} == document["current"]["fired"]
    assert {"yellow": 1, "red": 0} == document["draft"]["fired"]
    assert ["yellow → green", "red → green", "red → yellow"] == [
        f"{c['from']} → {c['to']}" for c in document["changed"]
    ]


def test_a_stored_draft_is_tried_by_its_id_and_the_look_is_in_the_access_log(
    followed: Followed, run: Run
) -> None:
    who = patient_with_values(followed)
    plan = PlanVersion("ebp", 3, SPRING, (WIDER,), approved_by="Rolig Testlege")
    made = plan_to_fhir(plan, who.partition("/")[2], new_id=followed.clock.new_id, status="draft")
    for resource in made.all:
        followed.put(resource)

    said = run(
        "simulate",
        "--patient",
        who.partition("/")[2],
        "--plan",
        f"CarePlan/{made.care_plan.id}",
        *ALL,
    )

    assert "Utslag nå: 1 gul, 2 røde. Med utkastet: 1 gul." in said.output
    looks = followed.client.search(f"AuditEvent?patient={who}&_count=500")
    asked = {e.get("query") for each in looks for e in each.get("entity", ())}
    command = f"hub thresholds simulate CarePlan/{made.care_plan.id}"
    assert b64encode(command.encode()).decode() in asked


def test_every_fault_of_a_draft_is_told(followed: Followed, run: Run, tmp_path: Path) -> None:
    who = followed.person()
    gap = absolute("spo2", "spo2", "%", ("red", None, "80"), ("green", "85", None))
    odd = absolute("puls", "pulse", "furlong", ("green", None, "80"), ("red", "80", None))

    said = run(
        "simulate",
        "--patient",
        who.partition("/")[2],
        "--plan",
        str(draft_of(followed, who, tmp_path, gap, odd)),
    )

    assert 1 == said.exit_code
    assert 2 <= len(said.output.strip().splitlines())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--patient", "nobody", "--plan", "x.json"), "no such patient"),
        (("--patient", "{who}", "--plan", "x.json"), "cannot be read"),
        (("--patient", "{who}", "--plan", "CarePlan/none"), "no such CarePlan"),
        (("--patient", "{who}", "--plan", "x.json", "--period", "soon"), "written as P1M"),
    ],
)
def test_what_cannot_be_tried_is_said_in_a_line(
    followed: Followed, run: Run, arguments: tuple[str, ...], told: str
) -> None:
    who = followed.person().partition("/")[2]

    said = run("simulate", *(each.replace("{who}", who) for each in arguments))

    assert (1, True) == (said.exit_code, told in said.output), said.output


def test_the_name_of_a_rule_is_no_command_to_the_terminal(
    followed: Followed, run: Run, tmp_path: Path
) -> None:
    who = patient_with_values(followed)
    evil = absolute("evil\u009b31m", "spo2", "%", ("red", None, "99"), ("green", "99", None))

    said = run("simulate", "--patient", who.partition("/")[2], "--plan", str(draft_of(followed, who, tmp_path, evil)), *ALL)  # fmt: skip

    assert 0 == said.exit_code, said.output
    assert "evil\ufffd31m" in said.output
    assert all(each.isprintable() for each in said.output.split("\n"))


def test_recomputing_finds_no_difference_in_what_the_hub_has_judged(
    followed: Followed, run: Run
) -> None:
    patient_with_values(followed)
    patient_with_values(followed)

    said = run("recompute", "--all", "--dry-run", "--json")

    assert {"patients": 2, "values": 8, "different": 0, "waiting": 0, "moves": []} == json.loads(
        said.output
    )


def test_a_plan_that_holds_backwards_in_time_raises_what_was_missed_when_it_is_set_right(
    followed: Followed, run: Run
) -> None:
    who = followed.person()
    values = [
        followed.send(who, v, at=f"2026-11-18T{h}:00:00+01:00")
        for v, h in (("95", "08"), ("84", "09"))
    ]
    followed.plan(who, SPO2_RULE)

    tried = run("recompute", "--patient", who.partition("/")[2], "--dry-run")
    unchanged = list(map(followed.zone, values))
    done = run("recompute", "--patient", who.partition("/")[2], "--yes")
    again = run("recompute", "--all", "--dry-run", "--json")

    assert "2 verdicts would change" in tried.output
    assert ["none", "none"] == unchanged
    assert "2 verdicts were set right" in done.output
    assert ["green", "red"] == list(map(followed.zone, values))
    assert 0 == json.loads(again.output)["different"]
    followed.work()
    assert ("absolute.low", "red") in followed.reasons(who)
    assert 1 == len([issue for issue in followed.alerts(who) if issue["severity"] == "high"])


def test_nothing_is_set_right_without_consent(followed: Followed, run: Run) -> None:
    who = followed.person()
    value = followed.send(who, "84", at="2026-11-18T08:00:00+01:00")
    followed.plan(who, SPO2_RULE)

    said = run("recompute", "--all")

    assert 1 == said.exit_code
    assert "none" == followed.zone(value)


def test_a_recomputation_that_was_broken_off_goes_on_where_it_was(
    followed: Followed, run: Run, tmp_path: Path
) -> None:
    first, second = sorted(patient_with_values(followed).partition("/")[2] for _ in range(2))
    progress = tmp_path / "progress.json"
    so_far = {"patients": 1, "values": 4, "different": 0, "waiting": 0, "moves": [], "last": first}
    progress.write_text(json.dumps(so_far), encoding="utf-8")

    said = run("recompute", "--all", "--dry-run", "--json", "--progress", str(progress))

    assert (2, 8) == (json.loads(said.output)["patients"], json.loads(said.output)["values"]), (
        second
    )
    assert not progress.exists()


@pytest.mark.parametrize(
    "arguments", [(), ("--all", "--patient", "x"), ("--all", "--plan", "x.json", "--dry-run")]
)
def test_a_recomputation_is_asked_for_clearly(
    followed: Followed, run: Run, arguments: tuple[str, ...]
) -> None:
    assert 2 == run("recompute", *arguments).exit_code, followed


def stored_draft(followed: Followed, who: str) -> str:
    plan = PlanVersion("ebp", 3, SPRING, (WIDER,), approved_by="Rolig Testlege")
    made = plan_to_fhir(plan, who.partition("/")[2], new_id=followed.clock.new_id, status="draft")
    for resource in made.all:
        followed.put(resource)
    return f"CarePlan/{made.care_plan.id}"


def test_a_journal_tries_a_stored_draft_by_the_operation(followed: Followed) -> None:
    who = patient_with_values(followed)
    name = stored_draft(followed, who)
    before = followed.alerts(who)

    answer = followed.client.get(f"{name}/$simulate?period=P3Y&language=en")

    assert 200 == answer.status_code, answer.text
    body = answer.json()
    parts = {each["name"]: each for each in body["parameter"]}
    counts = {
        side: {part["name"]: part["valueInteger"] for part in parts[side]["part"]}
        for side in ("current", "draft")
    }
    assert {"yellow": 1, "red": 2, "technical": 0} == counts["current"]
    assert {"yellow": 1, "red": 0, "technical": 0} == counts["draft"]
    assert 3 == sum(each["name"] == "changed" for each in body["parameter"])
    assert "Fires now: 1 yellow, 2 red" in parts["text"]["valueString"]
    assert b"<svg" in b64decode(parts["picture"]["valueAttachment"]["data"])
    assert () == find_problems(answer.content, "Parameters")
    assert before == followed.alerts(who)
    posted = followed.client.post(
        f"{name}/$simulate",
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "period", "valueString": "P3Y"}],
        },
    )
    assert counts["draft"] == {
        part["name"]: part["valueInteger"]
        for each in posted.json()["parameter"]
        if each["name"] == "draft"
        for part in each["part"]
    }


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("CarePlan/none/$simulate", 404),
        ("{plan}/$simulate?period=soon", 400),
        ("{plan}/$simulate?until=2026-13-01", 400),
        ("{plan}/$simulate?language=xx", 400),
        ("{plan}/$simulate?colour=red", 400),
    ],
)
def test_what_the_operation_cannot_do_is_an_outcome(
    followed: Followed, asked: str, status: int
) -> None:
    who = followed.person()
    answer = followed.client.get(asked.replace("{plan}", stored_draft(followed, who)))

    assert (status, "OperationOutcome") == (answer.status_code, answer.json()["resourceType"])


def test_announced_downtime_is_no_missed_value_of_a_draft_either(
    followed: Followed, run: Run, tmp_path: Path
) -> None:
    who = patient_with_values(followed)
    daily = Rule(
        *("vekt", "missing", "weight"),
        times=("08:00",),
        grace=Span(seconds=3600),
        zone="yellow",
    )
    draft = str(draft_of(followed, who, tmp_path, WIDER, daily))
    asked = ("--patient", who.partition("/")[2], "--plan", draft, "--period", "P7D", "--json")

    before = json.loads(run("simulate", *asked).output)["draft"]["fired"]["yellow"]
    outage = {
        "resourceType": "HealthcareService",
        "type": [{"coding": [{"system": SERVICE_CODES, "code": RECEPTION}]}],
        "notAvailable": [
            {
                "description": "Vedlikehold",
                "during": {
                    "start": "2026-11-18T07:00:00+01:00",
                    "end": "2026-11-19T09:00:00+01:00",
                },
            }
        ],
    }
    followed.client.create(outage)
    after = json.loads(run("simulate", *asked).output)["draft"]["fired"]["yellow"]

    assert before - 2 == after
