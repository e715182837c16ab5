"""Two weeks of a desk in Madrid, in which summer time begins: exactly what arrived when, by real servers on loopback.

The clock is simulated: alerts run at every half hour and a minute after each article.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import itertools
import logging
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from db.news import revisions
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News, Receiver, free_port

pytestmark = pytest.mark.slow

MADRID = ZoneInfo("Europe/Madrid")
BEGIN = dt.datetime(2026, 3, 23, tzinfo=MADRID)  # a Monday; on Sunday the 29th 02:00 becomes 03:00
END = dt.datetime(2026, 4, 6, tzinfo=MADRID)
DAYS = [BEGIN.date() + dt.timedelta(days=day) for day in range(14)]
HOURS = ("01:15", "02:20", "06:40", "12:05", "12:50", "23:10")  # on the wall, at which an article comes
KEY = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
MAIL, HOOK = ("env:TEAM_MAIL",), ("env:HOOK",)
TEXT = "El puerto de Chancay costará 3 millones de dólares."

WANTED = [
    Subscription(name="Al instante", query="chancay", to=MAIL, revisions=True),
    Subscription(name="Cada hora", query="chancay", to=HOOK, when="hourly"),
    Subscription(name="Diario", query="chancay", to=MAIL, when="daily 07:30"),
    Subscription(name="Semanal", query="chancay", to=HOOK, when="weekly mon 07:30"),
    Subscription(name="Noche", query="chancay", to=MAIL, quiet="22:00-07:00", at_most=3),
    Subscription(name="Nueva York", query="chancay", to=HOOK, when="daily 07:30", timezone="America/New_York"),
]


class Arrival(NamedTuple):
    """A message: when it came on the wall in Madrid, the articles that it tells, and its subject."""

    at: dt.datetime
    articles: list[int]
    subject: str


def on_the_wall(day: dt.date, time: str) -> dt.datetime:
    """A moment of the desk's clock; one that the clock leaves out comes as much later."""
    wall = dt.datetime.combine(day, dt.time.fromisoformat(time), tzinfo=MADRID)
    return wall.astimezone(dt.UTC).astimezone(MADRID)


ARTICLES = sorted(on_the_wall(day, time) for day in DAYS for time in HOURS)  # number n came at ARTICLES[n - 1]
REVISED = on_the_wall(DAYS[2], "15:00")


@pytest.fixture(scope="module")
def arrivals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Arrival]]]:
    """Run through the two weeks once; gives what arrived by subscription."""
    news, mailbox, hook = News(tmp_path_factory.mktemp("desk")), Mailbox(port=free_port()), Receiver()
    mailbox.start()
    hook.start()
    arrived: dict[str, list[Arrival]] = {one.name: [] for one in WANTED}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(logging.getLogger("mail.log"), "disabled", True)
        patched.setenv("TEAM_MAIL", mailbox.url("ana@example.org"))
        patched.setenv("HOOK", f"signed+http://{KEY}@127.0.0.1:{hook.port}/hook")
        asyncio.run(live(news, mailbox, hook, arrived))
    mailbox.stop()
    hook.stop()
    yield arrived
    news.db.close()


