"""`hub emessage read` and `schemas` over the official examples and schemas, as an operator would run them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli.emessage import emessage
from hub.cli.emessage_schemas import check_folder
from hub.emessage.large_text import parse_cut
from hub.emessage.read import read_message, read_root
from hub.emessage.read_usual import read_usual

pytestmark = pytest.mark.official

STANDARD = Path(__file__).parents[3] / "shared/standards/emessage"
EXAMPLES = STANDARD / "examples"
VERSIONS = {
    "plo-1.5": "1.0",
    "plo-1.6": "1.1",
    "dialogmelding-1.0": "1.0",
    "epikrise-1.1": "1.0",
    "epikrise-1.2": "1.1",
    "henvisning-1.0": "1.0",
    "henvisning-1.1": "1.1",
    "henvisning-2.0": "1.1",
}


def expected(file: Path) -> tuple[str, str, tuple[str, ...]]:
    version = VERSIONS[file.parent.name]
    kind = read_message(file.read_bytes()).message_type
    if kind is not None and kind.receives:
        return version, "1", ()
    return version, "2", ("T10",)


def test_every_official_example_gets_the_receipt_its_type_demands():
    result = CliRunner().invoke(
        emessage, ["read", str(EXAMPLES), "--json"], env={"HUB_OWN_SERVICES": ""}
    )
    cards = json.loads(result.stdout)
    told = {
        Path(card["file"]): {
            (r["version"], r["status"], tuple(e["code"] for e in r["errors"]))
            for r in card["receipts"]
        }
        for card in cards
    }

    assert result.exit_code == 0
    assert len(told) > 40
    assert {file: {expected(file)} for file in EXAMPLES.glob("*/*.xml")} == told
    assert all(len(card["receivers"]) >= 1 for card in cards)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/*.xml")), ids=lambda file: file.name)
def test_an_official_example_is_read_from_its_tags_and_says_the_same_from_its_tree(file: Path):
    data = file.read_bytes()
    from_tags = read_usual(data, lambda _: True)

    assert from_tags is not None
    root, large = parse_cut(data)
    assert from_tags == read_root(root, lambda _: True, large)


def test_the_official_schemas_are_those_of_the_table_and_agree_with_the_examples(tmp_path: Path):
    runner = CliRunner()
    installed = runner.invoke(
        emessage, ["schemas", "install", str(tmp_path / "xsd"), "--from", str(STANDARD / "xsd")]
    )
    read = runner.invoke(
        emessage, ["read", str(EXAMPLES), "--json", "--schemas", str(tmp_path / "xsd")]
    )

    assert (installed.exit_code, read.exit_code) == (0, 0)
    assert check_folder(tmp_path / "xsd").complete
    assert {card["schema_problems"] == [] for card in json.loads(read.stdout)} == {True}
