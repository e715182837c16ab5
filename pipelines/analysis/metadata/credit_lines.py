"""Read lines that name who made an article: labels, names, and names with the surname first. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from db.text.scripts import HAN, has_han, is_han
from pipelines.analysis.metadata.credits import is_source
from pipelines.analysis.text import boilerplate_phrases
from pipelines.analysis.text.comparison import comparable

MAX_NAME_CHARACTERS = 60
_MAX_LINE_CHARACTERS = 400


class CreditedWork(enum.IntEnum):
    """What a label says that somebody has done, the least certain author last."""

    TEXT = 0
    UNKNOWN = 1
    EDITING = 2
    OTHER = 3  # pictures, translations; and what no person is: sources, dates, sections


_TEXT = re.compile(
    r"\b(?:text[eo]?s?|words?|story|by|por|von|par|escrib\w*|escrit\w*|autor\w*|authors?|writ\w*|report\w*|redac\w+|redig\w*"
    r"|periodist\w*|nota|bericht|cr[óo]nica|entrevista)\b|记者|記者|作者|通讯员|撰|采写|采访|^文$|文字|图文|文图|供稿",
    re.IGNORECASE,
)
_EDITING = re.compile(r"\bedi[tc]\w*|编辑|編輯|责编|責編", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:(?:foto|photo|ilustra|illustra|infogra|gr[áa]fic|graphic|dise[ñn]|design|traduc|translat|publi|actuali|updat|imag|im[áa]gen"
    r"|secci|etiquet|cr[ée]dit|v[íi]deo|c[áa]mara|camera)\w*|fuentes?|source|fecha|date|tags?|temas?|correo|e-?mail|twitter|tel)\b"
    r"|摄|攝|图|圖|视频|来源|來源|翻译|编译|校对|审核|监制|时间|发布|日期|责任|出品|栏目",
    re.IGNORECASE,
)
_COLONS = frozenset(":：")
_BARS = frozenset("/／|｜丨")
_BLANKS = re.compile(r"[^\S\u3000]+")
_PARTS = re.compile(r"([:：/／|｜丨;；,，、·•\u3000]|\s[-–—]\s)")
_WRITERS_CN = "记者|記者|通讯员|作者|撰文|采写|撰稿|供稿"
_BY = re.compile(
    r"^(?:(?:written|story|posted|published|text|words|report(?:ing|ed)?)\s+by|by|por|von|de|par|di|texto(?:\s+de)?"
    r"|escrit[oa]\s+por|escriben?|redactado\s+por|publicado\s+por|autor(?:a|es|en)?|authors?"
    rf"|{_WRITERS_CN}|文|责编|责任编辑|编辑)(?:\s*[|/]\s*|\s+)"
    rf"|^[{HAN}]{{0,6}}?(?:{_WRITERS_CN})\s*(?=[{HAN}]{{2,4}}(?![{HAN}]))",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:[;；|｜丨、，·•]|,(?!\s*(?:Jr|Sr|PhD|MD|II|III)\b)|\s(?:and|y|und|et|e|og|och|&)\s)\s*")
_BETWEEN_PAIRS = re.compile(r"\s*(?:[;；|]|\s(?:and|y|und|et|&)\s)\s*")
_SLASHED = re.compile(r"^(\S+(?:\s\S+)+)\s*/\s*(\S+(?:\s\S+)+)$")
_NOT_A_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|\d:\d|^\W*\d|^\W*$|^(?:admin\w*|webmaster|user|root|null|none|undefined|unknown|author|autor)$"
    r"|^(?:updated?|published|actualizado|publicado|stand)\b",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[<(\[]?\s*[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\s*[>)\]]?")
_CAPITAL = r"(?:(?:de|del|la|las|los|da|dos|y|van|von)\s){0,2}[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]*"
_HALF = rf"{_CAPITAL}(?:\s{_CAPITAL}){{0,2}}"
_SURNAME_FIRST = re.compile(rf"({_HALF}),\s({_HALF})")
_COUNT = re.compile(r"\s*[(（[]?\d{1,6}[)）\]]?$")


def read_credits(text: str) -> list[tuple[CreditedWork, str]]:
    """Return the parts of a line, each with the work that its label names: "Texto: Ana Ruiz / Fotos: Luis Paz".

    A name holds no colon, so what stands before one is a label, whatever its words.
    """
    parts = _PARTS.split(
        " ".join(text[:_MAX_LINE_CHARACTERS].replace("\u3000", "\uffff").split()).replace("\uffff", "\u3000")
    )
    found: list[tuple[CreditedWork, str]] = []
    work, names, is_labelled = CreditedWork.UNKNOWN, "", False
    for number in range(0, len(parts), 2):
        piece, mark = parts[number].strip(), parts[number + 1] if number + 1 < len(parts) else ""
        is_label = bool(piece) and (
            (mark in _COLONS and not piece[-1].isdigit() and not parts[number + 2].startswith("//"))
            or (mark in _BARS and len(piece) <= 8 and has_han(piece) and _work_of(piece) is not CreditedWork.UNKNOWN)
        )
        if not is_label:
            names += parts[number] + mark
            continue
        # "Texto: Ana Ruiz Fotos: Luis Paz": the last word is the next label.
        before, _, last = piece.rpartition(" ")
        before, label = (before, last) if before and is_labelled else ("", piece)
        found.append((work, f"{names} {before}"))
        work, names, is_labelled = _work_of(label), "", True
    found.append((work, names))
    return [(work, plain) for work, names in found if (plain := names.strip(" \u3000/|｜丨;；,，、·•-–—"))]


def read_names(values: list[str]) -> list[str]:
    """Return the names of authors in lines or lists of names, without labels, addresses and counts."""
    found: list[str] = []
    if len(values) > 1 and all(map(_SURNAME_FIRST.fullmatch, values)):
        values = [put_surname_last(value) for value in values]
    for value in values:
        if "://" in value:
            continue
        credited = read_credits(_MAIL.sub(" ", value[:_MAX_LINE_CHARACTERS]))
        best = min((work for work, _ in credited), default=CreditedWork.OTHER)
        for work, text in credited:
            if work is best and work is not CreditedWork.OTHER:
                found += _split_names(_BY.sub("", text))
    return found


def put_surname_last(name: str) -> str:
    """Return "Ana Ruiz" for "Ruiz, Ana"; any other text as it is."""
    return f"{pair[2]} {pair[1]}" if (pair := _SURNAME_FIRST.fullmatch(name[:_MAX_LINE_CHARACTERS])) else name


def names_writer(text: str) -> bool:
    """Return True if a line begins with "By" or has a label for the text's writer."""
    return _BY.match(text) is not None or any(work is CreditedWork.TEXT for work, _ in read_credits(text))


