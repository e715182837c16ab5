"""Explain what became of an address and why, for `vigia why`.

Reads only the databases.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from sqlite_utils import Database

from crawler.config.desk import Desk
from crawler.operations.apply_marks import parse_address
from db.connection import open_desk, open_news
from db.desk.candidates import find_candidate
from db.i18n.concept_names import CONCEPT_NAME_COLUMNS, choose_concept_name
from db.news.marks import PageMark, find_mark
from db.news.page_lookup import ConceptMention, find_article, find_article_url, find_rejection, read_mentions
from db.text.excerpt import shorten

MAX_QUOTED_CHARACTERS = 160  # of a sentence in a line about a page
State = Literal["kept", "rejected", "waiting", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The state of an address, with the database row that shows it."""

    url: str
    state: State
    record: Mapping[str, Any] = field(default_factory=dict)  # of articles, rejections or candidates, as `state` says
    concepts: tuple[ConceptMention, ...] = ()
    mark: PageMark | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as `vigia why --json` prints it."""
        concepts = [
            {name: value for name, value in concept.items() if name != "names"}
            | {column: concept["names"].get(language) for language, column in CONCEPT_NAME_COLUMNS.items()}
            for concept in self.concepts
        ]
        return asdict(self) | {"concepts": concepts}

    def lines(self) -> Iterator[str]:
        """Yield the explanation as lines of text."""
        if self.state == "unknown":
            yield f"{self.url}: never seen. No source of the desk's outlets has listed it so far."
        elif self.state == "waiting":
            source = self.record["source"] or "a mark"
            yield f"{self.url}: found at {self.record['found_at']} in {source}, not settled yet."
            if self.record["last_error"]:
                yield f"  tried {self.record['attempts']} times, last: {self.record['last_error']}"
                yield f"  next try after {self.record['retry_at']}"
        elif self.state == "rejected":
            yield from self._rejected_lines()
        else:
            yield from self._kept_lines()
        if self.mark:
            note = f": {self.mark.note}" if self.mark.note else ""
            state = "taken back, not applied yet" if self.mark.removed else self.mark.outcome or "not applied yet"
            yield f"  marked {self.mark.verdict} at {self.mark.marked_at}{note} ({state})"

    def summary(self) -> str:
        """Return what was decided, with the relevance and the sentence that counted most, in one line."""
        row = self.record
        if self.state == "unknown":
            return "never seen"
        if self.state == "waiting":
            return "found in a source, not read yet"
        if self.state == "rejected":
            scored = "" if row["relevance"] is None else f", relevance {row['relevance']:.2f}"
            return f"{self._decision()}{scored}"
        if not row["reasons"]:
            return f"{self._decision()}; no sentence names both sides"
        best = max(row["reasons"], key=_share_of)
        sentence = shorten(best["sentence"], longest=MAX_QUOTED_CHARACTERS)
        return f"{self._decision()}, most by the {best['place']}: “{sentence}” [{', '.join(best['concepts'])}]"

    def _decision(self) -> str:
        """Return what was decided of a page that was read."""
        row = self.record
        if self.state == "rejected":
            return f"rejected, {row['reason']}" + (f" ({row['detail']})" if row["detail"] else "")
        return f"kept as {row['verdict']}, relevance {row['relevance']:.2f}"

    def _rejected_lines(self) -> Iterator[str]:
        row = self.record
        yield f"{row['url']}: {self._decision()}"
        if row["title"]:
            yield f"  {row['title']}"
        if row["relevance"] is not None:
            yield f"  relevance {row['relevance']:.2f}"
        yield f"  {row['outlet']}, seen {row['seen_at']}"
        yield from self._place_line()

    def _kept_lines(self) -> Iterator[str]:
        row = self.record
        yield f"{row['url']}: {self._decision()}"
        yield f"  {row['title']}"
        yield f"  {row['outlet']}, published {row['published'] or 'unknown'}, first seen {row['first_seen']}"
        if row["original"]:
            how = ", ".join([row["copy_kind"] or "by way of another", f"similarity {row['similarity'] or 0:.2f}"])
            yield f"  a copy ({how}) of article {row['original']}, {row['original_url']}"
        for reason in row["reasons"]:
            concepts = ", ".join(reason["concepts"])
            yield f"  {_share_of(reason):+.2f} {reason['place']}: {reason['sentence']}  [{concepts}]"
        yield from _describe_parts(row["score_parts"])
        if self.concepts:
            names = (
                f"{choose_concept_name(it['names'], 'en') or it['concept']} ×{it['count']}" for it in self.concepts
            )
            yield f"  concepts: {', '.join(names)}"
        yield from self._place_line()

    def _place_line(self) -> Iterator[str]:
        if self.record["archive_file"]:
            yield f"  page: archive/{self.record['archive_file']} at byte {self.record['archive_offset']}"


def _share_of(reason: Mapping[str, Any]) -> float:
    """Return what a sentence adds to a learned score; its weight where the rule alone decided."""
    share: float | None = reason.get("share")
    return float(reason["weight"]) if share is None else share


def _describe_parts(parts: Mapping[str, Any] | None) -> Iterator[str]:
    if parts is None:
        yield "  by the rule alone"
        return
    yield f"  {parts['names']:+.2f} names and places"
    yield f"  {parts['head']:+.2f} wording of headline and lead"
    for similar in parts["similar"]:
        yield f"  reads like: {similar['title']} ({similar['label']}, {similar['similarity']:.2f})"


def explain_address(desk: Desk, address: str) -> Explanation:
    """Look an address up in both databases.

    Raises DeskError if it is not an address, StoreError if nothing was crawled yet.
    """
    url, key = parse_address(address)
    news, private = open_news(desk.news_db, readonly=True), open_desk(desk.desk_db, readonly=True)
    try:
        found = _look_up(news, private, url, key)
        return replace(found, mark=find_mark(news, [key, found.record.get("key") or key]))
    finally:
        news.conn.close()
        private.conn.close()


def _look_up(news: Database, private: Database, url: str, key: str) -> Explanation:
    if article := find_article(news, key):
        for column in ("authors", "tags", "reasons"):
            article[column] = json.loads(article[column])
        article["score_parts"] = json.loads(article["score_parts"] or "null")
        original = article["original"] and find_article_url(news, article["original"])
        concepts = tuple(read_mentions(news, article["id"]))
        return Explanation(url=url, state="kept", record=article | {"original_url": original}, concepts=concepts)
    if rejection := find_rejection(news, key):
        return Explanation(url=url, state="rejected", record=rejection)
    if candidate := find_candidate(private, key):
        return Explanation(url=url, state="waiting", record=candidate)
    return Explanation(url=url, state="unknown")
