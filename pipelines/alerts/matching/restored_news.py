"""Detect that news.db was restored from a backup, and move the cursors in desk.db back to what both still have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlite_utils import Database

from db.desk import alerts, subscriptions
from db.desk.analysts.reading_states import release_read_articles
from db.news import alert_articles


def rewind_after_restore(news: Database, desk: Database) -> int | None:
    """Rewind the cursors if news.db was restored; return the last article id that is unchanged, or None if all are.

    A restored news.db gives ids to new articles that other articles had before. So the cursors go back to the last
    article that is unchanged, and alerts to lost articles free their ids. Their keys stay, so that an article that is
    found again causes no second alert. Revisions are checked in the same way, because a backup may lack only them.
    """
    states = subscriptions.read_subscription_states(desk).values()
    last_article, _ = alert_articles.find_last_article(news)
    last_revision, _ = alert_articles.find_last_revision(news)
    common_article = _find_common_id(
        subscriptions.read_watermarks(desk),
        lambda id_: alert_articles.find_article_key(news, id_),
        last_article,
        (state.cursor for state in states),
    )
    common_revision = _find_common_id(
        subscriptions.read_revision_marks(desk),
        lambda id_: alert_articles.find_revision_mark(news, id_),
        last_revision,
        (state.revised for state in states if state.revised is not None),
    )
    if common_article is None and common_revision is None:
        return None
    with desk.atomic():
        if common_article is not None:
            subscriptions.clamp_cursors(desk, to=common_article)
            subscriptions.forget_watermarks(desk, above=common_article)
            alerts.release_ids(desk, above=common_article)
            release_read_articles(desk, above=common_article)
        if common_revision is not None:
            subscriptions.clamp_revision_cursors(desk, to=common_revision)
            subscriptions.forget_revision_marks(desk, above=common_revision)
    return common_article


def _find_common_id(
    marks: Sequence[tuple[int, str]], find_mark: Callable[[int], str | None], last_id: int, cursors: Iterable[int]
) -> int | None:
    """Return the last id whose row in news.db is unchanged, or None if news.db was not restored.

    `marks`: (id, mark) of rows that desk.db remembers, the newest first. `find_mark` reads the mark of an id from
    news.db. `last_id` is the highest id in news.db.
    """
    restored = False
    common = 0
    for id_, mark in marks:
        present = find_mark(id_)
        if present == mark:
            common = id_
            break
        if present is not None or id_ > last_id:
            restored = True
        # A row that is missing although later ones exist was removed by `vigia rebuild`; that is no sign of a restore.
    beyond = any(cursor > last_id for cursor in cursors)
    if not restored and not beyond:
        return None
    return common if restored else last_id
