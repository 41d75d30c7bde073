"""Every small change to an XML document: what is dropped, repeated, moved, renamed, retyped, added, one at a time.

Deterministic: the same document gives the same mutations in the same order.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree  # noqa: TID251 mutates below the gate # pyright: ignore[reportAttributeAccessIssue] no types

XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
XML: Final = "{http://www.w3.org/XML/1998/namespace}"
FOREIGN: Final = "{urn:x}"

# Texts that probe the lexical spaces of XML Schema: each is inside one of them and outside others.
VALUES: Final = (
    *(
        "x",
        "",
        " ",
        "0",
        "1",
        "-5",
        "+3",
        "007",
        " 7 ",
        "1.",
        ".5",
        "-.5",
        "+.",
        "1e5",
        "1E-5",
        "1.5.2",
    ),
    *(
        "9" * 18,
        "9" * 19,
        "NaN",
        "INF",
        "-INF",
        "INF ",
        "٣",
        "true",
        "false",
        "TRUE",
        " true",
        "N ",
        "a  b",
    ),
    *("2026", "0000", "-2026", "12026", "2026Z", "2026-05", "2026-13", "2026-05-32", "2026-02-29"),
    *(
        "2024-02-29",
        "2026-01-31",
        " 2026-01-31",
        "2026-01-31Z",
        "2026-01-31+14:00",
        "2026-01-31+14:01",
    ),
    *("2026-01-31T10:00:00", "2026-01-31T10:00", "2026-01-31T24:00:00", "2026-01-31T24:00:01"),
    *(
        "2026-01-31T10:00:60",
        "2026-01-31T10:00:00.",
        "2026-01-31T10:00:00.123456789",
        "2026-01-31t10:00:00",
    ),
    *(
        "2026-01-31T10:00:00+15:00",
        "2026-01-31T10:00:00-00:00",
        "2026-01-31 10:00:00",
        "10:00:00",
        "--05-01",
    ),
    *("31.01.2026", "20260131", "2.16.578", "2..3", ".2.16", "2.16.", "tel:73 55", "%zz", "a:b:c"),
    *(
        "http://x/[y",
        "mailto:a@b.no",
        "://",
        "t\true",
        "line\nbreak",
        "v1.2 2006-05-24",
        "EPJ dokument",
    ),
    *("QUI=", "QUJD", "QQ=", "Q!==", "<&>", "æøå😀", "A" * 3000),
)


@dataclass(frozen=True)
class Mutation:
    """One change: its kind, the number of the element in document order, what exactly, and who makes it.

    Shape: `by_bytes` when it is one that a reader meets only before parsing: comments, instructions, CDATA.
    """

    kind: str
    number: int
    detail: str
    apply: Callable[[Any], None]
    by_bytes: bool = False


@dataclass
class Planner:
    """Plans the mutations of one document after the other.

    Shape: all values are tried where an element or attribute is first met in its parent, `few` of them (others each time)
    where it is met again.
    """

    few: int = 2
    met: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def plan(self, root: Any) -> Iterator[Mutation]:
        """The root of a document → its mutations."""
        tags = sorted({element.tag for element in root.iter()})
        for number, element in enumerate(root.iter()):
            yield from _of_element(number, element, root, tags)
            yield from self._of_text(number, element)
            yield from _of_markup(number, element)
            yield from self._of_attributes(number, element)

    def _values(self, *key: str) -> tuple[str, ...]:
        times = self.met[key[0], key[1]]
        self.met[key[0], key[1]] += 1
        if not times:
            return VALUES
        start = times * self.few
        return tuple(VALUES[(start + n) % len(VALUES)] for n in range(self.few))

    def _of_text(self, number: int, element: Any) -> Iterator[Mutation]:
        parent = element.getparent()
        if len(element) or parent is None or (not element.text and element.attrib):
            return
        for value in self._values(parent.tag, element.tag):
            yield Mutation("wrong text", number, value[:40], _set_text(value))

    def _of_attributes(self, number: int, element: Any) -> Iterator[Mutation]:
        for name, old in element.items():
            yield Mutation("drop attribute", number, name, lambda e, n=name: e.attrib.pop(n))
            yield Mutation("rename attribute", number, name, _rename_attribute(name, name + "x"))
            yield Mutation(
                "rename attribute",
                number,
                f"{name} swapped case",
                _rename_attribute(name, _swapped(name)),
            )
            local = etree.QName(name).localname
            yield Mutation(
                "rename attribute",
                number,
                f"{name} elsewhere",
                _rename_attribute(name, FOREIGN + local),
            )
            if local != name:
                yield Mutation(
                    "rename attribute", number, f"{name} bare", _rename_attribute(name, local)
                )
            for value in self._values(element.tag, name):
                if value != old:
                    yield Mutation(
                        "wrong attribute",
                        number,
                        f"{name}={value[:40]}",
                        _set_attribute(name, value),
                    )


def _of_element(number: int, element: Any, root: Any, tags: list[str]) -> Iterator[Mutation]:
    def make(kind: str, detail: str, apply: Callable[[Any], None]) -> Mutation:
        return Mutation(kind, number, detail, apply)

    qname = etree.QName(element)
    other = tags[(number * 7) % len(tags)]
    if element is not root:
        yield make("drop", "", _drop)
        yield make("repeat", "twice", _repeat)
        yield make("repeat", "three times at the end", _repeat_at_end)
        if element.getnext() is not None:
            yield make("reorder", "with the next", _swap)
            yield make("reorder", "to the end", _to_end)
        if element.getprevious() is not None:
            yield make("reorder", "to the front", _to_front)
        if element.getparent() is not root:
            yield make("reorder", "out of its parent", _lift)
        yield make("stray text", "after", _set_tail("text"))
    yield make("rename", "longer", _set_tag(element.tag + "X"))
    yield make("rename", "other case", _set_tag(_swapped(element.tag)))
    yield make("rename", f"as {etree.QName(other).localname}", _set_tag(other))
    yield make("other namespace", "foreign", _set_tag(FOREIGN + qname.localname))
    yield make("other namespace", "none", _set_tag(qname.localname))
    if etree.QName(other).namespace != qname.namespace:
        yield make(
            "other namespace",
            "of another",
            _set_tag(f"{{{etree.QName(other).namespace}}}{qname.localname}"),
        )
    yield make("stray text", "before", _lead("text"))
    yield make("white space", "before", _lead("\n "))
    yield make("empty", "text and children", _empty)
    yield make("add child", "unknown", _add_child(f"{{{qname.namespace}}}Ukjent"))
    yield make("add child", "foreign", _add_child(FOREIGN + "Ukjent"))
    yield make("add child", "itself", _add_child(element.tag))
    yield make("add child", f"{etree.QName(other).localname}", _add_child(other))
    yield make("add attribute", "unknown", _set_attribute("ukjent", "1"))
    yield make("add attribute", "foreign", _set_attribute(FOREIGN + "ukjent", "1"))
    yield make("add attribute", "xml:lang", _set_attribute(XML + "lang", "nb"))
    yield make(
        "add attribute", "xsi:nil", _set_attribute(XSI + "nil", ("true", "false")[number % 2])
    )
    yield make(
        "add attribute",
        "xsi:type",
        _set_attribute(XSI + "type", ("xs:string", "CV", "")[number % 3]),
    )
    yield make(
        "add attribute", "xsi:schemaLocation", _set_attribute(XSI + "schemaLocation", "urn:x x.xsd")
    )


def _of_markup(number: int, element: Any) -> Iterator[Mutation]:
    """What XML lets stand anywhere and what is no content: it must change nothing."""
    yield Mutation("comment", number, "before", _note_before(etree.Comment), by_bytes=True)
    yield Mutation("instruction", number, "before", _note_before(_instruction), by_bytes=True)
    if element.text and not len(element):
        yield Mutation("comment", number, "within", _note_within(etree.Comment), by_bytes=True)
        yield Mutation("instruction", number, "within", _note_within(_instruction), by_bytes=True)
        yield Mutation("CDATA", number, "", _as_cdata, by_bytes=True)


def _instruction(text: str) -> Any:
    return etree.ProcessingInstruction("merk", text)


def _note_before(make: Callable[[str], Any]) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        note = make("x")
        note.tail, element.text = element.text, None
        element.insert(0, note)

    return apply


def _note_within(make: Callable[[str], Any]) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        note = make("x")
        half = len(element.text) // 2
        element.text, note.tail = element.text[:half], element.text[half:]
        element.insert(0, note)

    return apply


def _as_cdata(element: Any) -> None:
    element.text = etree.CDATA(element.text)


def mutated(root: Any, mutation: Mutation) -> Any:
    """A document and a mutation of it → the changed copy."""
    made = copy.deepcopy(root)
    for number, element in enumerate(made.iter()):
        if number == mutation.number:
            mutation.apply(element)
            return made
    raise LookupError(mutation.number)


def _swapped(name: str) -> str:
    ns, brace, local = name.rpartition("}")
    return ns + brace + local.swapcase()


def _drop(element: Any) -> None:
    element.getparent().remove(element)


def _repeat(element: Any) -> None:
    element.addnext(copy.deepcopy(element))


def _repeat_at_end(element: Any) -> None:
    for _ in range(2):
        element.getparent().append(copy.deepcopy(element))


def _swap(element: Any) -> None:
    element.addprevious(element.getnext())


def _to_end(element: Any) -> None:
    element.getparent().append(element)


def _to_front(element: Any) -> None:
    element.getparent().insert(0, element)


def _lift(element: Any) -> None:
    element.getparent().addnext(element)


def _empty(element: Any) -> None:
    attributes = dict(element.attrib)
    element.clear(keep_tail=True)
    element.attrib.update(attributes)


def _set_tail(text: str) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        element.tail = text

    return apply


def _lead(text: str) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        element.text = text + (element.text or "")

    return apply


def _set_text(text: str) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        # No document read from bytes has a text that is there and empty.
        element.text = text or None

    return apply


def _set_tag(tag: str) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        element.tag = tag

    return apply


def _add_child(tag: str) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        etree.SubElement(element, tag)

    return apply


def _set_attribute(name: str, value: str) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        element.set(name, value)

    return apply


def _rename_attribute(old: str, new: str) -> Callable[[Any], None]:
    def apply(element: Any) -> None:
        element.set(new, element.attrib.pop(old))

    return apply
