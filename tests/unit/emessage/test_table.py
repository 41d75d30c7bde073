"""The table machinery on a small vocabulary of its own, and the naming rule on all classes."""

import re
from typing import Any

import pytest

from hub.emessage import table
from hub.emessage.datatypes import CS, FORMATTED_TEXT, TS, FormattedText
from hub.emessage.msghead import MsgHead
from hub.emessage.simple_types import BOOLEAN, DATE, STRING
from hub.emessage.table import (
    SELF,
    Choice,
    Edition,
    attribute,
    block,
    many,
    maybe,
    one,
    required_attribute,
    some,
    some_of,
)
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse
from hub.problems import HubError, ProblemCode

NS = "urn:small"


@block(NS)
class Leaf:
    """A leaf."""

    marked: str = required_attribute("marked", STRING, fixed="yes")
    also: str | None = attribute("also", STRING)
    word: str = one("Word", STRING)


@block(NS)
class Twig:
    """A twig."""

    dry: bool | None = maybe("Dry", BOOLEAN)


@block(NS, may_be_empty=True)
class Trunk:
    """A trunk: all or nothing."""

    name: str | None = maybe("Name", STRING, needed=True)
    inner: Any = maybe("Trunk", SELF)


@block(
    NS,
    choices=(
        Choice(
            ("day", "leaf"),
        ),
    ),
)
class Tree:
    """A tree."""

    version: str = one("Version", STRING, fixed="v1")
    code: CS = one("Code", CS)
    when: TS | None = maybe("When", TS)
    day: str | None = maybe("Day", DATE)
    leaf: tuple[Leaf, ...] = many("Leaf", Leaf)
    mixed: tuple[Leaf | Twig, ...] = some_of(Leaf, Twig)
    trunk: Trunk | None = maybe("Trunk", Trunk)
    text: FormattedText | None = maybe("Text", FORMATTED_TEXT)
    note: tuple[str, ...] = some("Note", STRING)


def xml_of(*parts: str) -> bytes:
    return f'<Tree xmlns="{NS}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{"".join(parts)}</Tree>'.encode()


GOOD = (
    "<Version>v1</Version>",
    '<Code V="a"/>',
    "<Day>2026-01-01</Day>",
    "<Twig/>",
    "<Note>n</Note>",
)


def problems_of(*parts: str) -> list[tuple[str, str]]:
    with pytest.raises(HubError) as caught:
        parse(xml_of(*parts), Tree)
    assert {problem.code for problem in caught.value.problems} == {ProblemCode.SCHEMA_INVALID}
    return [(problem.where, problem.detail) for problem in caught.value.problems]


def test_a_valid_document_is_read_and_written_back_the_same() -> None:
    tree = parse(xml_of(*GOOD), Tree)

    assert (
        Tree(version="v1", code=CS(v="a"), day="2026-01-01", mixed=(Twig(),), note=("n",)) == tree
    )
    assert parse(render(tree), Tree) == tree


def test_members_of_a_repeated_choice_keep_their_order() -> None:
    leaf = '<Leaf marked="yes"><Word>w</Word></Leaf>'
    data = xml_of(*GOOD[:3], "<Twig/>", leaf, "<Twig><Dry>1</Dry></Twig>", "<Note/>")

    assert [type(part).__name__ for part in parse(data, Tree).mixed] == ["Twig", "Leaf", "Twig"]


def test_an_empty_element_stands_for_its_fixed_value() -> None:
    assert parse(xml_of("<Version/>", *GOOD[1:]), Tree).version == "v1"


def test_where_the_whole_sequence_is_optional_it_may_be_empty_but_not_half() -> None:
    assert parse(xml_of(*GOOD[:4], "<Trunk/>", "<Note/>"), Tree).trunk == Trunk()
    assert problems_of(*GOOD[:4], "<Trunk><Trunk/></Trunk>", "<Note/>") == [
        ("/Tree/Trunk", "A required element is missing: Name"),
    ]


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ((), "/Tree"),
        (GOOD[1:], "/Tree"),
        ((*GOOD, "<Note/>", "<Twig/>"), "/Tree/Twig[2]"),
        ((GOOD[0], GOOD[0], *GOOD[1:]), "/Tree/Version[2]"),
        ((GOOD[1], GOOD[0], *GOOD[2:]), "/Tree/Version"),
        ((*GOOD, "<Other/>"), "/Tree/Other"),
        ((*GOOD, "text"), "/Tree"),
        (("text", *GOOD), "/Tree"),
        (("&#160;", *GOOD), "/Tree"),
        (("<Version>v2</Version>", *GOOD[1:]), "/Tree/Version"),
        (("<Version a='1'>v1</Version>", *GOOD[1:]), "/Tree/Version"),
        ((GOOD[0], "<Code X='1'/>", *GOOD[2:]), "/Tree/Code"),
        ((GOOD[0], "<Code> </Code>", *GOOD[2:]), "/Tree/Code"),
        ((GOOD[0], "<Code/>", "<When V='now'/>", *GOOD[2:]), "/Tree/When"),
        ((*GOOD[:4], "<Note><x/></Note>"), "/Tree/Note"),
        ((*GOOD[:4], "<Note a='1'/>"), "/Tree/Note"),
        ((GOOD[0], "<Code xsi:nil='false'/>", *GOOD[2:]), "/Tree/Code"),
        ((*GOOD[:2], "<Day>1.1.2026</Day>", *GOOD[3:]), "/Tree/Day"),
        ((*GOOD[:2], "<Day>2026-01-01<x/></Day>", *GOOD[3:]), "/Tree/Day"),
        ((*GOOD[:2], *GOOD[3:]), "/Tree"),
        (
            (*GOOD[:3], '<Leaf marked="yes"><Word/></Leaf>', "<Note/>", "<Day>2026-01-01</Day>"),
            "/Tree/Day[2]",
        ),
        ((*GOOD[:3], "<Leaf><Word/></Leaf>", "<Note/>"), "/Tree/Leaf"),
        ((*GOOD[:3], '<Leaf marked="no"><Word/></Leaf>', "<Note/>"), "/Tree/Leaf"),
        ((*GOOD[:4], '<Text xsi:type="a"/>', "<Note/>"), "/Tree/Text"),
    ],
)
def test_what_the_schema_refuses_is_refused_with_its_place(
    parts: tuple[str, ...], where: str
) -> None:
    assert where in [place for place, _ in problems_of(*parts)]


