"""Forms are written out as functions: they put what their lines say, and nothing that is still growing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from hub.clock import FixedClock
from hub.emessage.message_types import MessageType
from hub.fhir.models.r4.datatypes import Extension
from hub.mapping.both_ways.access import placed
from hub.mapping.both_ways.form import SENT_EMPTY, Form, says_nothing
from hub.mapping.both_ways.script import Script
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.draft import Context, Draft
from hub.mapping.registry import payload_of
from tests.message_generator import generated
from tests.round_trips import BOTH_WAYS, NOW, row_of

PLO = [kind for kind in BOTH_WAYS if kind.standard.startswith("PLO")]


def put_line(line: Any, value: Any, sheet: Sheet, pen: Any) -> None:
    """One line as its table tells it, without anything written out."""
    here = getattr(value, line.names[0], None) if line.names else None
    if line.written is None:
        line.put(value, sheet, pen)
    elif here is None or here == ():
        return
    elif hasattr(line, "way"):
        put, owner = placed(line.place, line.way), line.place.owner_to_fill(sheet)
        for part in here if line.field.many else (here,):
            put(line.way.to(part, pen), owner)
    else:
        for inner in line.lines:
            put_line(inner, here, sheet, pen)
        if not line.field.least and says_nothing(here):
            sheet.add("extension", Extension(url=SENT_EMPTY, valueCode=line.field.kinds[0][0]))


def put_form(form: Form, value: Any, sheet: Sheet, pen: Any) -> None:
    """A form line by line."""
    if form.fixed is not None:
        sheet.update(form.fixed(pen))
    for line in form.lines:
        put_line(line, value, sheet, pen)
    if form.also is not None:
        form.also(value, sheet, pen)


def drafted(kind: MessageType, seed: int) -> Draft:
    message = generated(kind, seed)
    context = Context("p1", FixedClock(NOW).new_id, NOW, raw="Binary/raw")
    return row_of(kind).to_fhir(message, payload_of(message), context).value


def growing(value: Any) -> list[Any]:
    """What in a value is not yet what a struct holds."""
    if isinstance(value, msgspec.Struct):
        return [g for name in value.__struct_fields__ for g in growing(getattr(value, name))]
    if isinstance(value, tuple):
        return [g for part in value for g in growing(part)]
    return [value] if isinstance(value, (list, dict)) else []


def test_forms_written_out_put_what_their_lines_say(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = [(kind, seed) for kind in PLO for seed in range(2)]
    written = [drafted(kind, seed) for kind, seed in tries]
    # A property of the class goes before what an instance has settled already
    monkeypatch.setattr(Form, "fill", property(lambda form: partial(put_form, form)))

    assert written == [drafted(kind, seed) for kind, seed in tries]


def test_what_is_made_holds_nothing_that_grows() -> None:
    made = [c.resource for kind in PLO for c in drafted(kind, 3).create]

    assert made
    assert [] == growing(tuple(made))


def test_a_script_is_the_function_that_its_lines_say() -> None:
    script = Script()
    add: Callable[[int], int] = (2).__add__
    script.add(0, "if value:")
    script.add(1, f"return {script.name(add)}(value)")

    function = script.function("value")
    assert (3, None) == (function(1), function(0))


def test_an_empty_script_does_nothing() -> None:
    assert Script().function()() is None
