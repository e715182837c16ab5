"""Measure how well copies are recognised: `python tests/benchmarks/copies.py [--million]`.

Needs the shared material (VIGIA_SHARED, or ../shared beside the repository); the look-up times need nothing.
A link or a verified pair counts as false when the exact Jaccard of the texts' word 5-grams is below .5 and their
containment below .6.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import json
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db.connection import open_news
from db.copies.fingerprint import compute_fingerprint, to_band_rows
from db.copies.similarity import compare_texts, match_texts, tokenise
from db.model.article import Article
from db.model.times import stamp
from db.news.articles import save_article

SHARED = Path(os.environ.get("VIGIA_SHARED") or Path(__file__).resolve().parents[3] / "shared")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--million", action="store_true", help="also look up among 10^6 articles (4 GB of disk, minutes)"
    )
    arguments = parser.parse_args()
    if SHARED.exists():
        web(SHARED / "web" / "pages.jsonl")
        reuters(SHARED / "near_duplicates")
        events(SHARED / "near_duplicates" / "semeval_pairs.jsonl.gz")
    else:
        print(f"{SHARED}: not there, so no copies of the web and no agency reports")
    look_ups([10_000, 100_000, *([1_000_000] if arguments.million else [])])


def web(path: Path) -> None:
    """Print found copies and false links between outlets of the replayed web, read in several orders."""
    pages = [row for row in _lines(path) if row.get("text")]
    for order in ("as listed", "by time", "latest first", "shuffled"):
        rows = list(pages)
        if order == "shuffled":
            random.Random(7).shuffle(rows)
        elif order != "as listed":
            rows.sort(key=lambda row: row["published"] or "", reverse=order == "latest first")
        with tempfile.TemporaryDirectory() as folder:
            db = open_news(Path(folder) / "news.db")
            for row in rows:
                save(db, row["url"], row["title"], row["text"], outlet=row["outlet"], published=_utc(row["published"]))
            linked = dict(
                db.execute("SELECT c.url, o.url FROM articles c JOIN articles o ON o.id = c.original").fetchall()
            )
            kinds = db.execute(
                "SELECT copy_kind, count(*) FROM articles WHERE original NOT NULL GROUP BY 1 ORDER BY 1"
            ).fetchall()
        texts = {row["url"]: row["text"] for row in pages}
        truth = {row["url"]: row["copy_of"] for row in pages if row.get("copy_of")}
        # Three of the copied texts exist at two addresses: a link to either address counts as correct.
        found = sum(copy in linked and texts[linked[copy]] == texts[original] for copy, original in truth.items())
        others = {copy: original for copy, original in linked.items() if copy not in truth}
        false = {copy: original for copy, original in others.items() if is_false(texts[copy], texts[original])}
        print(
            f"web, {order}: {found}/{len(truth)} copies found with their original, {len(false)} false links, "
            f"{len(others) - len(false)} links of like texts that the truth doesn't name; kinds {dict(kinds)}"
        )
        for copy, original in others.items():
            print(f"  beside the truth: {copy} -> {original}, {compare_texts(texts[copy], texts[original])}")


def reuters(folder: Path) -> None:
    """Print found copies and false links among agency reports of one year."""
    documents = {row["id"]: row for row in _lines(folder / "reuters_docs.jsonl.gz")}
    with (folder / "reuters_pairs.tsv").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file, delimiter="\t"))
    started = time.process_time()
    anchors = {id_: set(compute_fingerprint(row["body"])) for id_, row in documents.items()}
    each = (time.process_time() - started) / len(documents)
    size = sum(map(len, anchors.values())) / len(anchors)
    print(f"agency reports: {len(documents)} texts, {size:.1f} anchors a text, {each * 1000:.2f} ms a fingerprint")
    with tempfile.TemporaryDirectory() as place:
        db = open_news(Path(place) / "news.db")
        started = time.process_time()
        rows: dict[str, int] = {}
        for id_, row in documents.items():
            date = row["date"].strip().split(".")[0]
            published = dt.datetime.strptime(f"{date} +0000", "%d-%b-%Y %H:%M:%S %z")
            rows[id_] = save(db, f"https://reuters.test/{id_}", row["title"], row["body"], published=stamp(published))
        seconds = time.process_time() - started
        group = dict(db.execute("SELECT id, coalesce(original, id) FROM articles").fetchall())
        links = db.execute(
            "SELECT c.text, o.text FROM articles c JOIN articles o ON o.id = c.original ORDER BY c.id"
        ).fetchall()
    wanted = {
        "Jaccard >= .7": [(p["id_a"], p["id_b"]) for p in pairs if float(p["jaccard5"]) >= 0.7],
        "containment >= .8": [(p["id_a"], p["id_b"]) for p in pairs if float(p["containment5"]) >= 0.8],
    }
    for name, those in wanted.items():
        paired = sum(bool(anchors[a] & anchors[b]) and like(documents[a], documents[b]) for a, b in those)
        grouped = sum(group[rows[a]] == group[rows[b]] for a, b in those)
        print(
            f"  {name}: {len(those)} pairs, recall {paired / len(those):.4f} by anchors and texts, "
            f"{grouped / len(those):.4f} as one group in the store"
        )
    false = sum(is_false(copy, original) for copy, original in links)
    print(f"  links in the store: {len(links)}, false {false}; {seconds * 1000 / len(rows):.2f} ms CPU to save a text")
    generator, ids = random.Random(11), list(documents)
    false = 0
    for _ in range(100_000):
        a, b = generator.sample(ids, 2)
        if anchors[a] & anchors[b] and like(documents[a], documents[b]):
            false += is_false(documents[a]["body"], documents[b]["body"])
    print(f"  false links in 100,000 random pairs: {false}")


def events(path: Path) -> None:
    """Print false links among pairs of reports on the same or a similar event, which are hardly ever copies."""
    rows = [row for row in _lines(path) if row["lang1"] == row["lang2"]]
    linked = [
        row
        for row in rows
        if set(compute_fingerprint(row["text1"])) & set(compute_fingerprint(row["text2"]))
        and match_texts(tokenise(row["text1"]), tokenise(row["text2"]))
    ]
    false = sum(is_false(row["text1"], row["text2"]) for row in linked)
    same = sum(row["Overall"] <= 1.5 for row in rows)
    print(f"pairs of reports: {len(rows)}, {same} on one event; {len(linked)} taken for the same text, false {false}")


def look_ups(sizes: list[int]) -> None:
    """Print how long saving a text takes at each number of stored texts, and how long its look-up takes."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "news.db"
            # Fill in another process, so that its memory is not counted as memory of the look-up.
            filling = multiprocessing.get_context("spawn").Process(target=fill, args=(path, size))
            filling.start()
            filling.join()
            db = open_news(path)
            generator = random.Random(3)
            queries = [sentence(random.Random(number), 400) for number in range(5)]  # to warm up
            queries += [sentence(random.Random(generator.randrange(size)), 400) for _ in range(100)]  # stored
            queries += [sentence(random.Random(10**9 + number), 400) for number in range(100)]  # new texts
            prints = [compute_fingerprint(text) for text in queries]
            times, saves = [], []
            for anchors in prints:
                started = time.perf_counter()
                for band, anchor in to_band_rows(anchors):
                    db.execute(
                        "SELECT article FROM fingerprints WHERE band = ? AND hash = ? ORDER BY article DESC LIMIT 32",
                        (band, anchor),
                    ).fetchall()
                times.append((time.perf_counter() - started) * 1000)
            for number, text in enumerate(queries):
                started = time.perf_counter()
                save(db, f"https://new.test/{number}", "t", text)
                saves.append((time.perf_counter() - started) * 1000)
            copies = db.execute("SELECT count(*) FROM articles WHERE original NOT NULL").fetchone()[0]
            pages = db.execute("SELECT count(*) FROM fingerprints").fetchone()[0]
            times, saves = sorted(times[5:]), sorted(saves[5:])
            print(
                f"{size:>9,} articles, {pages:,} anchors, file {path.stat().st_size / 1e6:,.0f} MB: anchors looked up "
                f"median {times[100]:.2f} ms, p95 {times[189]:.2f} ms; whole save median {saves[100]:.1f} ms, "
                f"p95 {saves[189]:.1f} ms; {copies} of 105 copies; peak memory of the process "
                f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"
            )
            db.close()


