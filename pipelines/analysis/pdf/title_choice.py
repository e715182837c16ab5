"""Find the title of a PDF: what its information says if the text says so too, else its largest lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from db.text.scripts import width_of
from pipelines.analysis.metadata import date_forms
from pipelines.analysis.pdf.paragraphs import Paragraph
from pipelines.analysis.text.comparison import comparable

_HEAD_CHARACTERS = 4_000  # of the text, in which a title stands
_MIN_WIDTH = 12  # in letters, of a title
_MAX_CHARACTERS = 300
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|indd|pptx?|xlsx?|odt|rtf|pub|qxd|cdr|tmp)\b|^microsoft |^untitled|^sin t[ií]tulo", re.IGNORECASE
)
_ENDED = re.compile(r"[.;:。；：]$")
_MAX_LABEL_CHARACTERS = 60
_MAX_DATE_LINE_CHARACTERS = 50
_NUMBERED = re.compile(r"\bn\s?[.°ºo]{1,3}\s?\d", re.IGNORECASE)  # "NOTA DE PRENSA N.° 123-2026"
# The fields above the text of a memorandum, and the one of them that says what it is about.
_FIELD = re.compile(
    r"(?:para|de|asunto|ref(?:erencia)?|fecha|to|from|cc|subject|date|re|收件人|发件人|主送|抄送|日期|主题|事由)[\s|]{0,4}[:：]",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"(?:asunto|subject|主题|事由)[\s|]{0,4}[:：]", re.IGNORECASE)
_MAX_SHOWN_CHARACTERS = 220  # of a line that is a title without larger type
_MAX_CANDIDATES = 40  # paragraphs from the first on


def choose_title(paragraphs: Sequence[Paragraph], *, declared: str, outlet: str = "") -> str:
    """Return the title; "" if there is none. `declared`: of the information; `outlet`: its name."""
    declared = " ".join(declared.split())[:_MAX_CHARACTERS]
    head = ""
    for paragraph in paragraphs[:_MAX_CANDIDATES]:
        head += comparable(paragraph.text[:_HEAD_CHARACTERS])
        if len(head) > _HEAD_CHARACTERS:
            break
    is_sensible = width_of([declared]) >= _MIN_WIDTH and not _FILE_NAME.search(declared)
    if is_sensible and comparable(declared) in head:
        return declared
    shown = _find_subject(paragraphs[:_MAX_CANDIDATES])
    shown = shown or _find_largest(paragraphs[:_MAX_CANDIDATES], comparable(outlet))
    if shown:
        return shown
    return declared if is_sensible and len(declared.split()) > 2 else ""


def _find_subject(paragraphs: Sequence[Paragraph]) -> str:
    """Return what a memorandum says that it is about; "" if it is none. One has two such fields or more."""
    fields = [paragraph.text for paragraph in paragraphs if _FIELD.match(paragraph.text)]
    subjects = (text[found.end() :].strip(" |") for text in fields if (found := _SUBJECT.match(text)))
    return next(subjects, "")[:_MAX_CHARACTERS] if len(fields) > 1 else ""


def _find_largest(paragraphs: Sequence[Paragraph], outlet: str) -> str:
    """Return the largest heading of the first page, behind the label of a press release if there is one.

    Without a heading, it is the first short line before the text that ends no sentence.
    """
    first = [paragraph for paragraph in paragraphs if paragraph.page == paragraphs[0].page]
    labels = [place for place, paragraph in enumerate(first) if _is_label(paragraph.text)]
    below = first[labels[0] + 1 :] if labels else first
    for part in (below, first):
        fitting = [paragraph for paragraph in part if _may_be_title(paragraph.text, outlet)]
        headings = [paragraph for paragraph in fitting if paragraph.is_heading]
        if headings:
            return max(headings, key=lambda paragraph: round(paragraph.size)).text
        for paragraph in fitting:
            if paragraph.is_bold or not _ENDED.search(paragraph.text):
                return paragraph.text
            break
    return ""


def _is_label(text: str) -> bool:
    return len(text) <= _MAX_LABEL_CHARACTERS and _NUMBERED.search(text) is not None


def _may_be_title(text: str, outlet: str) -> bool:
    """Return True if a line has the length of a title, and is no number, date, address or name of the outlet."""
    plain = comparable(text)
    if width_of([text]) < _MIN_WIDTH or len(text) > _MAX_SHOWN_CHARACTERS or _is_label(text) or _FIELD.match(text):
        return False
    if plain and (plain in outlet or (outlet and plain.startswith(outlet) and len(plain) < len(outlet) + 12)):
        return False
    folded = date_forms.fold_date_text(text)
    dates = date_forms.find_written_dates(folded, zone=None, month_first=False)
    return not (dates and len(folded) < _MAX_DATE_LINE_CHARACTERS) and "@" not in text and "www." not in text
