"""Find the revisions that a subscription is alerted to: those that change figures, names or the headline.

The article must have been alerted before, or match the query now; each of its changes causes one alert. Without
`copies`, one article of a story stands for the others, so that four outlets that correct one figure cause one alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db.desk import alerts
from db.desk.alerts import RevisionAlert
from db.news import alert_articles
from db.news.alert_articles import Match, Revision, read_revisions
from db.search import recent_index
from db.search.query import Query
from pipelines.alerts.matching.revision_changes import describe_changes

MAX_SINGLE_QUERIES = 8  # articles that are queried one by one; more are queried once, as a range of ids


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRequest:
    """A subscription that wants revisions."""

    id: str
    query: Query
    after: int  # revision id: only later revisions are wanted
    chosen: frozenset[str]  # keys of the articles that this run alerts it to, if it was not alerted to them before
    borderline: bool
    copies: bool


NotableRevision = tuple[Revision, str]  # (revision, its changes in one line)


def find_revision_updates(
    news: Database, desk: Database, requests: Sequence[RevisionRequest], *, upto: int
) -> dict[str, list[RevisionAlert]]:
    """Return the new revision alerts of each subscription, by id. It hides the search index of `news` meanwhile."""
    begin = min((request.after for request in requests), default=upto)
    notable = list_notable_revisions(news, after=begin, upto=upto)
    if not notable:
        return {}
    members = alert_articles.find_stories(news, {revised.head for revised, _ in notable})
    found: dict[str, list[RevisionAlert]] = {}
    with recent_index.open_recent_index(news, articles={revised.article for revised, _ in notable}) as terms:
        for request in requests:
            new = [(revised, line) for revised, line in notable if revised.id > request.after]
            known = alerts.read_last_readings(desk, request.id, _collect_keys(new, members))
            # An article that this run alerts to is shown with its present text, which includes its revisions. One that
            # a restored news.db found again causes no second alert, so its revisions are alerted to.
            added = request.chosen - known.keys()
            new = [(revised, line) for revised, line in new if revised.key not in added]
            known |= dict.fromkeys(added)
            others = {revised.article for revised, _ in new if revised.key not in known}
            may_match = bool(others) and terms.may_match(request.query.tree)
            matching = {match.id for match in find_matches_among(news, request, others)} if may_match else set[int]()
            if chosen := choose_updates(new, known=known, matching=matching, members=members, copies=request.copies):
                found[request.id] = chosen
    return found


def list_notable_revisions(news: Database, *, after: int, upto: int) -> list[NotableRevision]:
    """Return the revisions with ids after `after` up to `upto` that change figures, names or the headline."""
    if after >= upto:
        return []
    described = (
        (revised, describe_changes(revised.changes, revised.language or "", revised.country))
        for revised in read_revisions(news, after=after, upto=upto)
    )
    return [(revised, line) for revised, line in described if line is not None]


def find_matches_among(news: Database, request: RevisionRequest, articles: Iterable[int]) -> list[Match]:
    """Return those of these articles (ids) that the query matches."""
    ids = sorted(articles)
    spans = [(id_ - 1, id_) for id_ in ids] if len(ids) <= MAX_SINGLE_QUERIES else [(ids[0] - 1, ids[-1])]
    wanted_ids = frozenset(ids)
    return [
        match
        for after, upto in spans
        for match in alert_articles.find_matches(
            news, request.query, after=after, upto=upto, borderline=request.borderline
        )
        if match.id in wanted_ids
    ]


def choose_updates(
    notable: Sequence[NotableRevision],
    *,
    known: Mapping[str, str | None],
    matching: frozenset[int] | set[int],
    members: Mapping[int, Sequence[tuple[int, str]]],
    copies: bool,
) -> list[RevisionAlert]:
    """Choose the revisions that a subscription is alerted to. Pure.

    known: the keys of the articles that it was alerted to, each with the reading of the last alert.
    matching: the ids of the articles that its query matches now.
    members: (id, key) of the articles of each story that has several, by the story's head.
    A revision whose reading equals that of the last alert is skipped: a restored news.db has found it again.
    """
    last_readings = dict(known)
    representatives: dict[int, int] = {}  # head of a story → the article whose revisions are alerted
    chosen: list[RevisionAlert] = []
    for revised, line in notable:
        if revised.key in known:
            is_chosen = last_readings[revised.key] != revised.reading
        else:
            is_chosen = revised.article in matching and not revised.backfilled
            if is_chosen and not copies:
                story_known = any(key in known for _, key in members.get(revised.head, ()))
                representative = None if story_known else representatives.setdefault(revised.head, revised.article)
                is_chosen = representative == revised.article
        if is_chosen:
            last_readings[revised.key] = revised.reading
            chosen.append(RevisionAlert(revised.article, revised.key, revised.change, revised.reading, line))
    return chosen


def _collect_keys(notable: Sequence[NotableRevision], members: Mapping[int, Sequence[tuple[int, str]]]) -> set[str]:
    """Return the keys of the revised articles and of all other articles of their stories."""
    keys = {revised.key for revised, _ in notable}
    return keys | {key for revised, _ in notable for _, key in members.get(revised.head, ())}
