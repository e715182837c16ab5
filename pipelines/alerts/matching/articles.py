"""Which new articles each subscription is alerted to. Reads news.db from a cursor; alerts and cursors move together.

The two databases share no transaction. Only desk.db is written, in one: after a crash the cursor stands where it stood
and the same articles are matched again, or it has moved and their alerts are there. UNIQUE constraints guard both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

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
from pipelines.alerts.subscriptions.subscription import Subscription

MatchRequest = tuple[Subscription, int, int, Query]  # since which article, after which, and what it asks for
StoryMembers = Sequence[tuple[int, str]]  # (id, key) of every article that tells it


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """What a matching did: new alerts, and one line for each subscription that could not be matched."""

    alerts: int
    problems: tuple[str, ...]


def read_subscription_query(subscription: Subscription, vocabulary: Vocabulary) -> Query:
    """What the subscription's query means to the desk. Raises QueryError."""
    try:
        return query.read_query(subscription.query, vocabulary)
    except query.QueryError as error:
        raise SubscriptionQueryError.of(error, subscription=subscription.name) from error


def find_subscription_matches(
    news: Database, subscription: Subscription, *, after: int, upto: int, vocabulary: Vocabulary | None = None
) -> list[Match]:
    """The articles in that range that the subscription's query finds, copies included. Raises QueryError.

    Borderline articles are among them if the subscription or its query asks for them.
    """
    asked = read_subscription_query(subscription, vocabulary or query.load_vocabulary(news))
    return _query_articles(news, subscription, asked, after, upto)


def wants_copies(subscription: Subscription, vocabulary: Vocabulary) -> bool:
    """Whether copies of a story are alerted to each: the subscription says so, or its query asks for them."""
    return subscription.copies or read_subscription_query(subscription, vocabulary).compiled.copies


def wants_revisions(subscription: Subscription, vocabulary: Vocabulary) -> bool:
    """Whether changes of articles are alerted: the subscription says so, or its query asks for what was revised."""
    return subscription.revisions or read_subscription_query(subscription, vocabulary).compiled.revisions


def keep_one_per_story(
    found: Sequence[Match], *, members: Mapping[int, StoryMembers], since: int, alerted: Callable[[StoryMembers], bool]
) -> list[Match]:
    """The first article of each story that is new to the subscription. Pure, but for what `alerted` looks up.

    `members` holds the articles of each story that has several, by its head. A story that was alerted, or that was
    there when the subscription began (an article up to `since`), is not news again; but a copy speaks for an original
    that the query did not find (a headline before a paywall, say).
    """
    chosen: list[Match] = []
    told: set[int] = set()
    for match in found:
        story = members.get(match.head, ())
        if match.head in told or (story and (min(id_ for id_, _ in story) <= since or alerted(story))):
            continue
        told.add(match.head)
        chosen.append(match)
    return chosen


def match_subscriptions(
    news: Database, desk: Database, wanted: Sequence[Subscription], *, now: dt.datetime
) -> MatchResult:
    """Match every subscription up to the newest article and revision; record alerts and cursors together."""
    rewind_after_restore(news, desk)
    last, mark = alert_articles.find_last_revision(news)  # first: what is revised after this is found next time
    upto, key = alert_articles.find_last_article(news)
    vocabulary = query.load_vocabulary(news)
    states = subscriptions.read_subscription_states(desk)
    problems: list[str] = []
    asked: list[MatchRequest] = []
    for subscription in wanted:
        after, since = _find_start(subscription, states.get(subscription.id), upto)
        try:
            asked.append((subscription, since, after, read_subscription_query(subscription, vocabulary)))
        except SubscriptionQueryError as error:
            problems.append(str(error))  # its cursor stays: once mended it is matched against all that came meanwhile
    found = _find_all(news, asked, upto)
    members = alert_articles.find_stories(news, {hit.head for _, _, hits in found for hit in hits})
    chosen = {
        s.id: hits if wants_copies(s, vocabulary) else _drop_told_stories(desk, s, hits, members=members, since=since)
        for s, since, hits in found
        if hits
    }
    changes, followed, left = _match_revisions(news, desk, asked, states, upto=last, vocabulary=vocabulary)
    changed = [s for s in wanted if s.id not in states or (states[s.id].name, states[s.id].query) != (s.name, s.query)]
    behind = [s.id for s, _, _ in found if s.id not in states or states[s.id].cursor != upto]
    count = 0
    if changed or behind or followed or left:  # a quiet minute writes nothing
        with desk.atomic():
            for subscription in changed:
                begin, _ = _find_start(subscription, None, upto)
                subscriptions.enrol(
                    desk, subscription.id, name=subscription.name, query=subscription.query, cursor=begin, now=now
                )
            for id_, hits in chosen.items():
                count += alerts.save_alerts(desk, id_, [(hit.id, hit.key) for hit in hits], now=now)
            for id_, told in changes.items():
                count += alerts.save_revision_alerts(desk, id_, told, now=now)
            subscriptions.move_cursors(desk, behind, to=upto)
            subscriptions.move_revision_cursors(desk, followed, to=last)
            subscriptions.move_revision_cursors(desk, left, to=None)
            if key is not None:
                subscriptions.set_watermark(desk, upto, key=key, now=now)
            if mark is not None and followed:
                subscriptions.set_revision_mark(desk, last, mark=mark, now=now)
    return MatchResult(alerts=count, problems=tuple(problems))


