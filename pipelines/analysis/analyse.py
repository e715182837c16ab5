"""Analyse a page: decode, extract, read metadata, judge relevance, accept or reject.

Pure; never raises on any bytes.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.copies.fingerprint import compute_fingerprint
from db.figures.find import find_figures
from db.model.article import Article
from db.model.figure import Figure
from db.model.rejection import Rejection, RejectionReason
from db.model.story_wording import StoryWording
from db.model.verdict import Mark, Verdict
from db.text.sentences import split_sentences
from pipelines.analysis.decoding import to_clean_utf8, to_utf8
from pipelines.analysis.metadata import structured_data
from pipelines.analysis.metadata.credits import find_credit
from pipelines.analysis.metadata.date_parser import from_date, is_plausible
from pipelines.analysis.metadata.language import count_words, detect_language
from pipelines.analysis.metadata.metadata import Metadata, is_paywalled, read_heading, read_metadata
from pipelines.analysis.metadata.title import outlet_names
from pipelines.analysis.page_kind import find_rejection_reason, is_html
from pipelines.analysis.pdf import html_tree
from pipelines.analysis.pdf.pdf_reader import PdfDocument, PdfError, is_pdf, read_pdf
from pipelines.analysis.text import boilerplate, embedded_text, extraction, page_tree
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.repeated_lines import hash_lines, line_sightings
from pipelines.page import Page
from pipelines.relevance.learning.learned import judge_text
from pipelines.relevance.prefilter import may_be_relevant
from pipelines.relevance.topic import Topic
from pipelines.stories.article_wording import make_story_wording
from pipelines.stories.background import BackgroundError
from pipelines.vectors import EncoderError

_DAY_ANYWHERE = dt.timedelta(hours=38)  # from the midnight of a day in UTC to its end in any zone
MAX_FALLBACK_TITLE_CHARACTERS = 160  # of a first sentence that replaces a missing headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The outcome for a page, and the article's fields even if it was rejected.

    `article` is None if the page has no article. `verdict` is the rule's, None if the text is off topic or missing.
    """

    outcome: Article | Rejection
    article: Article | None = None
    verdict: Verdict | None = None


def analyse(page: Page, *, topic: Topic, repeated: Collection[str] = (), full: bool = False) -> Article | Rejection:
    """Return the article of a page, or its rejection.

    `repeated` are lines that the outlet's pages repeat; they are cut. `full` skips the prefilter.
    """
    return _analyse(page, topic=topic, repeated=repeated, full=full, is_whole=False).outcome


def analyse_fully(page: Page, *, topic: Topic, repeated: Collection[str] = (), full: bool = True) -> Analysis:
    """Analyse a page as `analyse` does, and return the article's fields beside a rejection."""
    return _analyse(page, topic=topic, repeated=repeated, full=full, is_whole=True)


