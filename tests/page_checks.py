"""What holds for every page that people see, asked of the page itself in a browser."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.chromium import Tab

PHONE = 400
# WCAG 2.1 §1.4.3: 4.5 for text, 3 for large text.
LEAST_CONTRAST = 4.5
LEAST_CONTRAST_LARGE = 3.0

_CONTRAST = """(() => {
  const lum = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 });
    return .2126 * r + .7152 * g + .0722 * b };
  const rgba = text => text.match(/[\\d.]+/g).map(Number);
  const back = el => { for (; el; el = el.parentElement) { const c = rgba(getComputedStyle(el).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const el = node.parentElement;
    if (!node.data.trim() || !el.getClientRects().length || el.closest('svg')) continue;
    const style = getComputedStyle(el), a = lum(rgba(style.color).slice(0, 3)), b = lum(back(el).slice(0, 3));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? %(large)s : %(small)s)) poor.push([node.data.trim().slice(0, 40), +ratio.toFixed(2)]);
  }
  return poor })()""" % {"small": LEAST_CONTRAST, "large": LEAST_CONTRAST_LARGE}  # noqa: UP031 - the script has braces of its own

_FACTS = """({
  lang: document.documentElement.lang,
  wide: document.documentElement.scrollWidth,
  title: document.title,
  levels: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1]),
  unnamed: [...document.querySelectorAll('a,button,input,textarea,select')].filter(e =>
    !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length || e.type === 'hidden')).length,
  text: document.body.innerText,
  scripts: document.scripts.length,
  loaded: performance.getEntriesByType('resource').map(r => r.name),
})"""


def check_page(tab: Tab, url: str) -> dict[str, Any]:
    """A tab and an address → the facts of the page there, once it has been found to be as pages must be."""
    tab.resize(PHONE)
    tab.open(url)
    facts = tab.ask(_FACTS)
    levels = [0, *facts["levels"]]

    assert [] == tab.complaints()
    assert [url] == tab.requests()
    assert [] == facts["loaded"]
    assert 0 == facts["scripts"]
    assert "nb" == facts["lang"]
    assert facts["title"]
    assert facts["text"].strip()
    assert PHONE >= facts["wide"], f"{url} is {facts['wide']} wide"
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert 0 == facts["unnamed"]
    assert [] == poor_contrast(tab)
    return facts


def poor_contrast(tab: Tab) -> list[Any]:
    """A page → the texts on it that can hardly be read, with their contrast."""
    return tab.ask(_CONTRAST)
