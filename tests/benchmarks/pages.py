"""Measure whole pages of the replayed web: relevance from bytes to verdict, then text, time and copies.

    .venv/bin/python tests/benchmarks/pages.py

Every page goes through `analyse` as in a crawl (with the prefilter) and through a fresh store. Needs the shared folder.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from quality import shingle_scores

from crawler import urls
from db.connection import open_news
from db.model.article import Article
from db.model.rejection import Rejection
from db.model.verdict import Verdict
from db.news.articles import save_article
from pipelines.analysis.analyse import analyse
from pipelines.page import OutletProfile, Page
from pipelines.relevance.topic import load_topic

SHARED = Path(os.environ.get("VIGIA_SHARED") or Path(__file__).resolve().parents[3] / "shared")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def analysed(web: Path) -> list[tuple[dict[str, Any], Article | Rejection]]:
    """Analyse and store every page; return (truth, outcome) of each."""
    topic = load_topic("china_peru")
    outlets = {row["id"]: row for row in json.loads((web / "outlets.json").read_text(encoding="utf-8"))}
    found = []
    for line in (web / "pages.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        outlet = outlets[row["outlet"]]
        page = Page(
            url=row["url"],
            key=urls.key(row["url"]),
            body=gzip.decompress((web / row["file"]).read_bytes()),
            outlet=OutletProfile(
                id=outlet["id"],
                name=outlet["name"],
                home=f"http://{outlet['host']}/",
                country=outlet["country"] or "XX",
                languages=tuple(outlet["languages"]),
                kind=outlet["kind"],
            ),
            fetched_at=NOW,
        )
        found.append((row, analyse(page, topic=topic)))
    return found


def is_relevant(outcome: Article | Rejection) -> bool:
    """Return True if the page was stored and is not borderline."""
    return isinstance(outcome, Article) and outcome.verdict is Verdict.RELEVANT


def relevance(found: list[tuple[dict[str, Any], Article | Rejection]]) -> None:
    """Print precision, recall and F1, in total and by language, without pages that are borderline in truth."""
    print(f"{'relevance, page to verdict':34s} P      R      F1")
    for group in ("all", "composed", "en", "es", "zh"):
        rows = [
            (row["label"] == "relevant", is_relevant(outcome))
            for row, outcome in found
            if row["label"] != "borderline" and group in {"all", row["language"], row["composed"] and "composed"}
        ]
        right = sum(truth and said for truth, said in rows)
        precision = right / max(1, sum(said for _, said in rows))
        recall = right / max(1, sum(truth for truth, _ in rows))
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        print(f"  {group:32s} {precision:.3f}  {recall:.3f}  {f1:.3f}  ({len(rows)} pages)")
    fallen = Counter(
        str(outcome.verdict) if isinstance(outcome, Article) else str(outcome.reason)
        for row, outcome in found
        if row["label"] == "borderline"
    )
    print(f"  borderline pages fall: {dict(fallen)}")


def records(found: list[tuple[dict[str, Any], Article | Rejection]]) -> None:
    """Print how correct the text, time and copies of stored articles are."""
    kept = [(row, outcome) for row, outcome in found if isinstance(outcome, Article)]
    f1, precision, recall = shingle_scores([(row["text"], article.text) for row, article in kept])
    print(f"text of {len(kept)} kept pages: F1 {f1:.4f}, precision {precision:.4f}, recall {recall:.4f}")
    same = sum((article.published or "")[:16] == row["published"].replace(" ", "T")[:16] for row, article in kept)
    print(f"same minute: {same} of {len(kept)}")
    with tempfile.TemporaryDirectory() as folder:
        news = open_news(Path(folder) / "news.db")
        ids = {row["url"]: save_article(news, article, seen_at=NOW, place=None).article_id for row, article in kept}
        groups = dict(news.execute("SELECT id, coalesce(original, id) FROM articles").fetchall())
        news.conn.close()
    pairs = [(row["url"], row["copy_of"]) for row, _ in kept if row.get("copy_of") in ids]
    together = sum(groups[ids[copy]] == groups[ids[original]] for copy, original in pairs)
    print(f"copies of which both sides are kept: {together} of {len(pairs)} linked")


def main() -> None:
    """Measure and print."""
    web = SHARED / "web"
    if not web.exists():
        sys.exit(f"{web}: not there; set VIGIA_SHARED to the folder of the shared material")
    found = analysed(web)
    relevance(found)
    records(found)


if __name__ == "__main__":
    main()
