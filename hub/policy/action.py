"""What is to be done, and the letter of a scope that it needs.

Source: security README §3; architecture D9.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from hub.policy.rights import LETTERS, OPERATIONS

Interaction = Literal[
    "read",
    "vread",
    "create",
    "update",
    "patch",
    "delete",
    "search",
    "history",
    "history-instance",
    "transaction",
    "operation",
    "capabilities",
    "receive",
    "send",
    "judge",
]
WRITES: Final = frozenset({"create", "update", "patch", "delete"})


class Action(Struct, frozen=True):
    """What is to be done: an interaction on a resource type ("" for the whole system), the operation where it is one."""

    interaction: Interaction
    resource_type: str = ""
    operation: str = ""


def letter_of(action: Action) -> str | None:
    """An action → the letter it needs of a scope and of the table; None for what no token gives."""
    if action.interaction == "operation":
        return OPERATIONS.get(action.operation)
    return LETTERS.get(action.interaction)
