"""What the bytes of an attachment are, held against what its sender says they are.

Bytes that are plainly of another kind (a program, an archive, a document that can hold macros, another of the formats)
cannot be handled as what they are called: the answer is negative. Bytes that nobody recognises are odd, and oddity is
never a reason to refuse.
Source: HIS 1036 (an attachment that cannot be handled → negative AppRec; virus measures are the receiver's duty).
"""

from __future__ import annotations

from typing import Final

from hub.problems import Problem, ProblemCode

_PDF: Final = "PDF"
_JPEG: Final = "JPEG"
_PNG: Final = "PNG"
_TEXT: Final = "text"
SAID: Final = {
    "application/pdf": _PDF,
    "image/jpeg": _JPEG,
    "image/png": _PNG,
    "text/plain": _TEXT,
}
_ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-pdf": "application/pdf",
}
"""Other names of the formats, as systems in the field write them."""
# First bytes → what they begin.
_BEGINS: Final = (
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"\xff\xd8\xff", _JPEG),
    (b"MZ", "program (Windows)"),
    (b"\x7fELF", "program (Linux)"),
    (b"\xfe\xed\xfa\xce", "program (macOS)"),
    (b"\xfe\xed\xfa\xcf", "program (macOS)"),
    (b"\xce\xfa\xed\xfe", "program (macOS)"),
    (b"\xcf\xfa\xed\xfe", "program (macOS)"),
    (b"\xca\xfe\xba\xbe", "program (Java, macOS)"),
    (b"#!", "script"),
    (b"PK\x03\x04", "archive or office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office document"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
# A page of a browser may begin behind blanks and in any case.
_PAGES: Final = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml", b"<?php")
# Readers of PDF look for the mark in the first kilobyte.
_PDF_WITHIN: Final = 1024


def kind_of(data: bytes) -> str:
    """The bytes of an attachment → what they are, "" when they cannot be told from any bytes or text."""
    for begin, kind in _BEGINS:
        if data.startswith(begin):
            return kind
    head = data[:_PDF_WITHIN]
    if b"%PDF-" in head:
        return _PDF
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "web page or XML" if text.startswith(_PAGES) else ""


def type_of(mime_type: str | None) -> str:
    """A MimeType as it was written → the type it means: lower case, without parameters, by its usual name."""
    told = (mime_type or "").partition(";")[0].strip().lower()
    return _ALIASES.get(told, told)


def check_kind(mime_type: str, data: bytes, where: str) -> Problem | None:
    """A type as the sender says it, bytes, and where they stand → what is wrong with them, if anything.

    Problems: FORMAT_FAULT when there are none, or they are of another kind; CONTENT_ODD when they are not recognised.
    """
    said = SAID.get(mime_type)
    if said is None:
        return None
    if not data:
        return Problem(ProblemCode.FORMAT_FAULT, "The attachment is empty", where)
    found = kind_of(data)
    if found == said:
        return None
    if found:
        detail = f"The attachment is called {said} and is not: {found}"
        return Problem(ProblemCode.FORMAT_FAULT, detail, where)
    if said == _TEXT and b"\0" not in data[:_PDF_WITHIN]:
        return None
    return Problem(
        ProblemCode.CONTENT_ODD, f"The attachment is called {said} and does not look so", where
    )