def preview_revisions(news: Database, subscription: Subscription, moment: str, *, told: Collection[str]) -> list[Alert]:
    """What revisions since then would have alerted it to, the articles with these keys being told. Records nothing."""
    vocabulary = query.load_vocabulary(news)
    if not wants_revisions(subscription, vocabulary):
        return []
    after, (upto, _) = alert_articles.find_revision_before(news, moment), alert_articles.find_last_revision(news)
    lines = revisions.list_notable_revisions(news, after=after, upto=upto)
    asking = _make_revision_request(
        subscription, read_subscription_query(subscription, vocabulary), vocabulary, after=after, matched=upto
    )
    chosen = revisions.choose_updates(
        lines,
        known=dict.fromkeys(told),
        finds={match.id for match in revisions.find_matches_among(news, asking, {one.article for one, _ in lines})},
        members=alert_articles.find_stories(news, {one.head for one, _ in lines}),
        copies=asking.copies,
    )
    return [Alert(update.article, update.key, "", update.updated) for update in chosen]


def _make_revision_request(
    subscription: Subscription, asks: Query, vocabulary: Vocabulary, *, after: int, matched: int
) -> revisions.RevisionRequest:
    return revisions.RevisionRequest(
        id=subscription.id,
        query=asks,
        after=after,
        matched=matched,
        borderline=subscription.borderline or asks.compiled.borderline,
        copies=wants_copies(subscription, vocabulary),
    )


def _match_revisions(
    news: Database,
    desk: Database,
    asked: Sequence[MatchRequest],
    states: Mapping[str, SubscriptionState],
    *,
    upto: int,
    vocabulary: Vocabulary,
) -> tuple[dict[str, list[RevisionAlert]], list[str], list[str]]:
    """(what revisions alert whom to, who is to be moved to the last of them, who asks for none any more).

    Whoever begins to ask for revisions begins with those that come from now on.
    """
    asking: list[revisions.RevisionRequest] = []
    followed: list[str] = []
    left: list[str] = []
    for subscription, _, after, asks in asked:
        state = states.get(subscription.id)
        cursor = state.revised if state else None
        if not wants_revisions(subscription, vocabulary):
            left += [subscription.id] * (cursor is not None)
            continue
        if cursor != upto:
            followed.append(subscription.id)
        if cursor is not None and cursor < upto:
            asking.append(_make_revision_request(subscription, asks, vocabulary, after=cursor, matched=after))
    return revisions.find_revision_updates(news, desk, asking, upto=upto), followed, left


