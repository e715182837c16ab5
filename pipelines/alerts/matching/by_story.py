"""Decide which matching articles tell a subscription a story, and which are later articles of one that was told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlite_utils import Database

from db.desk import alerts
from db.desk.alerts import NewAlert
from db.news.alert_articles import Match
from db.news.stories.divergence_lookup import find_differing_stories
from db.news.stories.told_stories import ArticleStory, read_article_stories
from pipelines.alerts.subscriptions.subscription import Subscription


def make_alerts(news: Database, desk: Database, subscription: Subscription, matches: Iterable[Match]) -> list[NewAlert]:
    """Return the alerts to the articles that a subscription is to be told."""

    def was_told(story: ArticleStory) -> bool:
        return alerts.has_told_story(desk, subscription.id, story.keys, story.numbers)

    matches = list(matches)
    stories = read_told_stories(news, subscription, matches)
    chosen = choose_once_per_story(stories, subscription, matches, was_told=was_told)
    return _note_figures(news, desk, subscription, chosen, stories) if subscription.figures else chosen


def read_told_stories(
    news: Database, subscription: Subscription, matches: Iterable[Match]
) -> Mapping[int, ArticleStory]:
    """Return the stories of the matches by article; none of a subscription that asks for no stories."""
    if subscription.once_per != "story" and not subscription.figures:
        return {}
    return read_article_stories(news, (match.id for match in matches))


def _note_figures(
    news: Database,
    desk: Database,
    subscription: Subscription,
    chosen: Sequence[NewAlert],
    stories: Mapping[int, ArticleStory],
) -> list[NewAlert]:
    """Note beside the first alert of each story that the message tells in which figures its outlets differ, once."""
    left = find_differing_stories(news, (story.story for story in stories.values()))
    noted = []
    for alert in chosen:
        story = stories.get(alert.article)
        if story is not None and story.story in left:
            left.remove(story.story)
            if not alerts.has_told_figures(desk, subscription.id, story.numbers):
                alert = alert._replace(figures=story.story)  # noqa: PLW2901
        noted.append(alert)
    return noted


def choose_once_per_story(
    stories: Mapping[int, ArticleStory],
    subscription: Subscription,
    matches: Iterable[Match],
    *,
    was_told: Callable[[ArticleStory], bool],
) -> list[NewAlert]:
    """Make alerts of the matches; with once_per = "story" all but the first of a story are lines of a later message.

    A story was told if the subscription was alerted to one of its articles, or to a story that was merged into it. So a
    merge tells nothing again, and neither does an article that was told and then split from its story. A story that a
    message only counted, because it was over the daily limit, was not told.
    """
    if subscription.once_per != "story":
        return [NewAlert(match.id, match.key) for match in matches]
    told: set[int] = set()
    chosen: list[NewAlert] = []
    for match in matches:
        story = stories.get(match.id)
        if story is None:
            chosen.append(NewAlert(match.id, match.key))
            continue
        chosen.append(NewAlert(match.id, match.key, story.story, story.story in told or was_told(story)))
        told.add(story.story)
    return chosen
