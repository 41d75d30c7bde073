"""The engine with one line of it changed, held against decided cases: `python -m tests.oracle.mutant MODULE OLD NEW CASES`.

Prints the cases that notice, and says by its exit status whether any does: 0 = noticed, 1 = not, 2 = the line is not there.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any


class Mutated(SourceFileLoader):
    """Loads a module from its source with one text in it replaced."""

    def __init__(self, name: str, path: str, old: str, new: str) -> None:
        """The module's name and file, and the change; the text must stand there exactly once."""
        super().__init__(name, path)
        self._old, self._new = old, new

    def get_code(self, fullname: str) -> Any:
        """The code of the changed source, never of a compiled file."""
        source = self.get_data(self.path).decode()
        if source.count(self._old) != 1:
            sys.stderr.write(
                f"{self._old!r} stands {source.count(self._old)} times in {fullname}\n"
            )
            sys.exit(2)
        return self.source_to_code(source.replace(self._old, self._new).encode(), self.path)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the one module in its changed form, and leaves the others to the ordinary way."""

    def __init__(self, module: str, old: str, new: str) -> None:
        """What is changed, and how."""
        self._module, self._change = module, (old, new)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module's name → where to load it from, None for those that are as they are."""
        if fullname != self._module:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        assert found is not None
        assert found.origin is not None
        loader = Mutated(fullname, found.origin, *self._change)
        return importlib.util.spec_from_file_location(fullname, found.origin, loader=loader)


def main(module: str, old: str, new: str, *files: str) -> int:
    """A change and files of cases → the exit status."""
    sys.meta_path.insert(0, Finder(module, old, new))
    from hub.thresholds.case_run import run_case
    from hub.thresholds.cases import parse_cases  # as above

    noticed = [
        result.id
        for file in files
        for result in map(run_case, parse_cases(Path(file).read_bytes()).cases)
        if result.passed is not True
    ]
    sys.stdout.write(" ".join(noticed) + "\n")
    return 0 if noticed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
