"""The OpenAPI 3.1 description of the FHIR part, made from the router's table and the tables of search parameters.

What a type is asked for stands under the type's own path, with its search parameters; everything below an id is told once,
with the type as a parameter. `HEAD` is answered wherever `GET` is.
Source: https://spec.openapis.org/oas/v3.1.1.html; http://hl7.org/fhir/R4/http.html.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any, Final

import msgspec

from hub.api.auth import Receive, Scope, Send
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.operations import Operation
from hub.fhir.requests import FHIR_JSON
from hub.fhir.routes import OPERATIONS, ROUTES, Route
from hub.fhir.search.definitions import search_parameters

PATH: Final = "/openapi.json"
FORM: Final = "application/x-www-form-urlencoded"
ALWAYS: Final = (400, 401, 403, 404, 405, 406, 408, 413, 414, 415, 429, 431, 503)
"""Statuses that any request may be answered with; 500 is a fault of ours and promised nowhere."""

ANSWERS: Final[Mapping[str, tuple[int, ...]]] = {
    "capabilities": (200,),
    "transaction": (200, 409, 410, 412, 422),
    "create": (200, 201, 409, 412, 422),
    "search": (200, 304),
    "read": (200, 304, 410),
    "vread": (200, 304, 410),
    "update": (200, 201, 409, 410, 412, 422),
    "patch": (200, 409, 410, 412, 422),
    "delete": (200, 204, 409, 410, 412, 422),
    "history": (200, 304, 410),
    "operation": (200, 409, 410, 412, 422),
}
"""Interaction → statuses beside those of ALWAYS."""

_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9\\-.]{1,64}$"}
_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "read": ("If-None-Match", "If-Modified-Since"),
    "vread": ("If-None-Match",),
    "create": ("If-None-Exist", "Prefer"),
    "update": ("If-Match", "If-None-Match", "Prefer"),
    "patch": ("If-Match", "Prefer"),
    "delete": ("If-Match",),
    "search": ("Prefer",),
    "transaction": ("Prefer",),
}
_BODIES: Final = frozenset({"create", "update", "patch", "transaction"})
_CONTROL: Final = ("_count", "_sort")


@dataclass(slots=True)
class OpenApi:
    """Answers a GET of the description. Shape: `headers` are put on every answer; it is made when first asked for."""

    base_url: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    _made: bytes = b""

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """One ASGI call."""
        good = scope["method"] in ("GET", "HEAD")
        if good and not self._made:
            self._made = await asyncio.to_thread(build_openapi, self.base_url)
        body = self._made if good else b'{"status":"only GET and HEAD are taken here"}'
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *self.headers,
        ]
        if not good:
            headers.append((b"allow", b"GET, HEAD"))
        await send(
            {"type": "http.response.start", "status": 200 if good else 405, "headers": headers}
        )
        await send(
            {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body}
        )


def build_openapi(base_url: str, types: Iterable[str] = ()) -> bytes:
    """The FHIR base URL, and the types that get paths of their own (all of them when none is named) → the document."""
    chosen = sorted(types) or sorted(RESOURCE_TYPES)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        for path, kind in _paths(route.shape, chosen):
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, kind)
    for (kind, name), row in OPERATIONS.items():
        for one, there in (("", row.on_type), ("/{id}", row.on_one)):
            for method in row.methods if there is not None else ():
                told = _of_operation(method, kind, name, row, one)
                paths.setdefault(f"/{kind}{one}/{name}", {})[method.lower()] = told
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "DHO hub, FHIR R4",
            "version": installed_version("dho-hub"),
            "description": "Beside GET stands HEAD. What is refused is told by an OperationOutcome.",
        },
        "servers": [{"url": base_url}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _schemas(chosen),
            "responses": {"refused": _refused()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }
    return msgspec.json.encode(document)


def _paths(shape: str, types: list[str]) -> list[tuple[str, str]]:
    """A route's shape → its paths with the type each is of ("" = any)."""
    if not shape.startswith("[type]"):
        return [(f"/{shape}", "")]
    if shape in ("[type]", "[type]/_search"):
        return [(f"/{shape.replace('[type]', kind)}", kind) for kind in types]
    return [("/" + re.sub(r"\[(\w+)\]", r"{\1}", shape), "")]


