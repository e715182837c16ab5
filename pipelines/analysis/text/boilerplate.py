"""Remove boilerplate lines from an article, by their words and their position. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from db.text.scripts import has_han, width_of
from db.text.ticking_lines import is_counter
from pipelines.analysis.text import boilerplate_phrases
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.extraction import Line

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MAX_LABEL_CHARACTERS = 200  # of a line that may be a label, a byline or a credit
_MAX_OFFER_CHARACTERS = 400  # of a line that may be an offer, a copyright or a caption
_MAX_CLOSING_CHARACTERS = 60  # of the end of a paragraph, with the mark and its editors' initials
_MAX_END_CHARACTERS = 80  # of a line after which the article may have ended
_MAX_TEASER_CHARACTERS = 250
_MIN_SENTENCE_WIDTH = 25  # in letters
_CLOSING = "\"'”’»」』)）\u3011"  # marks that may stand behind the end of a sentence
_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", ":", "：", ";", "；")
_MAX_BIOGRAPHY_CHARACTERS = 700
_DATE = re.compile(
    r"^(?:[^\W\d]+,?\s+|\W){0,3}"
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d|(?:19|20)\d\d[/.年-]\s?\d{1,2}[/.月-]\s?\d{1,2}日?"
    r"|\b\d{1,2}\s+(?:de\s+)?[A-Za-zé]{3,10}\.?,?\s+(?:del?\s+)?(?:19|20)\d\d|\b[A-Za-z]{3,9}\.?\s+\d{1,2},?\s+(?:19|20)\d\d)"
    r"(?:[\d:.,\s|·/-]|[ap]\.?m\.?|a las|at|hrs?|horas|h|[A-Z]{2,4}){0,20}$"
)


def select_article_lines(
    lines: Sequence[Line],
    *,
    title: str,
    outlet: str = "",
    authors: Collection[str] = (),
    repeated: Collection[str] = (),
) -> list[str]:
    """Return the article's lines, without headline, boilerplate and lines after the article's end."""
    known = {comparable(line) for line in (*repeated, outlet)} - {""}
    kept = _before_end(lines, outlet)
    headline = comparable(title)
    first = next(
        (
            n
            for n, line in enumerate(kept)
            if _is_paragraph(line) and not (headline and headline in comparable(line.text))
        ),
        0,
    )
    marked = [_is_boilerplate(line, place <= first, title, known, authors) for place, line in enumerate(kept)]
    end = _tail(kept, marked)
    kept = [line for line, is_marked in zip(kept[:end], marked[:end], strict=True) if not is_marked]
    kept = _without_biography(_without_repeats(_without_empty_headings(kept)), authors)
    return [line.text for line in kept]


def _is_paragraph(line: Line, *, least: int = 90) -> bool:
    """Return True if the line looks like a paragraph: long enough, no heading, not mostly links."""
    wide = len(line.text) > 20 and line.text[len(line.text) // 2] > "\u2e80"
    return len(line.text) * (3 if wide else 1) >= least and line.link_share < 0.5 and line.tag not in _HEADINGS


def _is_boilerplate(line: Line, is_head: bool, title: str, known: set[str], authors: Collection[str]) -> bool:
    """Return True if a line is boilerplate by itself.

    `is_head` is True for the first paragraph and the lines before it.
    """
    text = line.text
    plain = comparable(text)
    if not plain or plain in known or is_counter(text):
        return True
    headline = comparable(title)
    if headline and (plain == headline or (is_head and headline in plain and len(plain) < len(headline) + 60)):
        return True
    short = len(text) <= _MAX_LABEL_CHARACTERS
    if short and (boilerplate_phrases.LABEL.match(text) or boilerplate_phrases.TEASER.match(text)):
        return True
    if short and line.tag not in _HEADINGS and boilerplate_phrases.BYLINE.match(text):
        return True
    if len(text) <= _MAX_OFFER_CHARACTERS and (
        boilerplate_phrases.PROMOTION.match(text)
        or boilerplate_phrases.COPYRIGHT.match(text)
        or boilerplate_phrases.CAPTION.match(text)
    ):
        return True
    if short and boilerplate_phrases.CREDIT.search(text):
        return True
    if is_head and len(text) <= 120 and (_DATE.match(text) or plain in {comparable(name) for name in authors}):
        return True
    return _is_teaser(line)


def _is_teaser(line: Line) -> bool:
    """Return True if a line is mostly a link to another story: a headline, with its section or day beside it.

    A sentence of the article may be a link too.
    """
    text = line.text
    width = width_of([text])
    if len(text) > _MAX_TEASER_CHARACTERS:
        return False
    if text.endswith((".", "。")) and width >= _MIN_SENTENCE_WIDTH and line.tag in {"p", "div", "td"}:
        return False
    if line.leads_on and width >= _MIN_SENTENCE_WIDTH and not text.rstrip(_CLOSING).endswith(_SENTENCE_END):
        return line.link_share >= (0.5 if has_han(text) else 0.6)
    return line.link_share >= 0.8


def _before_end(lines: Sequence[Line], outlet: str) -> list[Line]:
    """Return the lines before a line that ends the article, if few paragraphs follow it."""
    lengths = [len(line.text) for line in lines]
    whole = sum(lengths)
    name = re.escape(outlet)
    about = (
        re.compile(
            rf"^(?:what is|who is|about|sobre|acerca de|qué es|关于)\s+(?:the\s+|el\s+|la\s+)?{name}\W*$", re.IGNORECASE
        )
        if outlet
        else None
    )
    closing = [place for place, line in enumerate(lines) if _is_closed(line.text)]
    before = 0
    for place, line in enumerate(lines):
        # Briefs of one page may each have their mark; a single one closes the page's only article.
        if closing == [place] and before + lengths[place] > 0.4 * whole:
            return list(lines[: place + 1])
        if before > 0.4 * whole and len(line.text) <= 80 and _is_certain_end(line.text, outlet):
            return list(lines[:place])
        is_end = len(line.text) <= _MAX_END_CHARACTERS and (
            boilerplate_phrases.END.match(line.text) or (about is not None and about.match(line.text))
        )
        if is_end and before > 0.4 * whole:
            after = [other for other in lines[place + 1 :] if other.link_share < 0.5]
            paragraphs = sum(_is_paragraph(other) for other in after)
            # After an article's end there are more labels than paragraphs; after a block in its middle, paragraphs.
            is_over = paragraphs == 0 or (paragraphs <= 2 and len(after) - paragraphs >= paragraphs)
            if is_over or (about is not None and about.match(line.text)):
                return list(lines[:place])
        before += lengths[place]
    return list(lines)


def _is_closed(text: str) -> bool:
    """Return True if an end mark stands behind the last sentence of a paragraph."""
    return boilerplate_phrases.CLOSING_MARK.search(text[-_MAX_CLOSING_CHARACTERS:]) is not None


def _is_certain_end(text: str, outlet: str) -> bool:
    """Return True for an agency's end mark and for the label of other news of the outlet, by its name or part of it."""
    if boilerplate_phrases.END_MARK.match(text):
        return True
    label = boilerplate_phrases.MORE_FROM.match(text)
    named = comparable(label[1]) if label else ""
    return len(named) >= 2 and comparable(outlet).startswith(named)


