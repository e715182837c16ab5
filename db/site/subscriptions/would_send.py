"""What a subscription would have sent in the last weeks, and how many stories a week that is.

It reads only news.db.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.news.outlets import OutletRow
from db.search.plan import TooSlowError
from db.search.query import Query
from db.site import local_time
from db.site.components.article_list import describe_outlet
from db.site.components.sparkline import draw_sparkline
from db.site.page_context import PageContext
from db.site.queries import articles
from db.site.queries.subscription_preview import (
    ID_BEFORE,
    MAX_PREVIEWED_HITS,
    PREVIEWED_ARTICLES,
    PreviewedArticle,
    WouldAlert,
    select_would_alert,
)
from db.site.response import TemplateVariables

PREVIEW_WEEKS = 8
MAX_STORIES_A_DAY = 50  # with more than this the page shows a warning
MAX_STORIES_SHOWN = 5  # newest stories of the preview


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


async def preview_subscription(
    context: PageContext, understood: Query, *, borderline: bool, copies: bool
) -> TemplateVariables | None:
    """Return what a subscription would have sent in the last weeks; None if that takes too long."""
    since = articles.format_moment_before(context.now, weeks=PREVIEW_WEEKS)
    copies = copies or understood.compiled.copies
    borderline = borderline or understood.compiled.borderline
    outlets = await context.outlets()
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
        "most_hits": MAX_PREVIEWED_HITS,
        "too_many": (pace.a_day or 0) > MAX_STORIES_A_DAY,
        "capped": bool(rows) and rows[0]["hits"] >= MAX_PREVIEWED_HITS,
        "weeks": weeks,
        "chart": draw_sparkline(weeks, label=_describe_weeks(context, weeks), titles=_describe_bars(context, weeks)),
        "last": [
            describe_previewed_article(context, outlets, row)
            for row in await context.read(PREVIEWED_ARTICLES, {"ids": ids})
        ],
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


def describe_previewed_article(
    context: PageContext, outlets: Mapping[str, OutletRow], row: PreviewedArticle
) -> TemplateVariables:
    """Describe an article that was sent, or would be, for _subscriptions.html."""
    return {
        "id": row["id"],
        "title": row["title"],
        "language": row["language"],
        "outlet": describe_outlet(outlets, row["outlet"], context.wording),
        "moment": context.moment(row["moment"], row["published_precision"] if row["published"] else None),
    }
