"""What a home page and its robots.txt say of an outlet."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.config.outlet import Source
from crawler.discovery.autodiscovery import (
    common_sources,
    language_of_home,
    name_of_home,
    sitemaps_of_robots,
    sources_of_home,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """An outlet as its home page shows it.

    `sources` are those that the page and robots.txt name, `guesses` the usual addresses beside them.
    """

    name: str | None
    language: str | None
    sources: tuple[Source, ...]
    guesses: tuple[Source, ...]


def read_home_page(html: bytes, robots: bytes, *, url: str, content_type: str) -> HomePage:
    """Read a home page and the robots.txt of its host."""
    named = {
        source.url: source
        for source in (
            *sources_of_home(html, url, content_type=content_type),
            *sitemaps_of_robots(robots.decode("utf-8", "replace"), url),
        )
    }
    return HomePage(
        name=name_of_home(html, content_type=content_type),
        language=language_of_home(html, content_type=content_type),
        sources=tuple(named.values()),
        guesses=tuple(source for source in common_sources(url) if source.url not in named),
    )
