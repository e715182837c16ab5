"""One message of a mailbox -> addresses of articles, links that may lead to others, and its own page. Pure.

Attachments are not opened. It runs in a worker process: a message is a stranger's bytes.
"""

from __future__ import annotations

import datetime as dt
import email
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from itertools import islice

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.http import list_hosts
from crawler.discovery.candidates import to_utc
from crawler.newsletters.article_address import find_article_address, is_own_host
from crawler.newsletters.links import (
    Link,
    is_leaving_address,
    is_unwanted,
    is_unwanted_address,
    iterate_unique,
    list_header_addresses,
    measure_prose,
    read_html_links,
    read_text_links,
)
from crawler.newsletters.senders import find_sender, is_named
from pipelines.analysis.decoding import decode_body

MAX_PARTS = 100
MIN_SERVICE_LINKS = 3  # of one site, for it to be the mailing service's
MAX_LETTER_LINKS = 3  # to articles, of a message that is a text itself; more are a list of articles
MIN_LETTER_WIDTH = 1_200  # in letters, of such a text: some two hundred words, or four hundred Chinese characters
MAX_OWN_PAGES = 3
_MAX_HEADER_CHARS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """What a message links: articles as (address, title), and links of the mailing service that may lead to others.

    Of the latter those with a title come first: a reading follows only so many.
    `own_pages` has the addresses that show the message in the browser, if it is a text itself and no list of articles:
    the outlet's own, or links of the service that may lead there. `forbidden` has the keys of addresses that are never
    requested.
    """

    articles: tuple[tuple[str, str | None], ...] = ()
    service_links: tuple[tuple[str, str | None], ...] = ()
    own_pages: tuple[str, ...] = ()
    subject: str | None = None  # None if it has a mail address in it
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
        texts = _read_texts(message)
    except RecursionError:  # parts within parts, more than any program writes
        return None
    links = list(iterate_unique(_read_links(texts)))
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
    followed = [
        (link.url, _title(link))
        for link in others
        if (link.has_title or link.reads_on)
        and _site(link.url) in sites
        and not is_unwanted(link, forbidden)
        and not is_own_host(link.url, outlet)
    ]
    titled = [link for link in followed if link[1]]
    untitled = [link for link in followed if not link[1]]
    own_pages: list[str] = []
    # A title and the "Read more" below it mostly lead to one article, by an address each.
    if len(articles) + max(len(titled), len(untitled)) <= MAX_LETTER_LINKS and _is_letter(texts):
        views = (link for link in links if link.shows_message and _site(link.url) in sites)
        own_pages = [link.url for link in views if not is_leaving_address(link.url, forbidden)][:MAX_OWN_PAGES]
        for url in own_pages:
            articles.pop(find_article_address(url, outlet) or "", None)
    return Newsletter(
        articles=tuple(articles.items()),
        service_links=(*titled, *untitled),
        own_pages=tuple(own_pages),
        subject=_subject(message),
        forbidden=forbidden,
        sent=_sent(message),
    )


def _read_texts(message: Message) -> dict[str, list[str]]:
    """Return the texts of the message by their type, HTML or plain; of alternatives those in HTML."""
    texts: dict[str, list[str]] = {"text/html": [], "text/plain": []}
    for part in islice(_iterate_texts(message), MAX_PARTS):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            texts[part.get_content_type()].append(decode_body(payload, str(part.get("Content-Type", ""))).text)
    return texts


def _iterate_texts(part: Message) -> Iterator[Message]:
    """Yield the parts that a mail program would show, in order. A message within the message is an attachment."""
    kind = part.get_content_type()
    if part.get_content_disposition() == "attachment":
        return
    if kind in {"text/html", "text/plain"}:
        yield part
    if part.get_content_maintype() != "multipart" or not isinstance(part.get_payload(), list):
        return
    shown = [list(islice(_iterate_texts(inner), MAX_PARTS)) for inner in islice(part.get_payload(), MAX_PARTS)]
    if kind == "multipart/alternative":
        rich = [texts for texts in shown if any(text.get_content_type() == "text/html" for text in texts)]
        shown = rich or shown
    for texts in shown:
        yield from texts


def _read_links(texts: dict[str, list[str]]) -> list[Link]:
    """Return the links of the HTML parts, then of the plain ones."""
    rich = [link for text in texts["text/html"] for link in read_html_links(text)]
    return rich + [link for text in texts["text/plain"] for link in read_text_links(text)]


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
    return urls.get_site(urls.get_host(url))


def _title(link: Link) -> str | None:
    return link.text if link.has_title and "@" not in link.text else None


def _is_letter(texts: dict[str, list[str]]) -> bool:
    """Whether an HTML part has enough running text to be an article itself."""
    return any(measure_prose(html) >= MIN_LETTER_WIDTH for html in texts["text/html"])


def _subject(message: Message) -> str | None:
    written = str(message.get("Subject", ""))[:_MAX_HEADER_CHARS]
    try:
        subject = str(make_header(decode_header(written)))
    except (HeaderParseError, LookupError, ValueError):  # an unknown charset, or bytes that are not in it
        return None
    subject = " ".join(subject.split())
    return subject if subject and "@" not in subject else None


def _sent(message: Message) -> dt.datetime | None:
    try:
        return to_utc(parsedate_to_datetime(str(message.get("Date", ""))))
    except (ValueError, TypeError, OverflowError):
        return None
