"""Select the lines of a page that its outlet may repeat on other pages. Pure.

db.desk.repeated_lines counts them. The selection depends on the page and the rules alone, not on lines learned
earlier, so the counts of a set of pages do not depend on their order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from db.model.repeated_lines import LinePosition, SeenLine, SeenLines
from db.text.folding import clean
from db.text.scripts import has_han, is_han
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.extraction import Line
from pipelines.page import OutletProfile
from pipelines.relevance.topic import Topic

MAX_SEEN_ANCHORS = 12  # the lowest of a text's fingerprint: enough to recognise a copy of it
LINE_HASH_BYTES = 8
LAST_LINES = 2  # lines at the end of a text, where notes about the author and the outlet stand
MAX_LINES_PER_PAGE = 60
_MAX_LABEL_CHARACTERS = 200  # of a line that may be a label
_MAX_PROSE_CHARACTERS = 500  # of a sentence or paragraph that may be boilerplate
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SENTENCE_END = (".", "。", "?", "？", "…", ";", "；", ":", "：", ",", "，")
_CLOSING = "\"'”’»」』)）]"  # marks that may stand behind the end of a sentence
_WORD = re.compile(r"[^\W\d_]+")
# Words that address the readers, in small letters. They are rare in articles and common in an outlet's texts about
# itself.
_TO_READERS = re.compile(
    r"\b(?:suscr[ií]b(?:ete|ase|irse|irte)|s[ií]g(?:ue|uenos|anos)|[uú]nete|reg[ií]strate|desc[aá]rgal?[oa]?"
    r"|ha(?:z|ga) clic|nuestr[oa]s? (?:canal|newsletter|bolet[ií]n|p[aá]gina|web|redes)|whats ?app|telegram|newsletter"
    r"|subscribe|sign up|follow us|click here|our (?:channel|app|website)|download)\b"
    r"|扫码|扫描|二维码|关注我们|公众号|客户端|订阅|下载"
)
# The headlines of a daily series differ only in these words.
_DATE = re.compile(
    r"lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|enero|febrero|marzo|abril|mayo|junio|julio|agosto"
    r"|sep?tiembre|octubre|noviembre|diciembre|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april"
    r"|may|june|july|august|september|october|november|december"
)
_TITLE_WORDS = 4  # words that the headlines of a series have in common at their beginning


def line_sightings(
    lines: Sequence[Line], kept: Collection[str], *, title: str, anchors: Sequence[int], outlet: OutletProfile
) -> SeenLines | None:
    """Return the lines of a page that are counted, or None if the page has no fingerprint.

    Only lines that the rules kept are counted. `kept` holds their texts, `anchors` is their fingerprint.
    """
    if not anchors:
        return None
    kept_texts = set(kept)
    seen_line = {
        seen_line.line: seen_line
        for seen_line in _seen_lines([line for line in lines if line.text in kept_texts], outlet=outlet)
    }
    return SeenLines(
        title=_hash(_beginning(title)),
        anchors=tuple(sorted(anchors)[:MAX_SEEN_ANCHORS]),
        lines=tuple(seen_line.values())[-MAX_LINES_PER_PAGE:],
    )


def hash_lines(lines: Iterable[str]) -> bytes:
    """Return hashes of lines as repeated lines are recognised, LINE_HASH_BYTES for each, sorted, equal ones once."""
    return b"".join(sorted({_hash(comparable(line)).to_bytes(LINE_HASH_BYTES, "big") for line in lines}))


def choose_hashes(hashes: bytes, repeated: bytes) -> bytes:
    """Return those of a page's hashes that repeated lines have; both as `hash_lines` gives them.

    These alone decide on the outcome of the page, not the other repeated lines of its outlet.
    """
    return b"".join(sorted({*_split_hashes(hashes)} & {*_split_hashes(repeated)}))


def is_topic_background(text: str, topic: Topic) -> bool:
    """Return True if a sentence names both sides of the topic and does not address the readers.

    Agencies add such background to many articles. It stays in the text, even if it is often repeated.
    """
    if not _ends_sentence(text) or _TO_READERS.search(text.lower()):
        return False
    sides = {hit.name.side for hit in topic.matcher.find(clean(text), language=None) if hit.name.strong}
    return "both" in sides or {"a", "b"} <= sides


def _split_hashes(hashes: bytes) -> Iterator[bytes]:
    return (hashes[start : start + LINE_HASH_BYTES] for start in range(0, len(hashes), LINE_HASH_BYTES))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


def _beginning(title: str) -> str:
    words = [word for word in _WORD.findall(title.casefold()) if not _DATE.fullmatch(word)]
    if words and is_han(words[0][0]):
        return "".join(words)[: 2 * _TITLE_WORDS]
    return " ".join(words[:_TITLE_WORDS])


def _seen_lines(lines: Sequence[Line], *, outlet: OutletProfile) -> Iterator[SeenLine]:
    """Yield the lines that may be boilerplate, each with its position on the page."""
    paragraphs = [place for place, line in enumerate(lines) if _is_prose(line) and len(line.text) * _width(line) >= 90]
    first, last = (paragraphs[0], paragraphs[-1]) if paragraphs else (len(lines), -1)
    name = comparable(outlet.name)
    for place, line in enumerate(lines):
        text = line.text
        if len(text) > _MAX_PROSE_CHARACTERS:
            continue
        plain = comparable(text)
        if len(plain) * _width(line) < 10:
            continue  # too short to recognise
        if line.tag in _HEADINGS:
            if first < place < last:
                continue  # many articles may have the same subhead: "What is at stake"
            standing = LinePosition.LABEL
        elif (
            not _is_prose(line)
            or (len(text) <= _MAX_LABEL_CHARACTERS and _TO_READERS.search(text.lower()))
            or (name in plain and name[6:])
        ):
            standing = LinePosition.LABEL
        else:
            standing = LinePosition.LAST if place >= len(lines) - LAST_LINES else LinePosition.AMONG
        if standing is not LinePosition.LABEL or len(text) <= _MAX_LABEL_CHARACTERS:
            yield SeenLine(text=text, line=_hash(f"{outlet.id}\n{plain}"), standing=standing)


def _width(line: Line) -> int:
    """Return how many Latin letters one character of the line counts for."""
    return 3 if has_han(line.text) else 1


def _is_prose(line: Line) -> bool:
    """Return True if the line ends like a sentence, even a short one: "It's basic politics." """
    return line.link_share < 0.5 and _ends_sentence(line.text) and (" " in line.text or _width(line) > 1)


def _ends_sentence(text: str) -> bool:
    return text.rstrip(_CLOSING).endswith(_SENTENCE_END)
