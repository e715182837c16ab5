"""A subscription as an Atom feed (RFC 4287) at a URL that cannot be guessed."""

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
from db.desk.alerts import AlertedArticle
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

FEED_PATH = "/alerts/feed/"  # served by pipelines.alerts.http_endpoints
FEED_SUFFIX = ".atom"
MAX_FEED_ENTRIES = 50  # stories
MAX_QUERY_URL_CHARS = 2_000  # length of a URL that every browser and server accepts
_ATOM = "http://www.w3.org/2005/Atom"
_PURPOSE = "feed"
_NOT_XML_CHARACTERS = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # characters that XML 1.0 forbids

ET.register_namespace("", _ATOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A story that the subscription was alerted to."""

    key: str  # the article's key in news.db
    alerted_at: dt.datetime  # when the digest with it was created
    story: AlertStory


def make_feed_url(key: bytes, subscription: str, *, base_url: str) -> str:
    """Return the URL of a subscription's feed. `base_url` is the reading room's URL for readers."""
    token = signed_urls.make_token(signed_urls.hash_subscription(key, subscription), key=key, purpose=_PURPOSE)
    return f"{base_url.rstrip('/')}{FEED_PATH}{token}{FEED_SUFFIX}"


def read_feed_token(token: str, *, key: bytes, subscriptions: Iterable[str]) -> str | None:
    """Return the id of the subscription that a token from a feed URL stands for; None if the token is not valid."""
    payload = signed_urls.verify_token(token, key=key, purpose=_PURPOSE, length=signed_urls.SUBSCRIPTION_BYTES)
    if payload is None:
        return None
    return signed_urls.find_subscription(payload, key=key, subscriptions=subscriptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContents:
    """What a feed is built from. `began` is when the subscription began."""

    alerted: tuple[tuple[AlertedArticle, MessageArticle], ...]  # newest first
    vocabulary: Vocabulary
    began: dt.datetime

    def fingerprint(self, *about: object) -> str:
        """Return a hash that changes when the feed would change; `about` is what else the feed depends on.

        It lets the endpoint cache the rendered feed: to build fifty stories takes longer than to read their rows.
        """
        return hashlib.sha256(repr((self.alerted, self.began, about)).encode("utf-8", "replace")).hexdigest()


def read_feed_contents(desk: Database, news: Path, subscription: Subscription) -> FeedContents:
    """Read the articles that the subscription was last alerted to, except those that news.db no longer holds."""
    alerted = alerts.read_last_alerted(desk, subscription.id, limit=MAX_FEED_ENTRIES)
    with contextlib.closing(open_news(news, readonly=True)) as db, explain_errors(news):
        ids = alert_articles.find_article_ids(db, [article.key for article in alerted])
        rows = alert_articles.read_message_articles(db, ids.values())
        vocabulary = query.load_vocabulary(db)
    present = tuple(
        (article, rows[ids[article.key]]) for article in alerted if article.key in ids and ids[article.key] in rows
    )
    began = subscriptions.find_subscription_start(desk, subscription.id) or dt.datetime.fromtimestamp(0, dt.UTC)
    return FeedContents(alerted=present, vocabulary=vocabulary, began=began)


def build_entries(contents: FeedContents, subscription: Subscription, *, zone: str) -> list[FeedEntry]:
    """Build the entries in the subscription's language and time zone. `zone` is the desk's."""
    return [
        FeedEntry(
            key=article.key,
            alerted_at=article.at,
            story=build_story(
                row | {"updated": article.updated},
                query=subscription.query,
                zone=subscription.timezone or zone,
                language=subscription.language,
                vocabulary=contents.vocabulary,
            ),
        )
        for article, row in contents.alerted
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
    """Render the feed as XML. Pure.

    Ids are UUIDs derived from the desk's secret `identity`. Unlike a tag: URI, they do not change with the desk's URL.
    `began` is the feed's date as long as it has no entries.
    """
    desk, base_url = one_line(desk, 60), base_url.rstrip("/")
    wording = MessageWording(subscription.language)
    root = ET.Element(f"{{{_ATOM}}}feed", {"xml:lang": wording.tag})
    _add_element(root, "id", _make_uuid(identity, subscription.id))
    _add_element(root, "title", f"{desk}: {one_line(subscription.name, 100)}")
    _add_element(root, "subtitle", one_line(subscription.query, 300))
    _add_element(root, "updated", _format_rfc3339(max((entry.alerted_at for entry in entries), default=began)))
    _add_element(_add_element(root, "author"), "name", desk)
    _add_element(root, "generator", "Vigía")
    _add_element(
        root, "link", rel="self", type="application/atom+xml", href=f"{base_url}{FEED_PATH}{token}{FEED_SUFFIX}"
    )
    search = f"?q={quote(subscription.query)}"
    _add_element(
        root,
        "link",
        rel="alternate",
        type="text/html",
        href=f"{base_url}/{search if len(search) <= MAX_QUERY_URL_CHARS else ''}",
    )
    for entry in entries:
        _add_entry(_add_element(root, "entry"), entry, subscription, identity, wording)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add_entry(
    parent: ET.Element, entry: FeedEntry, subscription: Subscription, identity: bytes, wording: MessageWording
) -> None:
    story, payload = entry.story, entry.story.payload
    _add_element(parent, "id", _make_uuid(identity, f"{subscription.id}\0{entry.key}"))
    _add_element(parent, "title", story.title)
    _add_element(parent, "updated", _format_rfc3339(entry.alerted_at))
    if payload["published"] and payload["published_precision"] == "time":
        with contextlib.suppress(ValueError):  # a page's own time may be unreadable
            _add_element(parent, "published", _format_rfc3339(read_stamp(payload["published"])))
    _add_element(_add_element(parent, "author"), "name", story.outlet or "?")
    if story.url:
        _add_element(parent, "link", rel="alternate", href=story.url, **_hreflang(payload["language"]))
    for name in ("country", "kind", "ownership"):
        if payload[name]:
            _add_element(parent, "category", term=f"{name}:{payload[name]}")
    for flag in payload["flags"]:
        _add_element(parent, "category", term=flag)
    _add_element(
        parent, "content", load_templates().get_template("entry.html").render(story=story, t=wording), type="html"
    )


def _add_element(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    cleaned = {key: _NOT_XML_CHARACTERS.sub("", value) for key, value in attributes.items()}
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}", cleaned)
    if text is not None:
        child.text = _NOT_XML_CHARACTERS.sub("", text)
    return child


def _hreflang(language: str | None) -> dict[str, str]:
    return {"hreflang": language} if language and re.fullmatch(r"[a-z]{2,3}", language) else {}


def _format_rfc3339(at: dt.datetime) -> str:
    """Format a time in UTC as RFC 3339."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _make_uuid(identity: bytes, text: str) -> str:
    return f"urn:uuid:{uuid.UUID(bytes=hmac.digest(identity, text.encode(), hashlib.sha256)[:16], version=4)}"
