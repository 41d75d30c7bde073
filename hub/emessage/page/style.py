"""How a message looks: on a screen, on a phone, on paper.

Beside the page's own style (`hub/api/pages/layout.py`); a page that stands alone has both parts that it needs here.
"""

from __future__ import annotations

from typing import Final

# What a page that stands alone needs before the message itself.
ALONE: Final = """
:root{--ink:#1b2430;--soft:#5a6675;--line:#d5dbe3;--back:#f4f6f9;--card:#fff;--link:#0b5394;--red:#b3001b}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--back)}
main{max-width:1100px;margin:0 auto;padding:16px}a{color:var(--link)}
a:focus-visible,[tabindex]:focus-visible{outline:3px solid #ffb000;outline-offset:2px}
h1{font-size:1.6rem;margin:.3em 0}p{margin:.4em 0}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:.5em 0}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}code{overflow-wrap:anywhere;font-size:.9em}
@media(max-width:640px){main{padding:12px}dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:6px}}
@media print{body{background:#fff}}
"""
MESSAGE: Final = """
.message{overflow-wrap:anywhere}
.message .lead{background:var(--card);border:1px solid var(--line);border-left:8px solid var(--link);border-radius:8px;padding:8px 16px}
.message .faults{background:#fde8ea;border:1px solid var(--red);border-radius:8px;padding:4px 16px;margin:12px 0}
.message>section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:4px 16px 12px;margin:14px 0}
.message section section{margin:.6em 0 0;padding:0 0 0 14px;border-left:3px solid var(--line)}
.message h2{font-size:1.25rem;margin:.5em 0 .3em}.message h3{font-size:1.08rem;margin:.7em 0 .2em}
.message h4{font-size:1rem;margin:.6em 0 .1em}.message h5,.message h6{font-size:.95rem;margin:.5em 0 .1em}
.message dl.facts{grid-template-columns:minmax(8rem,16rem) 1fr;margin:.3em 0}
.message dl.facts dd{grid-column:2}.message dl.facts dt{overflow-wrap:break-word;hyphens:auto}
.message .text{white-space:pre-wrap;margin:0;max-width:46rem}.message .marked{max-width:46rem}
.message .marked table{border-collapse:collapse;width:auto}.message .marked td,.message .marked th{border:1px solid var(--line);padding:3px 8px;text-align:left;vertical-align:top;white-space:normal}
.message .marked caption{position:static;width:auto;height:auto;clip-path:none;text-align:left;font-weight:600;padding:2px 0}
.message .heading{font-weight:700}
.message .code,.message .technical,.message .count{color:var(--soft);font-size:.85rem;font-weight:400}
.message .technical .aside:not(:last-child)::after{content:" · "}
.message .foreign{background:#fff6e0;outline:1px dashed #9a6b00}.message ul.unknown{margin:.2em 0;padding-left:1.2em}
.message abbr{text-decoration:none}.message time{white-space:normal}
@media(max-width:640px){.message dl.facts{grid-template-columns:1fr}.message dl.facts dd{grid-column:1}
.message>section{padding:4px 10px 10px}.message section section{padding-left:8px}.message .marked{overflow-x:auto}}
@media print{@page{margin:18mm 15mm}.message>section,.message .lead{border:0;border-top:1px solid #999;border-radius:0;padding:4px 0}
.message h2,.message h3,.message h4,.message h5,.message h6{break-after:avoid}.message dl.facts>*{break-inside:avoid}
.message .text{orphans:3;widows:3}.skip{display:none}}
"""
