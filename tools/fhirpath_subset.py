"""FHIRPath of the invariants → a tree; only what the R4 definitions use, everything else is refused by name.

Source: http://hl7.org/fhirpath/N1/; http://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<number>\d+)|(?P<variable>[%$][A-Za-z]+)
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*|`[^`]+`)|(?P<sign><=|>=|!=|[=<>|&+().,]))""",
    re.VERBOSE,
)
_BINDING = {
    "implies": 1,
    "or": 2,
    "xor": 2,
    "and": 3,
    "in": 4,
    "contains": 4,
    "=": 5,
    "!=": 5,
    "<=": 6,
    ">=": 6,
    "<": 6,
    ">": 6,
    "|": 7,
    "is": 8,
    "as": 8,
    "+": 9,
    "&": 9,
}


class NotInSubsetError(Exception):
    """The expression uses something that is not translated; the text says what."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, a number or a boolean."""

    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Variable:
    """`$this`, `%resource`, `%context` or a constant like `%ucum`."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """An element of `of` (None: of what the expression is about)."""

    of: Node | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function on `of` (None: on what the expression is about)."""

    of: Node | None
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and the operator between them."""

    operator: str
    left: Node
    right: Node


Node = Literal | Variable | Member | Call | Binary


def parse_path(text: str) -> Node:
    """An expression → its tree. Problems: NotInSubsetError."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotInSubsetError(f"the sign {text[at:].strip()[:1]}")
        at = match.end()
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
    reader = _Reader(tokens)
    tree = reader.expression(0)
    if reader.at != len(tokens):
        raise NotInSubsetError(f"what follows {reader.at} tokens")
    return tree


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def expression(self, least: int) -> Node:
        left = self.postfix()
        while (binds := _BINDING.get(self.peek(), 0)) > least:
            operator = self.take()[1]
            left = Binary(operator, left, self.expression(binds))
        return left

    def postfix(self) -> Node:
        tree = self.term()
        while self.peek() == ".":
            self.take()
            tree = self.named(tree)
        return tree

    def term(self) -> Node:
        kind, text = self.tokens[self.at]
        if text == "(":
            self.take()
            tree = self.expression(0)
            self.take()
            return tree
        if kind == "name":
            return (
                Literal(self.take()[1] == "true") if text in {"true", "false"} else self.named(None)
            )
        self.take()
        if kind == "string":
            return Literal(re.sub(r"\\(.)", r"\1", text[1:-1]))
        return Literal(int(text)) if kind == "number" else Variable(text)

    def named(self, of: Node | None) -> Node:
        name = self.take()[1].strip("`")
        if self.peek() != "(":
            return Member(of, name)
        self.take()
        arguments: list[Node] = []
        while self.peek() != ")":
            arguments.append(self.expression(0))
            if self.peek() == ",":
                self.take()
        self.take()
        return Call(of, name, tuple(arguments))
