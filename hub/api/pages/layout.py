"""What every page has: head, banner, menu, style; and the headers that go with them.

No script, no file from elsewhere: the Content-Security-Policy allows the one stylesheet by its hash and nothing more.
"""

from __future__ import annotations

import base64
from datetime import datetime
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from hub.emessage.page.style import MESSAGE
from hub.html import Html, Part, el, link
from hub.thresholds.spans import local_time

OSLO: Final = ZoneInfo("Europe/Oslo")
MENU: Final = (
    ("/", "Oversikt"),
    ("/patients", "Pasienter"),
    ("/alerts", "Varsler"),
    ("/messages", "Meldinger"),
    ("/arrivals", "Mottatte filer"),
)
_PAGES: Final = """
:root{--ink:#1b2430;--soft:#5a6675;--line:#d5dbe3;--back:#f4f6f9;--card:#fff;--link:#0b5394;
--red:#b3001b;--yellow:#8a5a00;--green:#1c6b35;--redback:#fde8ea;--yellowback:#fff3cd;--greenback:#e3f3e7;--blackback:#e6e8ec}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--back)}
a{color:var(--link)}a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid #ffb000;outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:#fff;padding:8px;z-index:2}
.banner{background:var(--red);color:#fff;padding:8px 16px;font-weight:600;text-align:center}
header{background:var(--card);border-bottom:1px solid var(--line);padding:8px 16px}
header nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:0;padding:0;align-items:baseline}
header nav a{text-decoration:none;padding:6px 0;display:inline-block}
header nav a[aria-current]{font-weight:700;border-bottom:3px solid var(--link)}
header .name{font-weight:700;margin-right:12px}
main{max-width:1100px;margin:0 auto;padding:16px}
h1{font-size:1.6rem;margin:.3em 0}h2{font-size:1.2rem;margin:1.6em 0 .4em}
p{margin:.4em 0}.soft,.empty{color:var(--soft)}.fault{color:var(--red);font-weight:600}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;padding:8px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child th,tbody tr:last-child td{border-bottom:0}
thead th{font-size:.85rem;color:var(--soft);white-space:nowrap}tbody th{font-weight:600}@media(min-width:641px){tbody th{white-space:nowrap}}
.zone{display:inline-block;border-radius:999px;padding:0 10px;font-weight:600;white-space:nowrap;border:1px solid currentColor}
.red{color:var(--red);background:var(--redback)}.yellow{color:var(--yellow);background:var(--yellowback)}
.green{color:var(--green);background:var(--greenback)}.black{color:var(--ink);background:var(--blackback)}
.other{color:var(--soft);background:var(--card)}
.values{margin:0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:6px 14px}
.alert{background:var(--card);border:1px solid var(--line);border-left:8px solid var(--soft);border-radius:8px;padding:10px 14px;margin:10px 0}
.alert.is-red{border-left-color:var(--red)}.alert.is-yellow{border-left-color:#d99a00}
.alert p{margin:.2em 0}.alert .what{font-weight:600}
.acts{display:flex;flex-wrap:wrap;gap:6px 10px;margin-top:8px}.acts details{border:1px solid var(--line);border-radius:8px;padding:4px 12px}
.acts details[open]{flex-basis:100%}.acts summary{cursor:pointer;font-weight:600;color:var(--link)}
.acts label{display:block;color:var(--soft)}.acts input,.acts select,.acts textarea{font:inherit;width:100%;max-width:30rem;padding:6px 8px;border:1px solid #7a8695;border-radius:6px;background:#fff;color:var(--ink)}
.acts button{font:inherit;font-weight:600;color:#fff;background:var(--link);border:0;border-radius:6px;padding:8px 16px;cursor:pointer}
.acts :focus-visible{outline:3px solid #ffb000;outline-offset:2px}
.done{background:var(--greenback);border:1px solid var(--green);border-radius:8px;padding:8px 14px}
.refused{background:var(--redback);border:1px solid var(--red);border-radius:8px;padding:8px 14px}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:.5em 0}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}
ol.line{list-style:none;margin:0;padding:0 0 0 8px;border-left:3px solid var(--line)}
ol.line li{padding:4px 0 4px 14px;position:relative}
ol.line li::before{content:"";position:absolute;left:-15px;top:.8em;width:9px;height:9px;border-radius:50%;background:var(--link)}
ol.line time{color:var(--soft);margin-right:10px;white-space:nowrap}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px;overflow:auto;font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere;max-height:70vh}
time{white-space:nowrap}code{overflow-wrap:anywhere;font-size:.9em}
.tabs{display:flex;flex-wrap:wrap;gap:6px 16px;list-style:none;padding:0;margin:.6em 0}.tabs [aria-current]{font-weight:700;color:var(--ink);text-decoration:none}
figure{margin:.6em 0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px}
figcaption{color:var(--soft);padding:4px 8px}
svg{width:100%;height:auto;display:block}svg text{font:13px system-ui,sans-serif;fill:#5a6675}
svg .grid{stroke:#e3e8ee;stroke-width:1}svg .joined{fill:none;stroke:#8a97a8;stroke-width:1.2}
svg .limit{stroke-width:1.6;stroke-dasharray:6 4}svg .limit.red{stroke:#b3001b}svg .limit.yellow{stroke:#c98a00}
svg text.red{fill:#b3001b}svg text.yellow{fill:#8a5a00}
svg .area.red{fill:#b3001b;fill-opacity:.07}svg .area.yellow{fill:#e0a800;fill-opacity:.10}
svg .dot{stroke:#fff;stroke-width:.8}svg .dot.red{fill:#b3001b}svg .dot.yellow{fill:#d99a00}svg .dot.green{fill:#2e8b4a}
svg .dot.black{fill:#1b2430}svg .dot.other{fill:#fff;stroke:#5a6675;stroke-width:1.4}svg .beyond{fill:none;stroke:#1b2430;stroke-width:1.4}
@media(max-width:640px){main{padding:12px}th,td{padding:6px 8px}
.stack thead{position:absolute;clip-path:inset(50%)}.stack tr{display:block;border-bottom:2px solid var(--line);padding:6px 0}
.stack th,.stack td{display:block;border:0;padding:2px 12px}.stack td::before{content:attr(data-head) ": ";color:var(--soft)}
.stack td:empty{display:none}dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:6px}.svgbox{overflow-x:auto;direction:rtl}.svgbox svg{direction:ltr;min-width:760px}}
@media print{header,.banner,.acts{display:none}body{background:#fff}}
"""
STYLE: Final = _PAGES + MESSAGE
_HASH: Final = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
# Forms tell by their Origin that they came from here; under "no-referrer" browsers would call it null.
HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", POLICY.encode()),
)
_BANNER: Final = "UTVIKLINGSMODUS: ingen innlogging. Bare syntetiske data, aldri ekte pasienter."
_ZONES: Final = {
    "red": ("red", "rød"),
    "yellow": ("yellow", "gul"),
    "green": ("green", "grønn"),
    "black": ("black", "svart"),
    "none": ("other", "uten grense"),
    "invalid": ("other", "ikke vurdert"),
    "duplicate": ("other", "dublett"),
    "retracted": ("other", "trukket tilbake"),
    "superseded": ("other", "erstattet"),
    "": ("other", "venter"),
}


