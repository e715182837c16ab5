"""`/subscribe`: a search as a `[[subscription]]` of vigia.toml, with a preview of what it would have sent.

Filters become fields of the query. The page reads only news.db, so it does not know the subscriptions.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.search import query
from db.search.plan import TooSlowError
from db.search.query import Query, QueryError, parse_query
from db.search.query.tree import Field, Or, all_of, any_of, write_query
from db.site import local_time
from db.site.components.article_list import describe_outlet
from db.site.components.sparkline import draw_sparkline
from db.site.exports.citations import printable_line
from db.site.filters import facets
from db.site.filters.arguments import FILTER_NAMES, SEARCH_ARGUMENTS, SearchArguments, list_pairs
from db.site.filters.query_feedback import describe_mistake, make_vocabulary
from db.site.filters.search_request import SearchRequest, read_request
from db.site.page_arguments import DAY_NAMES
from db.site.page_context import PageContext, page_context
from db.site.queries import articles
from db.site.queries.subscription_preview import (
    ID_BEFORE,
    MAX_PREVIEWED_HITS,
    PREVIEWED_ARTICLES,
    PreviewedArticle,
    WouldAlert,
    select_would_alert,
)
from db.site.response import TemplateVariables, answer_with_page

PREVIEW_WEEKS = 8
MAX_STORIES_A_DAY = 50  # with more than this the page shows a warning
MIN_DIGEST_STORIES_A_DAY = 8  # with more than this a daily message is proposed
MAX_STORIES_SHOWN = 5  # newest stories of the preview
QUERY_FIELDS = {"language": "lang"}  # filters with another name in the query language
_MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionProposal:
    """A subscription for vigia.toml."""

    name: str
    query: str
    copies: bool = False
    daily: bool = False

    @property
    def block(self) -> str:
        """The subscription as TOML, with further keys as comments."""
        lines = ["[[subscription]]", f"name = {quote_toml(self.name)}", f"query = {quote_toml(self.query)}"]
        if self.daily:
            lines += ['when = "daily 07:30"', "at_most = 20"]
        else:
            lines += ['when = "immediately"']
        lines += ["copies = true"] if self.copies else []
        lines += ["# borderline = true", '# once_per = "story"', '# people = ["ana"]', '# to = ["env:VIGIA_MAIL"]']
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many of a preview's stories are news of its span.

    The first crawl of a desk finds articles of the weeks before, which say nothing about how many will come.
    """

    stories: int
    span: dt.timedelta
    is_young: bool  # the desk began later than the preview's weeks

    @property
    def a_day(self) -> float | None:
        """Stories a day; None if the span is shorter than a day, which is too short to tell."""
        return self.stories / (self.span / dt.timedelta(days=1)) if self.span >= dt.timedelta(days=1) else None

    @property
    def a_week(self) -> float | None:
        """Stories a week; None if the span is shorter than a day."""
        return None if self.a_day is None else self.a_day * 7


def measure_pace(rows: Sequence[WouldAlert], *, began: dt.datetime | None, now: dt.datetime) -> Pace:
    """Count the rows (`moment`) that are news since the desk `began`, or all of them if it is older. Pure."""
    span = dt.timedelta(weeks=PREVIEW_WEEKS)
    if began is None or began <= now - span:
        return Pace(stories=len(rows), span=span, is_young=False)
    began = min(began, now)
    moments = [local_time.read_moment(row["moment"]) for row in rows]
    fresh = sum(moment is not None and moment >= began for moment in moments)
    return Pace(stories=fresh, span=now - began, is_young=True)


