"""Measure what stories cost: `python -m tests.benchmarks.stories [--articles 10000 100000 1000000]`.

Of a worker: CPU time of a wording, and memory. Of the writer: the CPU time in which an article is stored with and
without a story, on desks of so many articles in a thousand days. So a million is a thousand a day, of which seven
thousand stand in the window before an article; three in five tell an event that others tell too. Their vectors are
invented: mixed of the demo's sentences, so that articles of one event and unrelated ones are as alike as labelled ones
(leads .38 and .08, standard deviations .2 and .1).

Also: how many of the pairs that the model would join are found by the index, against comparing all in the window; an
article that is one of a thousand with one headline; and what begins a rebuild.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlite_utils import Database
from threadpoolctl import threadpool_limits

from crawler.demo.content import load_web
from db.connection import open_news
from db.model.article import Article
from db.model.story_wording import StoryWording
from db.model.times import read_stamp, stamp
from db.news.articles import save_article
from db.news.stories.pending import begin_stories_anew, read_pending_ids
from db.news.stories.wordings import (
    WORDING_RETENTION,
    StoredWording,
    StoryMatcher,
    read_heads,
    read_signatures,
    save_wording,
)
from pipelines.stories.article_wording import (
    HEAD_SENTENCES,
    ArticleWording,
    make_lead_vector,
    make_story_wording,
    pack_wording,
    unpack_wording,
)
from pipelines.stories.background import load_background, to_unit
from pipelines.stories.matcher import load_matcher
from pipelines.vectors import ENCODER

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
DAYS = 1_000
JOINED = 100  # articles that are stored and measured
COMPARED = 30  # of which each is compared with all articles of its window
LIVE = 1_000  # articles with one headline
SENTENCES = 12  # of an invented article
OUTLETS = 130


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_wordings() -> list[StoryWording]:
    """Print what an article's wording costs, and return those of the demo's articles."""
    _, stories = load_web(NOW)
    before = megabytes()
    make_story_wording("Vigía", "Se cargó el modelo.", "es")
    print(f"encoder and sample: {megabytes() - before:.0f} MB")
    found, spent = [], {"es": [], "en": [], "zh": []}
    for story in stories:
        began = time.process_time()
        found.append(make_story_wording(story.title, story.text, story.language))
        spent[story.language].append(1000 * (time.process_time() - began))
    for language, times in spent.items():
        print(f"wording, {language}: {statistics.mean(times):.1f} ms of CPU time an article, at most {max(times):.1f}")
    sizes = [len(wording.heads) + len(wording.body) + len(wording.details) for wording in found]
    print(f"stored: {statistics.mean(sizes) / 1e3:.1f} kB an article, at most {max(sizes) / 1e3:.1f}")
    return found


class Inventor:
    """Makes wordings of invented events."""

    def __init__(self, known: Sequence[StoryWording], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.background = load_background()
        read = [unpack_wording(wording) for wording in known]
        self.pool = {
            language: np.vstack([one.sentences for one in read if one.language == language])
            for language in ("es", "en", "zh")
        }
        self.common = sorted(self.background.names)

    def invent_event(self) -> tuple[np.ndarray, list[str]]:
        """Return what an event's articles say, and its names."""
        sentences = self.pool[self._choose_language()]
        base, topic = sentences[self.rng.integers(len(sentences))], self._mix(sentences, 1)
        event = to_unit(0.6 * base + 0.5 * topic + 0.6 * self._mix(sentences, SENTENCES))
        return event, [f"n{self.rng.integers(10**9)}" for _ in range(5)]

    def tell(self, event: tuple[np.ndarray, list[str]]) -> StoryWording:
        """Return the wording of an article that tells an event."""
        language = self._choose_language()
        share = self.rng.uniform(0.35, 0.85)
        noise = self._mix(self.pool[language], SENTENCES)
        sentences = to_unit(share * event[0] + np.sqrt(1 - share**2) * noise).astype(np.float32)
        likeness, said_by = self.background.compare_sentences(sentences)
        names = [name for name in event[1] if self.rng.random() < 0.5]
        return pack_wording(
            ArticleWording(
                language=language,
                sentences=sentences,
                likeness=likeness,
                weights=(1 / (1 + 0.3 * np.arange(SENTENCES)) / (1 + said_by)).astype(np.float32),
                unrelated=self.background.compare_lead(make_lead_vector(sentences[:HEAD_SENTENCES])),
                names={name: (4.0, bool(self.rng.random() < 0.6)) for name in names}
                | {str(name): (1.5, bool(self.rng.random() < 0.4)) for name in self.rng.choice(self.common, 4)},
                figures={},
                transcribed={},
            )
        )

    def _choose_language(self) -> str:
        return str(self.rng.choice(["es", "en", "zh"], p=[0.5, 0.3, 0.2]))

    def _mix(self, sentences: np.ndarray, count: int) -> np.ndarray:
        chosen = sentences[self.rng.integers(len(sentences), size=(count, 6))]
        return to_unit(np.einsum("ij,ijk->ik", self.rng.normal(size=(count, 6)), chosen))