def fill(path: Path, size: int) -> None:
    """Write articles in bulk, without search rows; only those that will be copied get a real text of 400 words."""
    db = open_news(path)
    generator = random.Random(3)
    texts = set(range(5)) | {generator.randrange(size) for _ in range(100)}
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -2000000")  # 2 GB, for the filling alone
    db.execute("INSERT INTO outlets (id, name) VALUES ('o', 'o')")
    for start in range(0, size, 50_000):
        articles: list[tuple[int, str, str, str]] = []
        anchors: list[tuple[int, int, int]] = []
        for number in range(start, min(size, start + 50_000)):
            # Making a million texts takes an hour, so texts that are not copied get the same number of random anchors.
            text = sentence(random.Random(number), 400) if number in texts else "x"
            hashes = compute_fingerprint(text) if number in texts else [random.getrandbits(47) for _ in range(33)]
            articles.append((number + 1, f"https://old.test/{number}", text, f"{number:064x}"))
            anchors += [(band, anchor, number + 1) for band, anchor in to_band_rows(tuple(hashes))]
        with db.atomic():
            db.conn.executemany(
                """
                INSERT INTO articles (id, url, outlet, title, text, words, relevance, verdict, first_seen, last_seen,
                    text_sha256)
                VALUES (?, ?, 'o', 't', ?, 1, 1, 'relevant', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', ?)
                """,
                articles,
            )
            db.conn.executemany(
                "INSERT OR IGNORE INTO fingerprints (band, hash, article) VALUES (?, ?, ?)", sorted(anchors)
            )
    db.close()


def sentence(generator: random.Random, words: int) -> str:
    """Return a text of so many words of an invented language."""
    syllables = ("ta", "ri", "mo", "sel", "pun", "qui", "chan", "lo", "ve", "da", "hua", "ne")
    return " ".join("".join(generator.choices(syllables, k=generator.randint(1, 4))) for _ in range(words))


def save(db: Database, url: str, title: str, text: str, *, outlet: str = "o", published: str | None = None) -> int:
    article = Article(
        url=url,
        key=url.removeprefix("https://").removeprefix("http://"),
        outlet=outlet,
        title=title,
        text=text,
        language=None,
        published=published,
        published_precision=published and "time",
        fingerprint=compute_fingerprint(text),
    )
    return save_article(db, article, seen_at=NOW, place=None).article_id


def like(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return match_texts(tokenise(a["body"]), tokenise(b["body"])) is not None


def is_false(text_a: str, text_b: str) -> bool:
    likeness = compare_texts(text_a, text_b)
    return likeness.jaccard < 0.5 and likeness.containment < 0.6


def _utc(moment: str | None) -> str | None:
    if not moment:
        return None
    return stamp(dt.datetime.fromisoformat(moment))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    main()
