"""A referral with priority 0 is always answered with status 1 when its content can be read: what is no reason to refuse it.

Source: apprec.md ("Emergency referral exception").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hub.emessage.receipt import OwnReceiver
from hub.problems import Problem, ProblemCode

# What says nothing against reading the content.
_BEARABLE: Final = frozenset(
    (
        ProblemCode.MESSAGE_ID_INVALID,
        ProblemCode.FORMAT_FAULT,
        ProblemCode.PATIENT_INSUFFICIENT,
        ProblemCode.SIGNATURE_INVALID,
        ProblemCode.CERTIFICATE_INVALID,
        ProblemCode.CERTIFICATE_REVOKED,
        ProblemCode.SIGNATURE_UNREADABLE,
    )
)


def without_bearable(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems of an emergency referral → those that keep its content from being read."""
    return tuple(p for p in problems if p.code not in _BEARABLE)


def taking(own: Sequence[OwnReceiver]) -> tuple[OwnReceiver, ...]:
    """Who of us an emergency referral is addressed to → the same, all of whom take it: a wrong service is no reason either."""
    return tuple(replace(each, problems=()) for each in own)
