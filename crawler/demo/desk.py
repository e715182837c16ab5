"""Write the vigia.toml of a desk that watches the miniature web."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from crawler.demo.content import DemoOutlet, DemoSource, load_web

_KEYS = {
    "rss": "feeds",
    "atom": "feeds",
    "gone": "feeds",
    "news-sitemap": "sitemaps",
    "sitemap-index": "sitemaps",
    "listing": "listings",
}

_HEAD = """\
# The demo desk: it watches the miniature web that Vigía ships and nothing else.
[desk]
name = "Vigía demo"
directory = "none"

[crawl]
contact = "https://vigia-demo.test/contact"
proxy = {proxy}
delay = 0.05
# Short, so that within minutes a reader sees a story arrive and another one change.
revisit = ["2m", "10m", "1h", "6h"]
"""

# No targets: alerts are printed and appended to alerts.log in the desk folder.
_SUBSCRIPTIONS = """
[[subscription]]
name = "Puerto de Chancay"
query = 'Chancay OR 钱凯'
when = "immediately"

[[subscription]]
name = "Cobre y minería"
query = 'cobre OR copper OR 铜 OR "Las Bambas"'
when = "daily 07:30"
"""


def write_desk(folder: Path, *, proxy: str) -> None:
    """Write FOLDER/vigia.toml with all invented outlets and two subscriptions.

    `proxy` is "http://127.0.0.1:PORT".
    """
    outlets, _ = load_web(dt.datetime.now(dt.UTC))
    parts = [_HEAD.format(proxy=_toml(proxy)), *(_block(outlet) for outlet in outlets), _SUBSCRIPTIONS]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vigia.toml").write_text("".join(parts), encoding="utf-8")


def _block(outlet: DemoOutlet) -> str:
    rows = {
        "id": outlet.id,
        "name": outlet.name,
        "home": outlet.home,
        "country": outlet.country,
        "languages": list(outlet.languages),
        "kind": outlet.kind,
        "ownership": outlet.ownership,
        "every": "3m",
    }
    by_key: dict[str, list[str]] = {}
    for source in outlet.sources:
        if source.kind in _KEYS:
            by_key.setdefault(_KEYS[source.kind], []).append(f"http://{outlet.host}{source.path}")
    if outlet.article_pattern:
        rows["article_pattern"] = outlet.article_pattern
    lines = ["", "[[outlet]]", *(f"{key} = {_toml(value)}" for key, value in (rows | by_key).items())]
    for source in outlet.sources:
        lines += _index(outlet, source)
    return "\n".join(lines) + "\n"


def _index(outlet: DemoOutlet, source: DemoSource) -> list[str]:
    url = f"http://{outlet.host}{source.path}"
    if source.kind == "wordpress":
        return ["", "[[outlet.indexes]]", f"url = {_toml(url)}"]
    if source.kind == "json":
        fields = {"url": url, "items": "noticias", "link": "enlace", "title": "titulo", "published": "publicado"}
        return ["", "[[outlet.indexes]]", *(f"{key} = {_toml(value)}" for key, value in fields.items())]
    return []


def _toml(value: object) -> str:
    """Write a string or a list of strings as TOML, which has the same form as JSON."""
    return json.dumps(value, ensure_ascii=False)
