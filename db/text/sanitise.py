"""Make untrusted texts safe for a mail header, a log line and a plain-text message. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from db.text.scripts import CJK, CJK_SIGNS

# Characters that are invisible or change the direction of text (UAX #9): with them a title could imitate another.
UNSEEN = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
SIGNATURE = "-- "  # the line before a signature (RFC 3676, 4.3)
_LEAD = re.compile(r" *(?:\d{1,4}\. +|- +)?")
_HAN = f"[{CJK}{CJK_SIGNS}]"
_CLOSING = "[，。！？；：、）」』》”’]"
# Units between which a line may break: a word with its space, or a Chinese character with closing marks behind it.
_BREAKABLE = re.compile(rf"{_HAN}{_CLOSING}* *|(?:(?!{_HAN})[^ ])+{_CLOSING}* *| +")
_BREAKING = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str, limit: int) -> str:
    """Return the text as one line of at most `limit` characters, without control and invisible characters."""
    text = _BREAKING.sub(" ", UNSEEN.sub("", text[: limit * 4])).strip()
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def wrap_lines(text: str, *, width: int = 76) -> str:
    """Wrap lines at `width` columns; a Chinese character takes two, and a web address is never broken.

    Continued lines are indented like their first, behind a list number.
    """
    return "\n".join(piece for line in text.split("\n") for piece in _pieces(line, width))


def _pieces(line: str, width: int) -> Iterator[str]:
    if len(line) * 2 <= width or line == SIGNATURE:
        yield line
        return
    found = _LEAD.match(line)
    lead = found[0] if found else ""
    indent, at, piece = " " * len(lead), len(lead), lead
    columns = len(lead)
    for match in _BREAKABLE.finditer(line, len(lead)):
        wide = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in match[0].rstrip())
        if columns + wide > width and columns > len(indent):
            yield piece.rstrip()
            piece, columns = indent, len(indent)
        piece += match[0]
        columns += wide + len(match[0]) - len(match[0].rstrip())
        at = match.end()
    yield (piece + line[at:]).rstrip()


def escape_line(text: str) -> str:
    """Return the text as one line of a log: line breaks, terminal controls and invisible characters are escaped."""
    return "".join(letter if _is_plain(letter) else _escape(letter) for letter in text)


def _is_plain(letter: str) -> bool:
    return letter != "\\" and not UNSEEN.match(letter) and unicodedata.category(letter) not in ("Cc", "Zl", "Zp", "Cs")


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
