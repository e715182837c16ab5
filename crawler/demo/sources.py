"""Render the sources of invented outlets: feeds, sitemaps, listing pages and JSON indexes."""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.demo.content import DemoOutlet, DemoSource, DemoStory
from crawler.demo.render import WORDS, get_template

_NEW = dt.timedelta(days=4)  # older stories are in the first child sitemap


@dataclass(frozen=True)
class DemoResponse:
    """A response without validators and content encoding, which the connection adds."""

    content_type: str
    body: bytes
    status: int = 200
    location: str | None = None
    modified: dt.datetime | None = None


def answer_source(
    source: DemoSource, outlet: DemoOutlet, stories: Sequence[DemoStory], *, now: dt.datetime
) -> DemoResponse:
    """Render a source with these stories, all visible at `now`, newest first."""
    if source.kind == "gone":
        return DemoResponse("text/html; charset=utf-8", b"<!doctype html><title>410</title><h1>Gone</h1>", status=410)
    if source.kind in {"wordpress", "json"}:
        rows = [_post(story) if source.kind == "wordpress" else _noticia(story) for story in stories]
        whole: object = rows if source.kind == "wordpress" else {"total": len(rows), "noticias": rows}
        return DemoResponse("application/json; charset=utf-8", json.dumps(whole, ensure_ascii=False).encode())
    if source.kind == "listing":
        return listing_page(outlet, stories)
    entries = [(story, listed_address(story)) for story in stories]
    entries += [(story, f"http://{outlet.host}{story.twins['amp']}") for story in stories if story.amp]
    body = get_template(f"{source.kind}.xml").render(
        outlet=outlet,
        entries=entries,
        newest=max((story.modified or story.published for story in stories), default=now),
        rfc_822=email.utils.format_datetime,
    )
    kind = {"rss": "application/rss+xml", "atom": "application/atom+xml"}.get(source.kind, "application/xml")
    return DemoResponse(f"{kind}; charset=utf-8", body.encode())


def child_sitemap(
    path: str, outlet: DemoOutlet, stories: Sequence[DemoStory], *, now: dt.datetime
) -> DemoResponse | None:
    """Render a gzipped child sitemap, or return None for another path.

    /sitemap-2.xml.gz has the new stories, /sitemap-1.xml.gz the others.
    """
    if path not in {"/sitemap-1.xml.gz", "/sitemap-2.xml.gz"}:
        return None
    new = path == "/sitemap-2.xml.gz"
    entries = [(story, listed_address(story)) for story in stories if (now - story.published < _NEW) is new]
    body = get_template("sitemap.xml").render(outlet=outlet, entries=entries)
    return DemoResponse("application/x-gzip", gzip.compress(body.encode(), mtime=0))


def listing_page(outlet: DemoOutlet, stories: Sequence[DemoStory]) -> DemoResponse:
    """Render the front page, which is also the listing page."""
    words = WORDS[outlet.languages[0]]
    text = get_template("portada.html").render(outlet=outlet, stories=stories, words=words, listed=listed_address)
    kind = f"text/html; charset={outlet.charset}" if outlet.charset_in_header else "text/html"
    return DemoResponse(kind, text.encode(outlet.charset, "xmlcharrefreplace"))


def robots_txt(outlet: DemoOutlet) -> DemoResponse:
    """Render the host's robots.txt."""
    lines = ["User-agent: *", "Disallow: /privado/", "Disallow: /internal/", "Disallow: /neibu/", "Disallow: /buscar"]
    if outlet.robots:
        lines.append(outlet.robots)
    lines += [f"Sitemap: http://{outlet.host}{one.path}" for one in outlet.sources if "sitemap" in one.kind]
    return DemoResponse("text/plain; charset=utf-8", ("\n".join(lines) + "\n").encode())


def listed_address(story: DemoStory) -> str:
    """Return the address that the outlet's sources give for the story."""
    if story.redirected:
        return f"http://{story.outlet.host}{story.twins['redirect']}"
    if story.outlet.trackers:
        return f"{story.url}?utm_source=rss&utm_medium=feed&utm_campaign=portada"
    return story.url


def _post(story: DemoStory) -> dict[str, object]:
    """Return the story as an entry of WordPress REST, with its title as HTML."""
    utc = story.published.astimezone(dt.UTC)
    return {
        "id": story.number,
        "date_gmt": f"{utc:%Y-%m-%dT%H:%M:%S}",
        "modified_gmt": f"{(story.modified or utc).astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}",
        "slug": story.slug,
        "status": "publish",
        "type": "post",
        "link": listed_address(story),
        "title": {"rendered": html.escape(story.title).replace("&quot;", "&#8220;")},
        "excerpt": {"rendered": f"<p>{html.escape(story.summary)}</p>\n", "protected": False},
    }


def _noticia(story: DemoStory) -> dict[str, object]:
    return {
        "id": story.number,
        "titulo": story.title,
        "enlace": listed_address(story),
        "publicado": story.published.isoformat(),
        "oficina": story.section,
    }
