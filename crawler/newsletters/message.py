"""One message of a mailbox -> addresses of articles, and links through which others may be reached. Pure.

Attachments are not opened. It runs in a worker process: a message is a stranger's bytes.
"""

from __future__ import annotations

import datetime as dt
import email
from collections import Counter
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from itertools import islice
from urllib.parse import urlsplit

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.http import list_hosts
from crawler.discovery.candidates import to_utc
from crawler.newsletters.article_address import find_article_address, is_own_host
from crawler.newsletters.links import (
    Link,
    is_unwanted,
    is_unwanted_address,
    iterate_unique,
    list_header_addresses,
    read_html_links,
    read_text_links,
)
from crawler.newsletters.senders import find_sender, is_named
from pipelines.analysis.decoding import decode_body

MAX_PARTS = 100
MIN_SERVICE_LINKS = 3  # of one site, for it to be the mailing service's


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """What a message links: articles as (address, title), and links of the mailing service that may lead to others.

    `forbidden` has the keys of addresses that are never requested.
    """

    articles: tuple[tuple[str, str | None], ...] = ()
    service_links: tuple[tuple[str, str], ...] = ()
    forbidden: frozenset[str] = frozenset()
    sent: dt.datetime | None = None  # aware, UTC


def read_message(body: bytes, *, outlet: Outlet) -> Newsletter | None:
    """Read a message; None if its only author is not one of the outlet's `mailbox_senders`, or it can't be read."""
    try:
        message = email.message_from_bytes(body)
        head = body.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        sender = find_sender(head)
        if sender is None or not is_named(sender, outlet.mailbox_senders):
            return None
        links = list(iterate_unique(_read_links(message)))
    except RecursionError:  # parts within parts, more than any program writes
        return None
    headers = [str(value) for value in message.get_all("List-Unsubscribe", [])]
    leave = [url for value in headers for url in list_header_addresses(value)]
    forbidden = frozenset(map(urls.key, leave))
    articles: dict[str, str | None] = {}
    others: list[Link] = []
    for link in links:
        address = None if is_unwanted_address(link.url, forbidden) else find_article_address(link.url, outlet)
        if address is None:
            others.append(link)
        elif not articles.get(address):
            articles[address] = _title(link)
    sites = _service_sites(others, leave, outlet)
    return Newsletter(
        articles=tuple(articles.items()),
        service_links=tuple(
            (link.url, link.text)
            for link in others
            if link.has_title
            and _site(link.url) in sites
            and not is_unwanted(link, forbidden)
            and not is_own_host(link.url, outlet)
        ),
        forbidden=forbidden,
        sent=_sent(message),
    )


def _read_links(message: Message) -> list[Link]:
    """Return the links of the HTML parts, or of the plain ones if there is none."""
    texts: dict[str, list[str]] = {"text/html": [], "text/plain": []}
    for part in islice(message.walk(), MAX_PARTS):
        kind = part.get_content_type()
        if kind in texts and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                texts[kind].append(decode_body(payload, str(part.get("Content-Type", ""))).text)
    if texts["text/html"]:
        return [link for text in texts["text/html"] for link in read_html_links(text)]
    return [link for text in texts["text/plain"] for link in read_text_links(text)]


def _service_sites(links: list[Link], leave: list[str], outlet: Outlet) -> set[str]:
    """Return the sites through which the mailing service counts clicks.

    They are that of List-Unsubscribe, another host on the outlet's own, and one that has most of the other links:
    those to social networks and sponsors lead to a site each.
    """
    own = {urls.get_site(name) for name in list_hosts(outlet) if name}
    counts = Counter(site for link in links if (site := _site(link.url)) and site not in own)
    found = own | {_site(url) for url in leave}
    found |= {site for site, number in counts.items() if number >= max(MIN_SERVICE_LINKS, counts.total() / 2)}
    return found - {""}


def _site(url: str) -> str:
    clean = urls.canonicalize(url)
    return urls.get_site(urlsplit(clean).netloc) if clean else ""


def _title(link: Link) -> str | None:
    return link.text if link.has_title and "@" not in link.text else None


def _sent(message: Message) -> dt.datetime | None:
    try:
        return to_utc(parsedate_to_datetime(str(message.get("Date", ""))))
    except (ValueError, TypeError, OverflowError):
        return None
