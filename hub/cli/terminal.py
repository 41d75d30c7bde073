"""What was stored or sent → lines that a terminal only shows."""

from __future__ import annotations


def plain(text: str) -> str:
    """A text of others → the same without anything a terminal could take as a command."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
