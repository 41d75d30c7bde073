"""Rules that hold because of how the code is written, or of which settings there are: read from the sources themselves.

Source: security README §9; smart.md §4; xml-and-message-security.md §1, §6.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from hub.emessage import xml
from hub.emessage.schemas import compile_schemas
from hub.problems import HubError, ProblemCode
from hub.settings import TABLE, SettingsError, read_settings
from tests.security.conftest import Town
from tests.tokens import AUDIENCE, ISSUER

ROOT: Final = Path(__file__).resolve().parents[2]
PARSERS: Final = re.compile(
    r"\b(?:etree|lxml|expat|pyexpat|objectify|minidom|ElementTree|defusedxml|xmltodict|xml\.dom|xml\.sax|XMLParser|iterparse)\b"
)
GATES: Final = {
    "hub/emessage/xml.py": "bytes of messages",
    "hub/emessage/schemas.py": "the official schemas, from a folder of ours; documents come parsed by the gate",
    "hub/emessage/xml_c14n.py": "writes the canonical form of what was parsed",
    "hub/fhir/xml_gate.py": "bytes of FHIR XML",
}


def sources(having: str = "") -> Iterator[tuple[str, ast.Module]]:
    """A name → the modules that have it somewhere in their text."""
    for path in sorted((ROOT / "hub").rglob("*.py")):
        if "models/r4" not in path.as_posix() and having in (text := path.read_text("utf-8")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(text)


def names(tree: ast.Module) -> Iterator[str]:
    """A module → each name that it imports, calls or reads an attribute of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name for alias in node.names)
            yield getattr(node, "module", "") or ""
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id


def test_only_the_gates_parse_xml() -> None:
    found = {path for path, tree in sources() if any(PARSERS.search(name) for name in names(tree))}
    assert found == {*GATES}
    for path in GATES:
        text = (ROOT / path).read_text("utf-8")
        for never in (
            "collect_ids",
            "load_dtd=True",
            "no_network=False",
            "include(",
            "XSLT(",
            "recover=True",
        ):
            assert never not in text
        assert "resolve_entities=True" not in text or path == "hub/emessage/schemas.py"
        assert text.count("XMLParser(") == text.count("resolvers.add(") + text.count(
            "    refuse_outside(parser)\n"
        ) - (path == "hub/emessage/xml.py")


def test_a_schema_file_brings_in_no_file_from_elsewhere(tmp_path: Path) -> None:
    """The official ones have entities of their own, so that these are read; what lies outside the set is not."""
    secret = tmp_path / "secret"
    secret.write_text("hemmelig")
    schema = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="{}"/></xs:schema>'
    )
    for inside, name in (
        ('<!ENTITY e SYSTEM "file://{}">', "&e;"),
        ('<!ENTITY % e SYSTEM "file://{}"> %e;', "a"),
    ):
        document = f"<!DOCTYPE xs:schema [{inside.format(secret)}]>{schema.format(name)}".encode()
        with pytest.raises(HubError) as caught:
            compile_schemas({"a.xsd": document})
        assert "hemmelig" not in str(caught.value)


@pytest.mark.parametrize("many", [64, 65, 5000])
def test_more_attributes_than_anybody_writes_are_refused(many: int) -> None:
    said = " ".join(f'a{n}="x"' for n in range(many))
    document = f"<a><b {said}/></a>".encode()
    if many == 64:
        assert len(next(iter(xml.parse(document))).items()) == many
        return
    with pytest.raises(HubError) as caught:
        xml.parse(document)
    assert caught.value.problems[0].code is ProblemCode.TOO_LARGE


def test_every_text_of_a_page_is_escaped_by_one_module() -> None:
    """Mark-up is made of texts in hub/html.py; elsewhere only of what stands in the code."""
    found = [
        f"{path}: {ast.unparse(node)}"
        for path, tree in sources("Html")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Html"
        and path != "hub/html.py"
    ]
    assert sorted(found) == [
        "hub/api/pages/layout.py: Html(f'<style>{STYLE}</style>')",
        """hub/api/pages/simulation_chart.py: Html(chart.text.replace('<svg', f'<svg width="{WIDTH}" height="{HEIGHT}"', 1))""",
        "hub/api/pages/simulation_chart.py: Html(f'<style>{_STYLE}</style>')",
        "hub/emessage/page/alone.py: Html(f'<style>{_STYLE}</style>')",
        "hub/emessage/page/message.py: Html('')",
    ]


def test_no_setting_takes_away_what_protects_in_production() -> None:
    """Each setting of the table, at each word that could switch something off: it is refused, or nothing of this changes."""
    production = {
        "HUB_MODE": "production",
        "HUB_HELSEID_ISSUER": ISSUER,
        "HUB_HELSEID_AUDIENCE": AUDIENCE,
        "HUB_BASE_URL": "https://hub.example/fhir",
    }
    protected = (
        "mode",
        "dev_open",
        "issuer",
        "audience",
        "cors_origins",
        "allowed_hosts",
        "base_url",
    )
    plain = read_settings(production)
    assert not plain.dev_open
    for setting in TABLE:
        if setting.name in production:
            continue
        for word in ("no", "off", "0", "false", "none", "yes", "*", "disabled", "insecure"):
            try:
                made = read_settings({**production, setting.name: word})
            except SettingsError:
                continue
            if setting.name == "HUB_ALLOWED_HOSTS":
                assert made.allowed_hosts == {
                    word
                }  # a name, whatever it looks like: no sign stands for all
                continue
            assert [getattr(made, name) for name in protected] == [
                getattr(plain, name) for name in protected
            ], setting.name
    doubtful = re.compile(
        r"VERIFY|INSECURE|SKIP|DISABLE|NO_|WITHOUT|UNSAFE|DEBUG|TRUST_PROXY|AUDIT"
    )
    assert [s.name for s in TABLE if doubtful.search(s.name)] == [
        "HUB_I_ACCEPT_INSECURE_DEVELOPMENT"
    ]


def test_the_container_runs_with_the_least_it_needs() -> None:
    image = (ROOT / "docker/Dockerfile").read_text("utf-8").split("FROM ")[-1]
    assert re.search(r"^USER (?!root|0)", image, re.MULTILINE)
    assert "--require-hashes" in (ROOT / "docker/Dockerfile").read_text("utf-8")
    compose = (ROOT / "docker/compose.yaml").read_text("utf-8")
    hub = compose.partition("services:")[0]
    for least in ("read_only: true", "no-new-privileges:true", 'cap_drop: ["ALL"]'):
        assert least in hub
    assert "privileged: true" not in compose
    assert '"127.0.0.1:8000:8000"' in compose


@pytest.mark.parametrize(
    "path",
    [
        "introspect",
        "revoke",
        "register",
        "authorize",
        "par",
        "device_authorization",
        "userinfo",
        "",
        "token/",
        "token/x",
        "..%2ftoken",
    ],
)
def test_nothing_else_answers_beside_the_token_endpoint(
    make_town: Callable[..., Town], path: str
) -> None:
    town = make_town()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for method in ("GET", "POST"):
        answer = town.client.request(
            method,
            f"/oauth/{path}",
            b"grant_type=password&username=a&password=b" if method == "POST" else None,
            headers=form,
        )
        assert answer.status_code in (401, 404, 405)
        assert "access_token" not in answer.text
