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
from urllib.parse import quote
from xml.etree import ElementTree as ET

from sqlite_utils import Database

from db.connection import explain_errors, open_news
from db.desk import alerts, subscriptions
from db.desk.alerts import ToldArticle
from db.model.times import read_stamp
from db.news import alert_articles
from db.news.alert_articles import MessageArticle
from db.search import query
from db.search.query import Vocabulary
from db.text.sanitise import one_line
from pipelines.alerts import signed_urls
from pipelines.alerts.messages.rendering import load_templates
from pipelines.alerts.messages.story import AlertStory, build_story
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.subscription import Subscription

FEED_PATH = "/alerts/feed/"  # where pipelines.alerts.http_endpoints answers
FEED_SUFFIX = ".atom"
MAX_FEED_ENTRIES = 50  # stories
MAX_QUERY_URL_CHARS = 2_000  # characters of an address that browsers and servers take
_ATOM = "http://www.w3.org/2005/Atom"
_PURPOSE = "feed"
_NOT_XML_CHARACTERS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no characters of XML 1.0

ET.register_namespace("", _ATOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A story that was alerted: its key in news.db, and when the digest that told it was made."""

    key: str
    told: dt.datetime
    story: AlertStory


def make_feed_url(key: bytes, subscription: str, *, base_url: str) -> str:
    """The address of a subscription's feed; `base_url` is where readers reach the reading room."""
    token = signed_urls.make_token(signed_urls.hash_subscription(key, subscription), key=key, purpose=_PURPOSE)
    return f"{base_url.rstrip('/')}{FEED_PATH}{token}{FEED_SUFFIX}"


def read_feed_token(token: str, *, key: bytes, subscriptions: Iterable[str]) -> str | None:
    """The subscription whose feed lies at an address; None if there is no such feed."""
    said = signed_urls.verify_token(token, key=key, purpose=_PURPOSE, length=signed_urls.SUBSCRIPTION_BYTES)
    return None if said is None else signed_urls.find_subscription(said, key=key, subscriptions=subscriptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContents:
    """What a feed is made of: alerts with the rows of their articles, the newest first, and when it began."""

    told: tuple[tuple[ToldArticle, MessageArticle], ...]
    vocabulary: Vocabulary
    began: dt.datetime

    def fingerprint(self, *about: object) -> str:
        """The same as long as the feed is: telling fifty stories takes longer than reading them."""
        return hashlib.sha256(repr((self.told, self.began, about)).encode("utf-8", "replace")).hexdigest()


def read_feed_contents(desk: Database, news: Path, subscription: Subscription) -> FeedContents:
    """The stories that the subscription was last alerted to. What news.db no longer holds is left out."""
    told = alerts.read_last_told(desk, subscription.id, limit=MAX_FEED_ENTRIES)
    with contextlib.closing(open_news(news, readonly=True)) as db, explain_errors(news):
        ids = alert_articles.find_article_ids(db, [one.key for one in told])
        rows = alert_articles.read_message_articles(db, ids.values())
        vocabulary = query.load_vocabulary(db)
    there = tuple((one, rows[ids[one.key]]) for one in told if one.key in ids and ids[one.key] in rows)
    began = subscriptions.find_subscription_start(desk, subscription.id) or dt.datetime.fromtimestamp(0, dt.UTC)
    return FeedContents(told=there, vocabulary=vocabulary, began=began)


def build_entries(contents: FeedContents, subscription: Subscription, *, zone: str) -> list[FeedEntry]:
    """The stories as the subscription's readers are told them. `zone` is the desk's."""
    return [
        FeedEntry(
            key=one.key,
            told=one.at,
            story=build_story(
                row | {"updated": one.updated},
                query=subscription.query,
                zone=subscription.timezone or zone,
                language=subscription.language,
                vocabulary=contents.vocabulary,
            ),
        )
        for one, row in contents.told
    ]


def render_feed(
    entries: Sequence[FeedEntry],
    *,
    subscription: Subscription,
    desk: str,
    base_url: str,
    token: str,
    identity: bytes,
    began: dt.datetime,
) -> bytes:
    """The feed as XML. Pure.

    Ids are UUIDs made from the desk's `identity`: they stay when its address changes, with which a tag: URI would.
    """
    desk, base_url = one_line(desk, 60), base_url.rstrip("/")
    wording = MessageWording(subscription.language)
    root = ET.Element(f"{{{_ATOM}}}feed", {"xml:lang": wording.tag})
    _add_element(root, "id", _make_uuid(identity, subscription.id))
    _add_element(root, "title", f"{desk}: {one_line(subscription.name, 100)}")
    _add_element(root, "subtitle", one_line(subscription.query, 300))
    _add_element(root, "updated", _format_rfc3339(max((entry.told for entry in entries), default=began)))
    _add_element(_add_element(root, "author"), "name", desk)
    _add_element(root, "generator", "Vigía")
    _add_element(
        root, "link", rel="self", type="application/atom+xml", href=f"{base_url}{FEED_PATH}{token}{FEED_SUFFIX}"
    )
    found = f"?q={quote(subscription.query)}"
    _add_element(
        root,
        "link",
        rel="alternate",
        type="text/html",
        href=f"{base_url}/{found if len(found) <= MAX_QUERY_URL_CHARS else ''}",
    )
    for entry in entries:
        _add_entry(_add_element(root, "entry"), entry, subscription, identity, wording)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add_entry(
    parent: ET.Element, entry: FeedEntry, subscription: Subscription, identity: bytes, wording: MessageWording
) -> None:
    told, facts = entry.story, entry.story.plain
    _add_element(parent, "id", _make_uuid(identity, f"{subscription.id}\0{entry.key}"))
    _add_element(parent, "title", told.title)
    _add_element(parent, "updated", _format_rfc3339(entry.told))
    if facts["published"] and facts["published_precision"] == "time":
        with contextlib.suppress(ValueError):  # a time that a page gave, and that can't be read
            _add_element(parent, "published", _format_rfc3339(read_stamp(facts["published"])))
    _add_element(_add_element(parent, "author"), "name", told.outlet or "?")
    if told.url:
        _add_element(parent, "link", rel="alternate", href=told.url, **_hreflang(facts["language"]))
    for name in ("country", "kind", "ownership"):
        if facts[name]:
            _add_element(parent, "category", term=f"{name}:{facts[name]}")
    for flag in facts["flags"]:
        _add_element(parent, "category", term=flag)
    _add_element(
        parent, "content", load_templates().get_template("entry.html").render(story=told, t=wording), type="html"
    )


def _add_element(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    fit = {key: _NOT_XML_CHARACTERS.sub("", value) for key, value in attributes.items()}
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}", fit)
    if text is not None:
        child.text = _NOT_XML_CHARACTERS.sub("", text)
    return child


def _hreflang(language: str | None) -> dict[str, str]:
    return {"hreflang": language} if language and re.fullmatch(r"[a-z]{2,3}", language) else {}


def _format_rfc3339(at: dt.datetime) -> str:
    """A moment after RFC 3339."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _make_uuid(identity: bytes, text: str) -> str:
    return f"urn:uuid:{uuid.UUID(bytes=hmac.digest(identity, text.encode(), hashlib.sha256)[:16], version=4)}"
