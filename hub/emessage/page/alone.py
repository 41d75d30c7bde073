"""A message as a page that stands alone: one file, with its style, that loads nothing and runs nothing."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Final

from hub.emessage.page.message import Readable
from hub.emessage.page.style import ALONE, MESSAGE
from hub.html import Html, el

_STYLE: Final = ALONE + MESSAGE
_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
)


def stand_alone(*messages: Readable) -> bytes:
    """Messages as people read them → one document with all of them."""
    title = messages[0].title if len(messages) == 1 else "E-meldinger"
    document = el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="robots", content="noindex"),
            el("meta", name="referrer", content="no-referrer"),
            el("title", title),
            Html(f"<style>{_STYLE}</style>"),
        ),
        el(
            "body",
            el(
                "main", [part for each in messages for part in (el("h1", each.title), each.content)]
            ),
        ),
        lang="nb",
    )
    return f"<!doctype html>{document.text}".encode()
