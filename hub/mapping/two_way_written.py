"""A function for each class that a two-way table puts: its lines, written out once (ADR 0043).

Most places are empty when a line comes to them, so that what leads there can be made in one go; where something stands
already, the way is looked for step by step.
Source: ADR 0031 (tables are settled at first use), ADR 0043 (they are written out).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from hub.mapping.both_ways.script import Script
from hub.mapping.two_way_lines import WHOLE, Line, Room
from hub.mapping.two_way_places import Json, Leaf, Path, Slice, add_all, matches, put_leaf, set_at

Put = Callable[[Any, Json, Room], None]
"""Puts what the lines say of a value into a node."""
_EMPTY: Final[tuple[Any, ...]] = ()
_KNOWN: Final = {
    "EMPTY": _EMPTY,
    "Leaf": Leaf,
    "add_all": add_all,
    "matches": matches,
    "put_leaf": put_leaf,
    "set_at": set_at,
}


def write_out(lines: Sequence[Line], cls: type) -> Put:
    """The lines of a table and a class → what puts the fields that the class has, line after line."""
    script = Script()
    script.things.update(_KNOWN)
    for line in lines:
        if line.field == WHOLE:
            _put_read(script, line, "value", 0)
        elif hasattr(cls, line.field):
            here = script.local()
            script.add(0, f"{here} = value.{line.field}")
            script.add(0, f"if {here} is not None and {here} is not EMPTY:")
            _write_field(script, line, here)
    return script.function("value", "node", "room")


def _write_field(script: Script, line: Line, here: str) -> None:
    """A line and the variable that holds its filled field → what puts it."""
    if line.many:
        put, path = script.name(line.lens.put), script.name(line.path)
        made = f"[f for one in {here} if (f := {put}(one, room)) is not None]"
        script.add(1, f"add_all(node, {path}, {made})")
    elif line.lens.as_is:
        script.add(1, f"if {line.lens.as_is.format(here)}:")
        _write_place(script, line.path, here, 2)
        script.add(1, "else:")
        _put_read(script, line, here, 2)
    else:
        _put_read(script, line, here, 1)


def _put_read(script: Script, line: Line, here: str, depth: int) -> None:
    """What a lens makes of a value is put, if it makes anything; a Leaf that is but a value as the value."""
    made = script.local()
    script.add(depth, f"{made} = {script.name(line.lens.put)}({here}, room)")
    if not line.path:
        script.add(depth, f"if {made} is not None:")
        script.add(depth + 1, f"node.update({made})")
        return
    script.add(depth, f"if {made}.__class__ is Leaf:")
    script.add(depth + 1, f"if {made}.extension or {made}.value is None:")
    script.add(depth + 2, f"set_at(node, {script.name(line.path)}, {made})")
    script.add(depth + 2, f"{made} = None")
    script.add(depth + 1, "else:")
    script.add(depth + 2, f"{made} = {made}.value")
    script.add(depth, f"if {made} is not None:")
    _write_place(script, line.path, made, depth + 1)


def _write_place(script: Script, path: Path, made: str, depth: int) -> None:
    """A path and the variable that holds a JSON value → what puts it there: in one go where the first step leads nowhere yet."""
    first = path[0]
    if isinstance(first, str) and len(path) == 1:
        script.add(depth, f"node[{first!r}] = {made}")
        return
    general = f"set_at(node, {script.name(path)}, {made})"
    whole = _spelled(path, made)
    if whole is None:
        script.add(depth, general)
        return
    key = first if isinstance(first, str) else first.key
    held = script.local()
    script.add(depth, f"{held} = node.get({key!r})")
    script.add(depth, f"if {held} is None:")
    script.add(depth + 1, f"node[{key!r}] = {whole}")
    if isinstance(first, str) or not first.fixed:
        script.add(depth, "else:")
        script.add(depth + 1, general)
        return
    script.add(depth, "else:")
    script.add(depth + 1, f"for each in {held}:")
    script.add(depth + 2, f"if {_matching(script, first)}:")
    script.add(depth + 3, general)
    script.add(depth + 3, "break")
    script.add(depth + 1, "else:")
    # Of a list what is spelled is its one element
    script.add(depth + 2, f"{held} += {whole}")


def _matching(script: Script, step: Slice) -> str:
    """A step → the expression that tells whether `each` is the element it leads to."""
    said = [f"each.get({k!r}) == {v!r}" for k, v in step.fixed.items() if isinstance(v, str)]
    if len(said) < len(step.fixed):
        said.append(f"matches(each, {script.name(step.fixed)})")
    return " and ".join(said)


def _spelled(path: Path, made: str) -> str | None:
    """A path and a variable → the expression of what the first step is to hold, or None when it cannot be spelled."""
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return made if not rest else _object({}, rest, made)
    if not rest:
        fixed = "".join(f"{k!r}: {v!r}, " for k, v in step.fixed.items())
        return f"[{{{fixed}**{made}}}]" if _is_plain(step.fixed) else None
    inner = _object(step.fixed, rest, made)
    return f"[{inner}]" if inner is not None else None


def _object(fixed: Any, rest: Path, made: str) -> str | None:
    """What an object holds anyway and the path inside of it → its expression."""
    inner = _spelled(rest, made)
    key = rest[0] if isinstance(rest[0], str) else rest[0].key
    # Inside of what is fixed the way is looked for
    if inner is None or (key in fixed and len(rest) > 1):
        return None
    others = {k: v for k, v in fixed.items() if k != key}
    if not _is_plain(others):
        return None
    parts = {k: repr(v) for k, v in others.items()}
    ordered = {**dict.fromkeys(fixed, ""), **parts, key: inner}
    return f"{{{', '.join(f'{k!r}: {text}' for k, text in ordered.items())}}}"


def _is_plain(value: Any) -> bool:
    """What is fixed → whether its repr is an expression that makes it anew."""
    if isinstance(value, dict):
        return all(map(_is_plain, cast("Json", value).values()))
    if isinstance(value, list):
        return all(map(_is_plain, cast("list[Any]", value)))
    return isinstance(value, (str, bool))
