"""The documentation says what the tables say: settings, problems, routes, search parameters, message types, commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from hub.cli import COMMANDS
from hub.emessage.message_types import MESSAGE_TYPES
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.routes import OPERATIONS, ROUTES
from hub.fhir.search.definitions import refused_parameters, search_parameters
from hub.problems import ProblemCode
from hub.settings import TABLE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"


def page(name: str) -> str:
    """A reference page → its text."""
    return (REFERENCE / name).read_text()


def test_the_generated_pages_are_current() -> None:
    command = [sys.executable, "tools/reference_pages.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_of_the_dialogue_mapping_is_current() -> None:
    command = [sys.executable, "-m", "tools.mapping_pages", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_of_the_mapping_of_letters_is_current() -> None:
    command = [sys.executable, "-m", "tools.letter_pages", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_setting_is_documented() -> None:
    text = page("settings.md")
    for setting in TABLE:
        assert f"| `{setting.name}` |" in text
        assert setting.meaning


def test_every_setting_the_code_names_is_in_the_table() -> None:
    known = {setting.name for setting in TABLE}
    for path in (ROOT / "hub").rglob("*.py"):
        text = path.read_text()
        named = {*re.findall(r'"(HUB_[A-Z_]+)"', text), *re.findall(r"\b(HUB_[A-Z_]+)=", text)}
        assert named <= known, path


def test_every_problem_code_has_a_heading_and_says_what_to_do() -> None:
    text = page("problems.md")
    parts = dict(re.findall(r"^## (\S+)\n\n(.+)$", text, re.MULTILINE))
    assert list(parts) == [code.name.lower().replace("_", "-") for code in ProblemCode]
    assert all(meaning.endswith(".") for meaning in parts.values())


def test_every_problem_code_tells_whose_fault_it_is_and_how_it_is_answered() -> None:
    for block in page("problems.md").split("\n## ")[1:]:
        for fact in ("HTTP status: ", "FHIR issue type: ", "to blame: ", "receipt: "):
            assert fact in block


def test_every_route_and_operation_is_documented() -> None:
    text = page("fhir.md")
    for route in ROUTES:
        path = f"/fhir/{route.shape}".rstrip("/")
        assert f"| {route.method} | `{path}` |" in text
    for (kind, name), row in OPERATIONS.items():
        assert row.on_type is None or f"`/fhir/{kind}/{name}`" in text
        assert row.on_one is None or f"`/fhir/{kind}/[id]/{name}`" in text


def test_every_search_parameter_is_documented() -> None:
    text = page("search.md")
    for kind in RESOURCE_TYPES:
        for name in (*search_parameters(kind), *refused_parameters(kind)):
            assert f"`{name}`" in text


def test_every_message_type_is_documented() -> None:
    text = page("message-types.md")
    for row in MESSAGE_TYPES:
        assert f"`{row.namespace}`" in text
        assert row.type in text


def test_every_command_is_documented_somewhere() -> None:
    whole = "\n".join(p.read_text() for p in [*DOCS.rglob("*.md"), ROOT / "README.md"])
    for name in COMMANDS:
        assert f"hub {name}" in whole, name


def test_every_decision_has_a_number_of_its_own_and_carries_it() -> None:
    numbers: list[str] = []
    for path in sorted((DOCS / "adr").glob("*.md")):
        numbers.append(path.name[:4])
        assert re.match(rf"# {numbers[-1]} \S", path.read_text()), path.name
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_where_the_command_lies_is_told_before_it_is_used() -> None:
    for path in (ROOT / "README.md", DOCS / "index.md", DOCS / "how-to" / "tokens.md"):
        assert 'export PATH="$PWD/.venv/bin:$PATH"' in path.read_text(), path


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_the_index_leads_to_every_page() -> None:
    index = (DOCS / "index.md").read_text()
    found = {p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md")} - {"index.md"}
    pages = {name for name in found if not name.startswith("adr/")}
    assert {name for name in pages if f"({name})" not in index} == set()


def test_every_link_between_pages_leads_somewhere() -> None:
    for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"