def page(title: str, path: str, *parts: Part | list[Html], banner: bool) -> bytes:
    """Title, path and content → the document."""
    menu = [
        el("li", link(text, href, aria_current="page") if href == path else link(text, href))
        for href, text in MENU
    ]
    document = el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="robots", content="noindex"),
            el("title", f"{title} – DHO-hub"),
            Html(f"<style>{STYLE}</style>"),
        ),
        el(
            "body",
            link("Hopp til innholdet", "#innhold", class_="skip"),
            el("div", _BANNER, class_="banner", role="note") if banner else None,
            el(
                "header",
                el("nav", el("ul", el("li", "DHO-hub", class_="name"), menu), aria_label="Meny"),
            ),
            el("main", el("h1", title), *parts, id="innhold"),
        ),
        lang="nb",
    )
    return f"<!doctype html>{document.text}".encode()


def zone_mark(zone: str) -> Html:
    """A zone → its name on its colour; colour alone says nothing."""
    kind, text = _ZONES.get(zone, ("other", zone))
    return el("span", text, class_=f"zone {kind}")


def zone_class(zone: str) -> str:
    """A zone → the class of its colour."""
    return _ZONES.get(zone, ("other", zone))[0]


def zone_word(zone: str) -> str:
    """A zone → its name."""
    return _ZONES.get(zone, ("other", zone))[1]


def moment(at: datetime) -> Html:
    """An instant → Norwegian time."""
    local = local_time(at, OSLO)
    return el("time", f"{local:%d.%m.%Y %H:%M}", datetime=local.isoformat(timespec="seconds"))


def facts(*pairs: tuple[str, Part]) -> Html:
    """Names and what they stand for → a list of them, those without a value left out."""
    return el(
        "dl",
        [part for name, value in pairs if value for part in (el("dt", name), el("dd", value))],
        class_="facts",
    )
