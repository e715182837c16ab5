"""`/concepts` and `/concept/ID`: concepts, the outlets that name one, and the concepts named with it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.i18n.languages import Language
from db.news.outlets import OutletRow
from db.search.counts import FacetCount, select_facet_counts
from db.search.filters import SearchFilters
from db.search.plan import Plan, TooSlowError, make_plan
from db.site.components.article_list import ListedArticle, describe_outlet, list_entries
from db.site.components.volume_chart import make_volume_chart
from db.site.filters import facets
from db.site.page_context import PageContext, ShownConcept, page_context
from db.site.queries import articles
from db.site.queries.concepts import NAMED_LATELY
from db.site.queries.subscription_preview import ID_BEFORE
from db.site.query_cache import read_cached
from db.site.response import TemplateVariables, answer_with_page

MAX_LATEST_ARTICLES = 5  # articles shown of each language
MAX_LANGUAGES = 4
MAX_RANKED = 12  # outlets and concepts shown in the margin
RECENT_DAYS = 30  # days whose articles /concepts counts


async def show_concept(request: Request, datasette: Datasette) -> Response:
    """`/concept/ID`: names, chart, outlets, related concepts, and the latest articles in each language."""
    context = page_context(datasette, request)
    id_ = unquote(request.url_vars["id"])
    outlets, concepts = await context.outlets(), await context.concepts()
    if id_ not in concepts:
        raise NotFound(context.wording("concept.unknown", id=id_))
    concept = concepts[id_]
    plan = await make_plan(context.rows, SearchFilters(concept=id_))
    counted = await read_cached(context, "counts", plan, select_facet_counts(plan)) or []
    found, capped = articles.read_total(counted)
    total = found or 0
    latest = []
    for language, n in _rank_values(counted, "language")[:MAX_LANGUAGES]:
        entries = await _list_latest(
            context, replace(plan, filters=replace(plan.filters, language=language)), outlets, concepts
        )
        href = facets.build_address({"concept": id_, "language": language})
        latest.append({"language": context.wording.language_name(language), "n": n, "entries": entries, "href": href})
    variables = {
        "id": id_,
        "name": concept.name,
        "others": _list_other_names(concept),
        "kind": concept.kind,
        "kind_name": context.wording.word("concept_kinds", concept.kind),
        "side": describe_side(context, concept.side),
        "timeline": await make_volume_chart(context, plan),
        "total": total,
        "capped": capped,
        "latest": latest,
        "year": context.today.year,
        "by_outlet": [
            (
                describe_outlet(outlets, outlet, context.wording),
                n,
                facets.build_address({"concept": id_, "outlet": outlet}),
            )
            for outlet, n in _rank_values(counted, "outlet")[:MAX_RANKED]
        ],
        "named_with": [
            (other, concepts[other].name, n)
            for other, n in _rank_values(counted, "concept")
            # A concept that nearly all of these articles name says nothing about this one.
            if other != id_ and other in concepts and (n < 0.8 * total or total < 10)
        ][:MAX_RANKED],
        **facets.build_onward_addresses({"concept": id_}),
    }
    return await answer_with_page(context, request, "concept.html", variables)


async def show_concepts(request: Request, datasette: Datasette) -> Response:
    """`/concepts`: all concepts by kind, with how many articles of the last RECENT_DAYS name each."""
    context = page_context(datasette, request)
    known = await context.concepts()
    after = (await context.read(ID_BEFORE, {"since": articles.format_moment_before(context.now, days=RECENT_DAYS)}))[0][
        "id"
    ]
    kinds: dict[str, list[TemplateVariables]] = {}
    for named in await context.read(NAMED_LATELY, {"after": after}):
        concept = known[named["id"]]
        kinds.setdefault(concept.kind or "", []).append(
            {
                "id": concept.id,
                "name": concept.name,
                "others": _list_other_names(concept),
                "side": describe_side(context, concept.side),
                "recent": named["recent"],
            }
        )
    for rows in kinds.values():
        rows.sort(key=lambda row: (-row["recent"], row["name"].casefold()))
    groups = [
        (kind or "other", context.wording.word("concept_kinds", kind, unknown="–"), rows)
        for kind, rows in sorted(kinds.items(), key=lambda item: (-sum(row["recent"] for row in item[1]), item[0]))
    ]
    variables = {"groups": groups, "total": sum(len(rows) for _, _, rows in groups), "days": RECENT_DAYS}
    return await answer_with_page(context, request, "concepts.html", variables)


def describe_side(context: PageContext, side: str | None) -> str:
    """Return the side of a concept in words: a country's name as the topic gives it, or "both"; "" for none."""
    return context.wording.word("sides", side) if side and side != "none" else ""


def _list_other_names(concept: ShownConcept) -> list[tuple[Language, str]]:
    """Return (language, name) of the names that differ from the one that is shown, each once."""
    found: dict[str, Language] = {}
    for language, name in concept.names.items():
        if name != concept.name:
            found.setdefault(name, language)
    return [(language, name) for name, language in found.items()]


def _rank_values(counted: list[FacetCount], facet: str) -> list[tuple[str, int]]:
    """Return (value, n) of one facet, the most frequent first."""
    found = [(row["value"], row["n"]) for row in counted if row["facet"] == facet and row["value"]]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


async def _list_latest(
    context: PageContext, plan: Plan, outlets: dict[str, OutletRow], concepts: dict[str, ShownConcept]
) -> list[ListedArticle]:
    try:
        entries, _ = await list_entries(context, plan, limit=MAX_LATEST_ARTICLES, outlets=outlets, concepts=concepts)
    except TooSlowError:
        return []
    return entries
