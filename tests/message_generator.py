"""Schema-valid messages out of the codec tables: any class declared with `block` → a random value of it.

Deterministic: the same seed gives the same message. Elements without information are never made (hodemelding.md rule 8);
everything else that the tables allow is: codes without a list, names without codes, times of every kind, two levels and
more of organisations, attachments, further receivers.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

import msgspec

from hub.emessage.attached import ATTACHED, Attached
from hub.emessage.datatypes import (
    FORMATTED_TEXT,
    Base64Container,
    FormattedText,
    html,
    xhtml,
)
from hub.emessage.message_types import MessageType
from hub.emessage.msghead import Document, MsgHead, MsgInfo, Patient
from hub.emessage.payloads import CONTENT, Content
from hub.emessage.table import SELF, Edition, Field, Simple, Table, table_of
from hub.emessage.xmldsig import SIGNATURE

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzæøåABCÆØÅéü0123456789"
_ODD: Final = " ,.-/&<>\"'()%+§€😀\n\t"
_OIDS: Final = tuple(f"2.16.578.1.12.4.1.1.{n}" for n in (9034, 9051, 8116, 9152, 7322, 7170, 7180))
_MIME_TYPES: Final = ("application/pdf", "image/jpeg", "image/png", "text/xml", "text/plain")
_URIS: Final = ("tel:{}", "fax:{}", "mailto:a{}@b.no", "http://b.no/{}", "{}", "sms:{}", "urn:x:{}")


@dataclass(frozen=True)
class Generator:
    """Draws values. Shape: `share` is how often an optional part is there, `repeats` the most of a repeating one."""

    random: Random
    share: float = 0.6
    repeats: int = 3
    depth: int = 7
    special: dict[Any, Callable[[Generator], Any]] = field(default_factory=dict[Any, Any])
    edition: Edition | None = None

    def value(self, cls: type, depth: int | None = None) -> Any:
        """A class declared with `block` → a value of it that the schema accepts."""
        left = self.depth if depth is None else depth
        lines = table_of(cls, self.edition)
        taken = self._choices(lines, left)
        filled: dict[str, Any] = {}
        for line in lines.fields:
            parts = self._parts(line, cls, left, wanted=taken.get(line.name))
            if line.many:
                filled[line.name] = parts
            elif parts:
                filled[line.name] = parts[0]
        if not any(part not in (None, ()) for part in filled.values()) and lines.fields:
            # An element that says nothing is not sent: fill the first line that may stand alone
            line = next((f for f in lines.fields if not _recursive(f)), lines.fields[0])
            parts = self._parts(line, cls, left, wanted=True)
            filled[line.name] = parts if line.many else parts[0]
        return cls(**filled)

    def _choices(self, lines: Table, depth: int) -> dict[str, bool]:
        taken: dict[str, bool] = {}
        for choice in lines.choices:
            names = [n for n in choice.fields if depth > 0 or not _named_recursive(lines, n)]
            none = not choice.required and not self.chance()
            winner = None if none or not names else self.random.choice(names)
            taken.update({name: name == winner for name in choice.fields})
        return taken

    def chance(self) -> bool:
        """Whether an optional part is there."""
        return self.random.random() < self.share

    def _parts(
        self, line: Field, owner: type, depth: int, *, wanted: bool | None
    ) -> tuple[Any, ...]:
        if any(kind is SIGNATURE for _, kind in line.kinds) or wanted is False:
            return ()
        needed = bool(line.least) or wanted is True
        if not needed and (depth <= 0 or not self.chance()):
            return ()
        if _recursive(line) and not needed and self.random.random() < 0.5:
            return ()
        count = self.random.randint(1, self.repeats) if line.many and depth > 0 else 1
        return tuple(self._part(line, owner, depth) for _ in range(count))

    def _part(self, line: Field, owner: type, depth: int) -> Any:
        _, kind = self.random.choice(line.kinds)
        if line.name == "mime_type":
            return self.random.choice(_MIME_TYPES)
        if line.fixed or line.empty_means:
            return line.fixed or line.empty_means
        if kind in self.special:
            return self.special[kind](self)
        if kind is FORMATTED_TEXT:
            return self.text()
        if kind is CONTENT:
            return Content((self.attachment(),))
        if kind is ATTACHED:
            return Attached((self.attachment(),))
        if isinstance(kind, Simple):
            return self.simple(kind)
        return self.value(owner if kind is SELF else kind, depth - 1)

    def words(self) -> str:
        """A text that says something: no blanks at the ends."""
        size = self.random.randint(0, 14)
        inner = "".join(
            self.random.choice(_LETTERS if self.random.random() < 0.85 else _ODD)
            for _ in range(size)
        )
        return self.random.choice(_LETTERS) + inner + self.random.choice(_LETTERS)

    def text(self) -> FormattedText:
        """The content of a text field: plain, or XHTML in one div."""
        if self.random.random() < 0.5:
            return FormattedText((self.words(),))
        cells = [html("td", self.words()), html("td", self.words())]
        return xhtml(
            html("p", self.words(), html("br"), html("strong", self.words()), " " + self.words()),
            html("ul", html("li", self.words())),
            html("table", html("tr", *cells)),
        )

    def attachment(self) -> Base64Container:
        """A few bytes as base64."""
        data = self.random.randbytes(self.random.randint(1, 60))
        return Base64Container(base64.b64encode(data).decode())

    def day(self) -> str:
        """A calendar day."""
        return str(date(1905, 1, 1) + timedelta(days=self.random.randrange(50_000)))

    def moment(self) -> str:
        """A day with a time of day, with or without fraction and zone."""
        clock = f"{self.random.randrange(24):02d}:{self.random.randrange(60):02d}:{self.random.randrange(60):02d}"
        fraction = self.random.choice(("", "", "", ".5", ".125"))
        return f"{self.day()}T{clock}{fraction}{self.zone()}"

    def zone(self) -> str:
        """The zone of a time, mostly none."""
        return self.random.choice(("", "", "", "", "Z", "+01:00", "+02:00", "-03:30"))

    def simple(self, kind: Simple[Any]) -> Any:
        """A value of a simple type of the tables."""
        number = self.random.randint(0, 99_999)
        made: dict[str, Callable[[], Any]] = {
            "xs:string": self.words,
            "xs:token": lambda: " ".join(self.words().split()),
            "xs:boolean": lambda: self.random.random() < 0.5,
            "xs:date": lambda: self.day() + self.random.choice(("", "", "", "", "Z", "+01:00")),
            "xs:dateTime": self.moment,
            "date, time or both": self._point,
            "xs:gYear": lambda: self.day()[:4],
            "xs:integer": lambda: str(number),
            "xs:decimal": lambda: f"{number}.{self.random.randrange(1000):03d}",
            "xs:double": lambda: self.random.choice((f"{number}.50", f"{number}", "1.5e3")),
            "OID": lambda: self.random.choice(_OIDS),
            "xs:anyURI": lambda: self.random.choice(_URIS).format(number),
        }
        drawn = made.get(kind.name)
        return drawn() if drawn is not None else self._listed(kind)

    def _point(self) -> str:
        day = self.day()
        return self.random.choice((day, self.moment(), self.moment(), day[:7], day[:4], "10:30:00"))

    def _listed(self, kind: Simple[Any]) -> Any:
        """A value of an enumeration; the tables keep its values in the closure of the reader."""
        cells = kind.read.__closure__ or ()
        values = next(c.cell_contents for c in cells if isinstance(c.cell_contents, frozenset))
        return self.random.choice(sorted(values))


def _recursive(line: Field) -> bool:
    return any(kind is SELF for _, kind in line.kinds)


def _named_recursive(lines: Table, name: str) -> bool:
    return any(f.name == name and _recursive(f) for f in lines.fields)


def uuid(random: Random) -> str:
    """A random UUID, now and then written in capitals or braces."""
    digits = f"{random.getrandbits(128):032x}"
    plain = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
    return random.choice((plain, plain, plain, plain.upper(), f"{{{plain}}}"))


def generated(
    row: MessageType, seed: int, payload: Callable[[Generator], Any] | None = None
) -> MsgHead:
    """A row of the message types and a seed → a MsgHead of that type, envelope and payload random and schema-valid.

    `payload` makes the payload instead of the table, for types whose name demands more than the schema does.
    """
    random = Random(f"{row.type} {row.namespace} {seed}")
    generator = Generator(random, share=random.choice((0.2, 0.5, 0.8)), edition=row.edition)
    assert row.payload is not None
    message: MsgHead = generator.value(MsgHead)
    info: MsgInfo = message.msg_info
    inner = payload(generator) if payload else generator.value(row.payload)
    documents: list[Document] = [
        generator.value(Document) for _ in range(random.choice((1, 1, 1, 2, 3)))
    ]
    documents[0] = changed(
        documents[0],
        ref_doc=changed(
            documents[0].ref_doc, file_reference=None, content=Content((inner,), row.edition)
        ),
    )
    reference = info.conversation_ref
    return MsgHead(
        msg_info=changed(
            info,
            type=changed(info.type, v=row.type),
            msg_id=uuid(random),
            conversation_ref=reference
            and type(reference)(
                ref_to_parent=uuid(random),
                ref_to_conversation=uuid(random),
            ),
            patient=info.patient or generator.value(Patient),
        ),
        document=tuple(documents),
    )


def changed(value: Any, **fields: Any) -> Any:
    """A value declared with `block` → the same with some fields changed."""
    return msgspec.structs.replace(value, **fields)


def without_ends_in_values(data: bytes) -> bytes:
    """A document as we write it → the same without ">" in the values of attributes, which the reader of usual documents leaves to lxml."""
    parts = (part.rpartition(b">") for part in data.split(b"<"))
    return b"<".join(head.replace(b">", b"-") + end + text for head, end, text in parts)
