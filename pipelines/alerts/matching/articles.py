"""Match new articles and revisions against the subscriptions, and record an alert for each match.

Each subscription has a cursor: the last article id of news.db that it was matched against. The two databases share no
transaction, so only desk.db is written, with alerts and cursors in one transaction. After a crash either the cursor has
not moved and the same articles are matched again, or it has moved and their alerts are stored. UNIQUE constraints
prevent an alert from being stored twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from db.desk import alerts, subscriptions
from db.desk.alerts import Alert, RevisionAlert
from db.desk.subscriptions import SubscriptionState
from db.news import alert_articles
from db.news.alert_articles import Match
from db.search import query, recent_index
from db.search.query import Query, Vocabulary
from pipelines.alerts.errors import SubscriptionQueryError
from pipelines.alerts.matching import revisions
from pipelines.alerts.matching.by_story import make_alerts
from pipelines.alerts.matching.restored_news import rewind_after_restore
from pipelines.alerts.subscriptions.subscription import Subscription

StoryMembers = Sequence[tuple[int, str]]  # (id, key) of every article of one story


class MatchRequest(NamedTuple):
    """A subscription to match, with its parsed query. `since` is its first cursor, `after` its cursor now."""

    subscription: Subscription
    since: int
    after: int
    query: Query


class SubscriptionMatches(NamedTuple):
    """The articles that a subscription's query found. `since` is the subscription's first cursor."""

    subscription: Subscription
    since: int
    matches: Sequence[Match]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """The number of new alerts, and one line for each subscription that could not be matched."""

    alerts: int
    problems: tuple[str, ...]


def read_subscription_query(subscription: Subscription, vocabulary: Vocabulary) -> Query:
    """Parse the subscription's query. Raises SubscriptionQueryError if that fails."""
    try:
        return query.read_query(subscription.query, vocabulary)
    except query.QueryError as error:
        raise SubscriptionQueryError.of(error, subscription=subscription.label) from error


def find_subscription_matches(
    news: Database, subscription: Subscription, *, after: int, upto: int, vocabulary: Vocabulary | None = None
) -> list[Match]:
    """Find the articles after id `after` up to `upto` that match the subscription, copies included.

    Borderline articles are included if the subscription or its query asks for them.

    Raises SubscriptionQueryError if the query can't be read.
    """
    parsed = read_subscription_query(subscription, vocabulary or query.load_vocabulary(news))
    return _query_articles(news, subscription, parsed, after, upto)


def wants_copies(subscription: Subscription, vocabulary: Vocabulary) -> bool:
    """Whether every copy of a story causes an alert: the subscription or its query asks for copies."""
    return subscription.copies or read_subscription_query(subscription, vocabulary).compiled.copies


def wants_revisions(subscription: Subscription, vocabulary: Vocabulary) -> bool:
    """Whether changes of articles cause alerts: the subscription or its query asks for revisions."""
    return subscription.revisions or read_subscription_query(subscription, vocabulary).compiled.revisions


def keep_one_per_story(
    matches: Sequence[Match],
    *,
    members: Mapping[int, StoryMembers],
    since: int,
    was_alerted: Callable[[StoryMembers], bool],
) -> list[Match]:
    """Keep the first matching article of each story that is new to the subscription. Pure, apart from `was_alerted`.

    `members` maps the head of each story with several articles to these articles. A story is not new if the
    subscription was alerted to it, or if one of its articles has an id up to `since` and so is older than the
    subscription. A copy stands for its original if the query found only the copy (the original may be a headline
    before a paywall).
    """
    chosen: list[Match] = []
    seen_heads: set[int] = set()
    for match in matches:
        story = members.get(match.head, ())
        if match.head in seen_heads or (story and (min(id_ for id_, _ in story) <= since or was_alerted(story))):
            continue
        seen_heads.add(match.head)
        chosen.append(match)
    return chosen


