"""One e-message → the page that people read of it: who it is about, what it says, from whom, with what attached.

Works on the document as it was written, so that a message which breaks its schema, or that nobody here reads, is shown as
well: what no table knows is marked as foreign.
Source: HIS 1036, HISD 1155; emessage/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hub.emessage import apprec, message_types, xml
from hub.emessage.apprec import AppRec
from hub.emessage.envelope import Envelope, EnvelopePatient, Party
from hub.emessage.envelope_read import read_envelope
from hub.emessage.large_text import LargeText, parse_cut
from hub.emessage.msghead import Document, MsgHead, MsgInfo, RefDoc
from hub.emessage.page.attachments import Address, attachments_of, in_the_page
from hub.emessage.page.blocks import Block, Content, Section, Walker, show_lines
from hub.emessage.page.formatted import foreign
from hub.emessage.page.labels import ROOTS
from hub.emessage.page.leaves import day_or_time
from hub.emessage.page.short import Line
from hub.emessage.payloads import PAYLOADS
from hub.emessage.table import Edition, tag_of
from hub.emessage.xml import Node
from hub.html import Html, el, join
from hub.problems import HubError, Problem

_TOP: Final = 2
_LATIN: Final = "iso-8859-1"
_PATIENT: Final = "Pasient"
# What a receipt says stands before what it says of itself.
_FIRST: Final = frozenset({"Status", "Error"})


@dataclass(frozen=True, slots=True)
class Readable:
    """A message as people read it. Shape: `title` heads the page, `content` is what stands below it."""

    title: str
    content: Html


def read_page(
    data: bytes, address: Address = in_the_page, problems: Sequence[Problem] = ()
) -> Readable:
    """The bytes of a document, where attachments are got and what is known to be wrong → the Readable; nothing is raised."""
    try:
        root, large = parse_cut(data)
    except HubError as error:
        return _unreadable(data, error)
    envelope = read_envelope(root)
    return show_message(xml.to_node(root), envelope, address, problems, large)


def show_message(
    root: Node,
    envelope: Envelope | None,
    address: Address,
    problems: Sequence[Problem] = (),
    large: Mapping[str, LargeText] = MappingProxyType({}),
) -> Readable:
    """The root of a message, its envelope where one can be made out, what marks stand for, the rest as `read_page` → the Readable."""
    title = _title(envelope)
    cls, edition = _class_of(root)
    walker = Walker(edition, attachments_of(root, address, large))
    lead = join(_faults(problems), _lead(envelope) if envelope is not None else None)
    if cls is None:
        told = el(
            "section",
            el("h2", f"Fremmed innhold: {xml.local_name(root.tag)}"),
            foreign(root),
            class_="foreign",
        )
        return Readable(title, el("div", lead, told, class_="message"))
    block = walker.read(root, cls)
    body = _head(walker, block) if cls is MsgHead else _letter(walker, block, title)
    return Readable(title, el("div", lead, body, class_="message"))


def _class_of(root: Node) -> tuple[type | None, Edition | None]:
    version = apprec.ROOTS.get(root.tag)
    if version is not None:
        return AppRec, apprec.EDITIONS[version]
    if root.tag == tag_of(MsgHead):
        return MsgHead, None
    return PAYLOADS.get(root.tag, (None, None))


def _title(envelope: Envelope | None) -> str:
    if envelope is None:
        return "Ukjent dokument"
    if envelope.root == "AppRec":
        return ROOTS["AppRec"]
    row = message_types.find(envelope.type, envelope.namespace)
    return row.title if row is not None else envelope.type_name or envelope.type or "Ukjent melding"


def _lead(envelope: Envelope) -> Html:
    """The envelope in short: about whom, from whom, to whom, when."""
    pairs = (
        ("Pasient", _patient(envelope.patient) if envelope.patient else ""),
        ("Fra", _party(envelope.sender) if envelope.sender else ""),
        *(
            ("Til" if each.role == "PRIM" else "Kopi til", _party(each.party))
            for each in envelope.receivers
        ),
    )
    told = [part for name, text in pairs if text for part in (el("dt", name), el("dd", text))]
    when = (
        [el("dt", "Laget"), el("dd", day_or_time(envelope.gen_date))] if envelope.gen_date else []
    )
    return el("dl", told, when, class_="facts lead")


def _patient(patient: EnvelopePatient) -> str:
    names = (patient.given_name, patient.middle_name, patient.family_name)
    ids = ", ".join(each.value for each in patient.identifiers)
    return ", ".join(part for part in (" ".join(filter(None, names)), ids) if part)


def _party(party: Party) -> str:
    names = (party.unit.name if party.unit else "", party.name)
    return ", ".join(dict.fromkeys(filter(None, names)))


def _head(walker: Walker, block: Block) -> list[Html]:
    """A MsgHead → what it says first, then its attachments, then its envelope."""
    documents = [s for s in block.sections if s.cls is Document]
    shown = [_document(walker, each, number) for number, each in enumerate(documents)]
    for section in block.sections:
        if section.cls is MsgInfo:
            info = walker.read(section.node, MsgInfo)
            shown += walker.sections(_patient_first(info.sections), _TOP)
            shown.append(_lines("Om meldingen", info.lines))
        elif section.cls is not Document:
            shown += walker.sections([section], _TOP)
    return [*shown, _lines("Om konvolutten", block.lines)]


def _document(walker: Walker, section: Section, number: int) -> Html:
    """A Document → its content first; what it says of itself after."""
    outer = walker.read(section.node, Document)
    refs = [s for s in outer.sections if s.cls is RefDoc]
    inner = [walker.read(ref.node, RefDoc) for ref in refs]
    lines = [*outer.lines, *(line for each in inner for line in each.lines)]
    content = [line for line in lines if line.name == "Content"]
    about = _lines(
        "Om dokumentet" if number == 0 else "", [n for n in lines if n not in content], _TOP + 1
    )
    rest = [s for s in outer.sections if s not in refs]
    held = [s for each in inner for s in each.sections]
    label = _payload_name(held) if number == 0 else f"Vedlegg {number}"
    return el(
        "section",
        el("h2", label),
        [el("p", line.shown) for line in content],
        [_held(walker, each) for each in held],
        walker.sections(rest, _TOP + 1),
        about,
    )


def _held(walker: Walker, section: Section) -> Html:
    """What a RefDoc holds → the same one level up."""
    if section.cls is Content:
        return walker.show(section.node, Content, _TOP + 1)
    return join(walker.sections([section], _TOP + 1))


def _letter(walker: Walker, block: Block, label: str) -> list[Html]:
    """A document with an envelope of its own → what it says, then what it says of itself."""
    if len(block.sections) != 1 or (only := block.sections[0]).cls is None:
        status = [line for line in block.lines if line.name in _FIRST]
        rest = [line for line in block.lines if line.name not in _FIRST]
        first = _lines(label, status)
        return [first, *walker.sections(block.sections, _TOP), _lines("Om meldingen", rest)]
    letter = walker.read(only.node, only.cls)
    return [
        *walker.sections(_patient_first(letter.sections), _TOP),
        _lines(f"Om {only.label.lower()}n", letter.lines),
        _lines("Om meldingen", block.lines),
    ]


def _payload_name(held: Sequence[Section]) -> str:
    """The sections of a RefDoc → what the payload in it is called."""
    roots = (
        part.tag
        for s in held
        if s.cls is Content
        for part in s.node.content
        if isinstance(part, Node)
    )
    classes = (PAYLOADS[tag][0].__name__ for tag in roots if tag in PAYLOADS)
    return next((ROOTS[name] for name in classes), "Dokument")


def _patient_first(sections: Sequence[Section]) -> list[Section]:
    return sorted(sections, key=lambda section: section.label != _PATIENT)


def _lines(label: str, lines: Sequence[Line], level: int = _TOP) -> Html:
    """Lines → a section with them, nothing when there are none."""
    shown = show_lines(lines)
    if shown is None:
        return Html("")
    return el("section", el(f"h{level}", label) if label else None, shown)


def _faults(problems: Sequence[Problem]) -> Html | None:
    """What is wrong with a message → a box that tells it, None when nothing is."""
    if not problems:
        return None
    told = [
        el("li", el("span", p.detail, lang="en"), " ", el("code", p.where) if p.where else None)
        for p in problems
    ]
    return el("div", el("p", "Meldingen har feil:"), el("ul", told), class_="faults")


def _unreadable(data: bytes, error: HubError) -> Readable:
    """Bytes that are no XML → the same as text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode(_LATIN)
    told = _faults(error.problems)
    shown = "".join(
        each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )
    section = el("section", el("h2", "Filen slik den er"), el("p", shown, class_="text"))
    return Readable("Filen kan ikke leses", el("div", told, section, class_="message"))
