"""A line of a form for a code that FHIR has a coarser code for.

Source: http://hl7.org/fhir/R4/terminologies.html (required bindings).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.emessage.datatypes import CS
from hub.mapping.both_ways.form import Eye, Line, Pen, Put, where
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Place, Sheet


class Coarse:
    """A code that FHIR has a coarser code for: both stand there, and the sender's is believed while they agree.

    Shape: `table` is code → FHIR code; `otherwise` the FHIR code of every other; `back` names the code to send when the
    FHIR code was changed, `path` is where the FHIR code stands, `kept` where the sender's.
    """

    def __init__(
        self,
        name: str,
        path: str,
        table: Mapping[str, Any],
        otherwise: Any = None,
        *,
        kept: str = "",
        back: Mapping[Any, Any] | None = None,
    ) -> None:
        self.name, self.path, self.table, self.otherwise = name, path, table, otherwise
        self.kept, self.back = kept, back

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        kept = At(self.name, self.kept).bind(cls, fhir, base)
        inverse: dict[Any, CS] = {}
        for code, fhir_code in self.table.items():
            inverse.setdefault(fhir_code, CS(v=code))
        spot, back = where(fhir, self.path, base), {**inverse, **(self.back or {})}
        put = self._put(kept, spot, back)
        return _CoarseLine(kept, spot, self.table, self.otherwise, back, fhir.__name__, put)

    def _put(self, kept: Line, spot: Place, back: Mapping[Any, Any]) -> Put:
        """Where the sender's code stands, where the FHIR code, and the codes to send back → what puts both."""
        keep, name, table, otherwise = kept.part, self.name, self.table, self.otherwise
        assert keep is not None
        enter, field = spot.owner_to_fill, spot.name

        def put(value: Any, sheet: Sheet, pen: Pen) -> None:
            here = getattr(value, name)
            code = otherwise if here is None else table.get(here.v, otherwise)
            if here is not None and (code == otherwise or here != back.get(code)):
                keep(here, sheet, pen)
            if code is not None:
                enter(sheet)[field] = code

        return put


@dataclass(frozen=True, slots=True)
class _CoarseLine:
    kept: Line
    place: Place
    table: Mapping[str, Any]
    otherwise: Any
    back: Mapping[Any, Any]
    owner: str
    put: Put
    part: None = None
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.kept.names

    def _fhir(self, value: Any) -> Any:
        return self.otherwise if value is None else self.table.get(value.v, self.otherwise)

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        self.kept.get(struct, eye, found)
        owner = self.place.owner(struct)
        code = getattr(owner, self.place.name) if owner is not None else None
        if code != self._fhir(found.get(self.names[0])) and code in self.back:
            found[self.names[0]] = self.back[code]

    def told(self) -> Iterable[tuple[str, str]]:
        for element, path in self.kept.told():
            yield element, f"{self.owner}.{self.place.path}, {path}"
