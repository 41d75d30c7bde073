"""Values of token parameters → index entries.

Source: http://hl7.org/fhir/R4/search.html#token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.fhir.search.contact import contact_key
from hub.fhir.search.entry import Extraction, IndexEntry, there
from hub.fhir.search.query import OF_TYPE

Leaf = Callable[[Any, Extraction, int], None]
"""A value that is there, the extraction, and the slot it stands in → entries in the extraction."""


def token_leaf(param: str, kind: str) -> Leaf:
    """A token parameter and the FHIR type it finds → what makes entries of a value."""
    match kind:
        case "CodeableConcept":
            return _concept(param)
        case "Identifier":
            return _identifier(param)
        case "Coding":
            return _coding(param)
        case "ContactPoint":
            return _contact(param)
        case "boolean":
            return _boolean(param)
        case "string":
            return _string(param)
        case _:
            return _code(param)


def _concept(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        text, told = value.text, value.text is None
        if len(value.coding) > 1:
            run.many = True
        empty = told
        for coding in value.coding:
            if coding.code is None and coding.system is None and coding.display is None:
                continue
            shown = coding.display or text
            told = told or shown == text
            empty = False
            run.found.append(
                IndexEntry(param, "token", coding.system, coding.code, shown, slot=slot)
            )
        if not told:
            run.found.append(IndexEntry(param, "token", text=text, slot=slot))
        elif empty:
            run.found.append(there(param, slot))

    return leaf


def _coding(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        entry = IndexEntry(param, "token", value.system, value.code, value.display, slot=slot)
        run.found.append(entry)

    return leaf


def _identifier(param: str) -> Leaf:
    typed = OF_TYPE.format(param=param)

    def leaf(value: Any, run: Extraction, slot: int) -> None:
        kind = value.type
        text = None if kind is None else kind.text
        run.found.append(IndexEntry(param, "token", value.system, value.value, text, slot=slot))
        if value.value is not None:
            for coding in kind.coding if kind is not None else ():
                run.many = True
                if coding.code is not None:
                    both = f"{coding.code}|{value.value}"
                    run.found.append(IndexEntry(typed, "token", coding.system, both))

    return leaf


def _contact(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        code = None if value.value is None else contact_key(value.value)
        run.found.append(IndexEntry(param, "token", value.system, code, slot=slot))

    return leaf


def _string(param: str) -> Leaf:
    """A text that is looked for as a whole: "if the underlying data type is string then the search is not case sensitive"."""

    def leaf(value: Any, run: Extraction, slot: int) -> None:
        run.found.append(IndexEntry(param, "token", None, value.casefold(), slot=slot))

    return leaf


def _boolean(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        code = "true" if value else "false"
        run.found.append(IndexEntry(param, "token", None, code, slot=slot))

    return leaf


def _code(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        run.found.append(IndexEntry(param, "token", None, str(value), slot=slot))

    return leaf


def deceased(patient: Any) -> IndexEntry:
    """A whole Patient → "true" or "false" for `deceased`: who is not said to be dead lives."""
    dead = bool(patient.deceasedBoolean) or patient.deceasedDateTime is not None
    return IndexEntry("deceased", "token", None, "true" if dead else "false")
