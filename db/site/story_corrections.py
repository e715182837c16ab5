"""Forms by which analysts join and split stories in the reading room of `vigia up`, and undo that.

The process that writes the desk mounts this application behind the password; no other site has it. Each form holds a
token of the reader's session, which other sites can't read. A correction is one transaction: see
db.news.stories.corrections.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from datasette.app import Datasette
from datasette.utils.asgi import Request
from sqlite_utils import Database

from db.connection import StoreError, explain_errors, open_news
from db.news.stories.corrections import join_stories, split_story
from db.news.stories.rows import find_standing_story, find_story
from db.news.stories.undo import undo_correction
from db.site.forms import SESSION_COOKIE, Scope, read_header, receive_form, redirect
from db.site.mounts import list_behind_password
from db.site.query_cache import clear_cache
from db.site.security import (
    JOIN_STORIES,
    SPLIT_STORY,
    UNDO_CORRECTION,
    AsgiApplication,
    AsgiReceive,
    AsgiSend,
    refuse,
)

# An address of this site, with its host or without.
_OWN_PAGE = re.compile(r"(?:https?://(?P<host>[^/?#]+))?/(?P<kind>story|article)/(?P<id>\d{1,15})/?(?:[?#].*)?")
_log = logging.getLogger(__name__)

FindArticle = Callable[[Database, str], "int | None"]


class StoryCorrections:
    """An ASGI application. `find_article` returns the article of an address that a person typed."""

    def __init__(self, news_db: Path, *, find_article: FindArticle, now: Callable[[], dt.datetime]) -> None:
        self._news_db = news_db
        self._find_article = find_article
        self._now = now
        self._secret = secrets.token_bytes(32)

    @property
    def mounts(self) -> Mapping[str, AsgiApplication]:
        """The application by its paths."""
        return dict.fromkeys((JOIN_STORIES, SPLIT_STORY, UNDO_CORRECTION), self)

    def make_token(self, session_cookie: str) -> str:
        """Return what the forms of a session hold."""
        return hmac.digest(self._secret, b"stories\0" + session_cookie.encode(), "sha256").hex()

    async def __call__(self, scope: Scope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Carry out a form, and show the story that it is about."""
        if scope["method"] != "POST":
            await refuse(send, 405, "This page takes the buttons of our own pages alone.")
            return
        form = await receive_form(scope, receive, send)
        if form is None:
            return
        token = self.make_token(_read_session_cookie(scope))
        if not hmac.compare_digest(form.get("token", "").encode(), token.encode()):
            await refuse(send, 403, "This form is of an earlier session. Go back, load the page again, and repeat it.")
            return
        try:
            host = read_header(scope, b"host").lower()
            where = await asyncio.to_thread(self._carry_out, scope["path"], form, host=host)
        except StoreError as error:
            _log.error("stories could not be corrected: %s", error)
            await refuse(send, 503, "The database could not be written just now. Go back and try again.")
            return
        clear_cache()
        await redirect(send, where)

    def _carry_out(self, path: str, form: Mapping[str, str], *, host: str) -> str:
        """Return the address of the page to show. Raises StoreError."""
        news = open_news(self._news_db)
        try:
            with explain_errors(self._news_db):
                if path == UNDO_CORRECTION:
                    story = undo_correction(news, _read_number(form.get("correction", "")) or 0, now=self._now())
                    return "/" if story is None else f"/story/{story}?done=undone"
                article = _read_number(form.get("article", "")) or 0
                own = find_story(news, article)
                if own is None:
                    return "/"
                if path == SPLIT_STORY:
                    story = split_story(news, article, now=self._now())
                    return f"/story/{story}?done=split"
                return self._join(news, article, own, form.get("with", "").strip()[:2_000], host=host)
        finally:
            news.conn.close()

    def _join(self, news: Database, article: int, own: int, named: str, *, host: str) -> str:
        other = self._find_named(news, named, host=host)
        if other is None:
            return f"/story/{own}?{urlencode({'done': 'unknown', 'which': named[:200]})}"
        if find_story(news, other) == own:
            return f"/story/{own}?done=same"
        return f"/story/{join_stories(news, article, other, now=self._now())}?done=join"

    def _find_named(self, news: Database, named: str, *, host: str) -> int | None:
        """Return an article of the story that a person named by its number, its page or an article's address."""
        page = _OWN_PAGE.fullmatch(named)
        if page is not None and page["host"] and page["host"].lower() != host:
            page = None
        number = _read_number(named)
        if number is None and page is not None and page["kind"] == "story":
            number = int(page["id"])
        if number is not None:
            standing = find_standing_story(news, number)
            row = news.execute("SELECT first_article FROM stories WHERE id = :id", {"id": standing}).fetchone()
            return None if row is None else int(row[0])
        if page is not None:
            return int(page["id"]) if find_story(news, int(page["id"])) is not None else None
        return self._find_article(news, named)


def find_correction_token(datasette: Datasette, request: Request) -> str | None:
    """Return what the forms of this reader hold; None where stories can't be corrected."""
    app = list_behind_password(datasette).get(JOIN_STORIES)
    return app.make_token(_read_session_cookie(request.scope)) if isinstance(app, StoryCorrections) else None


def _read_session_cookie(scope: Scope) -> str:
    try:
        found = SimpleCookie(read_header(scope, b"cookie")).get(SESSION_COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _read_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None
