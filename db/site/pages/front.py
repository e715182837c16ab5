"""`/`: new stories by day, or the result of a search with words and filters; `by=article` lists articles."""

from __future__ import annotations

import asyncio
from functools import partial

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response
from markupsafe import Markup

from db.model.times import stamp
from db.public_copy import SELECT_PUBLICATION
from db.search.counts import select_facet_counts
from db.search.plan import TooSlowError
from db.site import local_time
from db.site.briefings.formats import BRIEFING_LABELS
from db.site.components.article_list import ListedArticle, group_by_day, list_entries
from db.site.components.story_list import ListedStory, list_story_entries
from db.site.components.volume_chart import make_volume_chart
from db.site.dossiers.evidence_packs import has_evidence_packer
from db.site.dossiers.tick_bar import TICK_ARGUMENTS, describe_tick_bar
from db.site.exports.cited_articles import CITATION_LIST_FORMATS
from db.site.exports.result_files import FORMATS
from db.site.filters import facets as choosing
from db.site.filters.arguments import (
    FILTER_NAMES,
    SEARCH_ARGUMENTS,
    SearchArguments,
    build_address,
    list_pairs,
    read_chosen_days,
)
from db.site.filters.facets import Option
from db.site.filters.list_density import DENSITIES, keep_density, list_wrong_density, read_density
from db.site.filters.search_request import SearchRequest, read_request
from db.site.page_arguments import DAY_NAMES
from db.site.page_context import PageContext, page_context
from db.site.queries import articles
from db.site.query_cache import read_cached
from db.site.response import TemplateVariables, answer_with_page
from db.site.wording import SiteWording

PAGE_ENTRIES = 40


async def show_front_page(request: Request, datasette: Datasette) -> Response:
    """`/`: new stories by day; with `q` and filters the stories with the articles that they find."""
    context = page_context(datasette, request)
    search = await read_request(context, request)
    given, plan, filters = search.arguments, search.plan, search.plan.filters
    (entries, last, slow), counted, drawn = await asyncio.gather(  # each query has its own thread and connection
        _list_or_give_up(context, search),
        read_cached(context, "counts", plan, select_facet_counts(plan)),
        make_volume_chart(
            context,
            plan,
            link=partial(build_address, {**given, "period": ""}),
            days=read_chosen_days(given),
            stories=_charts_stories(given),
        ),
    )
    counted = counted or []
    facets = choosing.build_facets(
        given, counted, outlets=search.outlets, concepts=search.concepts, wording=context.wording
    )
    chosen = choosing.list_chosen(given, facets, context.wording)
    listed = read_density(request)
    total, capped = articles.read_total(counted)
    if capped and total is not None and total < len(entries):
        total = None  # only the newest hits were counted, and the list goes further back
    stories = articles.read_story_total(counted) if total is not None and "by" not in given else None
    more = build_address(given, before=f"{last[0]},{last[1]}") if last else None
    variables = {
        "given": given,
        "kept": list_pairs(given, without=("q",)),
        "kept_for_days": list_pairs(given, without=("period", *DAY_NAMES)),
        "words": filters.words,
        "shown_words": _drop_outer_quotes(filters.words),
        "read": search.feedback,
        "days": group_by_day(entries, context.wording, today=context.today) if filters.sort == "time" else [],
        "ranked": entries if filters.sort == "rank" else [],
        "year": context.today.year,
        "more": more,
        "asked": [filters.words, *(it.label for it in chosen)] if filters.words else [it.label for it in chosen],
        "printed_at": context.moment(stamp(context.now)),
        "compact": listed == "compact",
        "densities": [
            Option(context.wording(f"front.{density}"), build_address(given, list=density), chosen=density == listed)
            for density in DENSITIES
        ],
        "later": filters.before is not None,
        "first": build_address(given),
        "slow": slow,
        "total": total,
        "stories": stories,
        "views": _list_views(given, context.wording),
        "charted": _list_charts(given, context.wording),
        "capped": capped and total is not None,
        "facets": facets,
        "chosen": chosen,
        "by_time": build_address(given, sort=""),
        "by_rank": build_address(given, sort="rank"),
        "timeline": drawn,
        "copies_too": filters.has_copies,
        "health": await _describe_health(context),
        "watched": len(search.outlets),
        "feed": search.address("/search.atom"),
        "exports": [
            Markup('<a href="{}">{}</a>').format(search.address(f"/search.{suffix}"), form.label)
            for suffix, form in (FORMATS | CITATION_LIST_FORMATS).items()
        ],
        "briefing_files": [
            Markup('<a href="{}">{}</a>').format(search.address(f"/search{ending}"), label)
            for ending, label in BRIEFING_LABELS.items()
        ],
        "subscribe": search.address("/subscribe") if not filters.is_empty else "",
        "empty": filters.is_empty and not entries and not slow,
        "evidence": search.address("/search.zip") if has_evidence_packer(datasette) else "",
        **(await describe_tick_bar(context, request) if entries else {}),
    }
    answer = await answer_with_page(
        context,
        request,
        "reading_room.html",
        variables,
        reads=(*SEARCH_ARGUMENTS, *TICK_ARGUMENTS, "list"),
        refused=[*search.refused, *list_wrong_density(request)],
        several=FILTER_NAMES,
        unknown=search.unknown,
    )
    keep_density(request, answer)
    return answer


