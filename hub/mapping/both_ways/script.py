"""A function that is written out line by line from a table, once, and then runs without looking at the table again.

What a table says is settled before the first message; a function of its own for each class does not ask it anew for
every field. The text is made of the names of our own tables alone: nothing of a message ever stands in it.
Source: ADR 0031 (tables are settled at first use), ADR 0043 (they are written out).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Script:
    """The text of one function while it is written, and the things that its text names."""

    __slots__ = ("lines", "things")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.things: dict[str, Any] = {}

    def name(self, thing: Any) -> str:
        """A function, class or value → the name by which the text goes on to call it."""
        name = f"k{len(self.things)}"
        self.things[name] = thing
        return name

    def local(self) -> str:
        """Nothing → the name of a variable that is not used yet."""
        return f"v{len(self.lines)}"

    def add(self, depth: int, text: str) -> None:
        """One line of the text, so deep inside the function."""
        self.lines.append("    " * (depth + 1) + text)

    def function(self, *arguments: str) -> Callable[..., Any]:
        """The names of the arguments → the function."""
        head = f"def written({', '.join(arguments)}):"
        body = "\n".join([head, *(self.lines or ["    pass"])])
        exec(compile(body, "<written out>", "exec"), self.things)  # noqa: S102  # the text holds names of our tables only
        return self.things["written"]