def quote_toml(text: str) -> str:
    """Write a TOML string: a literal one if the text has double quotation marks, as queries often do."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def build_query(given: SearchArguments) -> str:
    """Write a query equal to words and filters, without the period; "" if there are none.

    Raises QueryError if the words are not a valid query, or a filter's value can't be written in a query.
    """
    words = " ".join(given.get("q", "").split())
    fields = [
        any_of(Field(QUERY_FIELDS.get(name, name), value) for value in given[name])
        for name in FILTER_NAMES
        if name in given
    ]
    if not fields:
        return words
    if any('"' in value for name in FILTER_NAMES for value in given.get(name, ())):
        raise QueryError("a filter has a value that no query can name", query=words, at=0, hint="take the filter away")
    if not words:
        return write_query(all_of(fields))
    tree = parse_query(words)
    together = all_of([tree, *fields])
    # The words stay as they were typed if they mean the same with the fields after them.
    typed = f"({words})" if isinstance(tree, Or) else words
    filters = all_of(fields)
    text = f"{typed} ({write_query(filters)})" if isinstance(filters, Or) else f"{typed} {write_query(filters)}"
    try:
        return text if parse_query(text) == together else write_query(together)
    except QueryError:
        return write_query(together)


def propose_name(given: SearchArguments, labels: list[str]) -> str:
    """Propose a name: the words without quotation marks and parentheses, then the filters."""
    words = re.sub(r'["“”«»()]', "", given.get("q", ""))
    parts = [printable_line(part) for part in (words, *labels)]
    name = ", ".join(part for part in parts if part)
    return name[:_MAX_NAME_CHARACTERS].rstrip(" ,-") or "Vigía"


async def show_subscription(request: Request, datasette: Datasette) -> Response:
    """`/subscribe` with the arguments of `/`: the block for vigia.toml, and what it would have sent."""
    context = page_context(datasette, request)
    search = await read_request(context, request)
    answer = partial(
        answer_with_page,
        context,
        request,
        "subscribe.html",
        reads=SEARCH_ARGUMENTS,
        refused=search.refused,
        several=FILTER_NAMES,
    )
    variables: TemplateVariables = {
        "kept": list_pairs(search.arguments, without=("q",)),
        "words": search.plan.filters.words,
        "back": search.address(),
        "problem": "",
    }
    try:
        text = build_query(search.arguments)
        understood = query.read_query(text, make_vocabulary(search.outlets, search.concepts)) if text else None
    except QueryError as error:
        variables |= {"problem": describe_mistake(error.message, error.hint, context.wording), "place": error.around()}
        return await answer(variables)
    if understood is None:
        return await answer(variables)
    preview = await _preview(context, search, understood)
    proposal = SubscriptionProposal(
        name=propose_name(search.arguments, _describe_filters(context, search)),
        query=text,
        # A search for an outlet lists copies too; a subscription sends them only with `copies = true`.
        copies=search.plan.filters.has_copies and not understood.compiled.copies,
        daily=preview is not None and (preview["pace"].a_day or 0) > MIN_DIGEST_STORIES_A_DAY,
    )
    variables |= {
        "block": proposal.block,
        "rows": proposal.block.count("\n") + 1,
        "copies": proposal.copies,
        "borderline_hint": not understood.compiled.borderline and "verdict" not in search.arguments,
        "period": not {"period", *DAY_NAMES}.isdisjoint(search.arguments),
        "most_hits": MAX_PREVIEWED_HITS,
        "preview": preview,
    }
    return await answer(variables)


def _describe_filters(context: PageContext, search: SearchRequest) -> list[str]:
    """Describe the filters in the reader's words."""
    labels = facets.make_labels(context.wording, outlets=search.outlets, concepts=search.concepts)
    return [labels[name](value) for name in FILTER_NAMES for value in search.arguments.get(name, ())]


async def _preview(context: PageContext, search: SearchRequest, understood: Query) -> TemplateVariables | None:
    """Return what the subscription would have sent in the last weeks; None if that takes too long."""
    since = articles.format_moment_before(context.now, weeks=PREVIEW_WEEKS)
    copies = understood.compiled.copies or search.plan.filters.has_copies
    borderline = understood.compiled.borderline
    try:
        begin = (await context.read(ID_BEFORE, {"since": since}))[0]
        rows = await context.read(
            *select_would_alert(understood, after=begin["id"], since=since, borderline=borderline, copies=copies)
        )
    except TooSlowError:
        return None
    weeks = [0] * PREVIEW_WEEKS
    for row in rows:
        moment = local_time.read_moment(row["first_seen"]) or context.now
        back = int((context.now - moment) / dt.timedelta(weeks=1))
        weeks[max(0, min(back, PREVIEW_WEEKS - 1))] += 1
    weeks.reverse()
    ids = json.dumps([row["id"] for row in rows[:MAX_STORIES_SHOWN]])
    pace = measure_pace(rows, began=local_time.read_moment(begin["began"]), now=context.now)
    return {
        "stories": len(rows),
        "pace": pace,
        "ago": local_time.describe_age(context.now - pace.span, context.now, context.wording),
        "too_many": (pace.a_day or 0) > MAX_STORIES_A_DAY,
        "capped": bool(rows) and rows[0]["hits"] >= MAX_PREVIEWED_HITS,
        "weeks": weeks,
        "chart": draw_sparkline(weeks, label=_describe_weeks(context, weeks), titles=_describe_bars(context, weeks)),
        "last": [_describe_story(context, search, row) for row in await context.read(PREVIEWED_ARTICLES, {"ids": ids})],
    }


def _describe_weeks(context: PageContext, weeks: list[int]) -> str:
    wording = context.wording
    return wording("subscribe.by_week", counts=wording.join([wording.number(n) for n in weeks]))


def _describe_bars(context: PageContext, weeks: list[int]) -> list[str]:
    wording = context.wording
    ends = [context.today - dt.timedelta(weeks=len(weeks) - 1 - place) for place in range(len(weeks))]
    return [
        wording("subscribe.week_to", day=wording.date(end), stories=wording("subscribe.stories", n=n))
        for end, n in zip(ends, weeks, strict=True)
    ]


def _describe_story(context: PageContext, search: SearchRequest, row: PreviewedArticle) -> TemplateVariables:
    return {
        "id": row["id"],
        "title": row["title"],
        "language": row["language"],
        "outlet": describe_outlet(search.outlets, row["outlet"], context.wording),
        "moment": context.moment(row["moment"], row["published_precision"] if row["published"] else None),
    }
