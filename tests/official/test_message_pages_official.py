"""The official examples as pages: every text of every example stands on its page, and none is foreign."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.emessage.page.alone import stand_alone
from hub.emessage.page.message import read_page
from tests.page_reader import lost, read_page_text

EXAMPLES = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "examples"

pytestmark = pytest.mark.official


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.rglob("*.xml")), ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_every_text_of_an_official_example_stands_on_its_page(path: Path) -> None:
    data = path.read_bytes()
    page = read_page_text(stand_alone(read_page(data)))

    assert [] == lost(data, page)
    assert "Fremmed innhold" not in page.text
