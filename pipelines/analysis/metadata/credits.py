"""Find the source that an article credits for its text. Pure.

Credits stand in datelines, bylines, and lines such as "Fuente: …" and "Reference(s): …".

Credits of photos ("Foto: Andina"), quoted sources ("según Reuters") and sources of figures ("Fuente: INEI") do not
count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from db.text.scripts import is_han

# The stored names of agencies and other sources, with the forms in which articles write them.
_SIGNS: dict[str, tuple[str, ...]] = {
    "Xinhua": ("xinhua", "xinhua news agency", "新华社", "新華社", "新华网", "新華網", "新华社客户端"),
    "China News Service": (
        "china news service",
        "ecns",
        "中新社",
        "中新网",
        "中新網",
        "中国新闻网",
        "中国新闻社",
        "cns",
    ),
    "CGTN": ("cgtn", "cgtn español", "cgtn en español"),
    "CCTV": ("cctv", "央视新闻", "央视网", "央视", "央視"),
    "People's Daily": ("people's daily", "people's daily online", "人民日报", "人民日報", "人民网", "人民網"),
    "Global Times": ("global times", "环球时报", "环球网", "環球網"),
    "China Daily": ("china daily", "中国日报", "中国日报网"),
    "EFE": ("efe", "agencia efe", "efe news", "swissinfo/efe"),
    "Andina": ("andina", "agencia andina", "agencia peruana de noticias", "agencia de noticias andina"),
    "AFP": ("afp", "agence france-presse", "agence france presse", "agencia afp", "法新社"),
    "Reuters": ("reuters", "agencia reuters", "thomson reuters", "路透社", "路透"),
    "AP": ("ap", "associated press", "the associated press", "agencia ap", "美联社"),
    "Europa Press": ("europa press", "europapress", "ep"),
    "DPA": ("dpa", "agencia dpa", "德新社"),
    "ANSA": ("ansa",),
    "Bloomberg": ("bloomberg", "bloomberg news", "bloomberg línea", "彭博社"),
    "TASS": ("tass", "塔斯社"),
    "Sputnik": ("sputnik", "俄罗斯卫星通讯社"),
    "Prensa Latina": ("prensa latina",),
    "Télam": ("télam", "telam"),
    "Notimex": ("notimex",),
    "Yonhap": ("yonhap", "韩联社"),
    "Kyodo": ("kyodo", "kyodo news", "共同社"),
    "Mercopress": ("mercopress",),
    "PR Newswire": ("pr newswire", "prnewswire", "美通社"),
    "Business Wire": ("business wire", "businesswire"),
    "News Direct": ("news direct", "newsdirect"),
}
_NAMES = {sign: name for name, signs in _SIGNS.items() for sign in signs}
_ANY = "|".join(sorted((re.escape(sign) for sign in _NAMES), key=len, reverse=True))
_WIRES = (
    "EFE",
    "AFP",
    "Reuters",
    "AP",
    "Andina",
    "Europa Press",
    "DPA",
    "ANSA",
    "Bloomberg",
    "Prensa Latina",
    "Notimex",
)
_WIRE = "|".join(re.escape(sign) for name in _WIRES for sign in _SIGNS[name] if sign.isascii())
_DASH = r"[-–—―]"

_MAX_OPENING_CHARACTERS = 300  # of a line in which an opening is looked for
_MAX_SIGNATURE_CHARACTERS = 30  # of a line that is an agency's name alone
_MAX_AUTHOR_CHARACTERS = 100

# "LIMA/BEIJING, June 29 (Xinhua) --", "Lima, 14 nov (EFE).-": a short opening with brackets, then a dash.
_DATELINE = re.compile(rf"[^()（）\n]{{0,70}}[(（]\s*({_ANY})\s*[)）]\s*[.:]?\s*{_DASH}", re.IGNORECASE)
# "Reuters.- ", "EFE. — ", "Pekín, 14 nov. EFE.-", "--News Direct--".
_OPENING = re.compile(
    rf"(?:{_DASH}{{2}})?(?:[^.\n]{{3,40}}[.,]\s*)?({_ANY})\s*(?:\.\s*{_DASH}|{_DASH}{{2}}|\s+{_DASH}\s)", re.IGNORECASE
)
# 新华社利马11月12日电, 中新网11月14日电, （新华社记者…）据新华社电.
_CHINESE_DATELINE = re.compile(
    r"[\s(（【\[]*(?:据|據)?(新华社|新華社|中新社|中新网|中新網|法新社|路透社)[^。\n]{0,30}?(?:\d日|消息|报道)?(?:专|專)?[电電讯訊]"
)

_IMAGE = re.compile(
    r"\W*(?:foto|imagen|fotograf[íi]a|photo|image|picture|图|圖|图片|crédito|credit|video|v[íi]deo|captura)\b",
    re.IGNORECASE,
)
_SOURCE_LINE = re.compile(
    r"\W*(?:(?:fuente|source|来源|來源|稿源)(?=\s*[:：])|转载自|轉載自|con\s+informaci[óo]n\s+de|with\s+information\s+from"
    r"|(?:noticia\s+|texto\s+|art[íi]culo\s+)?(?:tomad[oa]|extra[íi]d[oa]|reproducid[oa])\s+de"
    r"|(?:el\s+presente\s+|este\s+)?(?:art[íi]culo\s+|texto\s+|nota\s+)?(?:ha\s+sido\s+|fue\s+|se\s+)?public(?:ado|ada|ó)\s+originalmente\s+(?:en|por)"
    r"|(?:this\s+(?:article|story)\s+(?:was\s+|is\s+)?)?(?:originally|first)\s+(?:published|appeared)\s+(?:in|on|by|at)"
    r"|this\s+(?:article|story)\s+was\s+(?:first\s+|originally\s+)?(?:produced|published|written|provided)\s+(?:by|in|on)"
    r"|view\s+(?:the\s+)?source\s+version\s+on|\[?original/source\s+press\s+release\]?)"
    r"\s*[:：]?\s*(?P<whom>\S.*)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(r"\W*(?:references?|reference\(s\)|referencias?)\s*[:：]\s*(?P<whom>.*)", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?", re.IGNORECASE)
_CLOSING = re.compile(rf"(?:^|[.!?”\"»]\s*)[(（]\s*({_WIRE})\s*[)）]\s*\.?$", re.IGNORECASE)
_ALONE = re.compile(
    rf"[\s(（\[-]*(?:(?:redacci[óo]n|agencias?|por|by|con)\s*[:/]?\s+)?({_ANY})[\s)）\].-]*", re.IGNORECASE
)

_JOINED = re.compile(r"\s*[/|,;·•、]\s*|\s+y\s+|\s+and\s+")

# Sources of figures, not of texts.
_FIGURES = re.compile(
    r"\W*(?:inei|bcrp?|banco central|sunat|mef\b|minem|mincetur|midagri|ositr[áa]n|comex|adex|promper[úu]|c[áa]mara"
    r"|mundial|banco mundial|world bank|fmi|imf|cepal|eclac|trade\s?map|aduanas|customs|veritrade|elaboraci[óo]n|propia"
    r"|own|gobierno|ministerio|ministry|boletín|datos|data|google|twitter|facebook|instagram|youtube|x$|getty|pixabay"
    r"|istock|shutterstock|referencial|difusi[óo]n|archivo|internet|company|statista|factset)",
    re.IGNORECASE,
)


def find_credit(title: str, text: str, authors: Sequence[str] = ()) -> str | None:
    """Return the usual name of the credited source ("Xinhua", "EFE", "cgtn.com"); None if there is none.

    `text` has one paragraph per line. It should still have lines that cleaning removes ("Reference(s)", "Fuente: …").
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (
        _from_dateline(lines, title)
        or _from_authors(authors)
        or _from_references(lines)
        or _from_source_line(lines)
        or _from_closing(lines)
    )


