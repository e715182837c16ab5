"""Preview what a subscription would have sent in a past period, and how many stories a day. Sends nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from db.connection import explain_errors, open_news
from db.desk.alerts import Alert
from db.model.times import read_stamp, stamp
from db.news import alert_articles, crawls
from db.search import query
from pipelines.alerts import digests
from pipelines.alerts.delivery import DeliveryContext
from pipelines.alerts.digest_contents import read_contents
from pipelines.alerts.digests import LOG_TARGET
from pipelines.alerts.matching import articles
from pipelines.alerts.matching.by_story import choose_once_per_story, read_told_stories
from pipelines.alerts.messages.story import AlertStory
from pipelines.alerts.subscriptions import timing
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.subscription import Subscription

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The stories that a subscription would have sent, and how many of them are news of the period.

    The first crawl of a desk finds articles of the weeks before. They are in `stories`, but not counted in
    `stories_in_span`, because they say nothing about how many stories will come.
    """

    stories: tuple[AlertStory, ...]
    since: dt.datetime  # begin of the counted span: the requested time, or the desk's first crawl if that is later
    until: dt.datetime
    is_young: bool = False  # the desk's first crawl is later than the requested time
    stories_in_span: int = 0  # stories from `since` to `until`
    later_articles: int = 0  # further articles of these stories, one line each
    stories_over_limit: int = 0  # how many of them are over `at_most` of a day, and would only have been counted

    @property
    def span(self) -> dt.timedelta:
        """The length of the counted span."""
        return self.until - self.since

    def rate_per(self, period: dt.timedelta) -> float | None:
        """Return the stories per period; None if the span is shorter than a day, which is too short to tell."""
        return self.stories_in_span / (self.span / period) if self.span >= ONE_DAY else None


def build_preview(
    context: DeliveryContext, subscription: Subscription, *, since: dt.datetime, now: dt.datetime
) -> Preview:
    """Build the preview of the articles found since `since`. Stores nothing."""
    zone = digests.choose_zone(subscription, context.zone)
    with contextlib.closing(open_news(context.news, readonly=True)) as news, explain_errors(context.news):
        began = crawls.find_first_start(news)
        after = alert_articles.find_article_before(news, stamp(since))
        upto, _ = alert_articles.find_last_article(news)
        hits = articles.find_subscription_matches(news, subscription, after=after, upto=upto)
        if not articles.wants_copies(subscription, query.load_vocabulary(news)):
            members = alert_articles.find_stories(news, {hit.head for hit in hits})
            hits = articles.keep_one_per_story(hits, members=members, since=after, was_alerted=lambda _: False)
        changed = articles.preview_revisions(news, subscription, stamp(since), alerted={hit.key for hit in hits})
        told = read_told_stories(news, subscription, hits)
        found = choose_once_per_story(told, subscription, hits, was_told=lambda _: False)
    reader = Recipient(target=LOG_TARGET, reference=LOG_TARGET, language=subscription.language, zone=zone)
    first = [Alert(alert.article, alert.key, "") for alert in found if not alert.also]
    stories = read_contents(context.news, first + changed, subscription, reader, names=context.concept_names()).stories
    is_young = began is not None and began > since
    begin = min(began, now) if began is not None and is_young else since
    moments = (
        [at for at in map(_news_time, stories) if at is not None and at >= begin]
        if is_young
        else _first_seen_times(stories)
    )
    return Preview(
        stories=stories,
        later_articles=sum(alert.also for alert in found),
        since=begin,
        until=now,
        is_young=is_young,
        stories_in_span=len(moments),
        stories_over_limit=_count_over_limit(moments, subscription.at_most, zone=zone),
    )


def _first_seen_times(stories: Sequence[AlertStory]) -> list[dt.datetime]:
    return [read_stamp(story.payload["first_seen"]) for story in stories]


def _news_time(story: AlertStory) -> dt.datetime | None:
    """Return when the story was published, or when it was first seen if its page gives no time."""
    published = None if story.updated else story.payload["published"]
    try:
        at = read_stamp(published or story.payload["first_seen"])
    except ValueError:
        return None
    return at if at.tzinfo else None


def _count_over_limit(moments: Sequence[dt.datetime], at_most: int | None, *, zone: str) -> int:
    if at_most is None:
        return 0
    days = Counter(timing.find_local_day(at, zone=zone)[0] for at in moments)
    return sum(max(0, count - at_most) for count in days.values())