def _analyse(page: Page, *, topic: Topic, repeated: Collection[str], full: bool, is_whole: bool) -> Analysis:
    """Analyse a page. Unless the result `is_whole`, the article of a rejection lacks what does not decide on it."""
    try:
        reading = _read_page(page, topic=topic, skip_prefilter=full or page.mark is not None)
    except _RejectedEarly as rejected:
        return Analysis(outcome=_rejected(page, *rejected.args))
    tree, structured, raw, document = reading
    bylines = [line.text for line in raw]
    about = read_heading(page, tree, structured=structured, lines=bylines)
    select = functools.partial(
        boilerplate.select_article_lines, title=about.title, outlet=page.outlet.name, authors=about.authors
    )
    lines = select(raw)
    # Some pages are empty without their programs. What stands behind a paywall is left alone.
    if document is None and embedded_text.is_scant(lines) and not about.paywalled:
        body = structured.article_node.get("articleBody") or structured.article_node.get("text")
        if found := embedded_text.find_embedded_lines(
            tree, article_body=body if isinstance(body, str) else "", identity=structured.identity
        ):
            raw = found
            lines = select(raw)
    anchors = compute_fingerprint("\n".join(lines))
    # Only the rules decide which lines are counted, so the counts do not depend on lines learned earlier.
    seen_lines = line_sightings(raw, lines, title=about.title, anchors=anchors, outlet=page.outlet)
    line_hashes = hash_lines(line.text for line in raw)
    if repeated and (shortened := select(raw, repeated=repeated)) != lines:
        lines, anchors = shortened, compute_fingerprint("\n".join(shortened))
    text = "\n".join(lines)
    language = detect_language(text, declared=about.declared_language)
    judged = judge_text(about.title, text, language=language, topic=topic, outlet=page.outlet)
    article = Article(
        url=page.url,
        key=page.key,
        outlet=page.outlet.id,
        title=about.title or next(iter(split_sentences(text)), "")[:MAX_FALLBACK_TITLE_CHARACTERS],
        text=text,
        language=language,
        authors=about.authors,
        relevance=judged.score,
        verdict=Verdict.RELEVANT if page.mark is Mark.RELEVANT else judged.verdict or Verdict.BORDERLINE,
        reasons=judged.reasons,
        score_parts=judged.parts,
        mentions=judged.mentions,
        paywalled=about.paywalled,
        format="pdf" if document is not None else None,
        fingerprint=anchors,
        seen_lines=seen_lines,
        line_hashes=line_hashes,
    )
    outcome = _decide(page, article, verdict=judged.verdict, reading=reading)
    is_kept = isinstance(outcome, Article)
    if is_whole or is_kept:
        metadata = read_metadata(page, tree, structured=structured, lines=bylines, heading=about)
        if document is not None and metadata.published is None:
            metadata = _date_by_file(page, document, metadata)
        credited = find_credit(about.title, "\n".join([*(line.text for line in raw), metadata.source]), about.authors)
        may_be_kept = judged.verdict is not None or page.mark is Mark.RELEVANT
        article = replace(
            _with_metadata(article, metadata),
            figures=_read_figures(page, topic, text, language or "", metadata) if may_be_kept else (),
            credited_to=None if credited and comparable(credited) in outlet_names(page, structured) else credited,
            words=count_words(text),
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
    if is_kept:
        article = outcome = replace(article, wording=_find_wording(article))
    return Analysis(
        outcome=outcome,
        article=article,
        verdict=judged.verdict,
    )


class _RejectedEarly(Exception):  # noqa: N818 - an outcome, not an error
    """A page is rejected before its text is known. Its arguments: reason and detail."""


class _Reading(NamedTuple):
    """A page as a tree, with the lines that may be its article's text. `document`: of a PDF."""

    tree: HtmlElement
    structured: structured_data.StructuredData
    raw: list[extraction.Line]
    document: PdfDocument | None = None


def _read_page(page: Page, *, topic: Topic, skip_prefilter: bool) -> _Reading:
    """Read a page, HTML or PDF. Raises _RejectedEarly.

    The prefilter rejects most pages of a crawl, so it runs before HTML is parsed.
    """
    if is_pdf(page.body):
        return _read_pdf(page, topic=topic, skip_prefilter=skip_prefilter)
    if not is_html(page):
        held = page.content_type or "no HTML in it"
        raise _RejectedEarly(RejectionReason.NOT_HTML, held if page.body.strip() else "an empty file")
    title = page.hint.title or ""
    if not skip_prefilter and not may_be_relevant(
        to_utf8(page.body, page.content_type), topic=topic, outlet=page.outlet, extra=title
    ):
        raise _RejectedEarly(RejectionReason.NO_ACTORS)
    tree = page_tree.parse_html(to_clean_utf8(page.body, page.content_type))
    if tree is None:
        raise _RejectedEarly(RejectionReason.NO_TEXT, "an empty page")
    elements = list(tree.iter())  # keeps lxml from creating each element's Python object again for every pass
    structured = structured_data.read_structured_data(tree, addresses=(page.url, page.answered_url), title=title)
    raw = extraction.extract_lines(
        tree,
        lead=structured.description,
        size=len(elements),
        is_free=not is_paywalled(structured),
        is_dated=bool(structured.article_node or structured.first_meta("article:published_time")),
        host=urlsplit(page.answered_url or page.url).hostname or "",
    )
    return _Reading(tree, structured, raw)


def _read_pdf(page: Page, *, topic: Topic, skip_prefilter: bool) -> _Reading:
    try:
        document = read_pdf(page.body, outlet=page.outlet.name)
    except PdfError as error:
        raise _RejectedEarly(error.reason, str(error)) from error
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    if not skip_prefilter and not may_be_relevant(
        text.encode("utf-8", "replace"), topic=topic, outlet=page.outlet, extra=document.title
    ):
        raise _RejectedEarly(RejectionReason.NO_ACTORS)
    tree = html_tree.make_tree(document)
    return _Reading(tree, structured_data.read_structured_data(tree), html_tree.make_lines(document), document)


def _with_metadata(article: Article, metadata: Metadata) -> Article:
    published, modified = metadata.published, metadata.modified
    return replace(
        article,
        published=published.stamp() if published else None,
        published_precision=published.precision if published else None,
        published_local=published.local_stamp() if published else None,
        published_from=metadata.published_from,
        modified=modified.stamp() if modified else None,
        sponsored=metadata.sponsored,
        section=metadata.section,
        tags=metadata.tags,
        image=metadata.image,
    )


def _date_by_file(page: Page, document: PdfDocument, metadata: Metadata) -> Metadata:
    """Take the day on which a PDF's file was made, unless it may have been made for this very request."""
    if document.created is None:
        return metadata
    moment = from_date(document.created)
    is_old = page.fetched_at - moment.utc > _DAY_ANYWHERE
    return (
        replace(metadata, published=moment, published_from="page")
        if is_old and is_plausible(moment, now=page.fetched_at)
        else metadata
    )


def _read_figures(page: Page, topic: Topic, text: str, language: str, about: Metadata) -> tuple[Figure, ...]:
    """Return the figures of a text with what they measure, of which concept."""
    figures = find_figures(text, language, page.outlet.country)
    if not figures:
        return ()
    concepts = topic.name_concepts(text, language)
    year = about.published.stamp()[:4] if about.published else ""
    return topic.measures.measure_figures(figures, text, language, concepts=concepts, year=year)


def _decide(page: Page, article: Article, *, verdict: Verdict | None, reading: _Reading) -> Article | Rejection:
    """Accept or reject an article: a mark wins over the rule."""
    if page.mark is Mark.IRRELEVANT:
        return _rejected(page, RejectionReason.MARKED, article=article)
    if page.mark is Mark.RELEVANT and article.text:
        return article
    if problem := find_rejection_reason(
        page, article, structured=reading.structured, is_document=reading.document is not None
    ):
        return _rejected(page, *problem, article=article)
    if verdict is None:
        return _rejected(page, RejectionReason.OFF_TOPIC, article=article)
    return article


def _find_wording(article: Article) -> StoryWording | None:
    """Return what an article is compared by, None without an encoder; `vigia status` says so."""
    try:
        return make_story_wording(article.title, article.text, article.language)
    except (EncoderError, BackgroundError):
        return None


def _rejected(
    page: Page, reason: RejectionReason, detail: str | None = None, *, article: Article | None = None
) -> Rejection:
    scored = reason in {RejectionReason.OFF_TOPIC, RejectionReason.MARKED} and article is not None
    return Rejection(
        url=page.url,
        key=page.key,
        outlet=page.outlet.id,
        reason=reason,
        relevance=article.relevance if article is not None and scored else None,
        title=(article.title if article else page.hint.title) or None,
        detail=detail,
        seen_lines=article.seen_lines if article is not None and scored else None,
        line_hashes=article.line_hashes if article is not None else b"",
    )