async def live(news: News, mailbox: Mailbox, hook: Receiver, arrived: dict[str, list[Arrival]]) -> None:
    """Save articles and run alerts in the order of the clock."""
    alerts = news.alerts(*WANTED, timezone="Europe/Madrid")
    half_hour, minute = dt.timedelta(minutes=30), dt.timedelta(minutes=1)
    begin, end = BEGIN.astimezone(dt.UTC), END.astimezone(dt.UTC)
    moments = {begin + half_hour * step for step in range((end - begin) // half_hour)}
    moments |= {at.astimezone(dt.UTC) + minute for at in [*ARTICLES, REVISED]}
    coming = list(enumerate(ARTICLES, 1))
    revised = False
    for now in sorted(moments):
        while coming and coming[0][1] < now:
            number, _ = coming.pop(0)
            news.article(f"Chancay {number}", TEXT)
        if now > REVISED and not revised:
            revised = True
            revise(news, 5)
        await alerts.run(now)
        wall = now.astimezone(MADRID)
        for _, mail in mailbox.received:
            body = mail.get_body(("plain",))
            assert body is not None
            keep(arrived, wall, str(mail["Subject"]), body.get_content())
        for _, _, body in hook.requests:
            titles = "\n".join(story["title"] for story in body["data"]["stories"])
            keep(arrived, wall, body["data"]["subject"], titles)
        mailbox.received.clear()
        hook.requests.clear()


def keep(arrived: dict[str, list[Arrival]], at: dt.datetime, subject: str, text: str) -> None:
    """Add a message to those of its subscription."""
    name = next(name for name in arrived if f"] {name}: " in subject)
    numbers = [int(number) for number in dict.fromkeys(re.findall(r"Chancay (\d+)", text))]
    arrived[name].append(Arrival(at, numbers, subject))


def revise(news: News, article: int) -> None:
    """Change the figure of an article."""
    with news.db.atomic():
        (before,) = news.db.query("SELECT * FROM articles WHERE id = :id", {"id": article})
        text = TEXT.replace("3", "4")
        revisions.save_revision(news.db, before, title=before["title"], text=text, seen="2026-03-25T14:00:00Z")
        news.db["articles"].update(article, {"text": text, "text_sha256": "4"})


def between(after: dt.datetime, upto: dt.datetime) -> list[int]:
    """The articles that came between two moments and were matched by the second."""
    # Aware moments of one zone are compared by the wall (PEP 495): by UTC they are what they are.
    found = [(number, at.astimezone(dt.UTC)) for number, at in enumerate(ARTICLES, 1)]
    return [number for number, at in found if after.astimezone(dt.UTC) <= at < upto.astimezone(dt.UTC)]


def test_immediate_alerts_come_a_minute_later_and_a_changed_figure_gives_one_more(
    arrivals: dict[str, list[Arrival]],
) -> None:
    expected = [(at + dt.timedelta(minutes=1), [number]) for number, at in enumerate(ARTICLES, 1)]
    expected.append((REVISED + dt.timedelta(minutes=1), [5]))
    assert [(arrival.at, arrival.articles) for arrival in arrivals["Al instante"]] == sorted(expected)
    skipped = [f"{arrival.at:%H:%M}" for arrival in arrivals["Al instante"] if arrival.at.date() == DAYS[6]]
    assert skipped == ["01:16", "03:21", "06:41", "12:06", "12:51", "23:11"]


def test_hourly_digests_come_at_full_local_hours_if_there_are_alerts(arrivals: dict[str, list[Arrival]]) -> None:
    week = [f"{arrival.at:%a %H:%M}" for arrival in arrivals["Cada hora"] if arrival.at.date() in DAYS[5:8]]
    usual = ["00:00", "02:00", "03:00", "07:00", "13:00"]
    # The article of 01:15 is in the digest of 02:00, which is 03:00 on that day.
    changed = ["00:00", "03:00", "04:00", "07:00", "13:00"]
    assert week == [f"Sat {at}" for at in usual] + [f"Sun {at}" for at in changed] + [f"Mon {at}" for at in usual]
    noon = [arrival.articles for arrival in arrivals["Cada hora"] if arrival.at.hour == 13]
    assert noon == [[6 * day + 4, 6 * day + 5] for day in range(14)]
    assert sum(len(arrival.articles) for arrival in arrivals["Cada hora"]) == len(ARTICLES) - 1, "the last waits"


def test_daily_digests_come_at_half_past_seven_before_and_after_the_clock_change(
    arrivals: dict[str, list[Arrival]],
) -> None:
    came = arrivals["Diario"]
    assert [f"{arrival.at:%d %H:%M}" for arrival in came] == [f"{day:%d} 07:30" for day in DAYS]
    assert Counter(arrival.at.utcoffset() for arrival in came) == {dt.timedelta(hours=1): 6, dt.timedelta(hours=2): 8}
    due = [BEGIN, *(on_the_wall(day, "07:30") for day in DAYS)]
    assert [arrival.articles for arrival in came] == [between(*pair) for pair in itertools.pairwise(due)]


def test_weekly_digests_come_on_monday_morning(arrivals: dict[str, list[Arrival]]) -> None:
    came = arrivals["Semanal"]
    assert [f"{arrival.at:%a %d %H:%M %z}" for arrival in came] == ["Mon 23 07:30 +0100", "Mon 30 07:30 +0200"]
    assert [arrival.articles for arrival in came] == [[1, 2, 3], list(range(4, 46))]


def test_quiet_hours_last_until_seven_and_alerts_over_the_limit_are_counted(arrivals: dict[str, list[Arrival]]) -> None:
    came = arrivals["Noche"]
    # In the morning what came from 23:10 on; at most three a day, the others are counted with the next message.
    assert [f"{arrival.at:%d %H:%M}" for arrival in came] == [f"{day:%d} 07:00" for day in DAYS]
    assert [re.search(r": (.*?) —", arrival.subject)[1] for arrival in came] == [  # type: ignore[index]
        "3 new",
        *["3 new and 3 more"] * 13,
    ]
    assert came[0].articles == [1, 2, 3]
    # The fourth and fifth of a day go over its ceiling, and so does one of the four that wait in the morning.
    assert [arrival.articles for arrival in came[1:]] == [[6 * day, 6 * day + 1, 6 * day + 2] for day in range(1, 14)]


def test_a_subscription_in_new_york_has_its_own_morning(arrivals: dict[str, list[Arrival]]) -> None:
    came = [f"{arrival.at:%d %H:%M}" for arrival in arrivals["Nueva York"]]
    # There the clock changed three weeks before: 07:30 is 12:30 in Madrid, and 13:30 from the 29th on.
    assert came == [f"{day:%d} {'12:30' if day < DAYS[6] else '13:30'}" for day in DAYS]


def test_no_alert_is_lost_or_sent_twice(arrivals: dict[str, list[Arrival]]) -> None:
    for name, last in (("Cada hora", 83), ("Diario", 81), ("Semanal", 45), ("Nueva York", 83)):
        arrived = [number for arrival in arrivals[name] for number in arrival.articles]
        assert arrived == list(range(1, last + 1)), name
