"""The FHIRPath that a FHIRPath Patch needs: text → steps and conditions, as values.

A small part of the language, which can grow: members, indexes, where, first, last, ofType, as, extension; in conditions
= and !=, and, or, exists, empty, not, $this.
Source: http://hl7.org/fhirpath/N1/; http://hl7.org/fhir/R4/fhirpatch.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hub.fhir.patch.tree import refused

MAX_LENGTH: Final = 1000
_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<date>@[0-9TZ:.+-]+)
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
    | (?P<name>\$this|[A-Za-z_][A-Za-z0-9_]*|`[^`]+`)
    | (?P<sign>!=|[.()\[\],=])
    )""",
    re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Member:
    """`.name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`[n]`; first() is 0 and last() is -1."""

    place: int


@dataclass(frozen=True, slots=True)
class OfType:
    """`ofType(T)` and `as(T)`."""

    type: str


@dataclass(frozen=True, slots=True)
class Where:
    """`where(condition)`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Compare:
    """`path = literal`, or with !=. Shape: an empty path is `$this`."""

    path: tuple[Step, ...]
    literal: str | bool | int | Decimal
    equal: bool


@dataclass(frozen=True, slots=True)
class Exists:
    """`path.exists()` or `path.empty()`. Shape: `wanted` whether there must be something."""

    path: tuple[Step, ...]
    wanted: bool


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A path that stands alone: one boolean is the condition itself, anything else is true by being there."""

    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`(condition).not()`."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """`and`, or where `all` is False `or`."""

    parts: tuple[Condition, ...]
    all: bool


Step = Member | Index | OfType | Where
Condition = Compare | Exists | IsTrue | Not | Both


def parse_path(text: str) -> tuple[Step, ...]:
    """A path as written → its steps; a resource type in front is the first Member. Problems: PATCH_INVALID."""
    if len(text) > MAX_LENGTH:
        raise refused(f"A path may have at most {MAX_LENGTH} characters")
    reader = _Reader(_tokens(text))
    steps = reader.path()
    if not steps or reader.peek() is not None:
        raise refused("A path is not one of the FHIRPaths that a patch can have")
    return steps


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise refused("A path holds a sign that FHIRPath does not know, or this hub does not")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return found


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def peek(self, ahead: int = 0) -> tuple[str, str] | None:
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def take(self, sign: str = "", kind: str = "") -> str:
        token = self.peek()
        if token is None or (sign and token[1] != sign) or (kind and token[0] != kind):
            raise refused(f"A path should go on with {sign or kind}")
        self._place += 1
        return token[1]

    def _is(self, sign: str) -> bool:
        token = self.peek()
        return token is not None and token[0] in ("sign", "name") and token[1] == sign

    def path(self) -> tuple[Step, ...]:
        """`a.b[0].where(…)` until what is no step."""
        steps: list[Step] = []
        if self._is("$this"):
            self.take()
        else:
            steps += self._step()
        while True:
            if self._is("["):
                self.take("[")
                steps.append(Index(self._number()))
                self.take("]")
            elif self._is(".") and not self._ends():
                self.take(".")
                steps += self._step()
            else:
                return tuple(steps)

    def _ends(self) -> bool:
        """Whether `.exists()`, `.empty()` or `.not()` comes next: those belong to conditions."""
        name, opening = self.peek(1), self.peek(2)
        calls = opening is not None and opening[1] == "("
        return calls and name is not None and name[1] in ("exists", "empty", "not")

    def _step(self) -> list[Step]:
        name = self.take(kind="name").strip("`")
        if not self._is("("):
            if name == "$this":
                raise refused("$this can only stand at the beginning")
            return [Member(name)]
        self.take("(")
        steps: list[Step]
        match name:
            case "first":
                steps = [Index(0)]
            case "last":
                steps = [Index(-1)]
            case "where":
                steps = [Where(self._condition())]
            case "ofType" | "as":
                steps = [OfType(self._type())]
            case "extension":
                url = Compare((Member("url"),), self._text(), equal=True)
                steps = [Member("extension"), Where(url)]
            case _:
                raise refused("A path calls a function that a patch cannot have")
        self.take(")")
        return steps

    def _type(self) -> str:
        name = self.take(kind="name")
        if self._is("."):  # FHIR.Quantity, System.String
            self.take(".")
            name = self.take(kind="name")
        return name.strip("`")

    def _number(self) -> int:
        text = self.take(kind="number")
        if not text.isdigit() or len(text) > 9:
            raise refused("An index is a whole number from 0")
        return int(text)

    def _text(self) -> str:
        return re.sub(
            r"\\(u[0-9A-Fa-f]{4}|.)",
            lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _ESCAPES.get(m[1], m[1]),
            self.take(kind="text")[1:-1],
        )

    def _condition(self) -> Condition:
        self._depth += 1
        if self._depth > 20:
            raise refused("The conditions in a path are nested too deep")
        parts = [self._all_of()]
        while self._is("or"):
            self.take("or")
            parts.append(self._all_of())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Both(tuple(parts), all=False)

    def _all_of(self) -> Condition:
        parts = [self._term()]
        while self._is("and"):
            self.take("and")
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else Both(tuple(parts), all=True)

    def _term(self) -> Condition:
        found: Condition
        if self._is("("):
            self.take("(")
            found = self._condition()
            self.take(")")
        else:
            found = self._relation()
        while self._is("."):
            self.take(".")
            self.take("not")
            self.take("(")
            self.take(")")
            found = Not(found)
        return found

    def _relation(self) -> Condition:
        path = self.path()
        if self._is("=") or self._is("!="):
            equal = self.take() == "="
            return Compare(path, self._literal(), equal)
        if self._is(".") and (following := self.peek(1)) and following[1] in ("exists", "empty"):
            self.take(".")
            wanted = self.take() == "exists"
            self.take("(")
            self.take(")")
            return Exists(path, wanted)
        return IsTrue(path)

    def _literal(self) -> str | bool | int | Decimal:
        token = self.peek()
        if token is None:
            raise refused("A comparison in a path has nothing to compare with")
        match token[0]:
            case "text":
                return self._text()
            case "number":
                text = self.take()
                return Decimal(text) if "." in text else int(text)
            case "date":
                return self.take()[1:]
            case _:
                word = self.take()
                if word not in ("true", "false"):
                    raise refused("A path can compare with texts, numbers, dates, true and false")
                return word == "true"
