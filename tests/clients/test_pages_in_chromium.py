"""Pages as people meet them, in a real browser at the width of a phone: of the running hub, and those that stand alone."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.town import MEASURES, bundle, citizens, observation, resources, shared_resources
from hub.clock import SystemClock
from hub.emessage.page.alone import stand_alone
from hub.emessage.page.message import read_page
from tests.chromium import Browser, Tab, chromium
from tests.live_hub import client_of, live_hub
from tests.page_checks import PHONE, check_page, poor_contrast

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(GOLDEN.glob("*/*/*/*/message.xml"))
OWN = "8095001/8095101=*;99387/90213=*"


HEAD = '<!doctype html><html lang="nb"><title>t</title>'
FAULTY = {
    "wide": f"{HEAD}<h1>t</h1><pre>{'x' * 400}</pre>",
    "skips": f"{HEAD}<h1>t</h1><h3>t</h3>",
    "pale": f"{HEAD}<h1 style='color:#999'>t</h1><p style='color:#ccc'>t</p>",
    "foreign": f"{HEAD}<h1>t</h1><img src='https://example.org/x.png'>",
    "runs": f"{HEAD}<h1>t</h1><script>1</script>",
    "english": "<!doctype html><html lang='en'><title>t</title><h1>t</h1>",
    "forbidden": f"{HEAD}<meta http-equiv='Content-Security-Policy' content=\"style-src 'none'\"><style>p{{}}</style><h1>t</h1>",
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all pages."""
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


class _Quiet(SimpleHTTPRequestHandler):
    """Tells nobody what was asked for."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Every golden message as a page that stands alone, behind an address."""
    folder = tmp_path_factory.mktemp("pages")
    for number, case in enumerate(CASES):
        (folder / f"{number}.html").write_bytes(stand_alone(read_page(case.read_bytes())))
    for name, body in FAULTY.items():
        (folder / f"{name}.html").write_text(body, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("fault", FAULTY)
def test_a_page_that_breaks_a_promise_is_found_out(
    browser: Browser, served: str, fault: str
) -> None:
    with browser.tab() as tab, pytest.raises(AssertionError):
        check_page(tab, f"{served}/{fault}.html")


def test_every_message_is_readable_as_a_page_that_stands_alone(
    browser: Browser, served: str
) -> None:
    with browser.tab() as tab:
        for number, case in enumerate(CASES):
            facts = check_page(tab, f"{served}/{number}.html")
            title = read_page(case.read_bytes()).title

            assert facts["text"].startswith(title), case


@pytest.fixture(scope="module")
def hub_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A hub that every golden message came to → its address, and the pages of what arrived."""
    folder = tmp_path_factory.mktemp("hub")
    drop = folder / "drop"
    (drop / "in").mkdir(parents=True)
    for number, case in enumerate(CASES):
        (drop / "in" / f"{number:03}.xml").write_bytes(case.read_bytes())
    with live_hub(folder, HUB_FILEDROP_DIR=str(drop), HUB_OWN_SERVICES=OWN) as server:
        with client_of(server) as client:
            found: list[str] = []
            end = time.monotonic() + 60
            while len(found) < len(CASES) and time.monotonic() < end:
                time.sleep(0.5)
                found = re.findall(
                    r'<th[^>]*><a href="(/messages/[^"]+)"', client.get("/arrivals").text
                )
        assert len(CASES) == len(found)
        yield f"http://127.0.0.1:{server.port}", found


def test_every_message_that_arrived_is_readable_in_the_hub(
    browser: Browser, hub_pages: tuple[str, list[str]]
) -> None:
    address, found = hub_pages
    with browser.tab() as tab:
        for path in found:
            facts = check_page(tab, f"{address}{path}/read")

            assert "UTVIKLINGSMODUS" in facts["text"]


def test_the_other_pages_hold_the_same_promises(
    browser: Browser, hub_pages: tuple[str, list[str]]
) -> None:
    address, found = hub_pages
    with browser.tab() as tab:
        for path in ("/", "/patients", "/alerts", "/messages", "/arrivals", found[0], found[-1]):
            check_page(tab, f"{address}{path}")


def test_on_paper_there_is_the_message_alone(
    browser: Browser, hub_pages: tuple[str, list[str]]
) -> None:
    address, found = hub_pages
    with browser.tab() as tab:
        tab.open(f"{address}{found[0]}/read")
        browser.call("Emulation.setEmulatedMedia", tab.session, media="print")
        shown = tab.ask("document.body.innerText")

    assert "UTVIKLINGSMODUS" not in shown
    assert "Mottatte filer" not in shown
    assert "Avsender" in shown


@pytest.fixture(scope="module")
def alerting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub with one red alert → its address."""
    (person,) = citizens("chromium", 1)
    now = SystemClock().now()
    with live_hub(tmp_path_factory.mktemp("alerting")) as server, client_of(server) as client:
        said = {"content-type": "application/fhir+json"}
        for part in (shared_resources(), resources(person, now - timedelta(days=9))):
            assert 200 == client.post("/fhir", content=bundle(part), headers=said).status_code
        value = observation(person, MEASURES[0], "red", now - timedelta(minutes=5), "a")
        assert 201 == client.post("/fhir/Observation", content=value, headers=said).status_code
        end = time.monotonic() + 30
        while "Ta varselet" not in client.get("/alerts").text and time.monotonic() < end:
            time.sleep(0.2)
        yield f"http://127.0.0.1:{server.port}"


def test_the_forms_hold_the_promises_when_they_are_open(browser: Browser, alerting: str) -> None:
    with browser.tab() as tab:
        tab.open(f"{alerting}/alerts")
        tab.resize(PHONE)
        tab.ask("document.querySelectorAll('details').forEach(d => d.open = true)")

        assert PHONE >= tab.ask("document.documentElement.scrollWidth")
        assert [] == poor_contrast(tab)


def test_a_nurse_takes_and_closes_an_alert_by_its_buttons(browser: Browser, alerting: str) -> None:
    with browser.tab() as tab:
        facts = check_page(tab, f"{alerting}/alerts")
        assert "Ta varselet" in facts["text"]

        fill(tab, "acknowledge", performer="Nina Nattvakt")
        assert "Varselet er ditt." in tab.ask("document.body.innerText")
        assert [] == tab.complaints()

        fill(tab, "close", performer="Nina Nattvakt", action="Ringte", note="Bedre nå")
        shown = tab.ask("document.body.innerText")
        assert "Varselet er lukket." in shown
        assert "Ingen åpne varsler." in shown


def fill(tab: Tab, step: str, **fields: str) -> None:
    """A step and what is filled in → the form is sent, and the page after it has loaded."""
    form = f"form[action$='/{step}']"
    tab.ask(f"document.querySelector({json.dumps(form)}).closest('details').open = true")
    for name, value in fields.items():
        found = f"{form} [name={name}]"
        tab.ask(f"document.querySelector({json.dumps(found)}).value = {json.dumps(value)}")
    tab.click(f"{form} button")
