"""Attachments of ten megabytes: read whole, at a cost that follows their size."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.emessage.attached_documents import Attachment
from hub.emessage.datatypes import Base64Container
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


@given(st.text("AQgw/+= \n!", max_size=24))
def test_base64_is_what_the_standard_library_reads_when_nothing_is_left_over(text: str) -> None:
    digits = "".join(text.split())
    try:
        read = base64.b64decode(digits, validate=True)
    except ValueError:
        read = None
    whole = read is not None and base64.b64encode(read).decode() == digits

    assert (text if whole else None) == BASE64.read(text)


@pytest.mark.parametrize("size", [0, 1, 5, 1023, 1024, 1500, 4000, 9000])
@pytest.mark.parametrize("line", [1, 76, 10_000])
def test_the_head_of_an_attachment_is_how_its_bytes_begin(size: int, line: int) -> None:
    data = bytes(n % 251 for n in range(size))
    digits = base64.b64encode(data).decode()
    text = "\r\n\t\t".join(digits[n : n + line] for n in range(0, len(digits), line))
    attachment = Attachment("text/plain", "", "", "", Base64Container(text))

    assert data.startswith(attachment.head)
    assert len(attachment.head) >= min(size, 1024)
