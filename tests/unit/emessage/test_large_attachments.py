"""Attachments of ten megabytes: read whole, at a cost that follows their size."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from hub.emessage.read import read_message
from hub.emessage.simple_types import BASE64

ROOT = Path(__file__).parents[3]
MESSAGE = (
    ROOT / "tests/golden/emessage/UTSKRIVNINGSRAPPORT/1.6/attachment/message.xml"
).read_bytes()
START = MESSAGE.index(b">", MESSAGE.index(b"<Base64Container")) + 1
END = MESSAGE.index(b"</Base64Container")
PROGRAM = """
import resource, sys
from pathlib import Path
from hub.emessage.read import read_message
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
read_message(Path(sys.argv[1]).read_bytes())
data = Path(sys.argv[2]).read_bytes()
before = peak()
reading = read_message(data)
print(peak() - before, len(reading.attachments[0].data))
"""


def with_attachment(text: bytes) -> bytes:
    return MESSAGE[:START] + text + MESSAGE[END:]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes], ids=["plain", "lines"])
def test_a_large_attachment_comes_out_as_it_went_in(encode) -> None:
    data = bytes(range(256)) * 1_000 + b"end"

    (attachment,) = read_message(with_attachment(encode(data))).attachments

    assert data == attachment.data


def test_ten_megabytes_cost_less_than_four_times_their_size(tmp_path: Path) -> None:
    size = 10_000_000
    small, large = tmp_path / "small.xml", tmp_path / "large.xml"
    small.write_bytes(MESSAGE)
    large.write_bytes(with_attachment(base64.b64encode(b"x" * size)))

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, small, large],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    cost, read = map(int, done.stdout.split())

    assert size == read
    assert cost < 4 * size


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("", True),
        ("QUJD", True),
        (" Q U\nJ\tD\r", True),
        ("QUI=", True),
        ("QQ==", True),
        ("QQ = = ", True),
        ("QUI =", True),
        ("QUJ", False),
        ("QUJ=", False),
        ("QR==", False),
        ("QQ===", False),
        ("====", False),
        ("=", False),
        ("QQ==QQ==", False),
        ("QU!D", False),
        ("QUÆD", False),
        ("QQ" + " " * 500 + "==", True),
        ("QR" + " " * 500 + "==", False),
        (" " * 500_000 + "!", False),
        ("A" * 400_000 + "=", False),
    ],
)
def test_what_is_base64_and_what_is_not(text: str, valid: bool) -> None:
    assert (text if valid else None) == BASE64.read(text)
