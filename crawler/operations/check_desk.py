"""Check that a desk can start and send: configuration, secrets, queries, topic, folder, disk, lock. Sends nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from crawler.config.mailbox_address import parse_mailbox_address
from crawler.config.references import MAILBOX_SECRET, PlacedReference, list_references
from crawler.config.unset_keys import list_unset_keys
from crawler.crawling.lock import LOCK_FILE, find_lock_owner
from crawler.crawling.session import locate_topic, resolve_proxy
from crawler.monitoring.disk_space import measure_disk
from crawler.monitoring.foreign_files import describe_foreign_files
from db.connection import StoreError, open_desk, open_news
from db.search.query import QueryError, load_vocabulary, read_query
from db.search.query.syntax import parse_query
from pipelines.alerts.channels.send import check_address
from pipelines.alerts.errors import AlertError, SecretError, SendError, SubscriptionQueryError
from pipelines.alerts.matching.articles import read_subscription_query
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.alerts.subscriptions.subscription_index import index_by_id
from pipelines.relevance.topic import load_topic
from pipelines.relevance.topic_file import TopicError

PASSWORD_PLACE = "[desk] password"  # noqa: S105 - a place in vigia.toml
PROXY_PLACE = "[crawl] proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCheck:
    """What lacks, one line each with place and remedy, and what was looked at."""

    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()  # what is odd and keeps nothing from working
    references: int = 0
    outlets: int = 0
    subscriptions: int = 0
    topic: str | None = None
    free_bytes: int | None = None  # of the disk
    used_by: str | None = None  # who holds the lock: "process 1234"

    @property
    def is_well(self) -> bool:
        """True if nothing lacks."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return it as `vigia check --json` prints it."""
        return {
            "well": self.is_well,
            "problems": list(self.problems),
            "remarks": list(self.remarks),
            "references": self.references,
            "outlets": self.outlets,
            "subscriptions": self.subscriptions,
            "topic": self.topic,
            "free_bytes": self.free_bytes,
            "used_by": self.used_by,
        }


def check_desk(folder: Path, *, now: dt.datetime) -> DeskCheck:
    """Check the desk in a folder. It changes nothing there, and tells no part of a secret."""
    try:
        desk = load_desk(folder)
    except DeskError as error:
        return DeskCheck(problems=(str(error),))
    problems = [
        *_find_secret_problems(desk),
        *_find_access_problems(desk),
        *_find_topic_problems(desk),
        *_find_query_problems(desk),
        *_find_folder_problems(desk),
        *_find_database_problems(desk),
    ]
    disk = measure_disk(desk.folder, desk.archive, today=now.date())
    if disk.is_nearly_full:
        problems.append(f"{desk.folder}: the disk has only {disk.free / 1e6:,.1f} MB free; free some space")
    try:
        used_by = find_lock_owner(folder)
    except OSError as error:
        used_by = None
        problems.append(f"{folder / LOCK_FILE}: {error.strerror}; give it to the user that runs Vigía")
    return DeskCheck(
        problems=tuple(problems),
        remarks=(*list_unset_keys(desk), *_find_foreign_files(desk)),
        references=len(list_references(desk)),
        outlets=len(desk.enabled_outlets),
        subscriptions=len(desk.subscriptions),
        topic=desk.desk.topic,
        free_bytes=disk.free,
        used_by=used_by,
    )


def _find_secret_problems(desk: Desk) -> Iterator[str]:
    for one in list_references(desk):
        try:
            _check_secret(one, desk)
        except (SecretError, SendError) as error:
            named = "" if str(error).startswith(one.reference) else f"{one.reference}: "
            yield f"{desk.folder / CONFIG_FILE}: {one.place}: {named}{error}"
        except DeskError as error:  # of the proxy, with its place
            yield str(error)


