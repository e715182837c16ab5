"""Measure false and late notices of silence on simulated outlets, with the rule of `vigia up`.

    python tests/benchmarks/silence.py [--outlets N] [--years N] [--seed N]

Each kind of outlet publishes by its own weekly rhythm; some kinds also have sessions, holidays or phases of days. An
outlet is crawled every half hour and judged every hour from the last 28 days or 26 weeks. Prints, for each kind: pages
a day, false notices per outlet and year, and the delay until a true silence (which begins at a random moment) is
reported: median and slowest tenth. "never" counts silences that were not reported within four months.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

from db.news.outlet_activity import PagesInHour
from pipelines.silence import LONG_RATE_WINDOW, RATE_WINDOW, assess_activity

START = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)
ONE_HOUR = dt.timedelta(hours=1)
WARM = dt.timedelta(days=60)  # before false notices are counted
LONGEST = dt.timedelta(days=120)  # of a true silence

Rate = Callable[[random.Random, dt.datetime], float]  # pages in that hour, on average


def clock(hour: int, begin: int, end: int) -> float:
    """Return the relative rate of an hour: 1 within working hours, 0.2 just before and after them, else 0."""
    return 1.0 if begin <= hour < end else 0.2 if hour in {begin - 1, end} else 0.0


def week(per_day: float, *, weekend: float, hours: tuple[int, int]) -> Rate:
    """Return a rate of `per_day` pages on working days, and `weekend` times as many on Saturday and Sunday."""
    mass = sum(clock(hour, *hours) for hour in range(24))
    return lambda _, at: per_day * clock(at.hour, *hours) / mass * (weekend if at.weekday() >= 5 else 1.0)


def on(days: set[int], hour: int, pages: float) -> Rate:
    """Return a rate of `pages` in one hour of these weekdays (0 is Monday), on nine of ten of these days."""

    def rate(chance: random.Random, at: dt.datetime) -> float:
        return pages if at.weekday() in days and at.hour == hour and chance.random() < 0.9 else 0.0

    return rate


def sessions(per_week: float, pages: float) -> Rate:
    """Return a rate of sessions: at random times several pages within three hours, else none."""
    left = [0]

    def rate(chance: random.Random, at: dt.datetime) -> float:
        if left[0] == 0 and at.weekday() < 5 and 8 <= at.hour < 18 and chance.random() < per_week / 50:
            left[0] = 3
        left[0] = max(0, left[0] - 1)
        return pages / 3 if left[0] else 0.0

    return rate


def moods(base: Rate, *, low: float, high: float, days: float) -> Rate:
    """Return a rate multiplied by a factor that changes every few days, as interest in a topic does."""
    factor = [1.0]

    def rate(chance: random.Random, at: dt.datetime) -> float:
        if chance.random() < 1 / (24 * days):
            factor[0] = math.exp(chance.uniform(math.log(low), math.log(high)))
        return base(chance, at) * factor[0]

    return rate


def holidays(base: Rate, *, weeks: tuple[int, ...], share: float) -> Rate:
    """Return a rate that is only a share of the usual one in these weeks of the year."""
    return lambda chance, at: base(chance, at) * (share if at.isocalendar().week in weeks else 1.0)


@dataclass(frozen=True)
class Kind:
    """A kind of outlet."""

    name: str
    rate: Callable[[], Rate]


KINDS = (
    Kind("agency, day and night", lambda: week(150, weekend=0.7, hours=(0, 24))),
    Kind("daily paper, 40 a day", lambda: week(40, weekend=0.5, hours=(11, 24))),
    Kind("daily paper, no weekend", lambda: week(40, weekend=0.0, hours=(12, 22))),
    Kind("regional paper, 6 a day", lambda: week(6, weekend=0.3, hours=(12, 24))),
    Kind("ministry, 3 a working day", lambda: week(3, weekend=0.05, hours=(13, 22))),
    Kind("ministry with holidays", lambda: holidays(week(3, weekend=0.0, hours=(1, 10)), weeks=(1, 5, 40), share=0.1)),
    Kind("topic's candidates, bursty", lambda: moods(week(4, weekend=0.6, hours=(8, 22)), low=0.1, high=3, days=5)),
    Kind("trade press, one session a day", lambda: sessions(5, 4)),
    Kind("daily bulletin at nine", lambda: on({0, 1, 2, 3, 4}, 9, 8)),
    Kind("think tank, 3 a week", lambda: week(3 / 5, weekend=0.0, hours=(13, 22))),
    Kind("think tank, Tuesdays", lambda: on({1}, 15, 1.5)),
    Kind("think tank, 2 a month", lambda: week(2 / 22, weekend=0.0, hours=(13, 22))),
)


def poisson(chance: random.Random, mean: float) -> int:
    """Draw from a Poisson distribution (Knuth), or from a normal one if the mean is over 30."""
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, product, limit = -1, 1.0, math.exp(-mean)
    while product > limit or count < 0:
        product *= chance.random()
        count += 1
    return count


def life(kind: Kind, chance: random.Random, span: dt.timedelta) -> list[PagesInHour]:
    """Simulate the hours in which an outlet published, with the number of pages."""
    rate = kind.rate()
    found = []
    for number in range(int(span / ONE_HOUR)):
        at = START + number * ONE_HOUR
        mean = rate(chance, at)
        if mean > 0 and (pages := poisson(chance, mean)):
            found.append(PagesInHour(hour=at, pages=pages))
    return found


def notices(found: list[PagesInHour], *, until: dt.datetime) -> tuple[int, dt.datetime | None]:
    """Count silences that ended, from the warm-up on, and find when the last one, which did not end, was reported.

    A gap is judged at its end. Only if it is a silence, the hour at which it was reported is searched.
    """
    ended: int = 0
    reported: dt.datetime | None = None
    for number, active in enumerate(found):
        following = found[number + 1].hour if number + 1 < len(found) else until
        if following - active.hour < 6 * ONE_HOUR:
            continue
        known = [past for past in found[: number + 1] if past.hour > active.hour - LONG_RATE_WINDOW]

        def is_silent(at: dt.datetime, known: list[PagesInHour] = known) -> bool:
            return assess_activity(known, outlet="", first=START, until=at).silent_since is not None

        if not is_silent(following):
            continue
        if number + 1 == len(found):
            reported = next(active.hour + n * ONE_HOUR for n in range(10_000) if is_silent(active.hour + n * ONE_HOUR))
        elif active.hour > START + WARM:
            ended += 1
    return ended, reported


def main() -> None:
    """Simulate outlets of each kind and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--outlets", type=int, default=20, help="of each kind")
    parser.add_argument("--years", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    window = f"window {RATE_WINDOW.days} days or {LONG_RATE_WINDOW.days}"
    print(f"{asked.outlets} outlets of each kind for {asked.years:g} years; {window}")
    print(f"{'kind':34}{'a day':>7}{'false a year':>14}{'delay, median':>16}{'slowest tenth':>16}{'never':>7}")
    total_false = total_years = 0.0
    for kind in KINDS:
        false, delays, rates, never = 0, [], [], 0
        for number in range(asked.outlets):
            chance = random.Random(f"{asked.seed} {kind.name} {number}")
            span = dt.timedelta(days=365 * asked.years)
            end = START + span - dt.timedelta(days=chance.uniform(0, 14))
            found = [one for one in life(kind, chance, span) if one.hour < end]
            ended, told = notices(found, until=end + LONGEST)
            false += ended
            rates.append(sum(one.pages for one in found) / ((end - START) / dt.timedelta(days=1)))
            delays += [] if told is None else [max(0.0, (told - end) / ONE_HOUR)]
            never += told is None
        years = asked.outlets * (asked.years - WARM / dt.timedelta(days=365))
        total_false, total_years = total_false + false, total_years + years
        slow = quantiles(delays, n=10)[-1] if len(delays) > 1 else math.nan
        middle = median(delays) if delays else math.nan
        print(
            f"{kind.name:34}{sum(rates) / len(rates):7.1f}{false / years:14.2f}"
            f"{said(middle):>16}{said(slow):>16}{never:7}"
        )
    print(f"all: {total_false / total_years:.3f} false notices per outlet and year; {time.monotonic() - began:.0f} s")


def said(hours: float) -> str:
    """Format hours in words."""
    return "-" if math.isnan(hours) else f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


if __name__ == "__main__":
    main()
