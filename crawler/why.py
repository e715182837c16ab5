"""What became of an address, and why: from the records alone, with no request to anyone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from crawler import urls
from crawler.desk import Desk, DeskError
from db.connect import open_desk, open_news
from db.frontier import candidate_row
from db.lookup import article_by_url, mentions_of, rejection_by_url

State = Literal["kept", "rejected", "waiting", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer of `vigia why`: the state and the row that says so."""

    url: str
    state: State
    record: dict[str, Any] = field(default_factory=dict)
    concepts: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """For a person."""
        if self.state == "unknown":
            yield f"{self.url}: never seen. No source of the desk's outlets has listed it so far."
        elif self.state == "waiting":
            yield f"{self.url}: found at {self.record['found_at']} in {self.record['source']}, not settled yet."
            if self.record["last_error"]:
                yield f"  tried {self.record['attempts']} times, last: {self.record['last_error']}"
                yield f"  next try after {self.record['retry_at']}"
        elif self.state == "rejected":
            yield from self._rejected()
        else:
            yield from self._kept()

    def _rejected(self) -> Iterator[str]:
        row = self.record
        yield f"{row['url']}: rejected, {row['reason']}" + (f" ({row['detail']})" if row["detail"] else "")
        if row["title"]:
            yield f"  {row['title']}"
        if row["relevance"] is not None:
            yield f"  relevance {row['relevance']:.2f}"
        yield f"  {row['outlet']}, seen {row['seen_at']}"

    def _kept(self) -> Iterator[str]:
        row = self.record
        yield f"{row['url']}: kept as {row['verdict']}, relevance {row['relevance']:.2f}"
        yield f"  {row['title']}"
        yield f"  {row['outlet']}, published {row['published'] or 'unknown'}, first seen {row['first_seen']}"
        if row["original"]:
            yield f"  a copy of article {row['original']}"
        for reason in row["reasons"]:
            concepts = ", ".join(reason["concepts"])
            yield f"  {reason['weight']:+.2f} {reason['place']}: {reason['sentence']}  [{concepts}]"
        if self.concepts:
            names = (f"{c['name_en'] or c['name_es'] or c['concept']} ×{c['count']}" for c in self.concepts)
            yield f"  concepts: {', '.join(names)}"


def explain(desk: Desk, address: str) -> Explanation:
    """Look an address up in both databases; DeskError if it is no address, StoreError if nothing was crawled yet."""
    url = urls.canonical(address)
    if url is None:
        raise DeskError(f"{address}: not an address; write a whole http:// or https:// address")
    key = urls.key(url)
    news, private = open_news(desk.news_db, readonly=True), open_desk(desk.desk_db, readonly=True)
    try:
        if article := article_by_url(news, key):
            for column in ("authors", "tags", "reasons"):
                article[column] = json.loads(article[column])
            concepts = tuple(mentions_of(news, article["id"]))
            return Explanation(url=url, state="kept", record=article, concepts=concepts)
        if rejection := rejection_by_url(news, key):
            return Explanation(url=url, state="rejected", record=rejection)
        if candidate := candidate_row(private, key):
            return Explanation(url=url, state="waiting", record=candidate)
        return Explanation(url=url, state="unknown")
    finally:
        news.conn.close()
        private.conn.close()
