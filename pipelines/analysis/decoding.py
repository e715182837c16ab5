"""Decode the bytes of a page as text, even if its headers are wrong. Pure; never raises."""

from __future__ import annotations

import codecs
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
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "utf8": "utf-8",
    "unicode": "utf-8",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,30})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,30})""", re.IGNORECASE)
_HEAD_BYTES = 8192  # bytes in which a charset declaration is searched; browsers stop after 1024
_SAMPLE_BYTES = 60_000  # bytes from which a charset is guessed
_COMMON = {
    # The most common characters of each script. A wrong charset gives rare characters instead.
    "gb18030": frozenset(
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    ),
    "big5hkscs": frozenset(
        "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子"
    ),
    "cp932": frozenset("のにはをがとでたしてるれいなかもらりあっこすくま日本年月人ーン"),
    "cp949": frozenset("이다는을의에가고를한은로하지도기사서인대자그어리정해시나라"),
}
_WESTERN = frozenset("áéíóúüñÁÉÍÓÚÜÑçãõâêôàÇÃÕÂÊÔÀèëïîìòùûäößÄÖÈ¿¡«»“”‘’–—…€ºª°·§£©®´\xa0²½×")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")

_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})
_CONTROL_BYTES = bytes({*range(9), 0x0B, *range(0x0E, 0x20), 0x7F})


@dataclass(frozen=True, slots=True)
class DecodedPage:
    """The text of a page, and the charset it was decoded with (a Python codec name)."""

    text: str
    charset: str


def decode_page(body: bytes, content_type: str = "") -> DecodedPage:
    """Decode a page by its BOM, as UTF-8 if it is valid, or by a declared charset that fits its bytes."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return DecodedPage(_cleaned(body[len(bom) :].decode(name, "replace")), name)
    try:
        # Text in another charset is practically never valid UTF-8, so a declaration that contradicts this is wrong.
        text = body.decode("utf-8")
        # Searching the bytes takes a tenth of the time of searching the text.
        is_clean = len(body.translate(None, _CONTROL_BYTES)) == len(body)
        return DecodedPage(text if is_clean else _cleaned(text), "utf-8")
    except UnicodeDecodeError:
        pass
    charset = _charset(body, _declared(body, content_type))
    return DecodedPage(_cleaned(body.decode(charset, "replace")), charset)


def to_utf8(body: bytes, content_type: str = "") -> bytes:
    """Return a page as UTF-8 bytes; unchanged, control characters included, if it is UTF-8."""
    try:
        body.decode("utf-8")  # raises if it is not UTF-8
    except UnicodeDecodeError:
        return decode_page(body, content_type).text.encode("utf-8")
    return body


def strip_controls(text: str) -> str:
    """Remove lone surrogates and control characters, which XML and UTF-8 cannot hold."""
    return _CONTROLS.sub("", text)


def _cleaned(text: str) -> str:
    return _CONTROLS.sub("", text) if _CONTROLS.search(text) else text


def _declared(body: bytes, content_type: str) -> list[str]:
    """Return the declared charsets as Python codec names, the header's first.

    The HTML standard, 13.2.3.2, gives this order.
    """
    labels = [match[1] for match in [_HEADER.search(content_type)] if match]
    labels += [match.decode("ascii") for match in _META.findall(body[:_HEAD_BYTES])]
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
    """Return the charset of bytes that are not valid UTF-8."""
    sample = body[:_SAMPLE_BYTES]
    if "utf-8" in declared and (
        _damage(sample, "utf-8") < 0.02 or sample.decode("utf-8", "replace").count("\ufffd") < 4
    ):
        return "utf-8"  # a few broken characters: the page was cut off, or has text in another charset
    asian = max(_COMMON, key=lambda name: _plausible(sample, name))
    if _plausible(sample, asian) >= 0.12 and not (asian == "big5hkscs" and "gb18030" in declared):
        return asian
    for name in declared:
        if name not in {"utf-8", "utf-16", "utf-32"} and name not in _COMMON and _damage(sample, name) < 0.02:
            return name
    for name in declared:
        if name in _COMMON and _damage(sample, name) < 0.02:
            return name
    if _damage(sample, "utf-8") < 0.05:
        return "utf-8"
    if all(character in _WESTERN for character in set(sample.decode("cp1252", "replace")) if character > "\x7f"):
        return "cp1252"
    best = charset_normalizer.from_bytes(sample, steps=5, chunk_size=512).best()
    return best.encoding if best is not None else "cp1252"


def _damage(sample: bytes, charset: str) -> float:
    """Return the share of the non-ASCII bytes that the charset can't decode."""
    foreign = sum(byte >= 0x80 for byte in sample) or 1
    return sample.decode(charset, "replace").count("\ufffd") / foreign


def _plausible(sample: bytes, charset: str) -> float:
    """Return the share of common characters of the script among the non-ASCII ones.

    Returns 0 if the charset can't decode the sample.
    """
    if _damage(sample, charset) > 0.02:
        return 0.0
    foreign = [character for character in sample.decode(charset, "ignore") if character > "\x7f"]
    return sum(character in _COMMON[charset] for character in foreign) / max(len(foreign), 8)
