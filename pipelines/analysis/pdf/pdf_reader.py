"""Read a PDF through pypdf, within bounds: its text's paragraphs, its title, and what it says about itself. Pure.

pypdf bounds what a stream may unpack to, how deep and wide the trees of pages and forms may be, and follows no circle.
These are bounds of one stream or page; those of a whole document stand here.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from db.model.rejection import RejectionReason
from db.text.folding import clean
from pipelines.analysis.decoding import strip_controls
from pipelines.analysis.pdf.page_layout import order_lines
from pipelines.analysis.pdf.paragraphs import Paragraph, join_paragraphs
from pipelines.analysis.pdf.predefined_encodings import name_known_encodings
from pipelines.analysis.pdf.printed_lines import BudgetSpent, PrintedLine, ReadingBudget, TextCollector
from pipelines.analysis.pdf.readable_text import is_readable
from pipelines.analysis.pdf.title_choice import choose_title

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 5_000  # of a document that is opened
MAX_READ_PAGES = 300  # from the first on
MAX_CHARACTERS = 150_000  # as of an HTML page's article; what is behind them is not read
_MAX_WORK = 2_000_000  # operations and shown characters of all pages that are read
_MAX_CONTENT_BYTES = 30_000_000  # of all pages that are read, unpacked
_MAX_STREAM_BYTES = 30_000_000  # of one stream, unpacked
_MAX_OPERATIONS = 400_000  # of one page
_MAX_INFO_CHARACTERS = 500
_MIN_PAGE_CHARACTERS = 25  # letters a page, in the mean; fewer are a scan's stamps
_MAX_ERRORS = 20  # of pages that can't be read, after which the rest is left
_USUAL_HEIGHT = 842.0  # points, of A4
_MAGIC = b"%PDF-"
_PAGE_BEGIN = re.compile(rb"(?i)<(?:!doctype|\?xml|html|head|body)\b")
_MAGIC_BYTES = 1_024  # within which it stands (ISO 32000-1, Annex H.3.4.1)


class PdfError(Exception):
    """A PDF has no text that could be read. `reason`: of its rejection; the text is a sentence for people."""

    def __init__(self, reason: RejectionReason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfDocument:
    """What a PDF says, in texts that XML can hold."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    pages: int
    author: str = ""  # of its information, which programs fill in
    created: dt.date | None = None
    language: str = ""


def is_pdf(body: bytes) -> bool:
    """Return True if bytes are a PDF by their first ones, whatever their Content-Type says.

    A server may write warnings before it, also in HTML; a page that speaks of PDF has its `%PDF-` within a line.
    """
    if body.startswith(_MAGIC):
        return True
    before, found, _ = body[:_MAGIC_BYTES].partition(_MAGIC)
    shown = before.lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if not shown.startswith(b"<"):
        return bool(found)
    return bool(found) and before.endswith((b"\n", b"\r")) and not _PAGE_BEGIN.search(shown)


def read_pdf(body: bytes, *, outlet: str = "") -> PdfDocument:
    """Read a PDF; `outlet` is the name of its outlet, which is no title.

    Raises PdfError with the reason if it has no readable text, MemoryError where the worker's limit is passed.
    """
    from pypdf import apply_configuration  # noqa: PLC0415 - only who reads a PDF needs it

    # What pypdf would mend and warn of, a damaged file has by the thousand.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with apply_configuration(
        page_tree_maximum_entries=MAX_PAGES,
        zlib_maximum_output_length=_MAX_STREAM_BYTES,
        lzw_maximum_output_length=_MAX_STREAM_BYTES,
        run_length_maximum_output_length=_MAX_STREAM_BYTES,
        array_based_stream_maximum_output_length=_MAX_STREAM_BYTES,
        stream_decoding_work_maximum_length=2 * _MAX_STREAM_BYTES,
        stream_parsing_work_maximum_count=_MAX_OPERATIONS,
        xform_maximum_invocations_per_extraction=500,
        disable_legacy_handling=True,
    ):
        return _read(body, outlet=outlet)


