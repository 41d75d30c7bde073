"""What an attachment is called when it becomes a file: a name that leads nowhere and starts nothing.

Source: HIS 1036 (Description is a title, no file name; virus measures are the receiver's duty).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

EXTENSIONS: Final = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/plain": ".txt",
}
# Whatever is no letter, digit, blank, hyphen or underscore, among them every separator of paths and every control
# character and change of direction: no dot survives, so that the only extension is that of the type.
_OTHER: Final = re.compile(r"[^\w\- ]+")
_BLANKS: Final = re.compile(r"\s+")
_LONGEST: Final = 80
# Names that are devices on Windows, with whatever extension.
_DEVICES: Final = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")


def file_name(title: str, mime_type: str, number: int) -> str:
    """A title, a type and the attachment's place in the message → the name of the file.

    Shape: the extension is that of the type, `.bin` for one that is not taken in.
    """
    told = _OTHER.sub("_", unicodedata.normalize("NFC", title))
    told = _BLANKS.sub(" ", told).strip(" _-")[:_LONGEST].rstrip(" _-")
    if not told or _DEVICES.fullmatch(told):
        told = f"vedlegg {number}"
    return told + EXTENSIONS.get(mime_type, ".bin")
