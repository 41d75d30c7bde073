"""`hub emessage` as a person or a program meets it; messages are our own golden ones."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli.emessage import emessage
from hub.emessage import xml
from hub.emessage.apprec import ROOTS
from hub.emessage.schema_sums import SUMS
from hub.emessage.table_build import render
from tests.letter_generator import LETTERS, letter
from tests.message_generator import changed
from tests.page_reader import lost, read_page_text
from tests.unit.emessage.test_signature import signed

GOLDEN = Path(__file__).parents[2] / "golden/emessage"
DISCHARGE = GOLDEN / "UTSKRIVNINGSRAPPORT/1.6/attachment/message.xml"
OTHER_VERSION = GOLDEN / "PLO/2.0"
NATIONAL_ID = "12834812019"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_OWN_SERVICES", raising=False)
    monkeypatch.delenv("HUB_EMESSAGE_SCHEMAS", raising=False)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(emessage, [str(a) for a in arguments])


def cards(result: Result) -> list[dict]:
    return json.loads(result.stdout)


def test_a_message_that_is_taken_in_gets_a_positive_receipt_from_the_addressee():
    result = run("read", DISCHARGE, "--json")

    (card,) = cards(result)
    (receipt,) = card["receipts"]
    assert result.exit_code == 0
    assert (
        card["type"],
        card["direction"],
        card["problems"],
    ) == ("UTSKRIVNINGSRAPPORT", "taken in", [])
    assert (receipt["version"], receipt["status"], receipt["role"]) == ("1.1", "1", "PRIM")
    assert card["receivers"][0]["service_her_id"] == receipt["sender_her_id"]


def test_a_type_that_is_not_supported_is_an_answer_and_no_failure():
    file = next(OTHER_VERSION.rglob("message.xml"))

    result = run("read", file)

    assert result.exit_code == 0
    assert "AppRec 1.1, status 2 Avvist" in result.stdout
    assert "T10 Støtter ikke meldingsformatet" in result.stdout


def test_a_receipt_is_shown_with_its_status_and_never_answered():
    file = next((GOLDEN / "APPREC/1.1").rglob("message.xml"))

    (card,) = cards(run("read", file, "--json"))

    assert card["receipts"] == []
    assert card["no_receipt"] == "a receipt is never answered"
    assert card["is_receipt"]["answers"]


def test_no_national_id_and_no_name_reach_the_terminal_unless_asked_for():
    quiet, loud = run("read", DISCHARGE), run("read", DISCHARGE, "--show-patient")
    (card,) = cards(run("read", DISCHARGE, "--json"))
    text = DISCHARGE.read_text()

    assert NATIONAL_ID in text
    assert NATIONAL_ID not in quiet.stdout + json.dumps(card)
    assert card["patient"]["identifier_types"] == ["FNR"]
    assert NATIONAL_ID in loud.stdout


def test_services_of_our_own_decide_who_answers():
    (ours,) = cards(run("read", DISCHARGE, "--json"))
    her = ours["receivers"][0]
    own = f"{her['her_id']}/{her['service_her_id']}"

    (everything,) = cards(run("read", DISCHARGE, "--json", "--services", f"{own}=*"))
    (narrow,) = cards(run("read", DISCHARGE, "--json", "--services", f"{own}=LOG_INNLAGT"))
    (foreign,) = cards(run("read", DISCHARGE, "--json", "--services", "1/2=*"))

    assert [[r["status"] for r in card["receipts"]] for card in (everything, narrow, foreign)] == [
        ["1"],
        ["2"],
        [],
    ]
    assert [[e["code"] for e in r["errors"]] for r in narrow["receipts"]] == [["T10"]]
    assert foreign["no_receipt"] == "no receiver named in it is ours"


def test_an_emergency_referral_is_shown_with_the_status_that_it_always_gets(tmp_path: Path):
    row = next(r for r in LETTERS if r.type == "HENVISNING")
    made = letter(row, 3, share=1.0)
    told = {}
    for priority in ("0", "N"):
        asked = made.serv_req.req_serv
        asked = changed(asked, priority=changed(asked.priority, v=priority))
        whole = changed(made, msg_id="1", serv_req=changed(made.serv_req, req_serv=asked))
        file = tmp_path / f"{priority}.xml"
        file.write_bytes(render(whole, row.edition))
        (card,) = cards(run("read", file, "--json"))
        told[priority] = (card["receipt"]["status"], "E10" in card["receipt"]["errors"])

    assert told == {"0": ("1", False), "N": ("2", True)}


def test_a_personal_signature_is_held_to_what_it_signs(tmp_path: Path):
    for name, data in (
        ("good", signed()),
        ("bad", signed().replace(b"2026-03-01", b"2026-03-02", 1)),
    ):
        (tmp_path / f"{name}.xml").write_bytes(data)

    bad, good = cards(run("read", tmp_path, "--json"))
    assert good["receipt"]["errors"] == []
    assert bad["receipt"]["errors"] == ["S01"]


def test_trust_that_cannot_be_read_is_told(tmp_path: Path):
    result = run("read", DISCHARGE, "--trust", tmp_path)

    assert result.exit_code == 2
    assert "HUB_SIGNATURE_TRUST_DIR holds no certificate" in result.stderr


def test_services_that_cannot_be_read_are_refused():
    result = run("read", DISCHARGE, "--services", "nonsense")

    assert result.exit_code == 2
    assert "organisation/service=types" in result.stderr


def test_the_xml_of_the_receipt_stands_alone_on_standard_output():
    result = run("read", DISCHARGE, "--receipt")

    root = xml.parse(result.stdout.encode())
    assert result.exit_code == 0
    assert ROOTS[root.tag] == "1.1"


def test_a_folder_is_walked_and_summed_up(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.XML").write_bytes(DISCHARGE.read_bytes())
    (tmp_path / "b.xml").write_bytes(DISCHARGE.read_bytes())
    (tmp_path / "notes.txt").write_text("no message")

    result = run("read", tmp_path)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "2 files; receipts: 2 of status 1"


@pytest.mark.parametrize(
    "data", [b"", b"not xml", b"<a/>", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", b"\xff\xfe<"]
)
def test_a_file_that_is_no_message_is_told_and_gives_status_1(data: bytes, tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(data)
    (tmp_path / "b.xml").write_bytes(DISCHARGE.read_bytes())

    result = run("read", tmp_path)

    assert result.exit_code == 1
    assert "quarantine" in result.stdout
    assert "1 of status 1" in result.stdout
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_does_not_stop_the_others(tmp_path: Path):
    result = run("read", tmp_path / "gone.xml", DISCHARGE)

    assert result.exit_code == 1
    assert "cannot be opened (No such file or directory)" in result.stderr
    assert "status 1 OK" in result.stdout


def test_in_the_array_every_file_that_was_named_has_its_place(tmp_path: Path):
    result = run("read", "--json", tmp_path / "gone.xml", DISCHARGE)

    read, gone = json.loads(result.stdout)
    assert read["receipt"] == {"version": "1.1", "status": "1", "errors": []}
    assert gone["file"].endswith("gone.xml")
    assert [p["detail"] for p in gone["problems"]] == ["The file cannot be opened"]
    assert (gone["readable"], gone["receipt"]) == (False, None)


def test_names_in_a_file_cannot_steer_the_terminal(tmp_path: Path):
    file = tmp_path / "a.xml"
    file.write_text(DISCHARGE.read_text().replace("Lungesykdommer", "Lunge\x9b31m\u202esykdommer"))

    result = run("read", file)

    assert "\x9b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_schemas_are_copied_only_when_they_are_as_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = tmp_path / "archive"
    source.mkdir()
    (source / "renamed.xsd").write_bytes(b"<right/>")
    (source / "Changed.xsd").write_bytes(b"<changed/>")
    sums = {"Right.xsd": sha256(b"<right/>").hexdigest(), "Changed.xsd": "0" * 64}
    monkeypatch.setattr("hub.cli.emessage_schemas.SUMS", sums)

    result = run("schemas", "install", tmp_path / "to", "--from", source)

    assert result.exit_code == 1
    assert [p.name for p in (tmp_path / "to").iterdir()] == ["Right.xsd"]
    assert "missing    Changed.xsd" in result.stdout


def test_a_complete_folder_of_schemas_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "Right.xsd").write_bytes(b"<right/>")
    sums = {"Right.xsd": sha256(b"<right/>").hexdigest()}
    monkeypatch.setattr("hub.cli.emessage_schemas.SUMS", sums)

    right = run("schemas", "check", tmp_path)
    (tmp_path / "Right.xsd").write_bytes(b"<wrong/>")
    wrong = run("schemas", "check", tmp_path, "--json")

    assert [right.exit_code, wrong.exit_code] == [0, 1]
    assert f"HUB_EMESSAGE_SCHEMAS={tmp_path}" in right.stdout
    assert json.loads(wrong.stdout)["different"] == ["Right.xsd"]


def test_every_sum_is_a_sha_256():
    assert len(SUMS) > 50
    assert all(len(digest) == 64 and int(digest, 16) for digest in SUMS.values())


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["read", "--help"],
        ["schemas", "install", "--help"],
        ["schemas", "check", "--help"],
    ],
)
def test_every_command_shows_an_example(command: list[str]):
    assert "\n  Example:\n    hub emessage" in run(*command).stdout


def test_the_json_of_a_file_has_the_fields_that_programs_rely_on():
    (card,) = cards(run("read", DISCHARGE, "--json"))

    wanted = {
        "file",
        "type",
        "namespace",
        "message_id",
        "sender",
        "receivers",
        "problems",
        "receipt",
    }
    assert wanted <= card.keys()
    assert {"version": "1.1", "status": "1", "errors": []} == card["receipt"]


def test_a_refused_file_tells_severity_code_path_and_the_code_of_its_receipt():
    (card,) = cards(run("read", GOLDEN / "LOG_INNLAGT/1.6/schema-invalid/message.xml", "--json"))

    (problem,) = card["problems"]
    assert ("error", "SCHEMA_INVALID", "T02") == (
        problem["severity"],
        problem["code"],
        problem["error"],
    )
    assert problem["where"].startswith("/")
    assert {"version": "1.1", "status": "2", "errors": ["T02"]} == card["receipt"]


def test_what_is_edited_in_the_bundle_of_a_message_stands_in_the_message_that_is_written(tmp_path):
    read = run("read", DISCHARGE, "--bundle")
    bundle = tmp_path / "bundle.json"
    bundle.write_text(read.stdout, encoding="utf-8")

    again = run("write", bundle)
    assert xml.canonical(DISCHARGE.read_bytes()) == xml.canonical(again.stdout_bytes)

    found = json.loads(read.stdout)
    patient = next(
        e["resource"] for e in found["entry"] if e["resource"]["resourceType"] == "Communication"
    )
    text = json.dumps(found).replace(
        patient["identifier"][0]["value"], "f0000000-0000-4000-8000-000000000001"
    )
    bundle.write_text(text, encoding="utf-8")
    assert b"f0000000-0000-4000-8000-000000000001" in run("write", bundle).stdout_bytes


def test_a_bundle_that_holds_no_message_is_refused(tmp_path):
    bundle = tmp_path / "bundle.json"
    bundle.write_text('{"resourceType":"Bundle","type":"collection"}', encoding="utf-8")

    said = run("write", bundle)
    assert 1 == said.exit_code
    assert "holds no Communication" in said.stderr


RECEIPTS = sorted((GOLDEN / "APPREC").rglob("message.xml"))


def test_receipts_go_through_fhir_and_back_like_any_message():
    said = run("roundtrip", *RECEIPTS, "--json")

    assert [] == [card for card in json.loads(said.stdout) if not card["equal"]]
    assert (0, len(RECEIPTS)) == (said.exit_code, len(json.loads(said.stdout)))


def test_the_bundle_of_a_receipt_is_written_in_the_version_that_is_asked_for(tmp_path):
    (old,) = (path for path in RECEIPTS if "1.0" in path.parts)
    bundle = tmp_path / "receipt.json"
    bundle.write_text(run("read", old, "--bundle").stdout, encoding="utf-8")

    again = run("write", bundle, "--standard", "AppRec 1.0").stdout_bytes
    newest = run("write", bundle).stdout_bytes
    unknown = run("write", bundle, "--standard", "AppRec 3")

    assert xml.canonical(old.read_bytes()) == xml.canonical(again)
    assert b"http://www.kith.no/xmlstds/apprec/2012-02-15" in newest
    assert (1, True) == (unknown.exit_code, "AppRec 3" in unknown.stderr)


def test_a_partner_gets_the_edition_that_the_settings_say(tmp_path, monkeypatch):
    bundle = tmp_path / "discharge.json"
    bundle.write_text(run("read", DISCHARGE, "--bundle").stdout, encoding="utf-8")
    (told,) = json.loads(run("read", DISCHARGE, "--json").stdout)
    receiver = told["receivers"][0]["service_her_id"]
    newest = run("write", bundle).stdout_bytes
    monkeypatch.setenv("HUB_PARTNER_EDITIONS", f"{receiver}=PLO 1.5")
    theirs = run("write", bundle).stdout_bytes
    asked = run("write", bundle, "--standard", "PLO 1.6").stdout_bytes
    monkeypatch.setenv("HUB_PARTNER_EDITIONS", "999=PLO 1.5")
    others = run("write", bundle).stdout_bytes

    assert newest == asked == others
    assert theirs != newest
    assert theirs == run("write", bundle, "--standard", "PLO 1.5").stdout_bytes


def test_a_partner_with_an_edition_that_is_none_is_told(tmp_path, monkeypatch):
    bundle = tmp_path / "discharge.json"
    bundle.write_text(run("read", DISCHARGE, "--bundle").stdout, encoding="utf-8")
    monkeypatch.setenv("HUB_PARTNER_EDITIONS", "8093210=PLO 2.0")
    said = run("write", bundle)

    assert (1, True) == (said.exit_code, "PLO 1.6 or PLO 1.5" in said.stderr)


def test_a_message_is_printed_as_a_page_for_people():
    result = run("read", DISCHARGE, "--html")
    page = read_page_text(result.stdout_bytes)

    assert result.exit_code == 0
    assert page.headings[0] == (1, "Utskrivningsrapport")
    assert lost(DISCHARGE.read_bytes(), page) == []


def test_several_messages_make_one_page_and_each_has_its_title(tmp_path):
    (tmp_path / "a.xml").write_bytes(DISCHARGE.read_bytes())
    (tmp_path / "b.xml").write_bytes(b"<no")

    result = run("read", tmp_path, "--html")
    titles = [text for level, text in read_page_text(result.stdout_bytes).headings if level == 1]

    assert titles == ["Utskrivningsrapport", "Filen kan ikke leses"]
    assert (result.exit_code, result.stderr) == (
        1,
        f"{tmp_path / 'b.xml'}: is no message that can be answered\n",
    )


def test_a_page_of_a_file_that_is_not_there_fails(tmp_path):
    result = run("read", tmp_path / "none.xml", "--html")

    assert result.exit_code == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments", [("read",), ("read", "--bundle"), ("read", "--html"), ("roundtrip",)]
)
def test_a_folder_without_messages_is_told(arguments: tuple[str, ...], tmp_path: Path):
    result = run(*arguments, tmp_path)

    assert result.exit_code == 1
    assert f"{tmp_path}: there is no .xml file in it" in result.output