def fill(db: Database, articles: int, inventor: Inventor) -> list[tuple[np.ndarray, list[str]]]:
    """Write a desk of so many articles, those of the last weeks with wordings; return the events of the last days."""
    rng = inventor.rng
    gap = dt.timedelta(days=DAYS) / articles
    recent = round(min(WORDING_RETENTION, dt.timedelta(days=DAYS)) / gap)
    with db.atomic():
        db.conn.executemany(
            "INSERT INTO outlets (id, name) VALUES (:id, :id)", [{"id": f"o{number}"} for number in range(OUTLETS)]
        )
        times = [(number, stamp(NOW - gap * (articles - number))) for number in range(1, articles + 1)]
        db.conn.executemany(
            """
            INSERT INTO articles (id, url, key, outlet, title, published, published_precision, language, text,
                words, relevance, verdict, first_seen, last_seen, text_sha256)
            VALUES (:id, 'u' || :id, 'u' || :id, 'o' || (:id % :outlets), 'Título ' || :id, :at, 'time', 'es',
                'Texto ' || :id, 2, 1, 'relevant', :at, :at, 'u' || :id)
            """,
            ({"id": number, "at": at, "outlets": OUTLETS} for number, at in times),
        )
        events: list[tuple[np.ndarray, list[str]]] = []
        stories, members = [], []
        open_stories: list[tuple[int, tuple[np.ndarray, list[str]]]] = []
        for number, at in times:
            # Three in five tell an event of the last two days or so, a large one more often than a small one.
            told = rng.integers(len(open_stories)) if len(open_stories) > 9 and rng.random() < 0.6 else None
            is_recent = number > articles - recent
            if told is None:
                event = inventor.invent_event() if is_recent else (np.empty(0), [])
                stories.append({"story": number, "at": at})
                story = number
                if is_recent:
                    events.append(event)
            else:
                story, event = open_stories[told]
            open_stories.append((story, event))
            del open_stories[: -max(10, round(dt.timedelta(days=2) / gap))]
            members.append({"id": number, "story": story})
            if is_recent and event[1]:
                save_wording(db, number, inventor.tell(event), moment=at, now=read_stamp(at))
        db.conn.executemany(
            "INSERT INTO stories (id, began, latest, first_article) VALUES (:story, :at, :at, :story)", stories
        )
        db.conn.executemany(
            "INSERT INTO story_articles (article, story, because) VALUES (:id, :story, 'near')", members
        )
    return events[-max(10, round(dt.timedelta(days=1) / gap)) :]


def invent_article(number: int, at: dt.datetime, wording: StoryWording | None, *, title: str = "") -> Article:
    name = f"n{number}{wording is None}{title}"
    return Article(
        url=name,
        key=name,
        outlet=f"o{number % OUTLETS}",
        title=title or name,
        text=f"Texto {name} de lo ocurrido",
        text_sha256=name,
        language="es",
        published=stamp(at),
        published_precision="time",
        wording=wording,
    )


def measure_save(db: Database, article: Article, matcher: StoryMatcher | None) -> float:
    """Return the milliseconds of CPU time of storing an article."""
    began = time.process_time()
    save_article(db, article, seen_at=NOW, place=None, matcher=matcher)
    return 1000 * (time.process_time() - began)


def describe(times: Sequence[float]) -> str:
    return (
        f"median {statistics.median(times):.1f} ms, 95 % {float(np.percentile(times, 95)):.1f}, worst {max(times):.1f}"
    )


