"""The official SearchParameters → the search table of the generated models."""

from __future__ import annotations

from r4_definitions import Definitions
from r4_model import Shape


def render(definitions: Definitions, shapes: list[Shape]) -> str:
    """The definitions and the structs → the content of search_parameters.py."""
    return f"# {len(definitions.search_parameters)} {len(shapes)}\n"
