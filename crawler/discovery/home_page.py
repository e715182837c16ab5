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
    """An outlet as its home page shows it; `sources` are where its sources may be, the likeliest first."""

    name: str | None
    language: str | None
    sources: tuple[Source, ...]


def read_home_page(html: bytes, robots: bytes, *, url: str, content_type: str) -> HomePage:
    """Read a home page and the robots.txt of its host."""
    places = (
        *sources_of_home(html, url, content_type=content_type),
        *sitemaps_of_robots(robots.decode("utf-8", "replace"), url),
        *common_sources(url),
    )
    return HomePage(
        name=name_of_home(html, content_type=content_type),
        language=language_of_home(html, content_type=content_type),
        sources=tuple({source.url: source for source in places}.values()),
    )
