"""`/article/ID`: one article with its text, reasons, copies, versions and citation."""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_left
from collections.abc import Iterator

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response
from markupsafe import Markup

from db.news.article_row import ArticleRow
from db.news.outlets import OutletRow
from db.news.version_comparison import VersionComparison, compare_for_page, read_comparison
from db.search.highlight import highlight
from db.site import local_time
from db.site.components.article_list import describe_outlet, list_badges
from db.site.components.concept_marks import FigurePlace, MarkedRun, NameIndex, index_names, mark_paragraph
from db.site.components.story_decisions import DECISION_ARGUMENTS
from db.site.components.text_diff import SideBySide, compare_articles, pair_paragraphs
from db.site.dossiers.tick_bar import TICK_ARGUMENTS, describe_tick_bar
from db.site.exports import citations
from db.site.exports.cited_articles import cite_rows
from db.site.exports.reference_line import write_reference
from db.site.filters.arguments import read_arguments
from db.site.marks.shown_marks import describe_article_mark
from db.site.page_context import PageContext, ShownConcept, page_context, parse_json_list
from db.site.pages.story_page import read_also_told
from db.site.queries import articles
from db.site.queries.concepts import NAMES_OF
from db.site.response import TemplateVariables, answer_with_page
from db.site.wording import SiteWording
from db.text.alignment import budget_for
from db.text.web_address import web_address

MAX_FAMILY_SHOWN = 6  # copies and original of an article; the rest is folded
MIN_FOLDED = 3  # fewer articles than this are not folded


async def show_article(request: Request, datasette: Datasette) -> Response:
    """`/article/ID`: text, reasons for relevance, copies, changes and source."""
    context = page_context(datasette, request)
    id_ = int(request.url_vars["id"])
    row = next(iter(await context.read(articles.ARTICLE, {"id": id_})), None)
    if row is None:
        raise NotFound(context.wording("error.no_article", id=str(id_)))
    words = read_arguments({"q": request.args.getlist("q")}).get("q", "")
    outlets, concepts = await context.outlets(), await context.concepts()
    family = await context.read(articles.FAMILY, {"root": row["original"] or id_})
    revisions = await context.read(articles.REVISIONS, {"id": id_})
    mentions = (await context.read_by_id(articles.CONCEPTS_OF, [id_])).get(id_, [])
    called = await context.read(NAMES_OF, {"ids": json.dumps([mention["concept"] for mention in mentions])})
    names = index_names(
        (row["id"], [*parse_json_list(row["names"]), *concepts[row["id"]].names.values()])
        for row in called
        if row["id"] in concepts
    )
    original = next((other for other in family if other["id"] == row["original"]), None)
    compared = None
    public = await context.is_public_copy()
    if original and original["id"] != id_ and not public:
        text = (await context.read(articles.ARTICLE, {"id": original["id"]}))[0]["text"]
        compared = _show_comparison(
            await asyncio.to_thread(compare_articles, (original["title"], text), (row["title"], row["text"]))
        )
    figures = await context.read(articles.FIGURES, {"id": id_})
    variables: TemplateVariables = {
        "article": row,
        "title": highlight(row["title"], words),
        "words": words,
        "url": web_address(row["url"]),
        "host": _host(row["url"]),
        "outlet": describe_outlet(outlets, row["outlet"], context.wording),
        "language": context.wording.language_name(row["language"]),
        "authors": context.wording.join([str(author) for author in parse_json_list(row["authors"])]),
        "published": context.moment(row["published"], row["published_precision"]),
        "claimed": context.day(row["claimed"], row["claimed_precision"]),
        "badges": list_badges(row, context.wording, revised=bool(revisions)),
        "paragraphs": list(_mark_paragraphs(row["text"], figures, words=words, names=names)),
        "reasons": _describe_reasons(row, concepts, context.wording),
        "score_parts": _describe_score(row),
        "concept_names": {id_: concept.name for id_, concept in concepts.items()},
        "concepts": [
            (mention["concept"], concepts[mention["concept"]].name, mention["count"], mention["in_title"])
            for mention in mentions
            if mention["concept"] in concepts
        ],
        **_fold_family(_describe_family(family, context, outlets) if len(family) > 1 else [], id_),
        "original": original
        and (original["id"], describe_outlet(outlets, original["outlet"], context.wording), original["title"]),
        "compared": compared,
        "versions": [] if public else await asyncio.to_thread(_compare_versions, row, revisions, context),
        "changes_seen": [context.moment(revision["seen_at"]) for revision in reversed(revisions)] if public else [],
        "first_seen": context.moment(row["first_seen"]),
        "last_seen": context.moment(row["last_seen"]),
        "modified": context.moment(row["modified"]) if row["modified"] else "",
    }
    variables["mark"] = await describe_article_mark(context, request, row["key"])
    variables |= await read_also_told(context, id_, [other["id"] for other in family])
    variables |= await describe_tick_bar(context, request)
    (citation,) = await cite_rows(context, [row])
    variables |= {
        "citation": write_reference(citation, context.wording.language),
        "coins": citations.format_coins(citation),
        "meta_tags": citations.list_meta_tags(citation),
        "citation_files": [
            Markup('<a href="/article/{}.{}" download>{}</a>').format(id_, suffix, form.label)
            for suffix, form in citations.CITATION_FORMATS.items()
        ],
    }
    return await answer_with_page(
        context, request, "article.html", variables, reads={"q", *DECISION_ARGUMENTS, *TICK_ARGUMENTS}
    )