def match_subscriptions(
    news: Database, desk: Database, configured: Sequence[Subscription], *, now: dt.datetime
) -> MatchResult:
    """Match every configured subscription up to the newest article and revision; store alerts and cursors."""
    rewind_after_restore(news, desk)
    last, mark = alert_articles.find_last_revision(news)  # read first, so that later revisions are left to the next run
    upto, key = alert_articles.find_last_article(news)
    vocabulary = query.load_vocabulary(news)
    states = subscriptions.read_subscription_states(desk)
    problems: list[str] = []
    requests: list[MatchRequest] = []
    for subscription in configured:
        after, since = _find_start(subscription, states.get(subscription.id), upto)
        try:
            parsed = read_subscription_query(subscription, vocabulary)
            requests.append(MatchRequest(subscription, since, after, parsed))
        except SubscriptionQueryError as error:
            problems.append(str(error))  # its cursor stays, so that it misses nothing once it is corrected
    found = _find_all(news, requests, upto)
    members = alert_articles.find_stories(news, {match.head for result in found for match in result.matches})
    chosen = {
        result.subscription.id: result.matches
        if wants_copies(result.subscription, vocabulary)
        else _drop_alerted_stories(desk, result, members=members)
        for result in found
        if result.matches
    }
    changes, followed, left = _match_revisions(news, desk, requests, states, chosen, upto=last, vocabulary=vocabulary)
    changed = [
        s for s in configured if s.id not in states or (states[s.id].name, states[s.id].query) != (s.name, s.query)
    ]
    behind = [s.id for s, _, _ in found if s.id not in states or states[s.id].cursor != upto]
    count = 0
    by_id = {subscription.id: subscription for subscription in configured}
    if changed or behind or followed or left:  # otherwise there is nothing to write
        with desk.atomic():
            for subscription in changed:
                begin, _ = _find_start(subscription, None, upto)
                subscriptions.enrol(
                    desk, subscription.id, name=subscription.name, query=subscription.query, cursor=begin, now=now
                )
            for id_, matches in chosen.items():
                count += alerts.save_alerts(desk, id_, make_alerts(news, desk, by_id[id_], matches), now=now)
            for id_, updates in changes.items():
                count += alerts.save_revision_alerts(desk, id_, updates, now=now)
            subscriptions.move_cursors(desk, behind, to=upto)
            subscriptions.move_revision_cursors(desk, followed, to=last)
            subscriptions.move_revision_cursors(desk, left, to=None)
            if key is not None:
                subscriptions.set_watermark(desk, upto, key=key, now=now)
            if mark is not None and followed:
                subscriptions.set_revision_mark(desk, last, mark=mark, now=now)
    return MatchResult(alerts=count, problems=tuple(problems))


def preview_revisions(
    news: Database, subscription: Subscription, since: str, *, alerted: Collection[str]
) -> list[Alert]:
    """Return the alerts that revisions since a time (ISO 8601) would have caused; store nothing.

    `alerted` are keys of articles that count as alerted.
    """
    vocabulary = query.load_vocabulary(news)
    if not wants_revisions(subscription, vocabulary):
        return []
    after, (upto, _) = alert_articles.find_revision_before(news, since), alert_articles.find_last_revision(news)
    notable = revisions.list_notable_revisions(news, after=after, upto=upto)
    request = _make_revision_request(
        subscription, read_subscription_query(subscription, vocabulary), vocabulary, after=after, chosen=()
    )
    chosen = revisions.choose_updates(
        notable,
        known=dict.fromkeys(alerted),
        matching={
            match.id for match in revisions.find_matches_among(news, request, {found.article for found, _ in notable})
        },
        members=alert_articles.find_stories(news, {found.head for found, _ in notable}),
        copies=request.copies,
    )
    return [Alert(update.article, update.key, "", update.updated) for update in chosen]


def _make_revision_request(
    subscription: Subscription, parsed: Query, vocabulary: Vocabulary, *, after: int, chosen: Sequence[Match]
) -> revisions.RevisionRequest:
    return revisions.RevisionRequest(
        id=subscription.id,
        query=parsed,
        after=after,
        chosen=frozenset(match.key for match in chosen),
        borderline=subscription.borderline or parsed.compiled.borderline,
        copies=wants_copies(subscription, vocabulary),
    )