def _operation(route: Route, kind: str) -> dict[str, Any]:
    action = str(route.action)
    names = re.findall(r"\[(\w+)\]", route.shape)
    parameters = [_in_path(name) for name in names if not (name == "type" and kind)]
    parameters += [_header(name) for name in _HEADERS.get(action, ())]
    made: dict[str, Any] = {
        "operationId": _name(route, kind),
        "tags": [kind or "any type"],
        "responses": _responses(ANSWERS[action]),
    }
    if action == "search" and kind and route.method == "GET":
        parameters += [_query(n, k) for n, k in search_parameters(kind).items()]
        parameters += [_query(name, "control") for name in _CONTROL]
    if action == "search" and route.method == "POST":
        made["requestBody"] = {"content": {FORM: {"schema": _form(kind)}}, "required": True}
    elif action in _BODIES:
        schema = {"$ref": f"#/components/schemas/{_body_of(action, kind)}"}
        made["requestBody"] = {"content": {FHIR_JSON: {"schema": schema}}, "required": True}
    if route.method in ("PUT", "DELETE", "PATCH") and route.shape == "[type]":
        parameters += [_query(n, k) for n, k in search_parameters(kind).items()]
    if parameters:
        made["parameters"] = parameters
    return made


def _of_operation(method: str, kind: str, name: str, row: Operation, one: str) -> dict[str, Any]:
    changes = "GET" not in row.methods
    made: dict[str, Any] = {
        "operationId": f"{method.lower()}{kind}{'One' if one else ''}{name.lstrip('$').title().replace('-', '')}",
        "tags": [kind or "any type"],
        "responses": _responses((*ANSWERS["operation"], *((428,) if changes else ()))),
    }
    parameters = [_in_path("id")] if one else []
    if row.title:
        made["summary"] = row.title
    if changes:
        parameters += [{**_header("If-Match"), "required": True}, _header("Prefer")]
        schema = {"$ref": "#/components/schemas/Parameters"}
        made["requestBody"] = {"content": {FHIR_JSON: {"schema": schema}}}
    if parameters:
        made["parameters"] = parameters
    return made


def _name(route: Route, kind: str) -> str:
    shape = re.sub(r"[^A-Za-z]+", "_", route.shape.replace("[type]", kind or "type")).strip("_")
    return f"{route.method.lower()}_{shape or 'base'}"


def _body_of(action: str, kind: str) -> str:
    if action == "transaction":
        return "Bundle"
    return "Patch" if action == "patch" else kind or "Resource"


def _in_path(name: str) -> dict[str, Any]:
    schema = {"enum": sorted(RESOURCE_TYPES)} if name == "type" else _ID
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}}


def _query(name: str, kind: str) -> dict[str, Any]:
    """A search parameter → its description; it may be given several times (and), with several values (or)."""
    schema = {"type": "array", "items": {"type": "string"}}
    return {
        "name": name,
        "in": "query",
        "description": kind,
        "explode": True,
        "schema": {"type": "string"} if kind == "control" else schema,
    }


def _form(kind: str) -> dict[str, Any]:
    names = [*search_parameters(kind), *_CONTROL] if kind else list(_CONTROL)
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "additionalProperties": False,
    }


def _responses(statuses: Iterable[int]) -> dict[str, Any]:
    told: dict[str, Any] = {
        str(status): {"$ref": "#/components/responses/refused"}
        for status in sorted({*statuses, *ALWAYS})
        if status >= 400
    }
    for status in statuses:
        if status in (204, 304):
            told[str(status)] = {"description": "Nothing to tell"}
        elif status < 300:
            schema = {"$ref": "#/components/schemas/Resource"}
            told[str(status)] = {
                "description": "It went well",
                "content": {FHIR_JSON: {"schema": schema}},
            }
    return dict(sorted(told.items()))


def _refused() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/OperationOutcome"}
    return {
        "description": "An OperationOutcome that tells why",
        "content": {FHIR_JSON: {"schema": schema}},
    }


def _schemas(types: Iterable[str]) -> dict[str, Any]:
    named = {kind: _of_type(kind) for kind in {*types, "Bundle", "OperationOutcome", "Parameters"}}
    any_type = {
        "type": "object",
        "properties": {"resourceType": {"enum": sorted(RESOURCE_TYPES)}},
        "required": ["resourceType"],
    }
    operation = {
        "type": "object",
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string"},
        },
        "required": ["op", "path"],
    }
    patch = {"type": "array", "items": operation}
    return dict(sorted({**named, "Resource": any_type, "Patch": patch}.items()))


def _of_type(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"resourceType": {"const": kind}},
        "required": ["resourceType"],
        "externalDocs": {"url": f"http://hl7.org/fhir/R4/{kind.lower()}.html"},
    }