def _host(url: str) -> str:
    address = web_address(url)
    return address.split("/")[2].removeprefix("www.") if address else ""


def _describe_reasons(
    row: ArticleRow, concepts: dict[str, ShownConcept], wording: SiteWording
) -> list[TemplateVariables]:
    found = []
    for reason in parse_json_list(row["reasons"]):
        if isinstance(reason, dict) and reason.get("sentence"):
            named = reason.get("concepts") or []
            found.append(
                {
                    "sentence": reason["sentence"],
                    "share": _read_number(reason.get("share")),
                    "place": wording.word("places", reason.get("place"), unknown=wording("places.body")),
                    "concepts": wording.join([concepts[id_].name if id_ in concepts else str(id_) for id_ in named]),
                }
            )
    return found[:8]


def _describe_score(row: ArticleRow) -> TemplateVariables:
    """Return what the score is the sum of, {} if the rule alone decided."""
    try:
        parts = json.loads(row.get("score_parts") or "{}")
    except ValueError:
        parts = {}
    if not isinstance(parts, dict) or not parts:
        return {}
    similar = [it for it in parts.get("similar") or () if isinstance(it, dict) and it.get("title")]
    return {"names": _read_number(parts.get("names")), "head": _read_number(parts.get("head")), "similar": similar}


def _read_number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _describe_family(
    family: list[articles.FamilyMember], context: PageContext, outlets: dict[str, OutletRow]
) -> list[TemplateVariables]:
    first = next((other for other in family if other["original"] is None), family[0])
    start = local_time.read_moment(first["moment"])
    found = []
    for other in family:
        moment = local_time.read_moment(other["moment"])
        exact = "day" not in (first["published_precision"], other["published_precision"])
        found.append(
            {
                "id": other["id"],
                "title": other["title"],
                "outlet": describe_outlet(outlets, other["outlet"], context.wording),
                "moment": context.moment(other["moment"], other["published_precision"]),
                "claimed": context.day(other["claimed"], other["claimed_precision"]),
                "lag": context.wording.lag(moment - start) if start and moment and exact and other is not first else "",
                "kind": context.wording("entry.original")
                if other is first
                else context.wording.word("copy_kinds", other["copy_kind"], unknown=context.wording("entry.copy")),
                "language": other["language"],
            }
        )
    return found


def _fold_family(family: list[TemplateVariables], id_: int) -> dict[str, list[TemplateVariables]]:
    """Split a family into the part that is shown, which includes the article itself, and the part that is folded."""
    if len(family) <= MAX_FAMILY_SHOWN + MIN_FOLDED:
        return {"family": family, "family_more": []}
    shown = [member for place, member in enumerate(family) if place < MAX_FAMILY_SHOWN or member["id"] == id_]
    return {"family": shown, "family_more": [member for member in family if member not in shown]}


def _mark_paragraphs(
    text: str, figures: list[articles.ShownFigure], *, words: str, names: NameIndex
) -> Iterator[tuple[MarkedRun, ...]]:
    """Yield the paragraphs of a text with their marks."""
    starts = [figure["start"] for figure in figures]
    begin = 0
    for line in text.splitlines(keepends=True):
        start, end = begin + len(line) - len(line.lstrip()), begin + len(line.rstrip())
        begin += len(line)
        if start < end:
            places = [
                FigurePlace(figure["start"] - start, figure["end"] - start, figure["kind"], figure["value"])
                for figure in figures[bisect_left(starts, start) : bisect_left(starts, end)]
                if figure["end"] <= end
            ]
            yield mark_paragraph(text[start:end], words=words, names=names, figures=places)


def _compare_versions(
    row: ArticleRow, revisions: list[articles.EarlierVersion], context: PageContext
) -> list[TemplateVariables]:
    """Return each change, newest first: when it was seen, and a comparison of title and text.

    Comparisons are stored with the revisions. Those of an older Vigía are made here, all within one budget of work.
    """
    states = [*((earlier["title"], earlier["text"]) for earlier in revisions), (row["title"], row["text"])]
    budget = budget_for(sum(len(title) + len(text) for title, text in states) * 2)
    found = []
    for number in range(len(revisions), 0, -1):
        earlier, before, after = revisions[number - 1], states[number - 1], states[number]
        compared = read_comparison(earlier["comparison"], before, after) or compare_for_page(before, after, budget)
        found.append({"number": number + 1, "seen": context.moment(earlier["seen_at"]), **_show_comparison(compared)})
    return found


def _show_comparison(compared: VersionComparison) -> dict[str, SideBySide]:
    return {"title": pair_paragraphs(compared.title), "text": pair_paragraphs(compared.text)}
