"""Write a briefing as a Word document (Office Open XML), the same bytes for the same contents. Pure."""

from __future__ import annotations

import io
import zipfile

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml.etree import _Element as XmlElement

from db.site.briefings.document import Briefing, BriefingSection, TextLine
from db.site.wording import SiteWording

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can state
_INK, _SOFT, _LINK = RGBColor(0x1D, 0x23, 0x29), RGBColor(0x59, 0x63, 0x6E), RGBColor(0x0B, 0x53, 0x94)
_LATIN_FONT, _CHINESE_FONT = "Calibri", "Microsoft YaHei"
# Style → size in points, space before and after it, and whether it is bold.
_STYLES = {
    "Normal": (10.5, 0, 4, False),
    "Title": (22, 0, 2, True),
    "Subtitle": (13, 0, 8, False),
    "Heading 1": (14, 16, 2, True),
    "List Bullet": (10.5, 0, 2, False),
    "Quote": (10.5, 4, 0, False),
}
_NEW_STYLES = {
    "Story Lead": (10.5, 0, 4, False),
    "Quote Source": (9.5, 0, 6, False),
    "List Label": (10.5, 6, 2, True),
    "Note": (9, 0, 3, False),
    "Colophon": (9, 12, 0, False),
}
_SOFT_STYLES = ("Story Lead", "Quote Source", "Note", "Colophon", "Subtitle")


def write_docx(briefing: Briefing) -> bytes:
    """Write a briefing as a DOCX file."""
    wording = SiteWording(briefing.language)
    document = Document()
    _set_properties(document, briefing, wording)
    _set_styles(document, wording)
    _add_paragraph(document, "Title", briefing.title)
    _add_paragraph(document, "Subtitle", briefing.period)
    for text in briefing.introduction:
        _add_paragraph(document, "Story Lead", text)
    for place, section in enumerate(briefing.stories, 1):
        heading = _add_paragraph(document, "Heading 1", f"{place}. ")
        _set_language(heading.add_run(section.heading.text), section.heading.language)
        _add_section(document, section, wording)
    if briefing.further:
        document.add_paragraph(briefing.further)
    if briefing.outlets:
        _add_paragraph(document, "Heading 1", briefing.outlets.heading.text)
        _add_section(document, briefing.outlets, wording)
    _add_notes(document, briefing)
    _add_paragraph(document, "Colophon", briefing.colophon)
    _add_page_number(document)
    written = io.BytesIO()
    document.save(written)
    return _fix_times(written.getvalue())


def _set_properties(document: WordDocument, briefing: Briefing, wording: SiteWording) -> None:
    properties = document.core_properties
    properties.title = f"{briefing.title} · {briefing.period}"[:255]
    properties.author = properties.last_modified_by = "Vigía"
    properties.comments = ""
    properties.language = wording.tag
    properties.created = properties.modified = briefing.made_at
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.2)
    page.top_margin = page.bottom_margin = Cm(2)


def _set_styles(document: WordDocument, wording: SiteWording) -> None:
    for name in _NEW_STYLES:
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
    for name, (size, before, after, is_bold) in (_STYLES | _NEW_STYLES).items():
        style = document.styles[name]
        if not isinstance(style, ParagraphStyle):
            raise TypeError(name)
        style.font.size, style.font.bold, style.font.italic = Pt(size), is_bold, False
        style.font.color.rgb = _SOFT if name in _SOFT_STYLES else _INK
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.keep_with_next = name in ("Heading 1", "List Label", "Quote", "Title")
        _set_fonts(style.element)
    quote, note = document.styles["Quote"], document.styles["Note"]
    for style in (quote, document.styles["Quote Source"]):
        style.paragraph_format.left_indent = Cm(0.8)
    note.paragraph_format.left_indent = Cm(0.8)
    note.paragraph_format.first_line_indent = Cm(-0.8)
    reference = document.styles.add_style("Note Reference", WD_STYLE_TYPE.CHARACTER)
    reference.font.superscript, reference.font.color.rgb = True, _LINK
    link = document.styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER)
    link.font.underline, link.font.color.rgb = True, _LINK
    languages = document.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    if languages is not None:
        languages.set(qn("w:val"), f"{wording.locale.language}-{wording.locale.territory}")
        languages.set(qn("w:eastAsia"), "zh-CN")


