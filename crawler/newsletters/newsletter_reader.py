"""Read the newsletters of one crawl: messages become candidates first, then they are marked as seen.

If the process ends in between, the messages are read once more, and what they link is known by then.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import scrapy
from scrapy import Request
from scrapy.http import Response

from crawler import urls
from crawler.config.mailbox_address import MailboxAddress, parse_mailbox_address
from crawler.config.outlet import Source
from crawler.config.references import MAILBOX_SECRET
from crawler.crawling.exceptions import ANY_SITE, StoreFailed
from crawler.crawling.fetch_errors import FetchFailure, Retry, classify_error, classify_response
from crawler.crawling.http import flatten_headers, to_stored
from crawler.crawling.source_reader import SourceReader
from crawler.discovery.candidates import SourceContext, SourceEntry, collect_candidates, format_count
from crawler.newsletters.article_address import find_article_address
from crawler.newsletters.imap_mailbox import (
    MailboxError,
    MailConnection,
    StoredMessage,
    UnseenMail,
    fetch_unseen,
    mark_messages,
)
from crawler.newsletters.links import is_leaving_address, is_unwanted_address
from crawler.newsletters.message import Newsletter
from db.desk.candidates import find_waiting_keys
from db.desk.sources import record_answer
from db.news.stored_article import find_known_keys
from pipelines.alerts.errors import SecretError
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.analysis.workers.jobs import JobFailed, JobLimits

_log = logging.getLogger(__name__)

READ_SECONDS = 120.0  # for all of a mailbox
MESSAGE_LIMITS = JobLimits(seconds=15, memory_bytes=500_000_000, answer_bytes=5_000_000)
MAX_REDIRECTS = 5  # of one link
MAX_FOLLOWED = 60  # links of mailing services that one reading follows; messages beyond wait for the next
MAX_REDIRECT_BYTES = 1_000_000  # of what a mailing service answers, which is not read
FOLLOW_FOR = dt.timedelta(days=3)  # after a message was sent its links are tried again if they gave no answer
REDIRECTS = (301, 302, 303, 307, 308)

_Result = TypeVar("_Result")


class NewsletterReader:
    """Reads the mailbox of one outlet in one crawl."""

    def __init__(self, sources: SourceReader, spider: scrapy.Spider) -> None:
        self.sources = sources
        self.spider = spider
        self.session = sources.session
        self.outlet = sources.outlet
        self.followed = 0
        self.counts: Counter[str] = Counter()  # what could not be used, by why

    async def read(self) -> bool:
        """Read unseen messages, store what they link as candidates, and mark them; or store why that failed.

        Returns False if the outlet has no mailbox, or the crawl is a backfill: a mailbox has no past.
        """
        source = next((one for one in self.outlet.sources if one.kind == "mailbox"), None)
        if source is None or self.sources.back_to:
            return False
        try:
            address = self._address()
            mail = await self._in_thread(fetch_unseen, address, self.outlet.mailbox_senders)
            entries, seen, flagged = await self._read_messages(mail)
            self._save(source, entries, mail)
            if seen and not self.session.full:  # `vigia outlets check` leaves a mailbox as it is
                await self._in_thread(mark_messages, address, mail.uid_validity, seen=seen, flagged=flagged)
        except MailboxError as error:
            failure = FetchFailure(code=error.code, sentence=str(error), retry=Retry.AS_ATTEMPT)
            self.sources.save_failure(source, failure, status=None)
        return True

    def _address(self) -> MailboxAddress:
        reference = self.outlet.mailbox or ""
        try:
            return parse_mailbox_address(read_secret(reference, folder=self.session.desk.folder, what=MAILBOX_SECRET))
        except SecretError as error:
            named = str(error) if str(error).startswith(reference) else f"{reference}: {error}"
            raise MailboxError("secret", named) from None

    async def _in_thread(self, function: Callable[..., _Result], *arguments: Any, **options: Any) -> _Result:
        """Run a function of a mailbox in a thread of its own; its connection is ended when this is cancelled.

        A daemon: a thread of a pool would be waited for when Vigía ends, and a server may take its time.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()
        connection = MailConnection()

        def settle(result: _Result | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result, error = None, None
            try:
                result = function(*arguments, connection=connection, **options)
            except Exception as caught:  # noqa: BLE001 - it is raised where the result is awaited
                error = caught
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(settle, result, error)

        threading.Thread(target=run, name=f"mailbox {self.outlet.id}", daemon=True).start()
        try:
            return await asyncio.wait_for(future, READ_SECONDS)
        except TimeoutError:
            raise MailboxError("timeout", f"the mail server took more than {READ_SECONDS:.0f} seconds") from None
        finally:
            connection.abort()

    async def _read_messages(self, mail: UnseenMail) -> tuple[list[SourceEntry], list[int], list[int]]:
        """Return what messages link, those that are done with, and those of them that link no article."""
        entries: list[SourceEntry] = []
        seen: list[int] = []
        flagged: list[int] = []
        for message in mail.messages:
            newsletter = await self._parse(message)
            if newsletter is None:
                flagged.append(message.uid)
                seen.append(message.uid)
                self.counts["unreadable"] += 1
                continue
            if self.followed and self.followed + len(newsletter.service_links) > MAX_FOLLOWED:
                self.counts["left"] += 1
                continue
            found = [SourceEntry(link=url, title=title) for url, title in newsletter.articles]
            own, is_complete = await self._find_own_page(newsletter)
            found += [own] if own else []
            for url, title in newsletter.service_links[:MAX_FOLLOWED]:
                address, is_final = await self._follow(url, newsletter)
                is_complete &= is_final
                if address:
                    found.append(SourceEntry(link=address, title=title))
            entries += found
            is_old = newsletter.sent is None or self.session.now() - newsletter.sent > FOLLOW_FOR
            if is_complete or is_old:
                seen.append(message.uid)
                if not found:
                    flagged.append(message.uid)
                    self.counts["without"] += 1
        return entries, seen, flagged

    async def _find_own_page(self, newsletter: Newsletter) -> tuple[SourceEntry | None, bool]:
        """Return (the page at which the outlet shows a message that is a text itself or None, whether that is final).

        Its title is the message's subject. Its date is that of the message, or now if that lies in the future.
        """
        is_complete = True
        for url in newsletter.own_pages:
            address, is_final = find_article_address(url, self.outlet), True
            if address is None:
                address, is_final = await self._follow(url, newsletter, is_unwanted=is_leaving_address)
            is_complete &= is_final
            if address:
                now = self.session.now()
                sent = min(newsletter.sent or now, now)
                return SourceEntry(link=address, title=newsletter.subject, published=sent), True
        return None, is_complete

    async def _parse(self, message: StoredMessage) -> Newsletter | None:
        with self.session.abort_on_store_error():
            try:
                newsletter: Newsletter | None = await self.session.stores.workers.run(
                    "crawler.newsletters.message:read_message",
                    message.body,
                    outlet=self.outlet,
                    limits=MESSAGE_LIMITS,
                    key=self.outlet.id,
                    label=f"a message to mailbox:{self.outlet.id}",
                )
            except JobFailed:
                return None
        return newsletter

    async def _follow(
        self,
        url: str,
        newsletter: Newsletter,
        *,
        is_unwanted: Callable[[str, Collection[str]], bool] = is_unwanted_address,
    ) -> tuple[str | None, bool]:
        """Return (the article to which a mailing service's link leads or None, whether that is final).

        Redirects are followed by hand, so that each address is looked at before it is requested. The article itself is
        not requested here. No address is logged or stored: it names the subscriber.
        """
        for _ in range(MAX_REDIRECTS):
            if is_unwanted(url, newsletter.forbidden):
                return None, True
            self.followed += 1
            meta = {ANY_SITE: True, "dont_redirect": True, "download_maxsize": MAX_REDIRECT_BYTES}
            try:
                response = await self._download(Request(url, meta=meta, dont_filter=True))
            except StoreFailed:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the downloader and its middlewares raise
                failure: FetchFailure | None = classify_error(error)
            else:
                target = response.headers.get("Location")
                if response.status in REDIRECTS and target:
                    leads = target.decode("latin-1")
                    if urls.canonicalize(leads, base=url) is None:  # also where urljoin would raise ValueError
                        return None, True
                    url = urljoin(url, leads)
                    if not is_unwanted(url, newsletter.forbidden) and (
                        address := find_article_address(url, self.outlet)
                    ):
                        return address, True
                    continue
                failure = classify_response(response.status, flatten_headers(response), response.body)
            if failure is not None:
                self.counts[f"{urlsplit(url).hostname}: {_without_addresses(failure)}"] += 1
            return None, failure is None or failure.retry is Retry.NEVER
        return None, True

    async def _download(self, request: Request) -> Response:
        """Send a request through the crawl's middlewares."""
        engine: Any = self.spider.crawler.engine
        response: Response = await engine.download_async(request)
        return response

    def _save(self, source: Source, entries: list[SourceEntry], mail: UnseenMail) -> None:
        """Store the candidates with how the reading went, in one transaction."""
        stores, now = self.session.stores, self.session.now()
        context = SourceContext(url=self.outlet.home, outlet=self.outlet, since=None, now=now)
        found = collect_candidates(entries, context, pattern=self.outlet.article_pattern)
        wanted = [candidate for candidate in found.candidates if self.sources.is_wanted(candidate)]
        keys = [candidate.key for candidate in wanted]
        known = find_known_keys(stores.news, keys) | find_waiting_keys(stores.desk, keys)
        warning = "; ".join(self._warnings(mail))[:500] or None
        if warning:
            _log.info("%s: %s: %s", self.outlet.id, source.url, warning)
        self.sources.stats.sources += 1
        record_answer(
            stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=now,
            status=None,
            outcome="ok",
            warning=warning,
            items=found.listing.items,
            candidates=[to_stored(page, self.outlet.id) for page in wanted if page.key not in known],
        )

    def _warnings(self, mail: UnseenMail) -> list[str]:
        left = mail.left + self.counts.pop("left", 0)
        without, unreadable = self.counts.pop("without", 0), self.counts.pop("unreadable", 0)
        refused = mail.not_given
        told = [
            mail.too_large and f"{format_count(mail.too_large, 'message', 'messages')} over 5 MB left unread",
            refused and f"{format_count(refused, 'message', 'messages')} that the server does not give out",
            mail.broken,
            left and f"{format_count(left, 'message', 'messages')} left to the next crawl",
            without and f"{format_count(without, 'message', 'messages')} without a link to an article, flagged",
            unreadable and f"{format_count(unreadable, 'message', 'messages')} that can't be read, flagged",
        ]
        told += [f"{format_count(number, 'link', 'links')} of {why}" for why, number in self.counts.most_common(3)]
        return [line for line in told if line]


def _without_addresses(failure: FetchFailure) -> str:
    """Return why a link gave nothing, without what an address could stand in."""
    return failure.code if "/" in failure.sentence or "=" in failure.sentence else failure.sentence
