"""Measure matching of subscriptions with new articles (time, memory) beside a search engine.

    python tests/benchmarks/alerts.py [SUBSCRIPTIONS ARTICLES [OLD]] [--peer-python PATH]

Only matches and digests are made, on one core; nothing is sent. Seconds are CPU seconds. OLD articles are stored before
the new ones, to show what a large desk costs. The other engine is tantivy (peers_alerts.py), in an interpreter that has
it. It gets the same articles in memory and the same queries in its own language. It writes nothing, while Vigía stores
each alert on the disk. Both must find the same. `find` is the part of the work that both do: index the new articles and
run every query on this index.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from db.connection import open_desk, open_news
from db.search.index import index_article
from pipelines.alerts.digests import make_due_digests
from pipelines.alerts.matching import articles as matching
from pipelines.alerts.matching.articles import match_subscriptions
from pipelines.alerts.subscriptions.subscription import Subscription

PEER = Path(__file__).with_name("peers_alerts.py")
SIZES = [(100, 100, 0), (1_000, 1_000, 0), (10_000, 1_000, 0), (10_000, 1_000, 20_000)]
_SYLLABLES = ("ca", "pe", "lo", "mi", "ru", "sa", "to", "ve", "chan", "gui", "no", "li")
WORDS = ["".join(parts) for length in (2, 3, 4) for parts in itertools.product(_SYLLABLES, repeat=length)][:20_000]
WEIGHTS = [1 / rank for rank in range(1, len(WORDS) + 1)]  # Zipf


def queries(number: int, chance: random.Random) -> list[tuple[str, str]]:
    """Return queries as (ours, tantivy's): half are one word; others are OR, AND, a phrase, and OR with NOT."""
    made = []
    for turn in range(number):
        a, b, c = chance.sample(WORDS[500:5_000], 3)
        common = chance.choice(WORDS[:300])
        forms = [
            (chance.choice(WORDS),) * 2,
            (f"{a} OR {b} OR {c}",) * 2,
            (chance.choice(WORDS),) * 2,
            (f"{common} {a}", f"+{common} +{a}"),
            (chance.choice(WORDS),) * 2,
            (f'"{common} {chance.choice(WORDS[:300])}"',) * 2,
            (chance.choice(WORDS),) * 2,
            (f"({a} OR {b}) -{common}", f"+({a} {b}) -{common}"),
        ]
        made.append(forms[turn % len(forms)])
    return made


def measured(asked: list[tuple[str, str]], new: list[str], old: int, chance: random.Random) -> int:
    """Match and make digests, print one line of times and memory, and return the number of alerts."""
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    with tempfile.TemporaryDirectory() as folder:
        news, desk = open_news(Path(folder) / "news.db"), open_desk(Path(folder) / "desk.db")
        wanted = [Subscription(name=f"s{number}", query=ours) for number, (ours, _) in enumerate(asked)]
        news.execute("INSERT INTO outlets (id, name) VALUES ('o', 'O')")
        news.conn.commit()
        write(news, (article(chance) for _ in range(old)))
        match_subscriptions(news, desk, wanted, now=now)
        write(news, new)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        parts: list[float] = []
        passed, began = time.perf_counter(), time.process_time()
        with timed(matching, "_find_all", parts):
            found = match_subscriptions(news, desk, wanted, now=now)
        half = time.process_time()
        digests = make_due_digests(desk, wanted, zone="America/Lima", now=now)
        end = time.process_time()
        passed = time.perf_counter() - passed
        match_subscriptions(news, desk, wanted, now=now)
        quiet = time.process_time() - end
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(
            f"{len(asked):>6} subscriptions × {len(new):>5} new ({old} old): match {half - began:6.2f} s "
            f"(find {parts[0]:.2f}; {found.alerts} alerts), digests {end - half:5.2f} s ({digests}), "
            f"together {passed:.2f} s on the wall; idle run {quiet:5.3f} s, +{grown:.0f} MB",
            flush=True,
        )
    return found.alerts


@contextlib.contextmanager
def timed(module: Any, name: str, seconds: list[float]) -> Iterator[None]:
    """Append the CPU seconds of each call of a module's function to `seconds`."""
    done = getattr(module, name)

    def measure(*arguments: Any, **options: Any) -> Any:
        began = time.process_time()
        result = done(*arguments, **options)
        seconds.append(time.process_time() - began)
        return result

    setattr(module, name, measure)
    try:
        yield
    finally:
        setattr(module, name, done)


def article(chance: random.Random) -> str:
    """Return a text of 400 random words, with the frequencies of Zipf's law."""
    return " ".join(chance.choices(WORDS, WEIGHTS, k=400))


def write(news: Any, texts: Any) -> None:
    """Write articles with these texts and index them."""
    with news.atomic():
        number = news.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0]
        for text in texts:
            number += 1
            news.execute(
                """
                INSERT INTO articles (id, url, key, outlet, title, text, words, relevance, verdict, first_seen,
                                      last_seen, text_sha256)
                VALUES (:id, :id, :id, 'o', 't', :text, 400, 1, 'relevant', '', '', :id)
                """,
                {"id": number, "text": text},
            )
            index_article(news, number, "t", text)


def peer(asked: list[tuple[str, str]], new: list[str], python: str) -> int | None:
    """Run tantivy, print its line and return the number of matches; None if it is not installed."""
    given = json.dumps({"articles": new, "queries": [theirs for _, theirs in asked]})
    done = subprocess.run([python, str(PEER)], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"       {done.stderr.strip().splitlines()[-1]}", flush=True)
        return None
    said = json.loads(done.stdout)
    total = said["index"] + said["parse"] + said["search"]
    print(
        f"       {said['name']}: match {total:6.2f} s (index {said['index']:.2f}, parse {said['parse']:.2f}, "
        f"search {said['search']:.2f}; {said['matches']} matches), +{said['megabytes']:.0f} MB",
        flush=True,
    )
    return int(said["matches"])


def main() -> None:
    """Measure Vigía and tantivy for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", nargs="*", type=int, help="SUBSCRIPTIONS ARTICLES [OLD]")
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has tantivy")
    arguments = parser.parse_args()
    sizes = [(*arguments.size, 0)[:3]] if arguments.size else SIZES
    for subscriptions, articles, old in sizes:
        chance = random.Random(1)
        asked = queries(subscriptions, chance)
        new = [article(chance) for _ in range(articles)]
        ours = measured(asked, new, old, chance)
        theirs = peer(asked, new, arguments.peer_python)
        if theirs not in (None, ours):
            print(f"       they differ: ours {ours}, theirs {theirs}", flush=True)


if __name__ == "__main__":
    main()
