"""Measure text and metadata beside other extractors: `quality.py [--peer-python PATH] [--only body]`.

Prints scores of text, repeated lines and metadata, then the output of relevance.py, pages.py, copies.py and speed.py.
Needs the shared material (VIGIA_SHARED, or ../shared beside the repository). Other extractors are
imported in this interpreter or in another one (`--peer-python`), so that none of them has to be installed here.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import functools
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.analysis.analyse import analyse_fully
from pipelines.page import OutletProfile, Page
from pipelines.relevance.topic import load_topic

SHARED = Path(os.environ.get("VIGIA_SHARED") or Path(__file__).resolve().parents[3] / "shared")
HERE = Path(__file__).resolve().parent
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
SECTIONS = ["body", "furniture", "metadata", "relevance", "pages", "copies", "speed"]
OTHERS = ("trafilatura", "newspaper4k", "news-please")
_TOKEN = re.compile(r"\w+")


class Answer(NamedTuple):
    """The result of one extractor for one page."""

    text: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str | None = None  # ISO 8601
    local: str | None = None
    seconds: float = 0.0  # CPU seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has the other extractors")
    parser.add_argument("--only", choices=SECTIONS)
    arguments = parser.parse_args()
    wanted = [arguments.only] if arguments.only else SECTIONS
    if not SHARED.exists():
        sys.exit(f"{SHARED}: not there; set VIGIA_SHARED to the folder of the shared material")
    for section in wanted:
        if section == "body":
            body(SHARED / "pages" / "scrapinghub", arguments.peer_python)
            body(SHARED / "pages" / "fundus", arguments.peer_python)
        elif section == "metadata":
            metadata(SHARED / "pages" / "fundus", arguments.peer_python)
        elif section == "furniture":
            for line in furniture():
                print(line)
        elif (script := HERE / f"{section}.py").exists():
            print(f"\n{section}", flush=True)
            subprocess.run([sys.executable, str(script)], check=True)


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Read the true values of the pages of a folder, one row a page."""
    with (folder / "truth.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@functools.cache
def ours(folder: Path) -> list[Answer]:
    """Return the results of `analyse` for a folder, with nothing learned about the outlets."""
    topic = load_topic("china_peru")
    answers = []
    for row in rows_of(folder):
        page = _page(row["url"], gzip.decompress((folder / row["file"]).read_bytes()))
        start = time.process_time()
        article = analyse_fully(page, topic=topic).article
        seconds = time.process_time() - start
        answers.append(
            Answer(
                article.text,
                article.title,
                article.authors,
                article.published,
                article.published_local or (article.published or "").rstrip("Z") or None,
                seconds,
            )
            if article
            else Answer(seconds=seconds)
        )
    return answers


@functools.cache
def others(name: str, folder: Path, python: str) -> list[Answer] | str:
    """Return the results of another extractor for a folder, or the reason why it can't run."""
    rows = rows_of(folder)
    interpreter = sys.executable if name == "trafilatura" else python
    asked = "\n".join(json.dumps({"file": str(folder / row["file"]), "url": row["url"]}) for row in rows)
    done = subprocess.run(
        [interpreter, str(HERE / "peers.py"), name], input=asked, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if len(lines) != len(rows):
        return (done.stderr.strip().splitlines() or ["it gave no answer"])[-1]
    found = (json.loads(line) for line in lines)
    return [Answer(**{**row, "authors": tuple(row["authors"])}) for row in found]


def body(folder: Path, python: str) -> None:
    """Print F1, precision and recall of texts, measured as scrapinghub/article-extraction-benchmark does."""
    rows = rows_of(folder)
    print(f"\nbody text on {folder.name} ({len(rows)} pages), 4-shingles of tokens, and pages per CPU second")
    for name, answers in _all(folder, python):
        if isinstance(answers, str):
            print(f"  {name:12} skipped: {answers}")
            continue
        f1, precision, recall = shingle_scores([(row["text"], a.text) for row, a in zip(rows, answers, strict=True)])
        rate = len(rows) / sum(answer.seconds for answer in answers)
        print(f"  {name:12} F1 {f1:.4f}  precision {precision:.4f}  recall {recall:.4f}  {rate:6.1f}/s", flush=True)


def metadata(folder: Path, python: str) -> None:
    """Print on how many pages title, day, minute (if the truth has one) and set of authors are exact."""
    rows = rows_of(folder)
    print(f"\nmetadata on {folder.name} ({len(rows)} pages)")
    for name, answers in _all(folder, python):
        if isinstance(answers, str):
            print(f"  {name:12} skipped: {answers}")
            continue
        print(f"  {name:12} " + "  ".join(f"{key} {value:.3f}" for key, value in agreement(rows, answers).items()))


def agreement(rows: list[dict[str, Any]], answers: list[Answer]) -> dict[str, float]:
    """Return the share of pages, for each field, on which an extractor agrees with the truth."""
    hits: Counter[str] = Counter()
    timed = 0
    for row, answer in zip(rows, answers, strict=True):
        truth = dt.datetime.fromisoformat(row["date"])
        hits["title"] += " ".join(answer.title.split()) == " ".join(row["title"].split())
        hits["authors"] += set(answer.authors) == set(row.get("authors") or ())
        hits["day"] += _same(truth, answer, "%Y-%m-%d")
        if (truth.hour, truth.minute, truth.second) != (0, 0, 0):
            timed += 1
            hits["minute"] += _same(truth, answer, "%Y-%m-%dT%H:%M")
    shares = {key: hits[key] / len(rows) for key in ("title", "day", "authors")}
    return {**shares, "minute": hits["minute"] / timed}


def _same(truth: dt.datetime, answer: Answer, form: str) -> bool:
    """Return True if both have the same day or minute, in UTC or in the page's own time zone."""
    found = [dt.datetime.fromisoformat(value) for value in (answer.published, answer.local) if value]
    clocks = {moment.strftime(form) for moment in found}
    if truth.tzinfo is None:
        return truth.strftime(form) in clocks
    zoned = {moment.astimezone(dt.UTC).strftime(form) for moment in found if moment.tzinfo}
    if form == "%Y-%m-%d":  # a date without a time has no zone
        return truth.strftime(form) in clocks or truth.astimezone(dt.UTC).strftime(form) in clocks | zoned
    return truth.astimezone(dt.UTC).strftime(form) in zoned


def furniture() -> list[str]:
    """Report repeated lines that stay and article lines that are lost, for seed texts set into pages of outlets."""
    marked: dict[str, set[int]] = {}
    with (SHARED / "seeds" / "boilerplate.tsv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            marked.setdefault(row["file"], set()).add(int(row["line"]))
    with (SHARED / "web" / "pages.jsonl").open(encoding="utf-8") as lines:
        pages = [row for row in map(json.loads, lines) if row.get("composed") and row["language"] == "en"]
    outlets = {row["id"]: row for row in json.loads((SHARED / "web" / "outlets.json").read_text(encoding="utf-8"))}
    topic = load_topic("china_peru")
    report = ["", "furniture of the seeds, set into pages of their outlets"]
    for file, numbers in sorted(marked.items()):
        seed = (SHARED / "seeds" / file).read_text(encoding="utf-8").split("\n")
        bad = {_plain(line) for number, line in enumerate(seed, 1) if number in numbers and line.strip()}
        good = [_plain(line) for number, line in enumerate(seed, 1) if number not in numbers and line.strip()]
        row = max(pages, key=lambda page: sum(line[:80] in _plain(page["text"]) for line in good))
        outlet = outlets[row["outlet"]]
        page = _page(
            row["url"],
            gzip.decompress((SHARED / "web" / row["file"]).read_bytes()),
            OutletProfile(id=outlet["id"], name=outlet["name"]),
        )
        article = analyse_fully(page, topic=topic).article
        kept = {_plain(line) for line in (article.text if article else "").split("\n")}
        left, lost = bad & kept, [line for line in good if line not in kept]
        report.append(f"  {row['outlet']:16} left {len(left)} of {len(bad)}  lost {len(lost)} of {len(good)}")
    return report


def shingle_scores(pairs: list[tuple[str, str]]) -> tuple[float, float, float]:
    """Return F1, precision and recall of (truth, found) texts; each page counts the same (evaluate.py of the set)."""
    precisions, recalls = [], []
    for truth, found in pairs:
        a, b = _shingles(truth), _shingles(found)
        hit = sum((a & b).values())
        if b:
            precisions.append(hit / sum(b.values()))
        if a:
            recalls.append(hit / sum(a.values()))
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    return 2 * precision * recall / (precision + recall), precision, recall


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(part for i in range(max(1, len(tokens) - 3)) if (part := tuple(tokens[i : i + 4])))


def _plain(line: str) -> str:
    return re.sub(r"\W+", "", line).lower()


def _page(url: str, html: bytes, outlet: OutletProfile | None = None) -> Page:
    return Page(url=url, key=url, body=html, outlet=outlet or OutletProfile(id="x", name=""), fetched_at=NOW)


def _all(folder: Path, python: str) -> Iterator[tuple[str, list[Answer] | str]]:
    yield "vigia", ours(folder)
    for name in OTHERS:
        yield name, others(name, folder, python)


if __name__ == "__main__":
    main()
