"""A group of outlets is said to have nothing only where chance does not explain it."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import pytest

from db.coverage.absence import ConceptArticle, GroupRecord, WatchedOutlet, assess_groups, select_watched
from db.coverage.groups import OutletGroup
from tests.benchmarks.absence import KINDS, Counts, measure

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
GROUP = OutletGroup("state", "CN")
WATCHED = tuple(
    WatchedOutlet(id=id_, group=GROUP, first_look=NOW - 200 * DAY, last_look=NOW, is_silent=False)
    for id_ in ("haibo", "east-wire", "nanhai")
)
STOP = NOW - 8 * DAY
DAILY = [
    ConceptArticle(
        outlet=WATCHED[number % 3].id, story=number, moment=STOP - (101 - number) * DAY - DAY / 4, is_copy=False
    )
    for number in range(100)
]


def assess(
    articles: list[ConceptArticle],
    watched: tuple[WatchedOutlet, ...] = WATCHED,
    *,
    since: dt.datetime | None = STOP,
) -> GroupRecord | None:
    groups = select_watched(watched, now=NOW)
    return next(iter(assess_groups(articles, groups, complete_from=NOW - 300 * DAY, since=since)), None)


@pytest.mark.parametrize("since", [STOP, None])
def test_a_group_that_wrote_daily_and_stopped_a_week_ago_has_nothing(since: dt.datetime | None) -> None:
    record = assess(DAILY, since=since)
    assert record is not None
    assert record.is_absent
    assert (record.outlets, record.until) == (("east-wire", "haibo", "nanhai"), NOW)
    assert record.written == record.of == 50
    assert 0 < record.chance < 0.01


def test_of_the_last_fifty_articles_those_of_all_outlets_count() -> None:
    others = [
        replace(article, outlet="faro", story=-article.story, moment=article.moment + DAY / 8) for article in DAILY
    ]
    record = assess(DAILY + others)
    assert record is not None
    assert (record.written, record.of, record.is_absent) == (25, 50, True)


@pytest.mark.parametrize(
    "article",
    [
        ConceptArticle(outlet="haibo", story=900, moment=NOW - 2 * DAY, is_copy=False),
        ConceptArticle(outlet="haibo", story=900, moment=NOW - 2 * DAY, is_copy=True),
        ConceptArticle(outlet="haibo", story=900, moment=STOP - DAY / 2, is_copy=False),  # perhaps a day alone
    ],
    ids=["article", "copy", "eve"],
)
def test_whoever_wrote_anything_of_it_since_then_has_not_nothing(article: ConceptArticle) -> None:
    record = assess([*DAILY, article])
    assert record is not None
    assert not record.is_absent


def test_copies_and_further_articles_of_one_story_make_no_usual_rate() -> None:
    assert assess([replace(article, is_copy=True) for article in DAILY]) is None
    assert assess([replace(article, story=1) for article in DAILY]) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"last_look": None},
        {"last_look": NOW - 2 * DAY},
        {"is_silent": True},
        {"first_look": NOW - 10 * DAY},
    ],
    ids=["failed", "not read lately", "silent in general", "new"],
)
def test_outlets_that_prove_nothing_do_not_count(changed: dict[str, object]) -> None:
    doubtful = replace(WATCHED[0], **changed)  # type: ignore[arg-type]
    assert assess(DAILY, (doubtful, *WATCHED[1:])) is None  # two are left
    fourth = replace(WATCHED[0], id="kunlun")
    record = assess(DAILY, (doubtful, *WATCHED[1:], fourth))
    assert record is not None
    assert doubtful.id not in record.outlets


def test_the_earliest_of_the_last_looks_ends_the_window() -> None:
    looked = NOW - dt.timedelta(hours=9)
    record = assess(DAILY, (replace(WATCHED[0], last_look=looked), *WATCHED[1:]))
    assert record is not None
    assert record.until == record.looked == looked


def test_a_usual_pause_is_no_absence() -> None:
    weekly = [article for article in DAILY if article.story % 7 < 2]  # nothing on five of seven days
    record = assess(weekly, since=NOW - 4 * DAY)
    assert record is not None
    assert not record.is_absent


@pytest.mark.slow
def test_simulated_groups_are_seldom_said_to_have_nothing_by_chance() -> None:
    chance, total = random.Random(7), Counts()
    for kind in KINDS:
        counts = measure(kind, chance, groups=12, days=120)
        assert counts.false_stories <= 0.05 * counts.stories, kind.name
        total += counts
    assert total.stories > 400
    assert total.false_stories <= 0.05 * total.unlikely_stories
    assert total.false_concepts <= 0.05 * total.concepts
    assert total.told_in_thirty >= 0.6 * total.stopped  # and those that stopped are found