def _match_revisions(
    news: Database,
    desk: Database,
    requests: Sequence[MatchRequest],
    states: Mapping[str, SubscriptionState],
    chosen: Mapping[str, Sequence[Match]],
    *,
    upto: int,
    vocabulary: Vocabulary,
) -> tuple[dict[str, list[RevisionAlert]], list[str], list[str]]:
    """Return (alerts by subscription id, ids whose revision cursor moves to `upto`, ids that want revisions no more).

    `chosen`: the articles that each subscription is alerted to in this run. A subscription that begins to want
    revisions begins with the next one.
    """
    revision_requests: list[revisions.RevisionRequest] = []
    followed: list[str] = []
    left: list[str] = []
    for subscription, _, _, parsed in requests:
        state = states.get(subscription.id)
        cursor = state.revised if state else None
        if not wants_revisions(subscription, vocabulary):
            left += [subscription.id] * (cursor is not None)
            continue
        if cursor != upto:
            followed.append(subscription.id)
        if cursor is not None and cursor < upto:
            articles = chosen.get(subscription.id, ())
            revision_requests.append(
                _make_revision_request(subscription, parsed, vocabulary, after=cursor, chosen=articles)
            )
    return revisions.find_revision_updates(news, desk, revision_requests, upto=upto), followed, left


def _find_all(news: Database, requests: Sequence[MatchRequest], upto: int) -> list[SubscriptionMatches]:
    """Find the matches of each request up to an article id.

    If many requests need only the newest articles, an index of these alone is built and queried, which is faster.
    """
    oldest_recent = upto - recent_index.MAX_RECENT_ARTICLES
    late = [request for request in requests if request.after < oldest_recent]
    recent = [request for request in requests if oldest_recent <= request.after < upto]
    begin = min((request.after for request in recent), default=upto)
    if not recent_index.is_worth_building([request.query for request in recent], articles=upto - begin):
        late, recent = late + recent, []
    found = [
        SubscriptionMatches(request.subscription, request.since, ()) for request in requests if request.after >= upto
    ]
    for subscription, since, after, parsed in late:
        matches = _query_articles(news, subscription, parsed, after, upto)
        found.append(SubscriptionMatches(subscription, since, matches))
    if recent:
        candidates = alert_articles.find_alertable(news, after=begin, upto=upto)
        with recent_index.open_recent_index(news, after=begin, upto=upto) as terms:
            for request in recent:
                may_match = terms.may_match(request.query.tree)
                matches = _select_candidates(news, request, candidates, upto) if may_match else []
                found.append(SubscriptionMatches(request.subscription, request.since, matches))
    return found


def _select_candidates(
    news: Database, request: MatchRequest, candidates: Mapping[int, tuple[Match, bool]], upto: int
) -> list[Match]:
    """Return the candidates that match. Unlike `_query_articles` it reads only ids, not the rows of articles.

    `candidates` maps article ids to (match, whether it is borderline); it is read once for all subscriptions.
    """
    borderline = request.subscription.borderline or request.query.compiled.borderline
    ids = query.find_ids(news, request.query, after=request.after, upto=upto)
    found = (candidates[id_] for id_ in ids if id_ in candidates)
    return [match for match, is_borderline in found if borderline or not is_borderline]


def _query_articles(news: Database, subscription: Subscription, parsed: Query, after: int, upto: int) -> list[Match]:
    borderline = subscription.borderline or parsed.compiled.borderline
    return alert_articles.find_matches(news, parsed, after=after, upto=upto, borderline=borderline)


def _find_start(subscription: Subscription, state: SubscriptionState | None, upto: int) -> tuple[int, int]:
    """Return (cursor, since). A new subscription begins with the next article, unless it asks for past ones."""
    if state is not None:
        return state.cursor, state.since
    begin = 0 if subscription.past else upto
    return begin, begin


def _drop_alerted_stories(
    desk: Database, found: SubscriptionMatches, *, members: Mapping[int, StoryMembers]
) -> Sequence[Match]:
    def was_alerted(story: StoryMembers) -> bool:
        return alerts.has_alert(desk, found.subscription.id, [key for _, key in story])

    return keep_one_per_story(found.matches, members=members, since=found.since, was_alerted=was_alerted)