def test_long_white_space_between_elements_is_white_space() -> None:
    assert parse(xml_of(" " * 100, *GOOD), Tree) == parse(xml_of(*GOOD), Tree)


def test_hints_about_schema_locations_are_ignored() -> None:
    data = xml_of('<Version xsi:schemaLocation="a b">v1</Version>', *GOOD[1:])

    assert parse(data, Tree).version == "v1"


def test_another_root_is_refused() -> None:
    with pytest.raises(HubError):
        parse(b'<Bush xmlns="urn:small"/>', Tree)


def test_the_number_of_problems_is_bounded() -> None:
    assert len(problems_of("<x/>" * 200)) == 50


def test_names_in_problems_are_cut() -> None:
    assert all(len(where) < 80 for where, _ in problems_of(f"<{'x' * 500}/>"))


VALID = {"version": "v1", "code": CS(), "day": "2026-01-01", "mixed": (Twig(),), "note": ("n",)}


@pytest.mark.parametrize(
    "change",
    [
        {"version": "v2"},
        {"code": None},
        {"code": Twig()},
        {"day": None},
        {"day": "1.1."},
        {"day": 7},
        {"mixed": ()},
        {"mixed": (Trunk(),)},
        {"note": "n"},
        {"note": ()},
        {"leaf": (Leaf(marked="yes", word="w"),)},
        {"trunk": Trunk(inner=Trunk())},
    ],
)
def test_nothing_invalid_is_written(change: dict[str, Any]) -> None:
    with pytest.raises(HubError) as caught:
        render(Tree(**{**VALID, **change}))

    assert caught.value.problems[0].code is ProblemCode.OUTPUT_INVALID


def test_values_are_frozen_and_hashable() -> None:
    tree = parse(xml_of(*GOOD), Tree)

    assert hash(tree) == hash(parse(xml_of(*GOOD), Tree))
    with pytest.raises(AttributeError):
        tree.version = "v2"  # type: ignore[misc]  # the point of the test


def snake(name: str) -> str:
    for old, new in (("æ", "ae"), ("ø", "o"), ("å", "a")):
        name = name.replace(old, new)
    name = {"MIGversion": "MigVersion", "IPLOStjenestetype": "IplosTjenestetype"}.get(name, name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def classes_below(cls: type, seen: set[type]) -> set[type]:
    if cls in seen:
        return seen
    seen.add(cls)
    for field in table.table_of(cls).fields:
        for _, kind in field.kinds:
            if isinstance(kind, type):
                classes_below(kind, seen)
    return seen


def test_every_field_is_named_after_its_element_in_one_way() -> None:
    from hub.emessage.apprec import AppRec
    from hub.emessage.dialogmelding import Dialogmelding
    from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
    from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise

    seen: set[type] = set()
    for root in (MsgHead, AppRec, Dialogmelding, Pasientlogistikk, TverrfagligEpikrise):
        classes_below(root, seen)
    fields = [
        (field.name, field.kinds[0][0])
        for cls in seen
        for field in table.table_of(cls).fields
        if len(field.kinds) == 1
    ]

    assert len(seen) > 100
    assert [(name, element) for name, element in fields if name != snake(element)] == []


OLD = Edition(
    "old",
    ((NS, "urn:small:old"),),
    without=frozenset({(Leaf, "also")}),
    needed=frozenset({(Twig, "dry")}),
)


def test_another_edition_stands_in_its_own_namespace() -> None:
    leaf = Leaf(marked="yes", word="ord")

    assert b'xmlns="urn:small:old"' in render(leaf, OLD)
    assert leaf == parse(render(leaf, OLD), Leaf, OLD)
    with pytest.raises(HubError):
        parse(render(leaf, OLD), Leaf)


def test_another_edition_refuses_what_it_does_not_have_both_ways() -> None:
    with pytest.raises(HubError) as written:
        render(Leaf(marked="yes", also="x", word="ord"), OLD)
    with pytest.raises(HubError) as read:
        parse(
            b'<Leaf xmlns="urn:small:old" marked="yes" also="x"><Word>ord</Word></Leaf>', Leaf, OLD
        )

    assert [p.code for p in written.value.problems] == [ProblemCode.OUTPUT_INVALID]
    assert [p.where for p in read.value.problems] == ["/Leaf"]


def test_another_edition_asks_for_what_it_requires_both_ways() -> None:
    with pytest.raises(HubError) as written:
        render(Twig(), OLD)
    with pytest.raises(HubError) as read:
        parse(b'<Twig xmlns="urn:small:old"/>', Twig, OLD)

    assert [p.detail for p in written.value.problems] == ["Twig.dry: it is required"]
    assert [p.detail for p in read.value.problems] == ["A required element is missing: Dry"]
