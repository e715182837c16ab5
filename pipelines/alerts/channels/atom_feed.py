"""A subscription as an Atom feed (RFC 4287) at an address that nobody can guess."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from sqlite_utils import Database

from db.connection import explain_errors, open_news
from db.desk import alerts, subscriptions
from db.desk.alerts import ToldArticle
from db.model.times import read_stamp
from db.news import alert_articles
from db.search import query
from db.search.query import Vocabulary
from db.text.sanitise import one_line
from pipelines.alerts import signed_urls
from pipelines.alerts.messages.rendering import templates
from pipelines.alerts.messages.story import Story, story
from pipelines.alerts.messages.wording import Wording
from pipelines.alerts.subscriptions.subscription import Subscription

PATH = "/alerts/feed/"  # where pipelines.alerts.http_endpoints answers
SUFFIX = ".atom"
LENGTH = 50  # stories
LONGEST_QUERY = 2_000  # characters of an address that browsers and servers take
_ATOM = "http://www.w3.org/2005/Atom"
_PURPOSE = "feed"
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no characters of XML 1.0

ET.register_namespace("", _ATOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A story that was alerted: its key in news.db, and when the digest that told it was made."""

    key: str
    told: dt.datetime
    story: Story


def url(key: bytes, subscription: str, *, base: str) -> str:
    """The address of a subscription's feed; `base` is where readers reach the reading room."""
    token = signed_urls.write(signed_urls.short(key, subscription), key=key, purpose=_PURPOSE)
    return f"{base.rstrip('/')}{PATH}{token}{SUFFIX}"


def read_token(token: str, *, key: bytes, subscriptions: Iterable[str]) -> str | None:
    """The subscription whose feed lies at an address; None if there is no such feed."""
    said = signed_urls.read(token, key=key, purpose=_PURPOSE, length=signed_urls.SHORT)
    return None if said is None else signed_urls.find(said, key=key, subscriptions=subscriptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a feed is made of: alerts with the rows of their articles, the newest first, and when it began."""

    told: tuple[tuple[ToldArticle, dict[str, Any]], ...]
    vocabulary: Vocabulary
    began: dt.datetime

    def fingerprint(self, *about: object) -> str:
        """The same as long as the feed is: telling fifty stories takes longer than reading them."""
        return hashlib.sha256(repr((self.told, self.began, about)).encode("utf-8", "replace")).hexdigest()


def gather(desk: Database, news: Path, subscription: Subscription) -> Contents:
    """The stories that the subscription was last alerted to. What news.db no longer holds is left out."""
    told = alerts.read_last_told(desk, subscription.id, limit=LENGTH)
    with contextlib.closing(open_news(news, readonly=True)) as db, explain_errors(news):
        ids = alert_articles.find_article_ids(db, [one.key for one in told])
        rows = alert_articles.read_message_articles(db, ids.values())
        vocabulary = query.load_vocabulary(db)
    there = tuple((one, rows[ids[one.key]]) for one in told if one.key in ids and ids[one.key] in rows)
    began = subscriptions.find_subscription_start(desk, subscription.id) or dt.datetime.fromtimestamp(0, dt.UTC)
    return Contents(told=there, vocabulary=vocabulary, began=began)


def entries(contents: Contents, subscription: Subscription, *, zone: str) -> list[Entry]:
    """The stories as the subscription's readers are told them. `zone` is the desk's."""
    return [
        Entry(
            key=one.key,
            told=one.at,
            story=story(
                row | {"updated": one.updated},
                query=subscription.query,
                zone=subscription.timezone or zone,
                language=subscription.language,
                vocabulary=contents.vocabulary,
            ),
        )
        for one, row in contents.told
    ]


def atom(
    entries: Sequence[Entry],
    *,
    subscription: Subscription,
    desk: str,
    base: str,
    token: str,
    identity: bytes,
    began: dt.datetime,
) -> bytes:
    """The feed as XML. Pure.

    Ids are UUIDs made from the desk's `identity`: they stay when its address changes, with which a tag: URI would.
    """
    desk, base = one_line(desk, 60), base.rstrip("/")
    wording = Wording(subscription.language)
    root = ET.Element(f"{{{_ATOM}}}feed", {"xml:lang": wording.tag})
    _add(root, "id", _id(identity, subscription.id))
    _add(root, "title", f"{desk}: {one_line(subscription.name, 100)}")
    _add(root, "subtitle", one_line(subscription.query, 300))
    _add(root, "updated", _stamp(max((entry.told for entry in entries), default=began)))
    _add(_add(root, "author"), "name", desk)
    _add(root, "generator", "Vigía")
    _add(root, "link", rel="self", type="application/atom+xml", href=f"{base}{PATH}{token}{SUFFIX}")
    found = f"?q={quote(subscription.query)}"
    _add(root, "link", rel="alternate", type="text/html", href=f"{base}/{found if len(found) <= LONGEST_QUERY else ''}")
    for entry in entries:
        _entry(_add(root, "entry"), entry, subscription, identity, wording)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(parent: ET.Element, entry: Entry, subscription: Subscription, identity: bytes, wording: Wording) -> None:
    told, facts = entry.story, entry.story.plain
    _add(parent, "id", _id(identity, f"{subscription.id}\0{entry.key}"))
    _add(parent, "title", told.title)
    _add(parent, "updated", _stamp(entry.told))
    if facts["published"] and facts["published_precision"] == "time":
        with contextlib.suppress(ValueError):  # a time that a page gave, and that can't be read
            _add(parent, "published", _stamp(read_stamp(facts["published"])))
    _add(_add(parent, "author"), "name", told.outlet or "?")
    if told.url:
        _add(parent, "link", rel="alternate", href=told.url, **_hreflang(facts["language"]))
    for name in ("country", "kind", "ownership"):
        if facts[name]:
            _add(parent, "category", term=f"{name}:{facts[name]}")
    for flag in facts["flags"]:
        _add(parent, "category", term=flag)
    _add(parent, "content", templates().get_template("entry.html").render(story=told, t=wording), type="html")


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    fit = {key: _UNFIT.sub("", value) for key, value in attributes.items()}
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}", fit)
    if text is not None:
        child.text = _UNFIT.sub("", text)
    return child


def _hreflang(language: str | None) -> dict[str, str]:
    return {"hreflang": language} if language and re.fullmatch(r"[a-z]{2,3}", language) else {}


def _stamp(at: dt.datetime) -> str:
    """A moment after RFC 3339."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _id(identity: bytes, text: str) -> str:
    return f"urn:uuid:{uuid.UUID(bytes=hmac.digest(identity, text.encode(), hashlib.sha256)[:16], version=4)}"
