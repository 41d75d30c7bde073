"""A line of a form that is written out by hand.

Source: style.md §2.1 (tables are walked; what no table can say is a function).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.mapping.both_ways.form import Eye, Line, Pen, Put, field_of
from hub.mapping.both_ways.sheet import Sheet


class Custom:
    """A line that is written out by hand.

    Shape: `to` is called with the value, the sheet and the pen, `of` with the struct and the eye and gives the fields.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        path: str,
        to: Callable[[Any, Sheet, Pen], None],
        of: Callable[[Any, Eye], Mapping[str, Any]],
    ) -> None:
        self.fields, self.path, self.to, self.of = names, path, to, of

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        del base
        elements = tuple(field_of(cls, name).kinds[0][0] for name in self.fields)
        return _CustomLine(self, elements, fhir.__name__, self.to)


@dataclass(frozen=True, slots=True)
class _CustomLine:
    spec: Custom
    elements: tuple[str, ...]
    owner: str
    put: Put
    part: None = None
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.spec.fields

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        found.update(self.spec.of(struct, eye))

    def told(self) -> Iterable[tuple[str, str]]:
        for element in self.elements:
            yield element, f"{self.owner}.{self.spec.path}"