def measure_joins(articles: int, known: Sequence[StoryWording]) -> None:
    matcher = load_matcher()
    if matcher is None:
        raise SystemExit("no encoder")
    inventor = Inventor(known, seed=7)
    rng = inventor.rng
    with tempfile.TemporaryDirectory() as folder:
        db = open_news(Path(folder) / "news.db")
        events = fill(db, articles, inventor)
        gc.collect()
        gc.freeze()  # what the benchmark holds is not the writer's to look through
        before = megabytes()
        new = []
        for number in range(JOINED):
            event = events[rng.integers(len(events))] if number % 2 else inventor.invent_event()
            new.append((NOW - dt.timedelta(hours=float(rng.exponential(6))), inventor.tell(event)))
        missed, found = measure_index(db, [pair for n, pair in enumerate(new) if n % 2][:COMPARED], matcher)
        spent = [measure_save(db, invent_article(n, at, wording), matcher) for n, (at, wording) in enumerate(new)]
        without = [measure_save(db, invent_article(n, at, None), None) for n, (at, _) in enumerate(new)]
        print(f"{articles:>9,} articles, {articles // DAYS} a day: stored with a story: {describe(spent)};")
        print(f"{'':9}  without: {describe(without)}; the writer grew by {megabytes() - before:.0f} MB")
        print(f"{'':9}  {found + missed} pairs reach the threshold, {missed} of them are not found by the index")
        live = inventor.invent_event()
        told = [(NOW - dt.timedelta(minutes=LIVE - n), inventor.tell(live)) for n in range(LIVE)]
        spent = [
            measure_save(db, invent_article(n, at, wording, title="En vivo"), matcher)
            for n, (at, wording) in enumerate(told)
        ]
        print(
            f"{'':9}  {LIVE} articles with one headline: {describe(spent)}; the last hundred: {describe(spent[-100:])}"
        )
        began = time.process_time()
        begin_stories_anew(db)
        middle = time.process_time()
        pending = read_pending_ids(db)
        print(
            f"{'':9}  a rebuild begins {len(pending):,} stories anew in {middle - began:.1f} s, and lists them in"
            f" {time.process_time() - middle:.1f} s; peak memory {megabytes():.0f} MB"
        )
        db.conn.close()


def measure_index(
    db: Database, articles: Sequence[tuple[dt.datetime, StoryWording]], matcher: StoryMatcher
) -> tuple[int, int]:
    """Return how many pairs reach the threshold and are no candidates, and how many are."""
    missed = found = 0
    for at, wording in articles:
        around = read_signatures(db, at=at, window=matcher.window, encoder=ENCODER)
        heads = read_heads(db, matcher.choose(wording, around), excluding=None)
        candidates = {heads[place].article for place in matcher.rank(wording, heads)}
        ids = [article for article, _, _ in around]
        one = StoredWording(article=0, at=at, wording=wording)
        threshold = matcher.find_threshold(len(around))
        for start in range(0, len(ids), 200):
            others = read_wordings(db, ids[start : start + 200])
            for other, logit in zip(others, matcher.score(one, others), strict=True):
                if logit >= threshold:
                    found += other.article in candidates
                    missed += other.article not in candidates
    return missed, found


def read_wordings(db: Database, articles: Sequence[int]) -> list[StoredWording]:
    rows = db.execute(
        """
        SELECT h.article, h.moment, h.encoder, h.language, h.signature, h.heads, b.body, b.details
        FROM json_each(:articles) AS wanted JOIN story_heads AS h ON h.article = wanted.value
        JOIN story_bodies AS b ON b.article = h.article
        """,
        {"articles": json.dumps(list(articles))},
    )
    names = ("encoder", "language", "signature", "heads", "body", "details")
    return [
        StoredWording(
            article=article, at=read_stamp(moment), wording=StoryWording(**dict(zip(names, rest, strict=True)))
        )
        for article, moment, *rest in rows
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--articles", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    asked = arguments.parse_args()
    threadpool_limits(1)  # as on a desk and in its workers, see pipelines.numpy_threads
    known = measure_wordings()
    for articles in asked.articles:
        measure_joins(articles, known)


if __name__ == "__main__":
    main()
