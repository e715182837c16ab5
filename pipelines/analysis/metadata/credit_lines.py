"""Read lines that name who made an article: labels, names, and names with the surname first. Pure."""

from __future__ import annotations

import enum
import itertools
import re
from collections.abc import Iterator

from db.text.scripts import HAN, has_han, is_han
from pipelines.analysis.metadata.credits import is_source
from pipelines.analysis.text import boilerplate_phrases
from pipelines.analysis.text.comparison import comparable

MAX_NAME_CHARACTERS = 60
NAMED = re.compile(
    r"^(?:[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+\s){1,3}[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]+$"
)  # two to four words, as a person's name
_MAX_LINE_CHARACTERS = 400
_MAX_NAME_CN = 4  # letters


class CreditedWork(enum.IntEnum):
    """What a label says that somebody has done, the least certain author last."""

    TEXT = 0
    UNKNOWN = 1
    EDITING = 2
    OTHER = 3  # pictures, translations; and what no person is: sources, dates, sections


_TEXT = re.compile(
    r"\b(?:text[eo]?s?|words?|story|by|por|von|par|escrib\w*|escrit\w*|autor\w*|authors?|writ\w*|report\w*|redac\w+|redig\w*"
    r"|periodist\w*|nota|bericht|cr[óo]nica|entrevista|reporta\w*|corresponsal\w*|correspondent\w*|enviad[oa]s?|columnistas?"
    r"|firma(?:do)?|elabor\w*|prepared)\b|记者|記者|作者|通讯员|撰|采写|采访|^文$|文字|图文|文图|供稿|主笔",
    re.IGNORECASE,
)
_EDITING = re.compile(r"\bedi[tc]\w*|编辑|編輯|责编|責編", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:(?:foto|photo|ilustra|illustra|infogra|gr[áa]fic|graphic|dise[ñn]|design|traduc|translat|publi|actuali|updat|imag|im[áa]gen"
    r"|secci|categor|lugar|etiquet|cr[ée]dit|v[íi]deo|c[áa]mara|camera)\w*|fuentes?|source|fecha|date|tags?|temas?|correo|e-?mail|twitter|tel)\b"
    r"|摄|攝|图|圖|视频|来源|來源|翻译|编译|校对|审核|监制|时间|发布|日期|责任|出品|栏目",
    re.IGNORECASE,
)
_COLONS = frozenset(":：")
_BARS = frozenset("/／|｜丨")
_PARTS = re.compile(r"([:：/／|｜丨;；,，、·•\u3000]|\s[-–—]\s)")
_WRITERS_CN = "记者|記者|通讯员|作者|撰文|采写|撰稿|供稿"
_BY = re.compile(
    r"^(?:(?:written|story|posted|published|text|words|report(?:ing|ed)?)\s+by|by|por|von|de|par|di|texto(?:\s+de)?"
    r"|escrit[oa]\s+por|escriben?|redactado\s+por|publicado\s+por|autor(?:a|es|en)?|authors?"
    rf"|{_WRITERS_CN}|文|责编|责任编辑|编辑)(?:\s*[|/]\s*|\s+)"
    rf"|^[{HAN}]{{0,6}}?(?:{_WRITERS_CN})\s*(?=[{HAN}]{{2,4}}(?![{HAN}]))",
    re.IGNORECASE,
)
# A label that a blank parts from its names: "来源：晚报 本报记者 王小明 李强".
_UNMARKED_LABEL = re.compile(
    rf"(?<![^\s(（〔\[【|])([{HAN}]{{0,6}}(?:{_WRITERS_CN}))[ \u3000]++(?=[{HAN}]{{2,4}}(?![{HAN}]))"
)
_BETWEEN = re.compile(r"\s*(?:[;；|｜丨、，·•]|,(?!\s*(?:Jr|Sr|PhD|MD|II|III)\b)|\s(?:and|y|und|et|e|og|och|&)\s)\s*")
_BETWEEN_LISTED = re.compile("[;；|｜丨、，·•,]")  # without words such as "and"
# What an institution's name begins with; an "and" in it belongs to it.
_INSTITUTION = re.compile(
    r"(?:(?:el|la|the) )?(?:ministerio|viceministerio|ministry|c[áa]mara|chamber|instituto|institute|universidad"
    r"|direcci[óo]n|oficina|office|superintendencia|secretar[íi]a|embajada|embassy|departamento|department|asociaci[óo]n"
    r"|association|comisi[óo]n|commission|consejo|council|gerencia|centro|center|centre|sociedad|society|facultad"
    r"|autoridad|authority|bureau|administration|organismo|confederaci[óo]n|federaci[óo]n)"
    r"(?: [^\W\d_]+)? (?:del?|of|for)\b",
    re.IGNORECASE,
)
_BETWEEN_PAIRS = re.compile(r"\s*(?:[;；|]|\s(?:and|y|und|et|&)\s)\s*")
_SLASHED = re.compile(r"^(\S+(?:\s\S+)+)\s*/\s*(\S+(?:\s\S+)+)$")
_NOT_A_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|\d:\d|^\W*\d|\s\d{1,2}$|^\W*$|^(?:admin\w*|webmaster|user|root|null|none|undefined|unknown|author|autor)$"
    r"|^(?:updated?|published|actualizado|publicado|stand)\b",
    re.IGNORECASE,
)
# What readers do below an article. A 评论员 is a writer.
_OF_READERS = re.compile(
    r"\b(?:comment(?:s|er|aires?)?|comentarios?|comentar|kommentare?|repl(?:y|ies)|respuestas?|respond(?:er)?|discussion)\b"
    r"|[评評][论論](?![员員])|跟[帖贴貼]|留言|[回][复復覆]",
    re.IGNORECASE,
)
# How a Chinese report was filed, behind its writer: "／高雄報導", "台北20日電", " 利马报道".
_FILED = re.compile(
    rf"(?:(?<!\s)(?:\s*+[/／]\s*+|\s++))?(?P<place>[{HAN}—–、-]{{0,12}}?)\s*+(?:\d{{1,2}}月)?(?:\d{{1,2}}日)?"
    r"[专專]?(?:[报報][导導道]|[电電]|[讯訊])(?:稿)?$"
)
_WRITER_IN_BRACKETS = re.compile(rf"[(（]([^()（）]{{0,10}}记者\s*[{HAN}、，·\s]{{2,30}})[)）]?$")
_FRAMED = re.compile(r"[(（〔［\[【]\s*([^()（）〔〕［］\[\]【】]{2,60}?)\s*(?:[)）〕］\]】]|$)")
_WRITER_CN = re.compile(rf"([{HAN}]{{0,8}}?(?:记者|記者)\s*)([{HAN}、，·\s]*)$")
_TEXT_AND_PICTURES = re.compile(r"^文\s*[、/／&＆及和与與]\s*[图圖攝摄]\s*(?=[/／|｜丨:：])")
_DESK_CN = re.compile(r"(?:[频頻]道|新[闻聞]|中心|[编編][辑輯]部|[综綜]合)$")
_LABEL_END_CN = re.compile(
    r"(?:文|图|圖|文字|记者|記者|作者|通讯员|撰|撰文|撰稿|采写|采访|供稿|编辑|編輯|责编|責編|编译|翻译|摄|攝|摄影|攝影|视频|来源|來源|校对|审核|监制|出品|栏目)$"
)
_MAX_FILED_CHARACTERS = 60
_MAX_FRAMED_CHARACTERS = 120
_MAIL = re.compile(r"[<(\[]?\s*[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\s*[>)\]]?")
_CAPITAL = r"(?:(?:de|del|la|las|los|da|dos|y|van|von)\s){0,2}[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]*"
_HALF = rf"{_CAPITAL}(?:\s{_CAPITAL}){{0,2}}"
_SURNAME_FIRST = re.compile(rf"({_HALF}),\s({_HALF})")
_COUNT = re.compile(r"\s*[(（[]?\d{1,6}[)）\]]?$")


