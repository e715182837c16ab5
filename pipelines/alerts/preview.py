"""What a subscription would have sent, and how much that is: asked before anyone is told."""

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
from pipelines.alerts.delivery import Office, tell
from pipelines.alerts.digests import LOG
from pipelines.alerts.matching import articles
from pipelines.alerts.messages.story import Story
from pipelines.alerts.subscriptions import timing
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.subscription import Subscription

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would have been sent, and what of it came while the desk was there.

    The first round of a desk finds the news of the weeks before: that is in `stories`, and no measure of what comes.
    """

    stories: tuple[Story, ...]
    since: dt.datetime  # from when the desk would have sent: what was asked for, or its own first crawl
    until: dt.datetime
    young: bool = False  # the desk has not been there for all the time that was asked for
    came: int = 0  # stories of that time
    held: int = 0  # of those, how many the ceiling of a day would have counted and not told

    @property
    def span(self) -> dt.timedelta:
        """The time that `came` was counted over."""
        return self.until - self.since

    def per(self, time: dt.timedelta) -> float | None:
        """How many stories come in such a time; None when the desk is younger than a day: that is too soon to say."""
        return self.came / (self.span / time) if self.span >= ONE_DAY else None


def preview(office: Office, subscription: Subscription, *, since: dt.datetime, now: dt.datetime) -> Preview:
    """What the subscription would have sent of everything that was found since then. Records nothing."""
    zone = digests.zone_of(subscription, office.zone)
    with contextlib.closing(open_news(office.news, readonly=True)) as news, explain_errors(office.news):
        began = crawls.find_first_start(news)
        after = alert_articles.find_article_before(news, stamp(since))
        upto, _ = alert_articles.find_last_article(news)
        hits = articles.find(news, subscription, after=after, upto=upto)
        if not articles.wants_copies(subscription, query.load_vocabulary(news)):
            members = alert_articles.find_stories(news, {hit.head for hit in hits})
            hits = articles.one_per_story(hits, members=members, since=after, alerted=lambda _: False)
        changed = articles.revised_since(news, subscription, stamp(since), told={hit.key for hit in hits})
    reader = Recipient(target=LOG, reference=LOG, language=subscription.language, zone=zone)
    stories, _ = tell(office, [Alert(hit.id, hit.key, "") for hit in hits] + changed, subscription, reader)
    young = began is not None and began > since
    begin = min(began, now) if began is not None and young else since
    moments = [at for at in map(_moment, stories) if at is not None and at >= begin] if young else _found(stories)
    return Preview(
        stories=tuple(stories),
        since=begin,
        until=now,
        young=young,
        came=len(moments),
        held=_held(moments, subscription.at_most, zone=zone),
    )


def _found(stories: Sequence[Story]) -> list[dt.datetime]:
    return [read_stamp(story.plain["first_seen"]) for story in stories]


def _moment(story: Story) -> dt.datetime | None:
    """When it was news: as its page says; when the desk found it, where the page says nothing."""
    said = None if story.updated else story.plain["published"]
    try:
        at = read_stamp(said or story.plain["first_seen"])
    except ValueError:
        return None
    return at if at.tzinfo else None


def _held(moments: Sequence[dt.datetime], at_most: int | None, *, zone: str) -> int:
    if at_most is None:
        return 0
    days = Counter(timing.day_of(at, zone=zone)[0] for at in moments)
    return sum(max(0, count - at_most) for count in days.values())
