"""Hold the codecs against the official schemas over many small changes, and write what was found to docs/reference/agreement.md.

`python -m tools.emessage_agreement` takes a share of the mutations, `--all` every one and writes nothing. `--check` exits with 1
when the committed page is not what was found. Needs the official files in ../shared. Exit status 1, too, when the codec accepts
what the schema refuses, or refuses for a reason that is not listed.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree  # noqa: TID251 the other opinion # pyright: ignore[reportAttributeAccessIssue] no types

from hub.cli.emessage_schemas import load_schemas
from hub.emessage import xml
from hub.emessage.large_text import LEAST, parse_cut
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.read import Reading, read_message, read_root
from hub.emessage.read_usual import read_usual
from hub.emessage.schemas import Schemas, compile_schemas
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse
from hub.problems import HubError, Problem, ProblemCode
from tests.message_generator import changed, generated
from tools.emessage_mutations import Mutation, Planner, mutated

ROOT: Final = Path(__file__).parent.parent
STANDARD: Final = ROOT.parent / "shared" / "standards" / "emessage"
GOLDEN: Final = ROOT / "tests" / "golden" / "emessage"
TARGET: Final = ROOT / "docs" / "reference" / "agreement.md"
# The committed page rests on so many mutations of each official example and of each other message: a minute's work.
SHARE: Final = 450
SHARE_OF_OURS: Final = 120
# Every document is written out and given to the reader of tags; of those that it leaves to lxml, every so many are parsed anew.
FROM_BYTES: Final = 10
MOST_SHOWN: Final = 40

_ODD_YEAR: Final = re.compile(r"\s*(?:-[0-9]{4,}|[0-9]{5,}|0000)(?![0-9])")
_LONG_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]*\.?[0-9]*\s*")


@dataclass(frozen=True)
class Refusal:
    """What only the codec refuses: its first fatal problem and the texts of the element it points to."""

    problem: Problem
    values: tuple[str, ...] = ()

    def told(self, code: ProblemCode, *details: str) -> bool:
        """Whether the problem has this code and its detail begins with one of these."""
        return self.problem.code is code and self.problem.detail.startswith(details or "")


@dataclass(frozen=True)
class Reason:
    """Why the codec refuses what the schema lets pass."""

    name: str
    why: str
    fits: Callable[[Refusal], bool]


def _value(refusal: Refusal, holds: Callable[[str], object]) -> bool:
    wrong = ("Attribute V has", "Attribute S has", "The text is not a valid")
    return refusal.told(ProblemCode.SCHEMA_INVALID, *wrong) and any(map(holds, refusal.values))


REASONS: Final = (
    Reason(
        "type and payload do not belong together",
        "The code in `Type` and the namespace and root of the payload are no pair of the standards. The schema binds neither to the"
        " other; nobody could say what such a message is.",
        lambda r: r.told(ProblemCode.MESSAGE_TYPE_UNSUPPORTED),
    ),
    Reason(
        "event of another type",
        "The five messages of Pasientlogistikk share one schema: the event in the payload must be that of `Type`.",
        lambda r: r.told(ProblemCode.FORMAT_FAULT, "The message type and the event"),
    ),
    Reason(
        "message id",
        "`MsgId` is a text to the schema and a UUID to the standard (HIS 80601, receipt code E10).",
        lambda r: r.told(ProblemCode.MESSAGE_ID_INVALID),
    ),
    Reason(
        "no sender",
        "Without a HER-id or organisation number of the sender, or without a `MsgId`, no receipt could find its way: the file goes to"
        " quarantine. The schema"
        " lets `Organisation` be empty.",
        lambda r: r.told(ProblemCode.SENDER_UNKNOWN),
    ),
    Reason(
        "patient not identified",
        "None of the four ways to identify a patient is complete (HIS 80415, receipt code E36); `Patient` is optional in the schema.",
        lambda r: r.told(ProblemCode.PATIENT_INSUFFICIENT),
    ),
    Reason(
        "no payload",
        "`Content` is optional in the schema, and a patient report of a registry stands where documents stand: there is nothing to"
        " take in.",
        lambda r: r.told(ProblemCode.FORMAT_FAULT, "The message has no payload"),
    ),
    Reason(
        "more than one payload",
        "`Content` may hold any number of elements in the schema, one in the standard: a second one would be lost in silence.",
        lambda r: r.told(ProblemCode.FORMAT_FAULT, "The message has more than one payload"),
    ),
    Reason(
        "no payload of a message",
        "`Content` may hold any element that a schema declares, a part of a message too. Only whole messages and attachments mean"
        " something there.",
        lambda r: r.told(ProblemCode.SCHEMA_INVALID, "The element cannot be a payload"),
    ),
    Reason(
        "attachment in another form",
        "Every document after the first is an attachment: one base64 container, uncompressed, in a format that is agreed on (HIS 1036).",
        lambda r: r.told(ProblemCode.FORMAT_FAULT, "The attachment", "The format of the attach"),
    ),
    Reason(
        "fixed value of a referenced attribute",
        "The schema fixes the value where it refers to the attribute; libxml2, which judges here, does not hold a reference to it.",
        lambda r: r.told(
            ProblemCode.SCHEMA_INVALID, "Attribute komponenttype", "Attribute basiskomponenttype"
        ),
    ),
    Reason(
        "digits of another script",
        "libxml2 takes digits of every script for digits of an OID; the standard means 0 to 9.",
        lambda r: _value(r, lambda text: text.isdigit() and not text.isascii()),
    ),
    Reason(
        "stray characters in base64",
        "libxml2 passes over characters that are no base64; XML Schema allows white space alone between them.",
        lambda r: r.told(
            ProblemCode.SCHEMA_INVALID,
            "The text is not valid base64",
            "The text is not a valid xs:base64",
        ),
    ),
    Reason(
        "odd years",
        "Years before 1 and of more than four digits are in the lexical space of XML Schema; no message means them.",
        lambda r: _value(r, _ODD_YEAR.match),
    ),
    Reason(
        "very long numbers",
        "XML Schema lets a processor stop at 18 digits. The codec does.",
        lambda r: _value(r, lambda text: len(text.strip()) > 18 and _LONG_NUMBER.fullmatch(text)),
    ),
    Reason(
        "message elements inside text or a signature",
        "A field of any type may hold anything to the schema, and so may parts of a signature. Text and XHTML belong there;"
        " elements and attributes of a message would be read by nobody.",
        lambda r: r.problem.detail.endswith(("is not allowed inside text", "inside a signature")),
    ),
    Reason(
        "xsi:type",
        "The schema lets an element name a type that is derived from its own. An element that names the very type it has is read;"
        " a reader that passed over another one would not have read what was written.",
        lambda r: r.told(ProblemCode.SCHEMA_INVALID, "Unknown attribute type"),
    ),
)


@dataclass
class Count:
    """How many mutations ended how."""

    both_accept: int = 0
    both_refuse: int = 0
    codec_refuses: int = 0
    schema_refuses: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.both_accept + self.both_refuse + self.codec_refuses + self.schema_refuses

    def join(self, other: Count) -> None:
        """As many more as another count has."""
        self.both_accept += other.both_accept
        self.both_refuse += other.both_refuse
        self.codec_refuses += other.codec_refuses
        self.schema_refuses += other.schema_refuses

    def add(self, *, valid: bool, accepted: bool) -> None:
        """One more: what the schema and what the codec says."""
        if valid:
            name = "both_accept" if accepted else "codec_refuses"
        else:
            name = "schema_refuses" if accepted else "both_refuse"
        setattr(self, name, getattr(self, name) + 1)


@dataclass
class Findings:
    """What a run found.

    Shape: official examples are counted by type, kind and reason, so that the page changes with nothing else; `broken` are
    sentences, and anything in it fails the run.
    """

    documents: Counter[str] = field(default_factory=Counter[str])
    types: dict[str, Count] = field(default_factory=dict[str, Count])
    kinds: dict[str, Count] = field(default_factory=dict[str, Count])
    reasons: Counter[str] = field(default_factory=Counter[str])
    from_bytes: int = 0
    from_tags: int = 0
    of_ours: int = 0
    broken: list[str] = field(default_factory=list[str])

    def add(self, other: Findings) -> None:
        """What another worker found, too."""
        self.documents += other.documents
        self.reasons += other.reasons
        self.from_bytes += other.from_bytes
        self.from_tags += other.from_tags
        self.of_ours += other.of_ours
        self.broken += other.broken
        for mine, theirs in ((self.types, other.types), (self.kinds, other.kinds)):
            for name, count in theirs.items():
                mine.setdefault(name, Count()).join(count)


def everything(_: MessageType) -> bool:
    """A type → read it, whether it is taken in or not."""
    return True


@dataclass(frozen=True)
class Source:
    """A document to be changed."""

    name: str
    data: bytes
    official: bool = False


def sources() -> Iterator[Source]:
    """The official examples, our own golden messages, and one generated message of each payload."""
    for path in sorted(STANDARD.glob("examples/*/*.xml")):
        yield Source(f"{path.parent.name}/{path.name}", path.read_bytes(), official=True)
    for path in sorted(GOLDEN.glob("*/*/*/message.xml")):
        yield Source(path.parent.relative_to(GOLDEN).as_posix(), path.read_bytes())
    signed = (GOLDEN / "LOG_INNLAGT/1.6/new/message.xml").read_bytes()
    yield Source("signed", signed.replace(b"</MsgHead>", _SIGNATURE.encode() + b"</MsgHead>"))
    payloads = {
        (row.payload, row.edition): row
        for row in MESSAGE_TYPES
        if row.payload is not None and row.root != "Message"
    }
    for row in payloads.values():
        yield Source(f"generated {row.type} {row.standard}", _generated(row))


_SIGNATURE: Final = (
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="s"><SignedInfo><CanonicalizationMethod Algorithm="urn:c"/>'
    '<SignatureMethod Algorithm="urn:s"/><Reference URI="" Id="r"><Transforms><Transform Algorithm="urn:t"><XPath>a</XPath>'
    '</Transform></Transforms><DigestMethod Algorithm="urn:d"/><DigestValue>QUJD</DigestValue></Reference></SignedInfo>'
    "<SignatureValue>QUJD</SignatureValue><KeyInfo><KeyName>k</KeyName><KeyValue><RSAKeyValue><Modulus>QUJD</Modulus>"
    "<Exponent>QUJD</Exponent></RSAKeyValue></KeyValue><X509Data><X509IssuerSerial><X509IssuerName>n</X509IssuerName>"
    "<X509SerialNumber>1</X509SerialNumber></X509IssuerSerial><X509SKI>QUJD</X509SKI><X509Certificate>QUJD</X509Certificate>"
    "</X509Data><RetrievalMethod/></KeyInfo><Object MimeType='text/plain'>text</Object></Signature>"
)


def _generated(row: MessageType) -> bytes:
    """A row → a message of it that is neither tiny nor huge: all generated but who sends what to whom about which patient."""
    real = parse(
        (GOLDEN / "UTSKRIVNINGSRAPPORT/1.6/to-follow-up-at-home/message.xml").read_bytes(), MsgHead
    ).msg_info
    for seed in range(1000):
        message = generated(row, seed)
        info = changed(
            message.msg_info,
            sender=real.sender,
            receiver=real.receiver,
            patient=real.patient,
            msg_id=real.msg_id,
        )
        data = render(changed(message, msg_info=info, document=message.document[:1]))
        if 10_000 < len(data) < 40_000 and not read_message(data, everything).fatal:
            return data
    raise LookupError(row.type)


def label(reading: Reading) -> str:
    """A reading → the name of its row in the page."""
    if reading.root == "AppRec":
        return f"AppRec {reading.app_rec_version}"
    row = reading.message_type
    return f"{row.standard}: {row.title}" if row is not None else "?"


def run(share: int | None, share_of_ours: int | None) -> Findings:
    """How many mutations of each document are taken, None for all → the Findings, by as many processes as processors."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        tasks = [pool.submit(work, share, share_of_ours, n, workers) for n in range(workers)]
        parts = [task.result() for task in tasks]
    for part in parts[1:]:
        parts[0].add(part)
    return parts[0]