def _check_secret(one: PlacedReference, desk: Desk) -> None:
    """Read a secret and check its form. Raises SecretError, SendError or DeskError."""
    if one.place == PROXY_PLACE:
        resolve_proxy(desk)
        return
    secret = read_secret(one.reference, folder=desk.folder, what=one.what)
    if one.place == PASSWORD_PLACE:
        from db.site.password import AccessError, check_hash  # noqa: PLC0415 - Datasette takes a while to import

        try:
            check_hash(secret)
        except AccessError as error:
            raise SecretError(f"{one.reference}: {error}") from error
    elif one.what == MAILBOX_SECRET:
        try:
            parse_mailbox_address(secret)
        except SecretError as error:
            raise SecretError(f"{one.reference}: {error}") from error
    else:
        check_address(secret)


def _find_access_problems(desk: Desk) -> Iterator[str]:
    from db.site.server import SiteError, SiteServer  # noqa: PLC0415 - Datasette takes a while to import

    if desk.desk.password is None:
        try:
            SiteServer(desk.news_db, host=desk.desk.host)
        except SiteError as error:
            yield f"{desk.folder / CONFIG_FILE}: {error}"
    if desk.crawl.proxy and not desk.crawl.proxy.startswith(("env:", "file:")):
        try:
            resolve_proxy(desk)
        except DeskError as error:
            yield str(error)


def _find_topic_problems(desk: Desk) -> Iterator[str]:
    try:
        load_topic(locate_topic(desk))
    except TopicError as error:
        yield f"{desk.folder / CONFIG_FILE}: [desk] topic: {error}"


def _find_query_problems(desk: Desk) -> Iterator[str]:
    """Yield what is wrong with queries. Before the first crawl only their syntax can be read."""
    try:
        index_by_id(desk.mailings)
        if not desk.news_db.exists():
            yield from _find_syntax_errors(desk)
            return
        with contextlib.closing(open_news(desk.news_db, readonly=True)) as news:
            vocabulary = load_vocabulary(news)
    except AlertError as error:
        yield f"{desk.folder / CONFIG_FILE}: {error}"
        return
    except (StoreError, sqlite3.Error):  # told by _find_database_problems
        return
    for subscription in desk.subscriptions:
        try:
            read_subscription_query(subscription, vocabulary)
        except SubscriptionQueryError as error:
            yield f"{desk.folder / CONFIG_FILE}: {str(error).splitlines()[0]}"
    for briefing in desk.briefings:
        try:
            if briefing.query:
                read_query(briefing.query, vocabulary)
        except QueryError as error:
            yield f'{desk.folder / CONFIG_FILE}: briefing "{briefing.name}": {error}'


def _find_syntax_errors(desk: Desk) -> Iterator[str]:
    named = [(f'subscription "{one.name}"', one.query) for one in desk.subscriptions]
    named += [(f'briefing "{one.name}"', one.query) for one in desk.briefings if one.query]
    for place, query in named:
        try:
            parse_query(query)
        except QueryError as error:
            yield f"{desk.folder / CONFIG_FILE}: {place}: {error}"


def _find_folder_problems(desk: Desk) -> Iterator[str]:
    """Yield what this user can't write: root or another user may have made it."""
    wanted = [desk.folder, desk.archive, desk.folder / LOCK_FILE, desk.news_db, desk.desk_db]
    for path in wanted:
        needed = os.W_OK | os.R_OK | (os.X_OK if path.is_dir() else 0)
        if path.exists() and not os.access(path, needed):
            yield f"{path}: can't be written by this user; give it to the user that runs Vigía (chown)"


def _find_foreign_files(desk: Desk) -> Iterator[str]:
    with contextlib.suppress(OSError):  # told by _find_folder_problems
        yield from describe_foreign_files(desk)


def _find_database_problems(desk: Desk) -> Iterator[str]:
    for path, opened in ((desk.news_db, open_news), (desk.desk_db, open_desk)):
        if path.exists():
            try:
                opened(path, readonly=True).close()
            except StoreError as error:
                yield str(error)