def is_source(name: str) -> bool:
    """Return True for the name of an agency or an editorial office, which signs texts like a person."""
    return (
        _ALONE.fullmatch(name.strip()) is not None
        or re.match(r"redacci[óo]n|agencias?\b|staff", name, re.IGNORECASE) is not None
    )


def _from_dateline(lines: list[str], title: str) -> str | None:
    """Return the agency in the opening of the first paragraph.

    A headline, a subhead or a byline may stand above it.
    """
    for line in lines[:4]:
        if line == title.strip() or _IMAGE.match(line):
            continue
        for pattern in (_CHINESE_DATELINE, _DATELINE, _OPENING):
            if match := pattern.match(line, 0, _MAX_OPENING_CHARACTERS):
                return _NAMES[match[1].casefold()]
        if len(line) > 240:  # this is the first paragraph; later ones open with sources of quotations
            return None
    return None


def _from_authors(authors: Sequence[str]) -> str | None:
    for author in authors:
        for part in _JOINED.split(author[:_MAX_AUTHOR_CHARACTERS]):
            if match := _ALONE.fullmatch(part.strip()):
                return _NAMES[match[1].casefold()]
    return None


def _from_references(lines: list[str]) -> str | None:
    """Return the host below "Reference(s):", which the original's title may precede."""
    for place, line in enumerate(lines):
        if place >= len(lines) - 6 and (match := _REFERENCES.fullmatch(line)):
            for whom in (match["whom"], *lines[place + 1 : place + 4]):
                if host := _HOST.fullmatch(whom.strip()):
                    return host[1].casefold().removeprefix("www.")
    return None


def _from_source_line(lines: list[str]) -> str | None:
    """Return the source that a separate line names near the end, or at the top as on Chinese sites."""
    for line in (*reversed(lines[-5:]), *lines[:2]):
        inner = line.strip("()（）[]【】*_ ") if len(line) < 120 else line
        if (match := _SOURCE_LINE.match(inner)) and (name := _named(match["whom"])):
            return name
    return None


def _named(whom: str) -> str | None:
    """Return the source's name from the rest of its line; None for sources of figures and photos."""
    if link := re.match(r"\[([^\]]+)\]", whom):
        whom = link[1]
    if host := _HOST.match(whom.strip("() ")):
        return (urlsplit(host[0]).hostname or host[1]).casefold().removeprefix("www.")
    if sign := re.match(rf"(?:the\s+|la\s+agencia\s+|agencia\s+)?({_ANY})(?![\w-])", whom, re.IGNORECASE):
        return _NAMES[sign[1].casefold()]
    name = re.split(r"[.。;；,，|(（\n]|\s[-–—]\s|\s{2,}|\s(?:责任)?编辑", whom)[0].strip(" *_\"'“”»«:")
    if not 2 <= len(name) <= 50 or len(name.split()) > 6 or _FIGURES.match(name) or _IMAGE.match(name):
        return None
    return name if name[0].isupper() or is_han(name[0]) else None


def _from_closing(lines: list[str]) -> str | None:
    """Return the agency that signs the end of a report: "… dijo. (EFE)".

    The same after a short line, or "(Xinhua)" anywhere, signs a picture.
    """
    for line in lines[-2:]:
        if (
            len(line) <= _MAX_SIGNATURE_CHARACTERS
            and not line.endswith(":")
            and "xinhua" not in line.casefold()
            and (match := _ALONE.fullmatch(line))
        ):
            return _NAMES[match[1].casefold()]
    if lines and len(lines[-1]) >= 80 and (match := _CLOSING.search(lines[-1])):
        return _NAMES[match[1].casefold()]
    return None
