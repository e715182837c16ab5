"""Decode the bytes of a page, feed or sitemap as text, even if its headers are wrong. Pure; never raises.

A declaration is one witness, the bytes are the other. Text in another charset is hardly ever valid UTF-8, so UTF-8 is
recognised by its own sequences, even among stray bytes of another charset. The charsets of Chinese, Japanese and Korean
are recognised by how many of the characters that they give are in everyday use. A declaration decides the rest.
"""

from __future__ import annotations

import codecs
import functools
import re
from dataclasses import dataclass

import charset_normalizer

# The encodings that browsers use for declared labels: https://encoding.spec.whatwg.org/#names-and-labels
_LABELS = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "chinese": "gb18030",
    "hz-gb-2312": "gb18030",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-9": "cp1254",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "csbig5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "utf8": "utf-8",
    "unicode": "utf-8",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF16_STARTS = {b"<\x00": "utf-16-le", b"\x00<": "utf-16-be", b"{\x00": "utf-16-le", b"\x00{": "utf-16-be"}
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*+=\s*+(?:["']\s*+)?([A-Za-z0-9_:.\-]{2,30})""", re.IGNORECASE)
_PROLOGUE = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*+=\s*+["']\s*+([A-Za-z0-9_:.\-]{2,30})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*+=\s*+(?:["']\s*+)?([A-Za-z0-9_:.\-]{2,30})""", re.IGNORECASE)
_HEAD_BYTES = 8192  # bytes in which a charset declaration is searched; browsers stop after 1024
_SAMPLE_BYTES = 60_000  # bytes from which a charset is guessed
_PLAIN = re.compile(rb"([\x00-\x7f])[\x00-\x7f]{62,}")  # ASCII that says nothing about the charset
_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_COMMON = {
    # The most common characters of each script, which decide between charsets that fit equally well.
    "gb18030": frozenset(
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    ),
    "big5hkscs": frozenset(
        "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子"
    ),
    "cp932": frozenset("のにはをがとでたしてるれいなかもらりあっこすくま日本年月人ーン"),
    "cp949": frozenset("이다는을의에가고를한은로하지도기사서인대자그어리정해시나라"),
}
_DEFAULTS = frozenset({"cp1252", "cp1254", "iso8859-15"})
_MIN_USUAL = 0.8  # share of characters in everyday use: in Chinese texts .96 to 1, in a wrong charset .1 to .6
_MAX_DAMAGE = 0.02  # share of the non-ASCII bytes that a charset cannot decode
_WESTERN = frozenset("áéíóúüñÁÉÍÓÚÜÑçãõâêôàÇÃÕÂÊÔÀèëïîìòùûäößÄÖÈ¿¡«»“”‘’–—…€ºª°·§£©®´\xa0²½×")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")

_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})
_CONTROL_BYTES = bytes({*range(9), 0x0B, *range(0x0E, 0x20), 0x7F})
_HIGH_BYTES = bytes(range(0x80, 0x100))
_MAX_PASSAGES = 50_000  # between tags, of one document, that are judged by themselves
_MAX_STRAY = 20_000  # stray bytes of one document that are looked at one by one
_LEAD_BYTES = frozenset(b"\xc2\xc3\xe2")  # of UTF-8 letters and marks of Western languages, which may be cut off
_STRAY = "vigia-stray-bytes"


@dataclass(frozen=True, slots=True)
class DecodedBody:
    """The text of a document, and the charset it was decoded with (a Python codec name)."""

    text: str
    charset: str


