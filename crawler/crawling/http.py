"""How we ask outlets and read their answers: conditional headers, paged indexes, and what is whose. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlsplit

from scrapy.http import Response
from w3lib.url import add_or_replace_parameters

from crawler import urls
from crawler.config.outlet import Outlet, Source
from crawler.discovery import Candidate
from db.desk.candidates import Waiting
from db.text.folding import clean
from pipelines.page import Hint
from pipelines.relevance.topic import Topic


def sites_of(outlet: Outlet) -> frozenset[str]:
    """The hosts whose registrable domains are this outlet's: home, sources, `hosts`."""
    return frozenset(
        (
            urls.host(outlet.home),
            *(urls.host(source.url) for source in outlet.sources),
            *(h.lower() for h in outlet.hosts),
        )
    )


def paged(url: str, page: int, *, after: dt.datetime | None) -> str:
    """One page of a WordPress index (REST API handbook: per_page at most 100, after as ISO 8601)."""
    asked = {"per_page": "100", "page": str(page)} | ({"after": f"{after:%Y-%m-%dT%H:%M:%S}"} if after else {})
    return add_or_replace_parameters(url, asked)


def conditional(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Headers of a conditional request (RFC 9110, 13)."""
    pairs = (("If-None-Match", etag), ("If-Modified-Since", last_modified))
    return {name: value for name, value in pairs if value}


def flat_headers(response: Response) -> dict[str, str]:
    """The answer's headers by small name, the last value of each."""
    return {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }


def newest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """By publication, else by what the source says of the last change; what has neither comes last, in its order."""
    oldest = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(candidates, key=lambda c: c.published or c.modified or oldest, reverse=True)


def newest_moment(candidates: Iterable[Candidate]) -> dt.datetime | None:
    """When a source's newest item was published or changed; feeds that stand still are found by it."""
    return max((moment for c in candidates if (moment := c.published or c.modified) is not None), default=None)


def rhythm_of(candidates: Iterable[Candidate]) -> tuple[int, dt.timedelta]:
    """How many candidates have a date, and the time from the first to the last of them."""
    moments = [moment for c in candidates if (moment := c.published or c.modified) is not None]
    return len(moments), max(moments) - min(moments) if moments else dt.timedelta()


def went_home(source: Source, url: str) -> bool:
    """Whether a source's address led to the front page of a site, which is where dead addresses are sent."""
    asked, answered = urlsplit(source.url), urlsplit(url)
    return not answered.path.strip("/") and not answered.query and bool(asked.path.strip("/") or asked.query)


def names_topic(text: str, topic: Topic) -> bool:
    """Whether a text names anything of the topic: for outlets of which only such candidates are asked for."""
    return any(hit.name.role == "concept" for hit in topic.matcher.find(clean(text), language=None))


def as_waiting(candidate: Candidate, outlet: str, *, backfilled: bool = False) -> Waiting:
    """A candidate as the frontier keeps it."""
    return Waiting(
        key=candidate.key,
        url=candidate.url,
        outlet=outlet,
        title=candidate.title,
        published=candidate.published,
        language=candidate.language,
        summary=candidate.summary,
        backfilled=backfilled,
    )


def hint_of(waiting: Waiting | None) -> Hint:
    """What the source said, for the analysis."""
    if waiting is None:
        return Hint()
    return Hint(title=waiting.title, published=waiting.published, language=waiting.language, summary=waiting.summary)