def is_name(text: str) -> bool:
    """Return False for texts that cannot be a person's name: addresses, counts, dates, labels of pages."""
    return (
        1 < len(text) <= MAX_NAME_CHARACTERS
        and not _NOT_A_NAME.search(text)
        and ("." in text or not boilerplate_phrases.LABEL.match(_COUNT.sub("", text)))
        and bool(comparable(text))
    )


def _work_of(label: str) -> CreditedWork:
    if _TEXT.search(label):
        return CreditedWork.TEXT
    if _EDITING.search(label):
        return CreditedWork.EDITING
    return CreditedWork.OTHER if _OTHER.search(label) else CreditedWork.UNKNOWN


def _split_names(text: str) -> Iterator[str]:
    pairs = [_SURNAME_FIRST.fullmatch(part) for part in _BETWEEN_PAIRS.split(text)]
    if all(pairs) and (len(pairs) > 1 or _is_one_name(pairs[0])):
        yield from (f"{pair[2]} {pair[1]}" for pair in pairs if pair)
        return
    slashed = _SLASHED.match(text)
    for whole in slashed.groups() if slashed else (text,):
        for part in _BETWEEN.split(whole):
            name = part.strip(" .,:;|-–—()（）")
            if not is_name(name):
                continue
            name = re.sub(r"\s*\([^()]{0,40}\)?$", "", name)
            if is_name(name):
                yield from _split_chinese(name)


def _is_one_name(pair: re.Match[str] | None) -> bool:
    """Return True for "Surname, Name" alone. "Name Surname, Place", agencies and desks are none."""
    return pair is not None and " " not in pair[1] and not is_source(pair[1]) and not is_source(pair[2])


def _split_chinese(name: str) -> Iterator[str]:
    """Yield the Chinese names of a list with blanks. A name of two characters may have a blank inside: 王　强."""
    words = name.split()
    if len(words) < 2 or not all(is_han(letter) for word in words for letter in word) or max(map(len, words)) > 4:
        yield name
        return
    held = ""
    for word in words:
        held += word
        if len(held) > 1:
            yield held
            held = ""