def _set_fonts(style: XmlElement) -> None:
    """Set a style's fonts, Latin and Chinese, in place of those of the template's theme."""
    properties = style.find(qn("w:rPr"))
    fonts = None if properties is None else properties.find(qn("w:rFonts"))
    if properties is None:
        return
    if fonts is not None:
        properties.remove(fonts)
    fonts = OxmlElement("w:rFonts")
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), _LATIN_FONT)
    fonts.set(qn("w:eastAsia"), _CHINESE_FONT)
    properties.insert(0, fonts)


def _add_section(document: WordDocument, section: BriefingSection, wording: SiteWording) -> None:
    lead = _add_paragraph(document, "Story Lead", section.lead)
    # A heading stays with this line by its style; both stay with what they are about.
    lead.paragraph_format.keep_with_next = bool(section.quotation or section.lists) or None
    if section.quotation:
        quoted = _add_paragraph(document, "Quote")
        _set_language(
            quoted.add_run(wording("briefing.quoted", text=section.quotation.text)), section.quotation.language
        )
        source = _add_paragraph(document, "Quote Source")
        _add_line(source, section.quotation.source)
    for listed in section.lists:
        _add_paragraph(document, "List Label", listed.label)
        for point in listed.points:
            _add_line(_add_paragraph(document, "List Bullet"), point)


def _add_line(paragraph: Paragraph, line: TextLine) -> None:
    for piece in line:
        run = paragraph.add_run(piece.text)
        run.bold = piece.is_strong or None
        _set_language(run, piece.language)
        for place, number in enumerate(piece.notes):
            if place:
                _add_run(paragraph, " ", "Note Reference")
            _add_link(paragraph, str(number), "Note Reference", anchor=f"note_{number}")


def _add_notes(document: WordDocument, briefing: Briefing) -> None:
    if briefing.notes:
        _add_paragraph(document, "Heading 1", briefing.notes_heading)
    for number, note in enumerate(briefing.notes, 1):
        paragraph = _add_paragraph(document, "Note")
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(0.8))
        begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (begin, end):
            mark.set(qn("w:id"), str(number))
        begin.set(qn("w:name"), f"note_{number}")
        paragraph._p.append(begin)
        paragraph.add_run(f"{number}.")
        paragraph._p.append(end)
        paragraph.add_run(f"\t{note.citation}{' ' if note.url else ''}")
        if note.url:
            # Each note has another address: none is looked for among those before, as relate_to would.
            relations = document.part.rels
            relation = relations._next_rId
            relations.add_relationship(RELATIONSHIP_TYPE.HYPERLINK, note.url, relation, is_external=True)
            _add_link(paragraph, note.url, "Hyperlink", relation=relation)


def _add_paragraph(document: WordDocument, style: str, text: str = "") -> Paragraph:
    """Add a paragraph of a style. python-docx would look through all styles of its template for each."""
    paragraph = document.add_paragraph(text)
    paragraph._p.style = _find_style_id(style)
    return paragraph


def _add_run(paragraph: Paragraph, text: str, style: str) -> Run:
    run = paragraph.add_run(text)
    run._r.style = _find_style_id(style)
    return run


def _find_style_id(name: str) -> str:
    """Return the id that Word's template and python-docx give a style of that name."""
    return name.replace(" ", "")


def _add_link(paragraph: Paragraph, text: str, style: str, *, anchor: str = "", relation: str = "") -> None:
    """Add a link to a bookmark of this document, or to the address of a relation."""
    link = OxmlElement("w:hyperlink")
    if anchor:
        link.set(qn("w:anchor"), anchor)
    else:
        link.set(qn("r:id"), relation)
    run = _add_run(paragraph, text, style)
    link.append(run._r)
    paragraph._p.append(link)


def _add_page_number(document: WordDocument) -> None:
    footer = document.sections[0].footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    field.append(footer.add_run("1")._r)
    footer._p.append(field)


def _set_language(run: Run, language: str) -> None:
    """Say in which language a text from outside is, for the spelling checker."""
    if not language:
        return
    mark = OxmlElement("w:lang")
    mark.set(qn("w:eastAsia" if language == "zh" else "w:val"), "zh-CN" if language == "zh" else language)
    run._r.get_or_add_rPr().append(mark)


def _fix_times(file: bytes) -> bytes:
    """Write a zip file again with fixed times."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            entry = zipfile.ZipInfo(part.filename, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, source.read(part))
    return written.getvalue()
