"""The machinery of codecs that are tables: a class lists its elements in schema order, one walker reads and writes.

Each class of a message is declared with `block(...)` and the fields `one`, `maybe`, `many`, `some`, `attribute`.
`table_parse.py` and `table_build.py` walk the tables.
Source: W3C XML Schema 1.0 part 1 §3.4.4 (element and attribute validity), part 2 (lexical forms).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar, cast, dataclass_transform

import msgspec

from hub.emessage.plain_tags import Head
from hub.emessage.xml import Element, Node

T = TypeVar("T")

Errors = list[tuple[Element, str]]
# start tag, the text after it, what comes next, depth → value, and the text after the end of the element
PlainReader = Callable[[Head, str, Iterator[str], int], tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Simple(Generic[T]):
    """A simple type of XML Schema.

    Shape: `read` gives None when the text is not in the lexical space; `write` gives the lexical form.
    """

    name: str
    read: Callable[[str], T | None]
    write: Callable[[T], str]


@dataclass(frozen=True, slots=True)
class Special(Generic[T]):
    """A content model that no table can say: it reads and writes its element itself.

    Shape: `plain` reads it from the tags of a document (`table_plain.py`), where that is worth while.
    """

    name: str
    read: Callable[[Element, Errors], T | None]
    write: Callable[[str, T], Node]
    plain: PlainReader | None = None


Kind = type[T] | Simple[T] | Special[T]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a table: which elements (or attribute) fill this field, and how often."""

    kinds: tuple[tuple[str, Any], ...]
    ns: str | None
    least: int
    many: bool
    is_attribute: bool = False
    fixed: str | None = None
    empty_means: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Fields of which at most one is filled; exactly one when `required`."""

    fields: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """The declaration of one class, in schema order.

    Shape: `may_be_empty` = the whole sequence is optional; when any of it is there the required parts must be.
    `absent` names the fields of the class that this edition of the standard does not have. `recurs` tells of a party, whose
    element comes again in other messages.
    """

    cls: type
    tag: str
    fields: tuple[Field, ...]
    choices: tuple[Choice, ...]
    may_be_empty: bool
    absent: tuple[str, ...] = ()
    recurs: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """Another edition of a standard, told by how it differs from the one that the tables are written for.

    Shape: `namespaces` pairs ours with theirs; `without` are the optional fields that it does not have, `needed` those
    that it requires, each as (class, field).
    """

    name: str
    namespaces: tuple[tuple[str, str], ...]
    without: frozenset[tuple[type, str]] = frozenset()
    needed: frozenset[tuple[type, str]] = frozenset()

    def namespace(self, ours: str) -> str:
        """A namespace of the tables → the one of this edition."""
        return dict(self.namespaces).get(ours, ours)


_TABLES: Final[dict[type, Table]] = {}
_EDITIONS: Final[dict[tuple[type, Edition], Table]] = {}
# The kind of a field that holds its own class again (an organisation in an organisation).
SELF: Final[Any] = "the class itself"


def one(
    name: str,
    kind: Kind[T],
    ns: str | None = None,
    *,
    fixed: str | None = None,
    empty_means: str | None = None,
) -> T:
    """A child element [1..1]; an empty element may stand for its fixed or default value."""
    return cast(
        "T",
        Field(((name, kind),), ns, 1, many=False, fixed=fixed, empty_means=fixed or empty_means),
    )


def maybe(name: str, kind: Kind[T], ns: str | None = None, *, needed: bool = False) -> T | None:
    """A child element [0..1]; `needed` when only the whole sequence may be left out."""
    return cast("T | None", Field(((name, kind),), ns, int(needed), many=False))


def many(name: str, kind: Kind[T], ns: str | None = None, *, needed: bool = False) -> tuple[T, ...]:
    """Child elements [0..*]; `needed` when only the whole sequence may be left out."""
    return cast("tuple[T, ...]", Field(((name, kind),), ns, int(needed), many=True))


def some(name: str, kind: Kind[T], ns: str | None = None) -> tuple[T, ...]:
    """Child elements [1..*]."""
    return cast("tuple[T, ...]", Field(((name, kind),), ns, 1, many=True))


def some_of(*kinds: type[T], ns: str | None = None) -> tuple[T, ...]:
    """Child elements [1..*] of any of these classes, each named as its class, in any order."""
    return cast(
        "tuple[T, ...]", Field(tuple((kind.__name__, kind) for kind in kinds), ns, 1, many=True)
    )


def attribute(name: str, kind: Simple[T], ns: str = "") -> T | None:
    """An optional XML attribute."""
    return cast("T | None", Field(((name, kind),), ns, 0, many=False, is_attribute=True))


def required_attribute(name: str, kind: Simple[T], ns: str = "", *, fixed: str | None = None) -> T:
    """A required XML attribute."""
    return cast("T", Field(((name, kind),), ns, 1, many=False, is_attribute=True, fixed=fixed))


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(one, some, some_of, required_attribute),
)
def block(
    ns: str,
    *,
    element: str | None = None,
    choices: tuple[Choice, ...] = (),
    may_be_empty: bool = False,
    recurs: bool = False,
) -> Callable[[type[T]], type[T]]:
    """A class of field lines → a frozen, slotted, keyword-only value class with its table."""

    def build(source: type[T]) -> type[T]:
        lines = [(name, line) for name, line in vars(source).items() if isinstance(line, Field)]
        columns = [_column(name, line, may_be_empty=may_be_empty) for name, line in lines]
        cls = msgspec.defstruct(
            source.__name__,
            # Those without a default first: the reader gives all by place, which is the fastest way there is
            sorted(columns, key=len),
            frozen=True,
            module=source.__module__,
            namespace={"__doc__": source.__doc__},
        )
        fields = tuple(_named(line, name, ns) for name, line in lines)
        tag = f"{{{ns}}}{element or source.__name__}"
        _TABLES[cls] = Table(cls, tag, fields, choices, may_be_empty, recurs=recurs)
        return cast("type[T]", cls)

    return build


def _column(name: str, line: Field, *, may_be_empty: bool) -> Any:
    if line.least and not may_be_empty:
        return (name, Any)
    return (name, Any, () if line.many else None)


def _named(line: Field, name: str, ns: str) -> Field:
    return replace(line, name=name, ns=ns if line.ns is None else line.ns)


def table_of(cls: type, edition: Edition | None = None) -> Table:
    """A class declared with `block` → its table, in another edition where one is given."""
    lines = _TABLES[cls]
    if edition is None:
        return lines
    found = _EDITIONS.get((cls, edition))
    if found is None:
        found = _EDITIONS[cls, edition] = _edited(lines, edition)
    return found


def _edited(lines: Table, edition: Edition) -> Table:
    absent = tuple(
        field.name for field in lines.fields if (lines.cls, field.name) in edition.without
    )
    fields = tuple(
        replace(
            field,
            ns=edition.namespace(field.ns or ""),
            least=1 if (lines.cls, field.name) in edition.needed else field.least,
        )
        for field in lines.fields
        if field.name not in absent
    )
    choices = tuple(
        replace(choice, fields=tuple(name for name in choice.fields if name not in absent))
        for choice in lines.choices
        if set(choice.fields) - set(absent)
    )
    ns, _, name = lines.tag[1:].partition("}")
    tag = f"{{{edition.namespace(ns)}}}{name}"
    return replace(lines, tag=tag, fields=fields, choices=choices, absent=absent)


def tag_of(cls: type, edition: Edition | None = None) -> str:
    """A class declared with `block` → the tag of its element."""
    return table_of(cls, edition).tag


def field_tag(field: Field, name: str) -> str:
    """A field and one of its XML names → the tag (or attribute name) as read and written."""
    return f"{{{field.ns}}}{name}" if field.ns else name
