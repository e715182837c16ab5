"""Subscriptions × new articles against time: `python tests/benchmarks/alerts.py [SUBSCRIPTIONS ARTICLES [OLD]]`.

Matches and digests only, on one core, nothing is sent. OLD articles are there before the cursor: what they cost is the
price of a grown desk.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from db.connect import open_desk, open_news
from db.search import index_article
from pipelines.alerts.digests import gather
from pipelines.alerts.matching import match
from pipelines.alerts.subscription import Subscription

_SYLLABLES = ("ca", "pe", "lo", "mi", "ru", "sa", "to", "ve", "chan", "gui", "no", "li")
WORDS = ["".join(parts) for length in (2, 3, 4) for parts in itertools.product(_SYLLABLES, repeat=length)][:20_000]


def main(subscriptions: int, articles: int, old: int) -> None:
    """Print one line: how long a matching took, how much it found, and the peak of memory."""
    chance = random.Random(1)
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    weights = [1 / rank for rank in range(1, len(WORDS) + 1)]  # Zipf
    with tempfile.TemporaryDirectory() as folder:
        news, desk = open_news(Path(folder) / "news.db"), open_desk(Path(folder) / "desk.db")
        wanted = [  # one half asks for rare words, the other for any of three less rare ones
            Subscription(
                name=f"s{number}",
                query=" OR ".join(chance.sample(WORDS[500:5_000], 3)) if number % 2 else chance.choice(WORDS),
            )
            for number in range(subscriptions)
        ]

        def write(count: int) -> None:
            with news.atomic():
                for _ in range(count):
                    text = " ".join(chance.choices(WORDS, weights, k=400))
                    number = news.execute("SELECT coalesce(max(id), 0) + 1 FROM articles").fetchone()[0]
                    news.execute(
                        """
                        INSERT INTO articles (id, url, key, outlet, title, text, words, relevance, verdict, first_seen,
                                              last_seen, text_sha256)
                        VALUES (:id, :id, :id, 'o', 't', :text, 400, 1, 'relevant', '', '', :id)
                        """,
                        {"id": number, "text": text},
                    )
                    index_article(news, number, "t", text)

        news.execute("INSERT INTO outlets (id, name) VALUES ('o', 'O')")
        news.conn.commit()
        write(old)
        match(news, desk, wanted, now=now)
        write(articles)
        began = time.perf_counter()
        matched = match(news, desk, wanted, now=now)
        half = time.perf_counter()
        digests = gather(desk, wanted, zone="America/Lima", now=now)
        end = time.perf_counter()
        match(news, desk, wanted, now=now)
        quiet = time.perf_counter() - end
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{subscriptions:>6} subscriptions × {articles:>5} new ({old} old): match {half - began:6.2f} s "
            f"({matched.alerts} alerts), digests {end - half:5.2f} s ({digests}), "
            f"idle run {quiet:5.3f} s, {peak:.0f} MB"
        )


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    for size in [(numbers[0], numbers[1], *numbers[2:3])] if numbers else [(100, 100), (1_000, 1_000), (10_000, 1_000)]:
        main(size[0], size[1], size[2] if len(size) > 2 else 0)
