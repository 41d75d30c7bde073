"""Accept, `_format`, `_pretty` and Content-Type → which format goes out, and which came in.

Source: http://hl7.org/fhir/R4/http.html#mime-type, #version-parameter, #parameters; RFC 9110 §12.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from hub.fhir.requests import FHIR_JSON
from hub.problems import ProblemCode, fail

FHIR_XML: Final = "application/fhir+xml"
JSON_PATCH: Final = "application/json-patch+json"
JSON_TYPES: Final = (FHIR_JSON, "application/json", "text/json", "application/json+fhir")
PATCH_TYPES: Final = (JSON_PATCH, FHIR_JSON, FHIR_XML)
"""What a patch may come as."""
XML_TYPES: Final = (FHIR_XML, "application/xml", "text/xml", "application/xml+fhir")
VERSIONS: Final = frozenset({"4.0", "4.0.1"})
"""What the parameter fhirVersion may say."""

_FORMATS: Final = {"json": FHIR_JSON, "xml": FHIR_XML} | {
    name: FHIR_JSON if name in JSON_TYPES else FHIR_XML for name in (*JSON_TYPES, *XML_TYPES)
}
# What a person's browser asks for: it is given JSON, which it shows
_PEOPLE: Final = ("text/html", "application/xhtml+xml")
# In this order where the caller takes several equally well; the old names of STU2 are answered with today's
_OFFERS: Final = (*JSON_TYPES[:3], *XML_TYPES[:3], JSON_TYPES[3], XML_TYPES[3], *_PEOPLE)
_SENT: Final = dict.fromkeys(_OFFERS[6:], FHIR_JSON) | {XML_TYPES[3]: FHIR_XML}
_LONGEST: Final = 512


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the answer is to look.

    Shape: `content_type` what Content-Type says; `explicit` when FHIR's own types were asked for, so that a Binary comes
    as a resource.
    """

    xml: bool = False
    content_type: str = FHIR_JSON
    explicit: bool = False
    pretty: bool = False

    @property
    def plain(self) -> bool:
        """Whether stored bytes are sent as they are."""
        return self.content_type is FHIR_JSON and not self.pretty


@dataclass(frozen=True, slots=True)
class _Range:
    type: str
    quality: float
    version: str


JSON: Final = Wanted()


def negotiate(accept: str | None, query: Sequence[tuple[str, str]]) -> Wanted:
    """The Accept header (None: not sent) and the query → what is wanted; `_format` outranks Accept.

    Problems: NOT_ACCEPTABLE when it is nothing the hub serves; BAD_PARAMETER for `_pretty`.
    """
    asked = pretty = None
    for name, value in query:
        if name == "_format":
            asked = value or None  # forms send what was left open so: nothing is asked for
        elif name == "_pretty":
            pretty = value or None
    wanted = _accepted(accept) if asked is None else _format(asked)
    if wanted is None:
        served = f"{FHIR_JSON} and {FHIR_XML} of FHIR 4.0 in UTF-8"
        raise fail(ProblemCode.NOT_ACCEPTABLE, f"Only {served} can be sent")
    if pretty is None:
        return wanted
    if pretty not in {"true", "false"}:
        raise fail(ProblemCode.BAD_PARAMETER, "_pretty must be true or false", "_pretty")
    return replace(wanted, pretty=pretty == "true")


def _format(asked: str) -> Wanted | None:
    # A plus sign that was not percent-encoded comes as a blank
    media, parameters = parse_media_type(asked.strip().replace(" ", "+"))
    found = _FORMATS.get(media)
    if found is None or not _readable(parameters):
        return None
    return Wanted(found == FHIR_XML, found, explicit=True)


def _accepted(accept: str | None) -> Wanted | None:
    if accept is None or not accept.strip():
        return JSON
    return _choose(accept) if len(accept) > _LONGEST else _remembered(accept)


def _choose(accept: str) -> Wanted | None:
    ranges = [_range(part) for part in accept.split(",")]
    known = [each for each in ranges if each is not None]
    best: tuple[float, int, int] = (0.0, 0, 0)
    chosen: tuple[str, _Range] | None = None
    for offer in _OFFERS:
        match = _match(offer, known)
        if match is None or not match[0].quality:
            continue
        # The better liked, then the more exactly named, then the earlier named
        rank = (match[0].quality, match[1], -match[2])
        if chosen is None or rank > best:
            best, chosen = rank, (offer, match[0])
    if chosen is None:
        return None
    sent = _SENT.get(chosen[0], chosen[0])
    explicit = chosen[1].type in {FHIR_JSON, FHIR_XML, JSON_TYPES[3], XML_TYPES[3]}
    version = chosen[1].version
    told = f"{sent};fhirVersion={version}" if version else sent
    return Wanted(sent in XML_TYPES, told, explicit)


_remembered = lru_cache(maxsize=256)(_choose)


def _match(offer: str, ranges: Sequence[_Range]) -> tuple[_Range, int, int] | None:
    """A type → the most exact range it falls in, how exact that is, and its place (RFC 9110 §12.5.1)."""
    main = offer.partition("/")[0]
    exactness = {offer: 3, f"{main}/*": 2, "*/*": 1}
    best: tuple[_Range, int, int] | None = None
    for place, each in enumerate(ranges):
        exact = exactness.get(each.type, 0)
        if exact and (best is None or exact > best[1]):
            best = (each, exact, place)
    return best


def _range(part: str) -> _Range | None:
    """One part of Accept → a range; None when it is malformed or asks for a charset or version there is not."""
    media, parameters = parse_media_type(part)
    if not media or not _readable(parameters):
        return None
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        return None
    version = parameters.get("fhirversion", "")
    return _Range(media, quality, version) if 0 <= quality <= 1 else None


def parse_media_type(text: str) -> tuple[str, dict[str, str]]:
    """`a/b;c=d` → ("a/b", {"c": "d"}), names in lower case."""
    media, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest)
    return media.strip().lower(), {n.strip().lower(): v.strip().strip('"') for n, _, v in pairs}


def _readable(parameters: dict[str, str]) -> bool:
    """Whether charset and version, where they are said, are ours."""
    charset = parameters.get("charset", "utf-8").lower()
    return charset in {"utf-8", "utf8"} and parameters.get("fhirversion", "4.0") in VERSIONS


def accepts(accept: str | None, media: str) -> bool:
    """The Accept header and a media type → whether that type may be sent."""
    if accept is None or not accept.strip():
        return True
    ranges = [_range(part) for part in accept.split(",")]
    match = _match(parse_media_type(media)[0], [each for each in ranges if each is not None])
    return match is not None and match[0].quality > 0


def read_content_type(content_type: str) -> str:
    """A Content-Type → its media type, "" when there is none.

    Problems: UNSUPPORTED_MEDIA for a charset other than UTF-8 or another version of FHIR.
    """
    return _content(content_type) if len(content_type) > _LONGEST else _content_seen(content_type)


def _content(content_type: str) -> str:
    media, parameters = parse_media_type(content_type)
    if not _readable(parameters):
        raise fail(ProblemCode.UNSUPPORTED_MEDIA, "A body is FHIR 4.0 in UTF-8")
    return media


_content_seen = lru_cache(maxsize=256)(_content)
