"""Read from news.db what a digest tells one reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from db.connection import open_news
from db.desk.alerts import Alert
from db.news import alert_articles
from db.news.stories.divergence_lookup import read_told_in_story
from db.search.query import load_vocabulary
from pipelines.alerts.messages.digest import DigestContents
from pipelines.alerts.messages.figures_line import build_figures_line
from pipelines.alerts.messages.later_article import build_later_article
from pipelines.alerts.messages.story import build_story
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.subscription import Subscription


def read_contents(
    news_db: Path,
    alerts: Sequence[Alert],
    subscription: Subscription,
    recipient: Recipient,
    *,
    names: Mapping[str, Sequence[str]],
) -> DigestContents:
    """Return what these alerts tell a reader. `names` maps concept ids to all their names. Runs in a thread.

    An article that is missing although its id is still valid was removed by `vigia rebuild`; it is left out. Several
    alerts to revisions of one article make one story that lists all their changes. It takes the place of the line of
    that article, if it is a later one of a story that was told, and is not counted as new.
    """
    news = open_news(news_db, readonly=True)
    try:
        ids = alert_articles.find_article_ids(news, [alert.key for alert in alerts])
        rows = alert_articles.read_message_articles(news, ids.values())
        vocabulary = load_vocabulary(news)
        told = {alert.key: read_told_in_story(news, alert.figures) for alert in alerts if alert.figures}
    finally:
        news.close()
    wording = MessageWording(recipient.language)
    figures = {key: build_figures_line(rows_told, wording) for key, rows_told in told.items()}
    changed: dict[str, list[str]] = {}
    for alert in alerts:
        if not alert.also:
            changed.setdefault(alert.key, []).extend([alert.updated] if alert.updated else [])
    new = {alert.key for alert in alerts if alert.updated is None and not alert.also}
    stories = [
        build_story(
            rows[ids[key]] | {"updated": "; ".join(lines) or None, "is_update": key not in new},
            query=subscription.query,
            zone=recipient.zone,
            language=recipient.language,
            vocabulary=vocabulary,
            names=names,
            figures=figures.get(key, ""),
        )
        for key, lines in changed.items()
        if key in ids
    ]
    listed = {alert.story: ids[alert.key] for alert in alerts if alert.story and not alert.also and alert.key in ids}
    later = [
        build_later_article(
            rows[ids[alert.key]],
            of=listed.get(alert.story or 0),
            zone=recipient.zone,
            language=recipient.language,
            figures=figures.get(alert.key, ""),
        )
        for alert in alerts
        if alert.also and alert.key in ids and alert.key not in changed
    ]
    lost = dict.fromkeys(alert.key for alert in alerts if alert.key not in ids and alert.article < 0)
    return DigestContents(stories=tuple(stories), later=tuple(later), lost=tuple(lost))
