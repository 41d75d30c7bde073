"""A line of a form for a class that is spread in the FHIR struct of its parent.

Source: style.md §2.1 (tables are walked).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.emessage.table import Field
from hub.fhir.models.r4.datatypes import Extension
from hub.mapping.both_ways.form import (
    SENT_EMPTY,
    Eye,
    Line,
    Pen,
    Put,
    Spec,
    Written,
    bind_all,
    build,
    field_of,
    put_alone,
    says_nothing,
    write_out,
)
from hub.mapping.both_ways.script import Script
from hub.mapping.both_ways.sheet import Sheet, add_extension


class Inline:
    """A class spread in the struct of its parent."""

    def __init__(self, name: str, *specs: Spec) -> None:
        self.name, self.specs = name, specs

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        line = field_of(cls, self.name)
        kind = line.kinds[0][1]
        lines = bind_all(kind, fhir, self.specs, base)
        written = _written(line, kind, lines)
        return _InlineLine(line, kind, lines, put_alone(written), written)


def _written(line: Field, kind: type, lines: tuple[Line, ...]) -> Written:
    """A field that is spread, and the lines of its class → what writes out how it is put."""
    element, optional = line.kinds[0][0], not line.least

    def mark(sheet: Sheet) -> None:
        add_extension(sheet, Extension(url=SENT_EMPTY, valueCode=element))

    def written(script: Script, here: str, depth: int) -> None:
        write_out(kind, lines, script, here, depth)
        if optional:
            script.add(depth, f"if {script.name(says_nothing)}({here}):")
            script.add(depth + 1, f"{script.name(mark)}(sheet)")

    return written


@dataclass(frozen=True, slots=True)
class _InlineLine:
    field: Field
    kind: type
    lines: tuple[Line, ...]
    part: Put
    written: Written

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field.name,)

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        here = getattr(value, self.field.name)
        if here is not None:
            self.part(here, sheet, pen)

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        inner: dict[str, Any] = {}
        for line in self.lines:
            line.get(struct, eye, inner)
        empty = any(
            e.url == SENT_EMPTY and e.valueCode == self.field.kinds[0][0] for e in struct.extension
        )
        if empty or self.field.least or any(v not in (None, ()) for v in inner.values()):
            found[self.field.name] = build(self.kind, inner)

    def told(self) -> Iterable[tuple[str, str]]:
        for line in self.lines:
            for element, path in line.told():
                yield f"{self.field.kinds[0][0]}/{element}", path