async def _list_or_give_up(
    context: PageContext, search: SearchRequest
) -> tuple[list[ListedArticle | ListedStory], tuple[str, int] | None, bool]:
    """Return the entries of the page, where the next page begins, and True if listing took too long."""
    try:
        if "by" in search.arguments:
            listed, last = await list_entries(
                context, search.plan, limit=PAGE_ENTRIES, outlets=search.outlets, concepts=search.concepts
            )
            return [*listed], last, False
        entries, last = await list_story_entries(
            context, search.plan, limit=PAGE_ENTRIES, outlets=search.outlets, concepts=search.concepts
        )
    except TooSlowError:
        return [], None, True
    return entries, last, False


def _charts_stories(given: SearchArguments) -> bool:
    """Return True if the chart counts stories: as the list does, unless the address says otherwise."""
    return given.get("chart", "articles" if "by" in given else "stories") == "stories"


def _list_views(given: SearchArguments, wording: SiteWording) -> tuple[Option, Option]:
    """Return the switch between stories and articles."""
    return (
        Option(wording("front.by_story"), build_address(given, by="", chart=""), chosen="by" not in given),
        Option(wording("front.by_article"), build_address(given, by="article", chart=""), chosen="by" in given),
    )


def _list_charts(given: SearchArguments, wording: SiteWording) -> tuple[Option, Option]:
    """Return the switch of the chart between stories and articles."""
    units = {"stories": wording("front.stories_unit"), "articles": wording("front.articles_unit")}
    listed, other = ("articles", "stories") if "by" in given else ("stories", "articles")
    is_other = given.get("chart") == other
    options = {
        listed: Option(units[listed], build_address(given, chart=""), chosen=not is_other),
        other: Option(units[other], build_address(given, chart=other), chosen=is_other),
    }
    return options["stories"], options["articles"]


def _drop_outer_quotes(words: str) -> str:
    """Return a query without the quotation marks around it: the page has its own. One with others stays as it is."""
    return words[1:-1] if len(words) > 2 and words[0] == words[-1] == '"' and words.count('"') == 2 else words


async def _describe_health(context: PageContext) -> TemplateVariables:
    """Say when the last crawl ended, and how many outlets could not be read in their last crawl."""
    finished = local_time.read_moment((await context.read(articles.LATEST_CRAWL))[0]["finished"])
    failing = (await context.read_or_none((articles.FAILING, {}))) or []
    made = (await context.read(SELECT_PUBLICATION))[:1] if await context.is_public_copy() else []
    return {
        "made": context.moment(made[0]["made_at"]) if made else "",
        "finished": finished,
        "ago": local_time.describe_age(finished, context.now, context.wording) if finished else "",
        "failing": len(failing),
    }