def _tail(lines: Sequence[Line], marked: Sequence[bool]) -> int:
    """Return the index from which the last lines are mostly boilerplate.

    So the short lines between offers are removed too. `marked` says which lines are boilerplate.
    """
    end = len(lines)
    count = 0
    for total, place in enumerate(range(len(lines) - 1, -1, -1), 1):
        if not marked[place] and _is_paragraph(lines[place], least=80):
            break
        count += marked[place]
        if marked[place] and count >= 0.6 * total:
            end = place
    return end


def _without_empty_headings(lines: list[Line]) -> list[Line]:
    """Drop headings at the end, because no text follows them."""
    kept: list[Line] = []
    for line in reversed(lines):
        if line.tag in _HEADINGS and not kept:
            continue
        kept.append(line)
    return kept[::-1]


def _without_repeats(lines: list[Line]) -> list[Line]:
    """Drop repeated lines, and a lead with which one of the next paragraphs begins."""
    plain = [comparable(line.text) for line in lines]
    seen: list[str] = []
    kept = []
    for place, line in enumerate(lines):
        text = plain[place]
        if len(text) > 15 and text in seen[-3:]:
            continue
        if place < 3 and len(text) > 30 and any(other.startswith(text) for other in plain[place + 1 : place + 5]):
            continue
        seen.append(text)
        kept.append(line)
    return kept


def _without_biography(lines: list[Line], authors: Collection[str]) -> list[Line]:
    """Drop author biographies at the end, unless the text above names that person."""
    while len(lines) > 2:
        text = lines[-1].text
        if (
            len(text) > _MAX_BIOGRAPHY_CHARACTERS
            or not boilerplate_phrases.BIOGRAPHY.match(text)
            or not boilerplate_phrases.OFFICE.search(text)
        ):
            break
        name = " ".join(text.split()[:2])
        before = " ".join(line.text for line in lines[:-1])
        surname = text.split()[1].rstrip(",") if len(text.split()) > 1 else ""
        if surname and surname in before and not any(name in author for author in authors):
            break
        lines = lines[:-1]
    return lines
