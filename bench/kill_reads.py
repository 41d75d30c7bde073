"""What an outsider sees of a hub: FHIR searches over HTTP, GET /health, and the files of the drop."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.kill_judge import Seen, SeenAlert, SeenCommunication, WrittenDocument
from bench.town import SYSTEM
from hub.mapping import urls
from hub.transport.file_drop import Drop

_PAGE: Final = 500
_TIMEOUT_S: Final = 30
_DIALOGMELDING: Final = "urn:uuid:"
_ROOT: Final = re.compile(rb"<(?:\w+:)?(MsgHead|AppRec)[\s>]")
_MSG_ID: Final = re.compile(rb"<(?:\w+:)?MsgId>\s*([^<\s]+)\s*<")
_OWN_ID: Final = re.compile(
    rb"<(?:\w+:)?GenDate>[^<]*</(?:\w+:)?GenDate>\s*<(?:\w+:)?Id>\s*([^<\s]+)\s*<"
)
_ORIGINAL: Final = re.compile(
    rb"<(?:\w+:)?OriginalMsgId>.*?<(?:\w+:)?Id>\s*([^<\s]+)\s*<", re.DOTALL
)


def read_json(port: int, path: str) -> dict[str, Any]:
    """A path → the document there. Raises RuntimeError for any status but 200 (and 503 of /health)."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        line.request("GET", path, headers={"accept": "application/json"})
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200 and not (answer.status == 503 and path == "/health"):
            raise RuntimeError(f"GET {path} gave {answer.status}: {body[:300]!r}")
        return json.loads(body)
    finally:
        line.close()


def search(port: int, query: str) -> Iterator[dict[str, Any]]:
    """A type with parameters → all matches, page by page."""
    path: str | None = f"/fhir/{query}{'&' if '?' in query else '?'}_count={_PAGE}"
    while path is not None:
        page = read_json(port, path)
        for entry in page.get("entry", ()):
            yield entry["resource"]
        following = next((x["url"] for x in page.get("link", ()) if x["relation"] == "next"), None)
        path = None
        if following is not None:
            parts = urlsplit(following)
            path = f"{parts.path}?{parts.query}"


def look(port: int, drop: Drop) -> Seen:
    """A hub that is quiet, and its drop → everything that can be seen of it."""
    health = read_json(port, "/health")["observations"]
    observations = {
        each["id"]: value
        for each in search(port, "Observation")
        if (value := _key(each)) is not None
    }
    return Seen(
        observations=observations,
        marked=health["marked"],
        unjudged=health["unjudged"],
        alerts=tuple(_alerts(port)),
        communications=tuple(_communication(c) for c in search(port, "Communication")),
        documents=written(drop),
        waiting=waiting(drop),
        put_away=sum(1 for _ in drop.archive.rglob("*.xml")),
        quarantined=sum(1 for p in drop.quarantine.iterdir() if p.is_file()),
    )


def _key(observation: dict[str, Any]) -> str | None:
    """The supplier's identifier; an Observation that a mapper made of an e-message has none."""
    identifiers = observation.get("identifier", ())
    return next((i["value"] for i in identifiers if i.get("system") == SYSTEM), None)


def _alerts(port: int) -> Iterator[SeenAlert]:
    flags: Counter[str] = Counter()
    for flag in search(port, "Flag"):
        for each in flag.get("extension", ()):
            if each["url"] == urls.FLAG_DETAIL:
                flags[_id(each["valueReference"])] += 1
    tasks = Counter(_id(task["focus"]) for task in search(port, "Task") if "focus" in task)
    for issue in search(port, "DetectedIssue"):
        extensions = {each["url"]: each for each in issue["extension"]}
        basis = {each["url"]: each for each in extensions[urls.ALERT]["extension"]}
        yield SeenAlert(
            id=issue["id"],
            patient=_id(issue["patient"]),
            rule=basis["rule"]["valueString"],
            zone=extensions[urls.ZONE]["valueCode"],
            evidence=_evidence(port, issue, shortened=urls.EVIDENCE_COUNT in extensions),
            flags=flags[issue["id"]],
            tasks=tasks[issue["id"]],
        )


def _evidence(port: int, issue: dict[str, Any], *, shortened: bool) -> tuple[str, ...]:
    """Where the DetectedIssue shows only some of its firings, its explanation tells all of them."""
    if shortened:
        parts = read_json(port, f"/fhir/DetectedIssue/{issue['id']}/$explain")["parameter"]
        document = json.loads(next(p["valueString"] for p in parts if p["name"] == "document"))
        if document["left_out"]:
            raise RuntimeError(f"{document['left_out']} findings of {issue['id']} are not told")
        return tuple(each["evidence"]["observation"] for each in document["findings"])
    return tuple(_id(detail) for each in issue.get("evidence", ()) for detail in each["detail"])


def _communication(communication: dict[str, Any]) -> SeenCommunication:
    uri = next(i["value"] for i in communication["identifier"] if i["system"] == urls.URI_SYSTEM)
    about = [_id(a) for a in communication.get("about", ()) if "DetectedIssue/" in a["reference"]]
    return SeenCommunication(
        msg_id=uri.removeprefix(_DIALOGMELDING).lower(),
        about=about[0] if about else None,
        status=communication["status"],
    )


def _id(reference: dict[str, Any]) -> str:
    return reference.get("reference", "").rpartition("/")[2]


def written(drop: Drop) -> tuple[WrittenDocument, ...]:
    """A drop → every document that left the hub, wherever the broker has put it."""
    return tuple(
        parse_document(path.name, path.read_bytes())
        for folder in (drop.out, drop.sent, drop.failed)
        for path in sorted(folder.iterdir())
        if path.is_file()
    )


def parse_document(name: str, data: bytes) -> WrittenDocument:
    """A file's name and bytes → what it is; by pattern, so that nothing of the hub's own reading is relied upon."""
    root = _ROOT.search(data)
    kind = root.group(1) if root else b""
    own = (_OWN_ID if kind == b"AppRec" else _MSG_ID).search(data)
    original = _ORIGINAL.search(data) if kind == b"AppRec" else None
    return WrittenDocument(
        name=name,
        msg_id=own.group(1).decode().lower() if own else f"?{name}",
        answers=original.group(1).decode() if original else None,
    )


def waiting(drop: Drop) -> tuple[str, ...]:
    """A drop → the documents that are still on their way in or out."""
    folders = (drop.inbox, drop.out, *(p for p in drop.work.iterdir() if p.is_dir()))
    return tuple(f"{folder.name}/{name}" for folder in folders for name in documents(folder))


def documents(folder: Path) -> list[str]:
    """A folder → the names of the documents in it, whole or not; none when its hub has taken it away since."""
    try:
        return [p.name for p in folder.iterdir() if p.suffix.lower() == ".xml"]
    except FileNotFoundError:
        return []