def work(share: int | None, share_of_ours: int | None, turn: int, workers: int) -> Findings:
    """How many mutations of each document are taken, and which of the workers this is → what it found in its part."""
    found = Findings()
    planner = Planner()
    schemas = compile_schemas(load_schemas(STANDARD / "xsd"))
    for source in sources():
        reading = read_message(source.data, everything)
        if reading.fatal or schemas.validate(source.data):
            # Among our own there are messages that are faulty on purpose.
            if source.official and turn == 0:
                found.broken.append(f"{source.name} itself is refused: {reading.problems[:1]}")
            continue
        row = label(reading) if source.official else ""
        if source.official:
            found.documents[row] += turn == 0
        root: Any = xml.parse(source.data)
        taken = spread(list(planner.plan(root)), share if source.official else share_of_ours)
        for number, mutation in enumerate(taken):
            if number % workers == turn:
                # Written out, an element of no namespace would fall into the default one.
                written = mutation.by_bytes or mutation.detail != "none"
                whole = number % FROM_BYTES == 0
                _try(
                    found,
                    schemas,
                    (source.name, row),
                    root,
                    mutation,
                    written=written,
                    whole=whole,
                )
    return found


def spread(planned: list[Mutation], most: int | None) -> list[Mutation]:
    """Mutations in their order → at most so many, evenly from the first to the last."""
    if most is None or len(planned) <= most:
        return planned
    return [planned[n * len(planned) // most] for n in range(most)]


def _try(
    found: Findings,
    schemas: Schemas,
    origin: tuple[str, str],
    root: Any,
    mutation: Mutation,
    *,
    written: bool,
    whole: bool,
) -> None:
    made = mutated(root, mutation)
    told = f"{origin[0]}: {mutation.kind} {mutation.detail} at element {mutation.number}"
    valid = bool(schemas.judge(made))
    data = etree.tostring(made, encoding="utf-8") if written else b""
    reading = _from_tree(data) if mutation.by_bytes else read_root(made, everything)
    usual = read_usual(data, everything)
    if usual is not None:
        found.from_tags += bool(origin[1])
        # A large text is held where it stands in the bytes
        if usual != (reading if len(data) < LEAST else _from_tree(data)):
            found.broken.append(f"{told}: read from its tags it says otherwise")
    elif written and whole:
        found.from_bytes += bool(origin[1])
        if _from_tree(data).fatal != reading.fatal:
            found.broken.append(f"{told}: read from bytes it is judged otherwise")
    accepted = not reading.fatal
    if origin[1]:
        found.types.setdefault(origin[1], Count()).add(valid=valid, accepted=accepted)
        found.kinds.setdefault(mutation.kind, Count()).add(valid=valid, accepted=accepted)
    else:
        found.of_ours += 1
    if accepted and not valid:
        found.broken.append(f"{told}: accepted, and the schema refuses it")
    if not accepted:
        _explain(found, told, made, reading, (valid, bool(origin[1])))


def _from_tree(data: bytes) -> Reading:
    """A document → its Reading by way of lxml's tree, whichever reader would take it."""
    try:
        root, large = parse_cut(data)
    except HubError as error:
        return Reading("", problems=error.problems)
    return read_root(root, everything, large)


def _explain(
    found: Findings, told: str, made: Any, reading: Reading, judged: tuple[bool, bool]
) -> None:
    """A refusal, whether it is valid and whether it counts → its reason counted; it must name a place, and the code a receipt would carry."""
    valid, counted = judged
    problem = next(problem for problem in reading.problems if problem.fatal)
    if not problem.where or (problem.code.row.apprec is None) != (
        problem.code is ProblemCode.SENDER_UNKNOWN
    ):
        found.broken.append(f"{told}: refused without a place or a receipt code: {problem}")
    place = at(made, problem.where)
    if place is None and problem.code is ProblemCode.SCHEMA_INVALID:
        found.broken.append(f"{told}: {problem.where} is no place in the document")
    if valid:
        texts = () if place is None else (place.text or "", *place.attrib.values())
        refusal = Refusal(problem, texts)
        reason = next((reason for reason in REASONS if reason.fits(refusal)), None)
        if reason is None:
            found.broken.append(f"{told}: refused for no listed reason: {problem} {texts}"[:300])
        else:
            found.reasons[reason.name] += counted


def at(root: Any, path: str) -> Any:
    """A document and an XPath as problems carry it (local names, positions among equals) → the element, or None."""
    here = None
    for step in path.strip("/").split("/"):
        name, _, rest = step.partition("[")
        number = int(rest[:-1]) if rest else 1
        alike: Counter[str] = Counter()
        for child in [root] if here is None else here:
            if isinstance(child.tag, str) and name in {"*", etree.QName(child).localname[:64]}:
                alike[child.tag] += 1
                if alike[child.tag] == number:
                    here = child
                    break
        else:
            return None
    return here


_INTRODUCTION: Final = (
    "The hub judges an e-message by its own tables, without the official schemas. Here is how the two agree: every official"
    " example is changed in one place at a time, and both judge the result. The rule is that **the codec never accepts what the"
    " schema refuses**; what only the codec refuses falls under a reason below. The same is tried, and not counted here, on our own"
    " sample messages and on a generated message of each payload, for the types that have no official example."
)


def page(found: Findings) -> str:
    """The Findings → the page."""
    total = sum(count.total for count in found.kinds.values())
    alone = sum(count.schema_refuses for count in found.kinds.values())
    head = ("", "mutations", "both accept", "both refuse", "only the codec refuses")
    parts = [
        "# Codec and schema",
        "<!-- Made by `python -m tools.emessage_agreement` from the official schemas and examples; do not edit. -->",
        _INTRODUCTION,
        (
            f"{total} mutations of {found.documents.total()} documents. They are {SHARE} for each example, evenly out of those that `--all`"
            f" takes. Accepted by the codec alone: {alone}. All are judged from lxml's tree, and written out as well: {found.from_tags} were"
            " read from their tags ([ADR 0039](../adr/0039-usual-messages-are-read-from-their-tags.md)) and said the same,"
            f" and of the others {found.from_bytes} were parsed anew."
        ),
        "## By type of message",
        _table(
            ("type", "documents", *head[1:]),
            [
                (row, str(found.documents[row]), *_cells(count))
                for row, count in sorted(found.types.items())
            ],
        ),
        "## By kind of change",
        _table(
            ("change", *head[1:]),
            [(kind, *_cells(count)) for kind, count in sorted(found.kinds.items())],
        ),
        "## What only the codec refuses",
        _table(
            ("reason", "mutations", "why"),
            [(reason.name, str(found.reasons[reason.name]), reason.why) for reason in REASONS],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _cells(count: Count) -> tuple[str, ...]:
    return tuple(
        str(n) for n in (count.total, count.both_accept, count.both_refuse, count.codec_refuses)
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Run; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--all", action="store_true")
    chosen = parser.parse_args()
    found = run(*((None, None) if chosen.all else (SHARE, SHARE_OF_OURS)))
    total = sum(count.total for count in found.kinds.values())
    print(
        f"{total} mutations and {found.of_ours} of our own messages, {len(found.broken)} against the rules",
        file=sys.stderr,
    )
    for line in found.broken[:MOST_SHOWN]:
        print(line)
    made = page(found)
    if not chosen.all and not chosen.check:
        TARGET.write_text(made, encoding="utf-8")
    stale = chosen.check and TARGET.read_text(encoding="utf-8") != made
    if stale:
        print(f"{TARGET.relative_to(ROOT)} is not current: python -m tools.emessage_agreement")
    return 1 if found.broken or stale else 0


if __name__ == "__main__":
    sys.exit(main())