def _find_all(news: Database, asked: Sequence[MatchRequest], upto: int) -> list[tuple[Subscription, int, list[Match]]]:
    """What each finds. Those that are nearly up to date, if they are many, ask an index of the newest alone."""
    late = [one for one in asked if one[2] < upto - recent_index.MAX_RECENT_ARTICLES]
    ready = [one for one in asked if upto - recent_index.MAX_RECENT_ARTICLES <= one[2] < upto]
    found = [(subscription, since, list[Match]()) for subscription, since, after, _ in asked if after >= upto]
    begin = min((after for _, _, after, _ in ready), default=upto)
    if not recent_index.is_worth_building([query for *_, query in ready], articles=upto - begin):
        late, ready = late + ready, []
    found += [(one, since, _query_articles(news, one, query, after, upto)) for one, since, after, query in late]
    if ready:
        among = alert_articles.find_alertable(news, after=begin, upto=upto)
        with recent_index.open_recent_index(news, after=begin, upto=upto) as terms:
            found += [
                (
                    one,
                    since,
                    _select_candidates(news, one, asked_, among, after, upto) if terms.may_match(asked_.tree) else [],
                )
                for one, since, after, asked_ in ready
            ]
    return found


def _select_candidates(
    news: Database,
    subscription: Subscription,
    asked: Query,
    among: Mapping[int, tuple[Match, bool]],
    after: int,
    upto: int,
) -> list[Match]:
    """As `_matching`, of articles that are known: for many subscriptions, each row of them is read once."""
    borderline = subscription.borderline or asked.compiled.borderline
    hits = (among.get(id_) for id_ in query.find_ids(news, asked, after=after, upto=upto))
    return [hit[0] for hit in hits if hit is not None and (borderline or not hit[1])]


def _query_articles(news: Database, subscription: Subscription, asked: Query, after: int, upto: int) -> list[Match]:
    borderline = subscription.borderline or asked.compiled.borderline
    return alert_articles.find_matches(news, asked, after=after, upto=upto, borderline=borderline)


def _find_start(subscription: Subscription, state: SubscriptionState | None, upto: int) -> tuple[int, int]:
    """(cursor, since): a new subscription begins with what comes from now on, unless it asks for the past."""
    if state is not None:
        return state.cursor, state.since
    begin = 0 if subscription.past else upto
    return begin, begin


def _drop_told_stories(
    desk: Database,
    subscription: Subscription,
    hits: Sequence[Match],
    *,
    members: Mapping[int, StoryMembers],
    since: int,
) -> Sequence[Match]:
    def alerted(story: StoryMembers) -> bool:
        return alerts.has_alert(desk, subscription.id, [key for _, key in story])

    return keep_one_per_story(hits, members=members, since=since, alerted=alerted)


def rewind_after_restore(news: Database, desk: Database) -> int | None:
    """Notice that news.db was restored from a backup, and go back to where both agree; gives that id, else None.

    A restored news.db gives its next articles ids that were used before. Cursors go back to the last article that is
    still what it was, and alerts to lost articles leave their ids free; their keys go on guarding, so that an article
    that is found again is not alerted to twice. It is the same with revisions, which a backup may lack alone.
    """
    states = subscriptions.read_subscription_states(desk).values()
    top, _ = alert_articles.find_last_article(news)
    last, _ = alert_articles.find_last_revision(news)
    ground = _find_common_id(
        subscriptions.read_watermarks(desk),
        lambda id_: alert_articles.find_article_key(news, id_),
        top,
        (state.cursor for state in states),
    )
    cursors = (state.revised for state in states if state.revised is not None)
    firm = _find_common_id(
        subscriptions.read_revision_marks(desk),
        lambda id_: alert_articles.find_revision_mark(news, id_),
        last,
        cursors,
    )
    if ground is None and firm is None:
        return None
    with desk.atomic():
        if ground is not None:
            subscriptions.clamp_cursors(desk, to=ground)
            subscriptions.forget_watermarks(desk, above=ground)
            alerts.release_ids(desk, above=ground)
        if firm is not None:
            subscriptions.clamp_revision_cursors(desk, to=firm)
            subscriptions.forget_revision_marks(desk, above=firm)
    return ground


def _find_common_id(
    marks: Sequence[tuple[int, str]], present: Callable[[int], str | None], top: int, cursors: Iterable[int]
) -> int | None:
    """The last id at which news.db is what it was, when it is not that everywhere; `top` is the highest that it has."""
    restored = False
    ground = 0
    for id_, mark in marks:
        there = present(id_)
        if there == mark:
            ground = id_
            break
        if there is not None or id_ > top:
            restored = True
        # A row that went while later ones stayed was taken out by `vigia rebuild`: it says nothing.
    beyond = any(cursor > top for cursor in cursors)
    if not restored and not beyond:
        return None
    return ground if restored else top
