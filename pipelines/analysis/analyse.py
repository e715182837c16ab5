"""analyse(page) → Article | Rejection: the whole chain on one screen. Pure; never raises on any bytes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from db.copies.fingerprint import compute_fingerprint
from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from db.model.verdict import Mark, Verdict
from db.text.sentences import split_sentences
from pipelines.analysis.decoding import as_utf8, decode
from pipelines.analysis.metadata import structured_data
from pipelines.analysis.metadata.credits import credit
from pipelines.analysis.metadata.language import count_words, language_of
from pipelines.analysis.metadata.metadata import metadata_of
from pipelines.analysis.metadata.title import outlet_names
from pipelines.analysis.page_kind import is_html, why_not_article
from pipelines.analysis.text import boilerplate, extraction
from pipelines.analysis.text.comparison import folded
from pipelines.analysis.text.repeated_lines import sighting
from pipelines.page import Page
from pipelines.relevance.prefilter import may_matter
from pipelines.relevance.rule import judge
from pipelines.relevance.topic import Topic

LONGEST_TITLE = 160  # characters of a first sentence that stands in for a headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An outcome, and the article's fields whatever the outcome was (None when the page has no article)."""

    outcome: Article | Rejection
    article: Article | None = None


def analyse(page: Page, *, topic: Topic, furniture: Collection[str] = (), full: bool = False) -> Article | Rejection:
    """The article of a page, or why it is none; `furniture` are lines that its outlet repeats, `full`: no prefilter."""
    return analyse_fully(page, topic=topic, furniture=furniture, full=full).outcome


def analyse_fully(page: Page, *, topic: Topic, furniture: Collection[str] = (), full: bool = True) -> Analysis:
    """As analyse, with the article's fields beside a rejection: what `--full` shows."""
    if not is_html(page):
        return Analysis(outcome=_rejected(page, RejectionReason.NOT_HTML, page.content_type or "no HTML in it"))
    # Most pages of a crawl end here, so what they don't need is left for later.
    if not (full or page.mark) and not may_matter(
        as_utf8(page.body, page.content_type), topic=topic, outlet=page.outlet, extra=page.hint.title or ""
    ):
        return Analysis(outcome=_rejected(page, RejectionReason.NO_ACTORS))
    decoded = decode(page.body, page.content_type)
    tree = extraction.parse(decoded.text)
    if tree is None:
        return Analysis(outcome=_rejected(page, RejectionReason.NO_TEXT, "an empty page"))
    elements = list(tree.iter())  # lxml makes each element's Python object anew for every pass unless somebody holds it
    said = structured_data.read(tree)
    raw = extraction.extract(tree, lead=said.description, size=len(elements))
    about = metadata_of(page, tree, said=said, lines=[line.text for line in raw])
    cut = functools.partial(
        boilerplate.article_lines, raw, title=about.title, outlet=page.outlet.name, authors=about.authors
    )
    lines = cut()
    anchors = compute_fingerprint("\n".join(lines))
    # Counted is what the rules alone leave: what an outlet repeats must not hang on what was known of it before.
    shows = sighting(raw, lines, title=about.title, anchors=anchors, outlet=page.outlet)
    if furniture and (left := cut(furniture=furniture)) != lines:
        lines, anchors = left, compute_fingerprint("\n".join(left))
    text = "\n".join(lines)
    credited = credit(about.title, "\n".join([*(line.text for line in raw), about.source]), about.authors)
    language = language_of(text, declared=about.declared_language)
    judged = judge(about.title, text, language=language, topic=topic, outlet=page.outlet)
    article = Article(
        url=page.url,
        key=page.key,
        outlet=page.outlet.id,
        title=about.title or next(iter(split_sentences(text)), "")[:LONGEST_TITLE],
        text=text,
        language=language,
        authors=about.authors,
        published=about.published.stamp() if about.published else None,
        published_precision=about.published.precision if about.published else None,
        published_local=about.published.local_stamp() if about.published else None,
        published_from=about.published_from,
        modified=about.modified.stamp() if about.modified else None,
        relevance=judged.score,
        verdict=Verdict.RELEVANT if page.mark is Mark.RELEVANT else judged.verdict or Verdict.BORDERLINE,
        reasons=judged.reasons,
        mentions=judged.mentions,
        credited_to=None if credited and folded(credited) in outlet_names(page, said) else credited,
        paywalled=about.paywalled,
        sponsored=about.sponsored,
        section=about.section,
        tags=about.tags,
        image=about.image,
        words=count_words(text),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        fingerprint=anchors,
        sighting=shows,
    )
    if page.mark is Mark.IRRELEVANT:
        return Analysis(outcome=_rejected(page, RejectionReason.MARKED, article=article), article=article)
    if page.mark is Mark.RELEVANT and text:
        return Analysis(outcome=article, article=article)
    if problem := why_not_article(page, article, said=said):
        return Analysis(outcome=_rejected(page, *problem, article=article), article=article)
    if judged.verdict is None:
        return Analysis(outcome=_rejected(page, RejectionReason.OFF_TOPIC, article=article), article=article)
    return Analysis(outcome=article, article=article)


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
        sighting=article.sighting if article is not None and scored else None,
    )