def read_credits(text: str) -> list[tuple[CreditedWork, str]]:
    """Return the parts of a line, each with the work that its label names: "Texto: Ana Ruiz / Fotos: Luis Paz".

    A name holds no colon, so what stands before one is a label, whatever its words.
    """
    text = _TEXT_AND_PICTURES.sub("文图", text[:_MAX_LINE_CHARACTERS].strip())
    text = _UNMARKED_LABEL.sub(r"\1：", text)
    parts = _PARTS.split(
        " ".join(text[:_MAX_LINE_CHARACTERS].replace("\u3000", "\uffff").split()).replace("\uffff", "\u3000")
    )
    found: list[tuple[CreditedWork, str]] = []
    work, names, is_labelled = CreditedWork.UNKNOWN, "", False
    for number in range(0, len(parts), 2):
        piece, mark = parts[number].strip(), parts[number + 1] if number + 1 < len(parts) else ""
        is_label = bool(piece) and (
            (mark in _COLONS and not piece[-1].isdigit() and not parts[number + 2].startswith("//"))
            # A Chinese label ends with its word: in "記者王小明／高雄" it is the name that stands before the bar.
            or (mark in _BARS and len(piece) <= 16 and _LABEL_END_CN.search(piece) is not None)
        )
        if not is_label:
            names += parts[number] + mark
            continue
        # "Texto: Ana Ruiz Fotos: Luis Paz": the last word is the next label.
        before, _, last = piece.rpartition(" ")
        before, label = (before, last) if before and (is_labelled or mark in _BARS) else ("", piece)
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
        credited = read_credits(_strip_filing(_MAIL.sub(" ", value[:_MAX_LINE_CHARACTERS])))
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
    return (
        _BY.match(text) is not None
        or _strip_filing(text) != text.strip()
        or any(work is CreditedWork.TEXT for work, _ in read_credits(text))
    )