def decode_body(body: bytes, content_type: str = "") -> DecodedBody:
    """Decode a page or source by its BOM, as UTF-8 if it is that, or by the charset that fits its bytes.

    `content_type` is the header. Bytes that cannot be decoded become U+FFFD, control characters are left out.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return DecodedBody(_cleaned(body[len(bom) :].decode(name, "replace")), name)
    if (wide := _UTF16_STARTS.get(body[:2])) is not None:
        return DecodedBody(_cleaned(body.decode(wide, "replace")), wide)
    try:
        # Text in another charset is practically never valid UTF-8, so a declaration that contradicts this is wrong.
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        charset = _charset(body, _declared(body, content_type))
        return DecodedBody(_cleaned(_decode_as(charset, body)), charset)
    # Searching the bytes takes a tenth of the time of searching the text.
    is_clean = len(body.translate(None, _CONTROL_BYTES)) == len(body)
    return DecodedBody(text if is_clean else _cleaned(text), "utf-8")


def to_utf8(body: bytes, content_type: str = "") -> bytes:
    """Return a page as UTF-8 bytes; unchanged, control characters included, if it is UTF-8."""
    try:
        if body[:2] not in _UTF16_STARTS:
            body.decode("utf-8")  # raises if it is not UTF-8
            return body
    except UnicodeDecodeError:
        pass
    return decode_body(body, content_type).text.encode("utf-8")


def to_clean_utf8(body: bytes, content_type: str = "") -> bytes:
    """Return the text of `decode_body` as UTF-8 bytes; those of the page itself if they are that already."""
    if not body.startswith(codecs.BOM_UTF8) and len(body.translate(None, _CONTROL_BYTES)) == len(body):
        try:
            body.decode("utf-8")  # raises if it is not UTF-8
        except UnicodeDecodeError:
            pass
        else:
            return body
    return decode_body(body, content_type).text.encode("utf-8", "ignore")


def strip_controls(text: str) -> str:
    """Remove lone surrogates and control characters, which XML and UTF-8 cannot hold."""
    return text if text.isprintable() else _CONTROLS.sub("", text)


def _cleaned(text: str) -> str:
    return _CONTROLS.sub("", text) if _CONTROLS.search(text) else text


def _declared(body: bytes, content_type: str) -> list[str]:
    """Return the declared charsets as Python codec names, the header's first.

    The HTML standard, 13.2.3.2, gives this order.
    """
    head = body[:_HEAD_BYTES]
    labels = [match[1] for match in [_HEADER.search(content_type)] if match]
    labels += [match.decode("ascii") for match in (*_PROLOGUE.findall(head), *_META.findall(head))]
    names = []
    for label in labels:
        name = _LABELS.get(label.lower(), label)
        try:
            info = codecs.lookup(name)
        except LookupError:
            continue
        # "rot13", "zip" and the like are codecs too, but not charsets.
        if getattr(info, "_is_text_encoding", False) and info.name not in _NOT_CHARSETS:
            names.append(info.name)
    return names


def _charset(body: bytes, declared: list[str]) -> str:
    """Return the charset of bytes that are not valid UTF-8 throughout."""
    utf8, rest = _part_utf8(body)
    other = _count_foreign(rest)
    if utf8 >= other:
        return "utf-8"  # with stray bytes: the page was cut off, or has text in another charset
    sample = _PLAIN.sub(rb"\1 ", rest)[:_SAMPLE_BYTES]
    fitting = [name for name in declared if not name.startswith("utf-") and _damage(sample, name) < _MAX_DAMAGE]
    # Servers and templates declare Western and Chinese charsets by default, but hardly another language's.
    if chosen := [name for name in fitting if name not in _COMMON and name not in _DEFAULTS]:
        return chosen[0]
    if asian := _asian_charset(sample, declared):
        return asian
    if "utf-8" in declared and other < 4:
        return "utf-8"
    if fitting:
        return fitting[0]
    if utf8 * 4 >= other or _damage(sample, "utf-8") < 0.05:
        return "utf-8"  # with much text in Latin letters of one byte
    if all(character in _WESTERN for character in set(sample.decode("cp1252", "replace")) if character > "\x7f"):
        return "cp1252"
    best = charset_normalizer.from_bytes(sample, steps=5, chunk_size=512).best()
    return best.encoding if best is not None and not best.encoding.startswith("utf_") else "cp1252"


def _part_utf8(body: bytes) -> tuple[int, bytes]:
    """Return how many non-ASCII bytes stand in passages of UTF-8, and the passages with others."""
    utf8 = 0
    rest = []
    for passage in body.split(b"<", _MAX_PASSAGES):
        if passage.isascii():
            continue
        sequences, broken = _count_utf8(passage)
        if sequences >= 2 * broken:
            utf8 += _count_foreign(passage)
        else:
            rest.append(passage)
    return utf8, b"<".join(rest)


def _count_foreign(body: bytes) -> int:
    return len(body) - len(body.translate(None, _HIGH_BYTES))


def _count_utf8(body: bytes) -> tuple[int, int]:
    """Return the numbers of whole non-ASCII characters of UTF-8 and of broken ones."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - broken, broken


