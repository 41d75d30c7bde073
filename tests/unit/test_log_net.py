"""The second net under the log lines: what looks like a person or a secret, texts of exceptions, and line ends."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest

from hub import cli
from hub.log import OneLine, blot, say_what_nobody_caught

NUMBER = "13116900216"


def line(message: str, *, name: str = "hub", error: BaseException | None = None) -> str:
    info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord(name, logging.ERROR, "x.py", 1, message, (), info)
    return OneLine("%(levelname)s %(message)s").format(record)


def raised(text: str) -> ValueError:
    def broken() -> None:
        raise ValueError(text) from KeyError(text)

    try:
        broken()
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    "secret",
    [
        NUMBER,
        "12834812019",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJrYXJpIn0.c2ln",
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIE",
        "kari.nordmann@example.no",
        "+4791234567",
        "+47 912 34 567",
        "004791234567",
    ],
)
def test_what_looks_like_a_person_or_a_secret_is_blotted_out(secret: str) -> None:
    told = blot(f"before {secret} after")
    assert "[redacted]" in told
    assert secret not in told
    assert "MIIE" not in told


@pytest.mark.parametrize(
    "text",
    [
        'JOB_RETRY a job failed {"queue": "submit_message", "attempts": 3}',
        "019ab3a4-5b6c-7d8e-9f00-112233445566",
        "1763800000000000",
        "12345678901",
        "8093210",
        "974760673",
        "2026-11-22T12:00:00.000Z",
        "store/audit.py:120",
    ],
)
def test_what_is_ours_stays(text: str) -> None:
    assert blot(text) == text


def test_a_line_stays_one_line() -> None:
    told = line("one\nERROR two\r\x1b[31mthree\u2028four")
    assert len(told.splitlines()) == 1
    assert "\x1b" not in told


def test_an_exception_is_its_type_and_place_whoever_logs_it() -> None:
    for name in ("hub", "uvicorn.error", "asyncio"):
        told = line("it broke", name=name, error=raised(f"Zyxmerke {NUMBER}"))
        assert "ValueError" in told
        assert "test_log_net.py" in told
        assert "Zyxmerke" not in told


def test_of_what_a_library_says_the_first_line_stays() -> None:
    message = "Task exception was never retrieved\nfuture: <Task exception=ValueError('Zyxmerke')>"
    assert line(message, name="asyncio") == "ERROR Task exception was never retrieved"


def test_what_nobody_caught_is_told_by_its_place(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    for module, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    say_what_nobody_caught()
    error = raised("Zyxmerke")
    sys.excepthook(ValueError, error, error.__traceback__)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, error.__traceback__, None)))
    assert caplog.text.count("NOT_CAUGHT") == 2
    assert "Zyxmerke" not in caplog.text + "".join(capfd.readouterr())


def test_a_command_that_breaks_tells_its_place_and_nothing_of_the_person(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def broken() -> None:
        raise raised(f"Zyxmerke {NUMBER}")

    monkeypatch.setattr("hub.cli.group", broken)
    monkeypatch.setattr(sys, "argv", ["hub"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    out, err = capfd.readouterr()
    assert "ValueError at " in err
    assert "Zyxmerke" not in out + err
    assert "Traceback" not in err


def test_a_command_whose_file_cannot_be_had_says_what_the_system_says(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def broken() -> None:
        Path("/no/such/Zyxmerke").read_bytes()

    monkeypatch.setattr("hub.cli.group", broken)
    monkeypatch.setattr(sys, "argv", ["hub"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    err = capfd.readouterr().err
    assert err.startswith("hub: No such file or directory at ")
    assert "Zyxmerke" not in err


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("debug", ["hub debug", "hub info", "hub error", "httpx error"]),
        ("info", ["hub info", "hub error", "httpx error"]),
        ("error", ["hub error", "httpx error"]),
    ],
)
def test_the_level_is_the_hubs_own_and_other_libraries_tell_no_less_than_warnings(
    level: str, told: list[str]
) -> None:
    code = (
        f"import logging; from hub.log import set_up_logging; set_up_logging({level!r})\n"
        "for name in ('hub', 'httpx'):\n"
        "    for level in ('debug', 'info', 'error'): getattr(logging.getLogger(name), level)(f'{name} {level}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [row.partition(" ")[2].split(" ", 2)[2] for row in done.stderr.splitlines()] == told
