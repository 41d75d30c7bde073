"""The tree of an invariant → a Python expression over a struct, with the functions of hub/fhir/models/paths.py.

Three-valued logic is folded: an expression whose value is empty counts as false, as the specification's own validators do.
"""

from __future__ import annotations

from fhirpath_subset import Binary, Call, Literal, Member, Node, NotInSubsetError, Variable

UCUM = "http://unitsofmeasure.org"


class Translator:
    """Shape: `type_name` is the name an expression may start with (`Appointment.status`)."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name
        self.depth = 0
        # What does not change within the test, computed once: expression → variable
        self.once: dict[str, str] = {}

    def truth(self, tree: Node, here: str) -> str:
        """A tree and the variable it is about → a Python expression of type bool."""
        match tree:
            case Literal(bool() as value):
                return str(value)
            case Binary():
                return self._binary(tree, here)
            case Call(of, name, arguments):
                made = self._call(of, name, arguments, here)
                if made is not None:
                    return made
            case _:
                pass
        return f"true({self.items(tree, here)})"

    def _binary(self, tree: Binary, here: str) -> str:
        operator = tree.operator
        if operator in {"and", "or", "xor", "implies"}:
            left, right = self.truth(tree.left, here), self.truth(tree.right, here)
            return {
                "and": f"({left} and {right})",
                "or": f"({left} or {right})",
                "xor": f"({left} is not {right})",
                "implies": f"(not {left} or {right})",
            }[operator]
        if operator in {"=", "!="} and self._boolean(tree.left) and self._boolean(tree.right):
            sign = "is" if operator == "=" else "is not"
            return f"({self.truth(tree.left, here)} {sign} {self.truth(tree.right, here)})"
        if operator in {"+", "&", "|"}:
            return f"true({self.items(tree, here)})"
        if operator in {"is", "as"}:
            raise NotInSubsetError(f"the operator {operator}")
        left, right = self.items(tree.left, here), self.items(tree.right, here)
        name = {
            "=": "equal", "!=": "differ", "in": "inside", "contains": "holds", "<=": "up_to", ">=": "down_to", "<": "below", ">": "above",
        }[operator]  # fmt: skip
        return f"{name}({left}, {right})"

    def _boolean(self, tree: Node) -> bool:
        if isinstance(tree, Binary):
            return tree.operator not in {"+", "&", "|"}
        return isinstance(tree, Call) and tree.name in {
            "exists",
            "empty",
            "not",
            "all",
            "hasValue",
            "isDistinct",
        }

    def _call(
        self, of: Node | None, name: str, arguments: tuple[Node, ...], here: str
    ) -> str | None:
        """A function that answers yes or no → its Python, None when it gives items."""
        if name == "not":
            assert of is not None
            return f"(not {self.truth(of, here)})"
        if name in {"exists", "all"} and arguments:
            variable, inner = self._inner(arguments[0])
            word = "all" if name == "all" else "any"
            return f"{word}({inner} for {variable} in {self._of(of, here)})"
        items = self._of(of, here)
        match name:
            case "exists":
                return f"bool({items})"
            case "empty":
                return f"(not {items})"
            case "hasValue":
                return f"has_value({items})"
            case "isDistinct":
                return f"distinct({items})"
            case "startsWith" | "contains" | "matches":
                function = {"startsWith": "starts", "contains": "includes", "matches": "matches"}[
                    name
                ]
                return f"{function}({items}, {self.items(arguments[0], here)})"
            case _:
                return None

    def items(self, tree: Node, here: str) -> str:
        """A tree and the variable it is about → a Python expression of type list."""
        if not isinstance(tree, Variable) and _of_the_whole(tree):
            made = self._items(tree, here)
            return self.once.setdefault(made, f"w{len(self.once) + 1}")
        return self._items(tree, here)

    def _items(self, tree: Node, here: str) -> str:
        match tree:
            case Literal(value):
                return f"[{value!r}]"
            case Variable("$this"):
                return f"[{here}]"
            case Variable("%resource" | "%context"):
                return "[o]"
            case Variable("%ucum"):
                return f"[{UCUM!r}]"
            case Variable(name):
                raise NotInSubsetError(f"the variable {name}")
            case Member(None, name):
                return f"[{here}]" if name == self.type_name else f'at({here}, "{name}")'
            case Member(of, name):
                assert of is not None
                return f'on({self._items(of, here)}, "{name}")'
            case Binary("|", left, right):
                return f"union({self.items(left, here)}, {self.items(right, here)})"
            case Binary("&", left, right):
                return f"joined({self.items(left, here)}, {self.items(right, here)})"
            case Binary("+", left, right):
                return f"total({self.items(left, here)}, {self.items(right, here)})"
            case Binary():
                return f"[{self.truth(tree, here)}]"
            case Call(of, name, arguments):
                return self._gives(of, name, arguments, here)

    def _gives(self, of: Node | None, name: str, arguments: tuple[Node, ...], here: str) -> str:
        test = self._call(of, name, arguments, here)
        if test is not None:
            return f"[{test}]"
        items = self._of(of, here)
        match name:
            case "trace":
                return items
            case "count":
                return f"[len({items})]"
            case "first":
                return f"{items}[:1]"
            case "tail":
                return f"{items}[1:]"
            case "toInteger":
                return f"integers({items})"
            case "toString":
                return f"texts({items})"
            case "replaceMatches":
                return f"replaced({items}, {self.items(arguments[0], here)}, {self.items(arguments[1], here)})"
            case "where":
                variable, inner = self._inner(arguments[0])
                return f"[{variable} for {variable} in {items} if {inner}]"
            case "select":
                self.depth += 1
                variable = f"t{self.depth}"
                inner = self.items(arguments[0], variable)
                return f"[v for {variable} in {items} for v in {inner}]"
            case _:
                raise NotInSubsetError(f"the function {name}()")

    def _inner(self, argument: Node) -> tuple[str, str]:
        self.depth += 1
        variable = f"t{self.depth}"
        return variable, self.truth(argument, variable)

    def _of(self, of: Node | None, here: str) -> str:
        return f"[{here}]" if of is None else self.items(of, here)


def _of_the_whole(tree: Node) -> bool:
    """Whether it is a path that begins with the resource."""
    match tree:
        case Variable(name):
            return name in {"%resource", "%context"}
        case Member(of, _) | Call(of, "first" | "tail", _):
            return of is not None and _of_the_whole(of)
        case _:
            return False