def is_name(text: str) -> bool:
    """Return False for texts that cannot be a person's name: addresses, counts, dates, labels of pages."""
    return (
        1 < len(text) <= MAX_NAME_CHARACTERS
        and not _NOT_A_NAME.search(text)
        and not tells_of_readers(text)
        and ("." in text or not boilerplate_phrases.LABEL.match(_COUNT.sub("", text)))
        and bool(comparable(text))
    )


def tells_of_readers(text: str) -> bool:
    """Return True for what is said of readers' comments: "3 replies", "查看评论"."""
    return _OF_READERS.search(text[:_MAX_LINE_CHARACTERS]) is not None


def read_opening(line: str) -> list[str]:
    """Return the writers named in brackets before a Chinese text: "〔記者王小明／高雄報導〕…", "…电（记者 张三）…"."""
    for match in itertools.islice(_FRAMED.finditer(line[:_MAX_FRAMED_CHARACTERS]), 2):
        before = line[: match.start()]
        if not has_han(match[1]) or (before and not _FILED.search(before)):
            return []
        writer = _strip_filing(match[0])
        if _WRITER_CN.search(writer) or writer != match[1].strip():
            return [name for name in read_names([match[0]]) if 2 <= len(name) <= _MAX_NAME_CN or "·" in name]
    return []


def _strip_filing(text: str) -> str:
    """Return a Chinese byline without brackets, place and date: "記者王小明" of "〔記者王小明／高雄報導〕"."""
    text = text.strip()
    if len(text) > _MAX_FILED_CHARACTERS or not has_han(text):
        return text
    if inner := _WRITER_IN_BRACKETS.search(text):
        return inner[1]
    plain = framed[1] if (framed := _FRAMED.fullmatch(text)) else text
    filed = _FILED.search(plain)
    if filed is None:
        return plain if framed and _WRITER_CN.search(plain) else text
    before = plain[: filed.start()]
    glued = not plain[filed.start() : filed.start("place")].strip(" ") and filed.start("place") == filed.start()
    if glued:
        # No mark parts the name from the place: a name has three letters, or two if too little is left.
        whole = before + filed["place"]
        writer = _WRITER_CN.search(whole)
        if writer is None:
            return text
        rest = writer[2]
        before = writer[1] + (rest[:3] if len(rest) >= 5 else rest[:2] if len(rest) == 4 else rest)
    names = before.strip(" /／")
    return names if names and not _DESK_CN.search(names) else ""


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
        for part in (_BETWEEN_LISTED if _INSTITUTION.match(whole) else _BETWEEN).split(whole):
            name = part.strip(" .,:;|-–—()（）")
            if not is_name(name):
                continue
            bare = re.sub(r"\s*\([^()]{0,40}\)?$", "", name)
            if bare == name or is_name(bare):
                yield from _split_chinese(bare)


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
