"""The official XSDs as an optional second opinion: file contents → compiled schemas → Problems.

The files are the operator's; this room reads none. Loading needs care: libxml2 takes one import per namespace, follows
absolute locations unless answered, and xmldsig-core-schema.xsd has an internal DTD subset.
Source: emessage/README.md "Schemas"; W3C XML Schema 1.0 part 1 §4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from lxml import etree as _lxml  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType] lxml ships no types

from hub.emessage import xml
from hub.emessage.large_text import cut_large
from hub.problems import HubError, Problem, ProblemCode, fail

_etree: Any = cast("Any", _lxml)
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
# These first, so that libxml2 knows them before another file points to them by an absolute address.
_FIRST: Final = ("kith.xsd", "felleskomponent1.xsd", "xmldsig-core-schema.xsd", "kith-base64.xsd")
MAX_PROBLEMS: Final = 50


class _FromMapping(_etree.Resolver):
    """Answers every location by its file name alone, and none from elsewhere."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """File name → content."""
        super().__init__()  # pyright: ignore[reportUnknownMemberType] lxml is untyped
        self._files = files

    def resolve(self, system_url: str | None, _public_id: object, context: object) -> object:
        """A location → the content of the file with that name; an unknown one is an error."""
        name = (system_url or "").rsplit("/", 1)[-1]
        if name not in self._files:
            raise OSError("not among the schema files")
        return cast("Any", self).resolve_string(self._files[name], context, base_url=name)


@dataclass(frozen=True, slots=True)
class Schemas:
    """Compiled schemas; build with `compile_schemas`, one per thread (the log of errors is shared)."""

    _compiled: Any

    def judge(self, root: Any) -> bool:
        """A parsed document → whether the schemas accept it."""
        return bool(self._compiled.validate(root))

    def validate(self, data: bytes) -> tuple[Problem, ...]:
        """The bytes of a document → what the schemas refuse, in document order.

        Problems: those of `xml.parse`; SCHEMA_INVALID with the XPath, without the content.
        """
        try:
            root: Any = xml.parse(cut_large(data, xml.MAX_BYTES).document)
        except HubError as error:
            return error.problems
        if self.judge(root):
            return ()
        log = list(self._compiled.error_log)[:MAX_PROBLEMS]
        return tuple(
            Problem(
                ProblemCode.SCHEMA_INVALID,
                f"The schema refuses this ({entry.type_name})",
                entry.path or "",
            )
            for entry in log
        )


def compile_schemas(files: Mapping[str, bytes]) -> Schemas:
    """File name → content of the XSDs → the compiled Schemas, all namespaces together.

    Problems: OUTPUT_INVALID when the set does not compile (a missing or broken file).
    """
    parser = _etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=True)
    parser.resolvers.add(_FromMapping(files))
    try:
        wrapper = _etree.fromstring(_wrapper(files), parser, base_url="all.xsd")
        return Schemas(_etree.XMLSchema(wrapper))
    except (_etree.LxmlError, OSError) as error:
        raise fail(
            ProblemCode.OUTPUT_INVALID, "The schema files do not compile together"
        ) from error


def _wrapper(files: Mapping[str, bytes]) -> bytes:
    """The files → a schema that imports each namespace once, shared vocabularies first."""
    namespaces: dict[str, str] = {}
    included: set[str] = set()
    for name, content in files.items():
        parser = _etree.XMLParser(no_network=True, load_dtd=False)
        parser.resolvers.add(_FromMapping(files))
        root = _etree.fromstring(content, parser)
        if root.tag == f"{_XS}schema":
            namespaces[name] = root.get("targetNamespace") or ""
            included.update(
                node.get("schemaLocation", "").rsplit("/", 1)[-1]
                for node in root.iter(f"{_XS}include")
            )
    order = [
        *(n for n in _FIRST if n in namespaces),
        *(n for n in sorted(namespaces) if n not in _FIRST),
    ]
    seen: set[str] = set()
    lines: list[str] = []
    for name in order:
        ns = namespaces[name]
        if name not in included and ns and ns not in seen and not ns.startswith("urn:x-emessage"):
            seen.add(ns)
            lines.append(f'<xs:import namespace="{ns}" schemaLocation="{name}"/>')
    body = "".join(lines)
    return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:all">{body}</xs:schema>'.encode()
