"""`/concepts` and `/concept/ID`: concepts, the outlets that name one, and the concepts named with it.

`/concept/ID/coverage.csv`: which groups of outlets write of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from urllib.parse import unquote

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.i18n.languages import Language
from db.model.outlet_kind import STATE_OWNERSHIP
from db.model.times import stamp
from db.news.outlets import OutletRow
from db.news.stories.divergence_lookup import TOLD_OF_CONCEPT
from db.search.counts import FacetCount, select_facet_counts
from db.search.filters import SearchFilters
from db.search.plan import Plan, TooSlowError, make_plan
from db.site.components.absent_groups import (
    ABSENCE_COLUMNS,
    ShownAbsence,
    describe_absences,
    find_complete_from,
    find_concept_absences,
    list_absence_cells,
    read_concept_articles,
)
from db.site.components.article_list import ListedArticle, describe_outlet, list_entries
from db.site.components.coverage import GroupCount, count_groups, name_group, write_group_query
from db.site.components.shown_divergences import describe_divergences
from db.site.components.volume_chart import make_volume_chart
from db.site.dossiers.tick_bar import TICK_ARGUMENTS, describe_tick_bar
from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.filters.arguments import build_address, build_onward_addresses
from db.site.filters.facets import find_common
from db.site.page_context import PageContext, ShownConcept, page_context
from db.site.queries import articles
from db.site.queries.concepts import NAMED_LATELY
from db.site.queries.subscription_preview import ID_BEFORE
from db.site.query_cache import compute_cached, read_cached
from db.site.response import TemplateVariables, answer_with_file, answer_with_page

MAX_LATEST_ARTICLES = 5  # articles shown of each language
MAX_LANGUAGES = 4
MAX_RANKED = 12  # outlets and concepts shown in the margin
GROUP_DAYS = 90  # days whose articles are counted by groups of outlets, at most
RECENT_DAYS = 30  # days whose articles /concepts counts


async def show_concept(request: Request, datasette: Datasette) -> Response:
    """`/concept/ID`: names, chart, outlets, related concepts, and the latest articles in each language."""
    context = page_context(datasette, request)
    id_ = unquote(request.url_vars["id"])
    outlets, concepts = await context.outlets(), await context.concepts()
    if id_ not in concepts:
        raise NotFound(context.wording("concept.unknown", id=id_))
    concept = concepts[id_]
    plan = await make_plan(context.rows, SearchFilters(concept=(id_,)))
    counted = await read_cached(context, "counts", plan, select_facet_counts(plan)) or []
    found, capped = articles.read_total(counted)
    total = found or 0
    common = find_common(dict(_rank_values(counted, "concept")), total)
    groups, absences, groups_title = await _describe_groups(context, id_)
    latest = []
    for language, n in _rank_values(counted, "language")[:MAX_LANGUAGES]:
        entries = await _list_latest(
            context, replace(plan, filters=replace(plan.filters, language=(language,))), outlets, concepts
        )
        href = build_address({"concept": id_, "language": language})
        latest.append({"language": context.wording.language_name(language), "n": n, "entries": entries, "href": href})
    variables = {
        "id": id_,
        "name": concept.name,
        "divergences": await describe_divergences(
            context, await context.read(TOLD_OF_CONCEPT, {"concept": id_}), outlets
        ),
        "others": _list_other_names(concept),
        "kind": concept.kind,
        "kind_name": context.wording.word("concept_kinds", concept.kind),
        "side": describe_side(context, concept.side),
        "timeline": await make_volume_chart(context, plan, link=partial(build_address, {"concept": id_})),
        "total": total,
        "capped": capped,
        "latest": latest,
        "year": context.today.year,
        "by_outlet": [
            (
                describe_outlet(outlets, outlet, context.wording),
                n,
                build_address({"concept": id_, "outlet": outlet}),
            )
            for outlet, n in _rank_values(counted, "outlet")[:MAX_RANKED]
        ],
        "by_group": groups,
        "groups_title": groups_title,
        "absences": absences,
        "named_with": [
            (other, concepts[other].name, n)
            for other, n in _rank_values(counted, "concept")
            if other != id_ and other in concepts and other not in common
        ][:MAX_RANKED],
        **build_onward_addresses({"concept": id_}),
    }
    variables |= await describe_tick_bar(context, request) if latest else {}
    return await answer_with_page(context, request, "concept.html", variables, reads=TICK_ARGUMENTS)


async def download_concept_coverage(request: Request, datasette: Datasette) -> Response:
    """`/concept/ID/coverage.csv`: the articles of GROUP_DAYS at most that name a concept, by groups of outlets."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    id_ = unquote(request.url_vars["id"])
    if id_ not in await context.concepts():
        raise NotFound(context.wording("concept.unknown", id=id_))
    counts, absences, since = await _compare_groups(context, id_)
    absent = {absence.record.group: absence for absence in absences}
    counted = {count.group: (count.originals, count.copies) for count in counts}
    rows = [
        (
            *(group.ownership, group.country, *counted.get(group, (0, 0))),
            *list_absence_cells(absent.get(group)),
            stamp(since),
        )
        for group in dict.fromkeys((*counted, *absent))
    ]
    text = write_csv_table(("ownership", "country", "originals", "copies", *ABSENCE_COLUMNS, "counted_since"), rows)
    return answer_with_file(text, content_type=CSV_MEDIA_TYPE, name="vigia-concept-coverage.csv")


async def _compare_groups(
    context: PageContext, concept: str
) -> tuple[list[GroupCount], list[ShownAbsence], dt.datetime]:
    """Return how much the groups of outlets wrote of a concept, those that have nothing, and since when is counted.

    Counted are GROUP_DAYS, or the shorter time of which all articles on the concept were read.
    """
    earliest = context.now - dt.timedelta(days=GROUP_DAYS)

    async def compute() -> tuple[list[GroupCount], list[ShownAbsence], dt.datetime]:
        rows = await read_concept_articles(context, concept)
        since = max(earliest, find_complete_from(rows))
        counts = count_groups(rows, await context.outlets(), since=since)
        return counts, await find_concept_absences(context, concept, rows), since

    return await compute_cached(context, ("groups", concept), compute) or ([], [], earliest)


async def _describe_groups(
    context: PageContext, concept: str
) -> tuple[list[TemplateVariables], list[TemplateVariables], str]:
    """Return the groups of outlets that write of a concept, what is to say of those that have nothing, and a title."""
    counts, absences, since = await _compare_groups(context, concept)
    outlets = await context.outlets()
    described = [
        {
            "name": name_group(count.group, context.wording),
            "href": build_address({"concept": concept, "q": query, "by": "article"}) if query else "",
            "state": count.group.ownership == STATE_OWNERSHIP,
            "originals": count.originals,
            "copies": count.copies,
        }
        for count in counts
        for query in [write_group_query(count.group, outlets)]
    ]
    title = (
        context.wording("coverage.by_group_since", moment=context.moment(stamp(since)))
        if context.now - since < dt.timedelta(days=GROUP_DAYS)
        else context.wording("coverage.by_group", days=GROUP_DAYS)
    )
    return described, await describe_absences(context, absences, sentence="absence.concept"), title


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
