"""A message with a text that FHIR cannot hold: its sender is told at once, for it would never be taken in (ADR 0049)."""

from __future__ import annotations

from hub.emessage.longest_text import where_longest
from hub.fhir.models.long_texts import long_texts
from hub.fhir.wire import MAX_TEXT
from hub.mapping.draft import Draft
from hub.problems import Problem, ProblemCode


def too_long(raw: bytes, draft: Draft) -> Problem | None:
    """The bytes of a message and what it becomes → FORMAT_FAULT (T99) with the XPath of its longest text, None when all texts can be held."""
    resources = (*(c.resource for c in draft.create), *draft.update)
    if len(raw) <= MAX_TEXT or not any(any(long_texts(r, "")) for r in resources):
        return None
    detail = f"A text of more than {MAX_TEXT} characters cannot be taken in"
    return Problem(ProblemCode.FORMAT_FAULT, detail, where_longest(raw))
