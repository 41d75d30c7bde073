"""The form of a posted search and what links carry of it: encrypted, so that clients may follow the links with GET.

A person number or a name must stand in no URL, where logs and histories keep it; a link that has to be posted again with its
form is one that no client follows. So the form goes along sealed: nobody but the hub reads it, it cannot be changed, and it
opens for the same tenant at the same path alone. It says what was asked, never what may be seen: the Permit is decided anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hub.fhir.search.hidden import hide, reveal
from hub.fhir.search.pairs import read_pairs, render_pairs
from hub.fhir.search.seal import Seal
from hub.problems import ProblemCode, fail

FORM: Final = "_form"
BESIDE: Final = ("_count", "_format", "_pretty", "_cursor")
"""What stands beside a sealed form: it may differ from page to page, and all but the cursor is the hub's own words or numbers."""


def close_form(seal: Seal, pairs: Sequence[tuple[str, str]], new_id: str) -> str:
    """The seal of a place, the pairs that were used and an id that is nobody's → the form among them, sealed."""
    form = render_pairs((name, value) for name, value in pairs if name not in BESIDE)
    return hide(seal.key, _place(seal), form, new_id)


def open_form(seal: Seal, token: str, most: int) -> tuple[tuple[str, str], ...]:
    """A sealed form → its pairs. Problems: BAD_PARAMETER when it is not one that was given here, to this tenant, at this path."""
    form = reveal(seal.key, _place(seal), token)
    if form is None:
        detail = "_form is not one that this server gave for this search: follow the links as they are, or search again"
        raise fail(ProblemCode.BAD_PARAMETER, detail, FORM)
    return read_pairs(form, most, FORM)


def _place(seal: Seal) -> str:
    return f"{FORM}\n{seal.place}"
