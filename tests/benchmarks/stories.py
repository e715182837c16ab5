"""Measure what stories cost: `python -m tests.benchmarks.stories [--articles 10000 100000]`.

Of a worker: CPU time of a wording, and memory. Of the writer: the CPU time in which an article is stored with and
without a story, on desks of so many articles in a thousand days, of which the last month has wordings.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from crawler.demo.content import load_web
from db.connection import open_news
from db.model.article import Article
from db.model.story_wording import StoryWording
from db.model.times import stamp
from db.news.articles import save_article
from db.news.stories.wordings import WORDING_RETENTION
from pipelines.stories.article_wording import make_story_wording
from pipelines.stories.matcher import load_matcher

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
DAYS = 1_000
JOINED = 60  # articles that are stored and measured
SPREAD = 12  # steps of 127 by which invented vectors differ from those of the demo's articles


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_wordings() -> list[tuple[Article, StoryWording]]:
    """Print what an article's wording costs, and return the demo's articles with theirs."""
    _, stories = load_web(NOW)
    before = megabytes()
    make_story_wording("Vigía", "Se cargó el modelo.", "es")
    print(f"encoder and sample: {megabytes() - before:.0f} MB")
    found, spent = [], {"es": [], "en": [], "zh": []}
    for story in stories:
        began = time.process_time()
        wording = make_story_wording(story.title, story.text, story.language)
        spent[story.language].append(1000 * (time.process_time() - began))
        article = Article(
            url=story.url, key=story.url, outlet=story.outlet.id, title=story.title, text=story.text, language="es"
        )
        found.append((article, wording))
    for language, times in spent.items():
        print(f"wording, {language}: {statistics.mean(times):.1f} ms of CPU time an article, at most {max(times):.1f}")
    sizes = [len(wording.heads) + len(wording.body) + len(wording.details) for _, wording in found]
    print(f"stored: {statistics.mean(sizes) / 1e3:.1f} kB an article, at most {max(sizes) / 1e3:.1f}")
    return found


def vary(wording: StoryWording, rng: np.random.Generator) -> StoryWording:
    """Return a wording that is a little different."""

    def shake(steps: bytes) -> bytes:
        numbers = np.frombuffer(steps, np.int8).astype(np.int16)
        return np.clip(numbers + rng.integers(-SPREAD, SPREAD, numbers.shape), -127, 127).astype(np.int8).tobytes()

    return replace(wording, heads=shake(wording.heads), body=shake(wording.body))


def fill(db: Database, articles: int, wordings: list[StoryWording]) -> None:
    rng = np.random.default_rng(7)
    db.execute("INSERT INTO outlets (id, name) VALUES ('o', 'O')")
    gap = dt.timedelta(days=DAYS) / articles
    with db.atomic():
        for number in range(1, articles + 1):
            at = NOW - gap * (articles - number)
            row = {"id": number, "at": stamp(at), "story": (number + 2) // 3}
            db.execute(
                """
                INSERT INTO articles (id, url, key, outlet, title, published, published_precision, language, text,
                    words, relevance, verdict, first_seen, last_seen, text_sha256)
                VALUES (:id, 'u' || :id, 'u' || :id, 'o', 'Título ' || :id, :at, 'time', 'es', 'Texto ' || :id,
                    2, 1, 'relevant', :at, :at, 'u' || :id)
                """,
                row,
            )
            if number % 3 == 1:
                db.execute("INSERT INTO stories (id, began, latest, first_article) VALUES (:story, :at, :at, :id)", row)
            db.execute(
                "INSERT INTO story_articles (article, story, because) VALUES (:id, :story, 'near')",
                row,
            )
            if NOW - at > WORDING_RETENTION:
                continue
            wording = vary(wordings[row["story"] % len(wordings)], rng)
            row |= {"encoder": wording.encoder, "language": wording.language, "heads": wording.heads}
            row |= {"body": wording.body, "details": wording.details}
            db.execute("INSERT INTO story_heads VALUES (:id, :at, :encoder, :language, :at, :heads)", row)
            db.execute("INSERT INTO story_bodies VALUES (:id, :body, :details)", row)


def measure_joins(articles: int, known: list[tuple[Article, StoryWording]]) -> None:
    matcher = load_matcher()
    if matcher is None:
        raise SystemExit("no encoder")
    rng = np.random.default_rng(11)
    with tempfile.TemporaryDirectory() as folder:
        db = open_news(Path(folder) / "news.db")
        fill(db, articles, [wording for _, wording in known])
        before = megabytes()
        spent: dict[bool, list[float]] = {True: [], False: []}
        for number in range(JOINED):
            article, wording = known[number % len(known)]
            at = NOW - dt.timedelta(hours=float(rng.uniform(0, 48)))
            for joins in (True, False):
                name = f"n{number}{joins}"
                new = replace(
                    article,
                    url=name,
                    key=name,
                    text=f"{name} {article.text[:500]}",
                    text_sha256=name,
                    published=stamp(at),
                    published_precision="time",
                    wording=vary(wording, rng) if joins else None,
                )
                began = time.process_time()
                save_article(db, new, seen_at=NOW, place=None, matcher=matcher if joins else None)
                spent[joins].append(1000 * (time.process_time() - began))
        with_story, without = (statistics.median(spent[joins]) for joins in (True, False))
        print(
            f"{articles:>9,} articles, {articles // DAYS} a day: stored with a story in {with_story:.1f} ms (worst"
            f" {max(spent[True]):.1f}), without {without:.1f}; the writer grew by {megabytes() - before:.0f} MB"
        )
        db.conn.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--articles", type=int, nargs="*", default=[10_000, 100_000])
    asked = arguments.parse_args()
    known = measure_wordings()
    for articles in asked.articles:
        measure_joins(articles, known)


if __name__ == "__main__":
    main()
