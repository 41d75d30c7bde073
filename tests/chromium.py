"""A headless Chromium that reaches nothing but this machine, spoken to over its debugging pipe.

Source: Chrome DevTools Protocol 1.3 (Target, Page, Runtime, Network, Log, Audits, Emulation).
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Message = dict[str, Any]

# No call home, no first run, no other machine: whatever name a page asks for is not found.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)
WAIT_S = 60.0
TOLD = {
    "Runtime.consoleAPICalled": "console",
    "Runtime.exceptionThrown": "exception",
    "Log.entryAdded": "log",
    "Audits.issueAdded": "issue",
}


def program() -> str:
    """Where Chromium is. A machine without it fails the tests that need it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "these tests need chromium (Debian: apt-get install chromium)"
    return found


@dataclass
class Browser:
    """One running Chromium. Shape: `events` what it told that nobody has looked at."""

    process: subprocess.Popen[bytes]
    to_it: int
    from_it: int
    buffer: bytes = b""
    calls: int = 0
    events: list[Message] = field(default_factory=list[Message])

    def call(self, method: str, session: str = "", **parameters: Any) -> Message:
        """A method of the protocol → its result."""
        self.calls += 1
        said: Message = {"id": self.calls, "method": method, "params": parameters}
        if session:
            said["sessionId"] = session
        os.write(self.to_it, json.dumps(said).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == said["id"]:
                assert "error" not in told, told["error"]
                return told["result"]
            self.events.append(told)

    def wait_for(self, method: str, session: str) -> None:
        """An event of a session → when it has been told."""
        for told in iter(self._next, None):
            self.events.append(told)
            if told.get("method") == method and told.get("sessionId") == session:
                return

    def _next(self) -> Message:
        end = time.monotonic() + WAIT_S
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_it], [], [], max(end - time.monotonic(), 0))
            assert ready, "Chromium says nothing"
            piece = os.read(self.from_it, 1 << 16)
            assert piece, "Chromium has ended"
            self.buffer += piece
        one, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(one)

    @contextmanager
    def tab(self, width: int = 1000, height: int = 900) -> Iterator[Tab]:
        """A width and height → a new tab, closed with the block."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
            self.call(f"{domain}.enable", session)
        tab = Tab(self, session)
        tab.resize(width, height)
        try:
            yield tab
        finally:
            self.call("Target.closeTarget", targetId=target)
            self.events.clear()


@dataclass
class Tab:
    """One tab."""

    browser: Browser
    session: str

    def resize(self, width: int, height: int = 900) -> None:
        """How large what people see is, in pixels."""
        self.browser.call(
            "Emulation.setDeviceMetricsOverride",
            self.session,
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, url: str) -> None:
        """An address → the page, loaded."""
        self.browser.events.clear()
        told = self.browser.call("Page.navigate", self.session, url=url)
        assert "errorText" not in told, told
        self.browser.wait_for("Page.loadEventFired", self.session)

    def ask(self, script: str) -> Any:
        """An expression → its value in the page. It is asked from outside: the page's own policy lets nothing run."""
        told = self.browser.call(
            "Runtime.evaluate",
            self.session,
            expression=script,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def click(self, selector: str) -> None:
        """A selector → the element is clicked; when that leads to another page, it has loaded."""
        self.browser.events.clear()
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")
        self.browser.wait_for("Page.loadEventFired", self.session)

    def complaints(self) -> list[str]:
        """What the console, the log and the audits said since the page was opened."""
        own = [told for told in self.browser.events if told.get("sessionId") == self.session]
        return [
            f"{TOLD[told['method']]}: {json.dumps(told['params'])[:400]}"
            for told in own
            if told.get("method") in TOLD
        ]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        own = [told for told in self.browser.events if told.get("sessionId") == self.session]
        return [
            told["params"]["request"]["url"]
            for told in own
            if told.get("method") == "Network.requestWillBeSent"
        ]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """An empty folder for its profile → a running Chromium, ended with the block."""
    into, to_it = os.pipe()
    from_it, out = os.pipe()
    # The protocol is spoken over the descriptors 3 and 4, whatever numbers ours have.
    command = f'exec "$@" 3<&{into} 4>&{out} {into}<&- {out}>&-'
    process = subprocess.Popen(
        ["bash", "-c", command, "chromium", program(), *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(into, out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(into)
    os.close(out)
    browser = Browser(process, to_it, from_it)
    try:
        yield browser
        browser.call("Browser.close")
        process.wait(20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()
        os.close(to_it)
        os.close(from_it)
