"""Write a PDF as the tree of an HTML page, which the rules for dates, authors and titles read like any page. Pure."""

from __future__ import annotations

from lxml import etree, html
from lxml.html import HtmlElement

from pipelines.analysis.metadata.dateline import MARKED_TREE
from pipelines.analysis.pdf.date_line import find_date_line, is_text_paragraph
from pipelines.analysis.pdf.pdf_reader import PdfDocument
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.extraction import Line

_MIN_AUTHOR_WORDS = 2
_NOTE_DIGITS = "0123456789"  # the mark of a footnote about an author
_PAGE_DIGITS = f" {_NOTE_DIGITS}"
_LEADERS = ("....", ". . .", "…")  # between a heading and its page in a table of contents


def make_tree(document: PdfDocument) -> HtmlElement:
    """Return a page with the document's title, paragraphs and declared author, if a line of the text is his name."""
    root = html.Element("html", {"class": MARKED_TREE})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = document.title
    if document.language:
        root.set("lang", document.language)
    if _names_author(document):
        etree.SubElement(head, "meta", {"name": "author", "content": document.author})
    article = etree.SubElement(etree.SubElement(root, "body"), "article")
    title = _find_title(document)
    if title is None and document.title:
        etree.SubElement(article, "h1").text = document.title
    date_line = find_date_line(document.paragraphs, title=title)
    for place, paragraph in enumerate(document.paragraphs):
        tag = "h1" if place == title else "h2" if paragraph.is_heading else "p"
        element = etree.SubElement(article, tag)
        element.text = paragraph.text
        if place == date_line:
            element.set("class", "dateline")
    return root


def make_lines(document: PdfDocument) -> list[Line]:
    """Return the document's lines as the extraction returns those of a page.

    Letterheads and labels above the title, and the rows of a table of contents, are left out.
    """
    start = _find_title(document) or 0
    if any(is_text_paragraph(paragraph.text) for paragraph in document.paragraphs[:start]):
        start = 0
    return [
        Line(paragraph.text, "h2" if paragraph.is_heading else "p")
        for paragraph in document.paragraphs[start:]
        if paragraph.text and not _is_content_row(paragraph.text)
    ]


def _find_title(document: PdfDocument) -> int | None:
    """Return the index of the paragraph that is the title, None if none is."""
    title = comparable(document.title)
    if not title:
        return None
    return next((place for place, one in enumerate(document.paragraphs) if comparable(one.text) == title), None)


def _is_content_row(text: str) -> bool:
    """Return True for "1. Comercio exterior ........ 12"."""
    return text[-1].isdigit() and text.rstrip(_PAGE_DIGITS).endswith(_LEADERS)


def _names_author(document: PdfDocument) -> bool:
    """Return True if the declared author's name is a line of the text, as of an author below a title.

    Programs fill in users, companies and other people, whose names may stand within a sentence too.
    """
    plain = comparable(document.author)
    if len(document.author.split()) < _MIN_AUTHOR_WORDS and document.author.isascii():
        return False
    lines = (comparable(paragraph.text).rstrip(_NOTE_DIGITS) for paragraph in document.paragraphs[:200])
    return bool(plain) and plain in lines
