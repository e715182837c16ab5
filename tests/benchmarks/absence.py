"""Measure how often simulated groups of outlets are said to have nothing of a concept by chance.

    python tests/benchmarks/absence.py [--groups N] [--days N] [--seed N]

Each kind of group writes of a concept in its own way; some by the events of the concept, which come in waves, some with
weekends and holidays. A group is judged at random moments, as the pages do it: on a concept since the group's last
article, on stories since a random moment, at an age of up to twelve days. Nothing is withheld, so each group that is
said to have nothing is a false one. Prints, for each kind: how many were judged, how many of these are false, and the
same for stories for which none would be unlikely (the others can't be false). Then the groups stop: how many are said
to have nothing within 10 and 30 days.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from db.coverage.absence import MAX_CHANCE, ConceptArticle, GroupRecord, WatchedOutlet, assess_groups
from db.coverage.groups import OutletGroup

START = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
GROUP = OutletGroup("state", "CN")
MAX_AGE_DAYS = 12.0
LOOKS = 8  # moments at which a group is judged

Rate = Callable[[random.Random, dt.datetime], float]  # stories of a group in that hour, on average


def even(per_day: float) -> Rate:
    """Return the same rate day and night."""
    return lambda _, at: per_day / 24


def office(per_day: float, *, weekend: float = 0.1) -> Rate:
    """Return a rate of working hours, with few on Saturday and Sunday."""
    return lambda _, at: per_day / 10 * (8 <= at.hour < 18) * (weekend if at.weekday() >= 5 else 1.2)


def holidays(per_day: float) -> Rate:
    """Return a rate of working hours that almost stops in one week of nine."""
    base = office(per_day)
    return lambda chance, at: base(chance, at) * (0.1 if at.isocalendar().week % 9 == 0 else 1.0)


def waves(per_day: float, *, low: float, high: float, days: float) -> Rate:
    """Return a rate whose level changes every few days, as interest in a concept does."""
    level = [1.0]

    def rate(chance: random.Random, at: dt.datetime) -> float:
        if chance.random() < 1 / (24 * days):
            level[0] = math.exp(chance.uniform(math.log(low), math.log(high)))
        return per_day / 24 * level[0] * (0.5 if at.weekday() >= 5 else 1.0)

    return rate


def fading(per_day: float) -> Rate:
    """Return a rate that halves every twenty days, as after a great event."""
    return lambda _, at: per_day / 24 * 0.5 ** ((at - START) / (20 * DAY))


@dataclass(frozen=True)
class Kind:
    """A kind of group. `per_day` is drawn between the two bounds; an event is told in `echo` articles on average."""

    name: str
    rate: Callable[[float], Rate]
    per_day: tuple[float, float]
    echo: float = 1.5


KINDS = (
    Kind("agencies, day and night", even, (0.3, 4.0)),
    Kind("papers, working days", office, (0.3, 4.0)),
    Kind("ministries, with holidays", holidays, (0.3, 2.0)),
    Kind("interest in waves of a week", lambda n: waves(n, low=0.25, high=3, days=7), (0.5, 4.0)),
    Kind("interest in waves of three days", lambda n: waves(n, low=0.1, high=3, days=3), (0.5, 4.0)),
    Kind("many articles an event", even, (0.3, 2.0), echo=6.0),
    Kind("interest that fades", fading, (3.0, 12.0)),
    Kind("rarely", even, (0.03, 0.3)),
)


def write(kind: Kind, chance: random.Random, *, days: int, outlets: int) -> list[ConceptArticle]:
    """Simulate the articles of a group on one concept, with copies among them."""
    rate = kind.rate(math.exp(chance.uniform(*map(math.log, kind.per_day))))
    found: list[ConceptArticle] = []
    for number in range(days * 24):
        at = START + number * DAY / 24
        if chance.random() < 1 - math.exp(-rate(chance, at)):
            for place in range(1 + int(chance.expovariate(1 / kind.echo))):
                moment = at + chance.random() * DAY / 24 + place * chance.random() * DAY / 4
                outlet = f"outlet-{chance.randrange(outlets)}"
                found.append(ConceptArticle(outlet=outlet, story=number, moment=moment, is_copy=chance.random() < 0.2))
    return sorted(found, key=lambda article: article.moment)


def judge(
    articles: list[ConceptArticle], *, outlets: int, now: dt.datetime, since: dt.datetime | None
) -> GroupRecord | None:
    """Judge the group at a moment, at which all outlets have just answered."""
    watched = [
        WatchedOutlet(id=f"outlet-{number}", group=GROUP, first_look=START, last_look=now, is_silent=False)
        for number in range(outlets)
    ]
    known = [article for article in articles if article.moment <= now]
    records = assess_groups(known, {GROUP: watched}, complete_from=START, since=since)
    return records[0] if records else None


@dataclass(slots=True)
class Counts:
    """How many of a kind were judged, and how many of these were said to have nothing."""

    concepts: int = 0
    false_concepts: int = 0
    stories: int = 0
    unlikely_stories: int = 0
    false_stories: int = 0
    stopped: int = 0
    told_in_ten: int = 0
    told_in_thirty: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def measure(kind: Kind, chance: random.Random, *, groups: int, days: int) -> Counts:
    """Judge `groups` groups of a kind, each at LOOKS random moments, and once after it stopped."""
    counts = Counts()
    for _ in range(groups):
        outlets = chance.randint(3, 15)
        articles = write(kind, chance, days=days, outlets=outlets)
        for _ in range(LOOKS):
            now = START + chance.uniform(days / 4, days) * DAY
            if record := judge(articles, outlets=outlets, now=now, since=None):
                counts.concepts += 1
                counts.false_concepts += record.is_absent
            since = now - chance.uniform(0.5, MAX_AGE_DAYS) * DAY
            if record := judge(articles, outlets=outlets, now=now, since=since):
                counts.stories += 1
                counts.unlikely_stories += record.chance < MAX_CHANCE
                counts.false_stories += record.is_absent
        stop = START + chance.uniform(days / 3, days) * DAY
        before = [article for article in articles if article.moment < stop]
        told = [judge(before, outlets=outlets, now=stop + after * DAY, since=None) for after in (10, 30)]
        if told[0] is not None:
            counts.stopped += 1
            counts.told_in_ten += told[0].is_absent
            counts.told_in_thirty += told[1] is not None and told[1].is_absent
    return counts


def describe(name: str, counts: Counts) -> str:
    """Return a line of the table."""

    def share(part: int, whole: int) -> str:
        return f"{part / whole:.1%}" if whole else "-"

    return (
        f"{name:34}{counts.concepts:9}{share(counts.false_concepts, counts.concepts):>8}"
        f"{counts.stories:9}{share(counts.false_stories, counts.stories):>8}"
        f"{counts.unlikely_stories:10}{share(counts.false_stories, counts.unlikely_stories):>8}"
        f"{share(counts.told_in_ten, counts.stopped):>9}{share(counts.told_in_thirty, counts.stopped):>9}"
    )


def main() -> None:
    """Simulate groups of each kind and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--groups", type=int, default=150, help="of each kind")
    parser.add_argument("--days", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    print(f"{asked.groups} groups of each kind for {asked.days} days, each judged at {LOOKS} moments")
    print(
        f"{'kind':34}{'concepts':>9}{'false':>8}{'stories':>9}{'false':>8}{'unlikely':>10}{'false':>8}"
        f"{'10 days':>9}{'30 days':>9}"
    )
    total = Counts()
    for kind in KINDS:
        counts = measure(kind, random.Random(f"{asked.seed} {kind.name}"), groups=asked.groups, days=asked.days)
        total += counts
        print(describe(kind.name, counts))
    print(describe("all", total))
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
