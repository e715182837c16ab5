"""Which revisions of articles a subscription is alerted to: those that change figures, names or the headline.

Of an article that was told, and of one that the query finds now, each such change once. Who gets no copies gets no
revisions of copies either, but of the one that was told: four outlets that correct one figure are one alert.
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

MAX_SINGLE_QUERIES = 8  # articles up to which a query is asked of each; of more, once for the range in which they are


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRequest:
    """A subscription that wants revisions after one. `matched`: the last article that it was matched against before."""

    id: str
    query: Query
    after: int
    matched: int
    borderline: bool
    copies: bool


NotableRevision = tuple[Revision, str]  # a revision, and what it changed in one line


def find_revision_updates(
    news: Database, desk: Database, asking: Sequence[RevisionRequest], *, upto: int
) -> dict[str, list[RevisionAlert]]:
    """What each is to be alerted to, by its id. The index of news.db is hidden meanwhile."""
    begin = min((one.after for one in asking), default=upto)
    notable = list_notable_revisions(news, after=begin, upto=upto)
    if not notable:
        return {}
    members = alert_articles.find_stories(news, {revised.head for revised, _ in notable})
    found: dict[str, list[RevisionAlert]] = {}
    with recent_index.open_recent_index(news, articles={revised.article for revised, _ in notable}) as terms:
        for one in asking:
            # What came since is alerted as an article, as it reads now: its revisions are in that.
            fresh_ones = [told for told in notable if told[0].id > one.after and told[0].article <= one.matched]
            known = alerts.read_last_readings(desk, one.id, _collect_keys(fresh_ones, members))
            others = {revised.article for revised, _ in fresh_ones if revised.key not in known}
            may = bool(others) and terms.may_match(one.query.tree)
            finds = {match.id for match in find_matches_among(news, one, others)} if may else set[int]()
            if chosen := choose_updates(fresh_ones, known=known, finds=finds, members=members, copies=one.copies):
                found[one.id] = chosen
    return found


def list_notable_revisions(news: Database, *, after: int, upto: int) -> list[NotableRevision]:
    """The revisions after one id and up to another that change more than words, with what they change."""
    if after >= upto:
        return []
    told = ((revised, describe_changes(revised.changes)) for revised in read_revisions(news, after=after, upto=upto))
    return [(revised, line) for revised, line in told if line is not None]


def find_matches_among(news: Database, asking: RevisionRequest, articles: Iterable[int]) -> list[Match]:
    """Those of these articles that the query finds."""
    ids = sorted(articles)
    spans = [(id_ - 1, id_) for id_ in ids] if len(ids) <= MAX_SINGLE_QUERIES else [(ids[0] - 1, ids[-1])]
    among = frozenset(ids)
    return [
        match
        for after, upto in spans
        for match in alert_articles.find_matches(
            news, asking.query, after=after, upto=upto, borderline=asking.borderline
        )
        if match.id in among
    ]


def choose_updates(
    told: Sequence[NotableRevision],
    *,
    known: Mapping[str, str | None],
    finds: frozenset[int] | set[int],
    members: Mapping[int, Sequence[tuple[int, str]]],
    copies: bool,
) -> list[RevisionAlert]:
    """The revisions of these that a subscription is alerted to. Pure.

    `known`: the keys of the articles that it was alerted to, with the reading that was told last; `finds`: the articles
    that its query finds now; `members`: (id, key) of the articles of each story that has several, by its head.
    A revision after which an article reads as it was told last is one that a restored news.db finds again.
    """
    last = dict(known)
    taken: dict[int, int] = {}  # which article of a story speaks for it
    chosen: list[RevisionAlert] = []
    for revised, line in told:
        if revised.key in known:
            wanted = last[revised.key] != revised.reading
        else:
            wanted = revised.article in finds and not revised.backfilled
            if wanted and not copies:
                elsewhere = any(key in known for _, key in members.get(revised.head, ()))
                wanted = not elsewhere and taken.setdefault(revised.head, revised.article) == revised.article
        if wanted:
            last[revised.key] = revised.reading
            chosen.append(RevisionAlert(revised.article, revised.key, revised.change, revised.reading, line))
    return chosen


def _collect_keys(told: Sequence[NotableRevision], members: Mapping[int, Sequence[tuple[int, str]]]) -> set[str]:
    """The keys of these articles and of all others of their stories."""
    theirs = {revised.key for revised, _ in told}
    return theirs | {key for revised, _ in told for _, key in members.get(revised.head, ())}
