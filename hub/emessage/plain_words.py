"""Marked up text → its words, so that they say what the markup said.

Source: HISD 1155 (the XHTML subset of text fields).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from hub.emessage import xml
from hub.emessage.xml import Node

_STRUCK: Final = frozenset(("del", "s", "strike"))
_SMALL: Final = {
    "sup": str.maketrans("0123456789+-\N{MINUS SIGN}()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾"),
    "sub": str.maketrans("0123456789+-\N{MINUS SIGN}()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎"),
}
"""Element → its characters that are written small without markup."""
_BREAKS: Final = frozenset(
    [
        "address",
        "blockquote",
        "br",
        "caption",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tr",
        "ul",
    ],
)


def plain_words(content: tuple[Node | str, ...]) -> str:
    """The content of a text field → its words.

    Shape: a line break where a block begins or ends, or <br/> stands; 10<sup>9</sup> is 10⁹ and never 109; what is struck out is
    told to be.
    """
    parts: list[str] = []
    _add(content, parts)
    return "".join(parts).strip()


def _add(content: tuple[Node | str, ...], parts: list[str]) -> None:
    for part in content:
        if isinstance(part, str):
            parts.append(part)
            continue
        name, after = _known(part.tag)
        # Words before a block are no part of its first word: "5<p>10 mg</p>" does not say 510 mg
        if after == "\n" and part.content and parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        if name in _SMALL or name in _STRUCK:
            parts.append(_told(name, plain_words(part.content)))
        else:
            _add(part.content, parts)
        parts.append(after)


def _told(name: str, words: str) -> str:
    """An element that changes what its words mean, and its words → words that mean the same."""
    if not words:
        return ""
    if name in _STRUCK:
        return f"[strøket: {words}]"
    if all(ord(each) in _SMALL[name] for each in words):
        return words.translate(_SMALL[name])
    # A number that is raised is no part of the one before it; letters that are lowered or raised read on
    return f"^({words})" if name == "sup" and any(map(str.isdigit, words)) else words


@lru_cache(maxsize=256)
def _known(tag: str) -> tuple[str, str]:
    """The tag of an element of XHTML → its name, and what its end is in plain text."""
    name = xml.local_name(tag).lower()
    return name, "\t" if name in {"td", "th"} else "\n" if name in _BREAKS else ""