def _asian_charset(sample: bytes, declared: list[str]) -> str | None:
    """Return the Chinese, Japanese or Korean charset that gives characters in everyday use, or None."""
    scores = {}
    for name, common in _COMMON.items():
        if _damage(sample, name) > _MAX_DAMAGE:
            continue
        text = sample.decode(name, "ignore")
        foreign = len(text) - len(text.encode("ascii", "ignore"))
        runs = "".join(_RUN.findall(text))  # letters of Western words stand alone among others
        usual = sum(map(_usual_characters(name).__contains__, runs)) / max(len(runs), 2)
        if usual >= _MIN_USUAL and len(runs) * 2 > foreign:
            frequent = sum(map(common.__contains__, runs)) / len(runs)
            scores[name] = (round(usual, 1), name in declared, frequent)
    return max(scores, key=lambda name: scores[name]) if scores else None


@functools.cache
def _usual_characters(charset: str) -> frozenset[str]:
    """Return the characters in everyday use that a charset is for: letters, marks, the first level of Chinese.

    Both Chinese standards list the common characters first. GB 18030 has the traditional ones too, elsewhere.
    """
    trails = bytes(range(0xA1, 0xFF))
    marks = _row(0xA1, trails, "gb2312") | _row(0xA3, trails, "gb2312")
    if charset == "cp949":
        return frozenset(marks | {chr(code) for code in range(0xAC00, 0xD7A4)})
    all_trails = bytes([*range(0x40, 0x7F), *trails])
    chinese = set().union(*(_row(lead, all_trails, "big5") for lead in range(0xA1, 0xC7)))
    if charset == "gb18030":
        chinese.update(*(_row(lead, trails, "gb2312") for lead in range(0xB0, 0xD8)))
    if charset == "cp932":
        chinese.update(*(_row(lead, trails, "euc_jp") for lead in (0xA4, 0xA5, *range(0xB0, 0xD0))))
    return frozenset(marks | chinese)


def _row(lead: int, trails: bytes, charset: str) -> set[str]:
    return {letter for trail in trails if len(letter := bytes((lead, trail)).decode(charset, "ignore")) == 1}


def _damage(sample: bytes, charset: str) -> float:
    """Return the share of the non-ASCII bytes that the charset can't decode."""
    return sample.decode(charset, "replace").count("\ufffd") / (_count_foreign(sample) or 1)


def _decode_as(charset: str, body: bytes) -> str:
    if charset != "utf-8" or _count_utf8(body)[1] > _MAX_STRAY:
        return body.decode(charset, "replace")
    return body.decode("utf-8", _STRAY)


def _read_stray_byte(error: UnicodeError) -> tuple[str, int]:
    """Handle a byte that is no UTF-8: a Western letter of one byte that stands between others, or U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    body, start, end = error.object, error.start, error.end
    letter = body[start : start + 1].decode("cp1252", "replace")
    is_alone = max(body[start - 1 : start] + body[start + 1 : start + 2], default=0) < 0x80
    if letter in _WESTERN and is_alone and body[start] not in _LEAD_BYTES:
        return letter, start + 1
    return "\ufffd", end


codecs.register_error(_STRAY, _read_stray_byte)