def _read(body: bytes, *, outlet: str) -> PdfDocument:
    reader, count = _open(body)
    pages: list[list[PrintedLine]] = []
    heights: list[float] = []
    errors: list[PdfError] = []  # described, for the errors themselves hold all that was read of their pages
    budget = ReadingBudget(characters=MAX_CHARACTERS, work=_MAX_WORK)
    content_bytes = 0
    for number in range(min(count, MAX_READ_PAGES)):
        collector = TextCollector(budget)
        try:
            page = reader.pages[number]
            content = page.get_contents()
            content_bytes += len(content.get_data()) if content is not None else 0
            if content_bytes > _MAX_CONTENT_BYTES:
                budget.work = 0
                break
            height = float(page.mediabox.height) or _USUAL_HEIGHT
            name_known_encodings(page)
            with contextlib.suppress(BudgetSpent):  # what was read of the page counts
                page.extract_text(visitor_text=collector.visit, visitor_operand_before=collector.count_operation)
            heights.append(height)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - pypdf raises any error on a damaged page; the others are read
            errors.append(_describe(error))
            if len(errors) > _MAX_ERRORS:
                break
            continue
        pages.append(collector.make_lines(number))
        if budget.is_spent:
            break
    lines, size = order_lines(pages, heights)
    paragraphs = join_paragraphs(lines, size=size) if lines else []
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    if len(text) < _MIN_PAGE_CHARACTERS * max(len(pages), 1):
        if errors and not text:
            raise errors[0]
        if budget.is_spent:
            raise PdfError(RejectionReason.TOO_LARGE, "a PDF that draws more than is read, without text before it")
        raise PdfError(
            RejectionReason.SCAN, f"{count} {'page' if count == 1 else 'pages'} without text: a scan, or pictures"
        )
    if not is_readable(text):
        raise PdfError(RejectionReason.UNREADABLE, "its fonts do not say which letters they show")
    about = _read_information(reader)
    return PdfDocument(
        title=_tidy(choose_title(paragraphs, declared=about["title"], outlet=outlet)),
        paragraphs=tuple(replace(paragraph, text=_tidy(paragraph.text)) for paragraph in paragraphs),
        pages=count,
        author=about["author"],
        created=_read_created(about["created"]),
        language=about["language"],
    )


def _open(body: bytes) -> tuple[PdfReader, int]:
    """Return a reader and how many pages it has. Raises PdfError if there is none."""
    from pypdf import PdfReader  # noqa: PLC0415 - as above

    try:
        reader = PdfReader(io.BytesIO(body))
        count = len(reader.pages)
    except MemoryError:
        raise
    except Exception as error:  # as above: a damaged file raises any error
        raise _describe(error) from error
    if not count:
        raise PdfError(RejectionReason.UNREADABLE, "damaged: it has no pages")
    return reader, count


def _describe(error: Exception) -> PdfError:
    """Say why a PDF, or all of its pages, could not be read."""
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError  # noqa: PLC0415 - as above

    if isinstance(error, FileNotDecryptedError):
        return PdfError(RejectionReason.UNREADABLE, "encrypted: it opens with a password alone")
    if isinstance(error, DependencyError):
        return PdfError(RejectionReason.UNREADABLE, "encrypted in a way that is not supported")
    if isinstance(error, LimitReachedError):
        return PdfError(
            RejectionReason.TOO_LARGE, f"a PDF of too many pages, or that unpacks to too much: {_one_line(error)}"
        )
    return PdfError(RejectionReason.UNREADABLE, f"damaged: {_one_line(error)}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _read_information(reader: PdfReader) -> dict[str, str]:
    """Return the title, author, creation date and language that a document declares; "" for what it does not."""
    try:
        information: Any = reader.metadata or {}
        values = {
            "title": information.get("/Title"),
            "author": information.get("/Author"),
            "created": information.get("/CreationDate"),
            "language": reader.root_object.get("/Lang"),
        }
        values = {name: value.get_object() if value is not None else None for name, value in values.items()}
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as above; the text can do without
        values = {}
    return {
        name: _tidy(value[:_MAX_INFO_CHARACTERS]) if isinstance(value := values.get(name), str) else ""
        for name in ("title", "author", "created", "language")
    }


def _tidy(text: str) -> str:
    return strip_controls(clean(text)).strip()


def _read_created(written: str) -> dt.date | None:
    """Return the day of "D:20261112093000-05'00'" (ISO 32000-1, 7.9.4)."""
    digits = written.removeprefix("D:")[:8]
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if digits.isdecimal() else None
    except ValueError:
        return None
