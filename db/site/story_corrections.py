"""What the buttons under a story do: readers join and split stories, and undo that.

A correction is one transaction: see db.news.stories.corrections.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from sqlite_utils import Database

from db.connection import explain_errors, open_desk, open_news
from db.desk.analysts.correction_notes import save_correction_note
from db.desk.analysts.reader_marks import MAX_READER_NOTE_CHARACTERS
from db.news.page_lookup import find_article_by_id
from db.news.stories.corrections import join_stories, split_story
from db.news.stories.rows import find_standing_story, find_story
from db.news.stories.undo import undo_correction
from db.site.analysts.forms import AnalystForm, FormHandler, read_number
from db.text.sanitise import one_line

JOIN_STORIES: Final = "/story/join"
SPLIT_STORY: Final = "/story/split"
UNDO_CORRECTION: Final = "/story/undo"
# An address of this site, with its host or without.
_OWN_PAGE = re.compile(r"(?:https?://(?P<host>[^/?#]+))?/(?P<kind>story|article)/(?P<id>\d{1,15})/?(?:[?#].*)?")

FindArticle = Callable[[Database, str], "int | None"]


def list_story_forms(find_article: FindArticle) -> Mapping[str, FormHandler]:
    """Return what carries out each form. `find_article` returns the article of an address that a person typed."""

    def join(form: AnalystForm) -> str:
        return _in_news(form, lambda news: _join(news, form, find_article))

    return {
        JOIN_STORIES: join,
        SPLIT_STORY: lambda form: _in_news(form, lambda news: _split(news, form)),
        UNDO_CORRECTION: lambda form: _in_news(form, lambda news: _undo(news, form)),
    }


def _in_news(form: AnalystForm, carry_out: Callable[[Database], str]) -> str:
    with contextlib.closing(open_news(form.news_db)) as news, explain_errors(form.news_db):
        return carry_out(news)


def _undo(news: Database, form: AnalystForm) -> str:
    story = undo_correction(news, read_number(form.one("correction")), now=form.now)
    return "/" if story is None else f"/story/{story}?done=undone"


def _split(news: Database, form: AnalystForm) -> str:
    article = read_number(form.one("article"))
    own = find_story(news, article)
    if own is None:
        return "/"
    if own != read_number(form.one("story")):  # another window joined or split it
        return f"/story/{own}?done=elsewhere"
    _save_note(news, form, article)
    return f"/story/{split_story(news, article, now=form.now)}?done=split"


def _join(news: Database, form: AnalystForm, find_article: FindArticle) -> str:
    article = read_number(form.one("article"))
    own = find_story(news, article)
    if own is None:
        return "/"
    if own != read_number(form.one("story")):  # another window joined or split it
        return f"/story/{own}?done=elsewhere"
    named = form.one("with").strip()[:2_000]
    other = _find_named(news, named, host=form.host, find_article=find_article)
    if other is None:
        return f"/story/{own}?{urlencode({'done': 'unknown', 'which': named[:200]})}"
    if find_story(news, other) == own:
        return f"/story/{own}?done=same"
    _save_note(news, form, article)
    return f"/story/{join_stories(news, article, other, now=form.now)}?done=join"


def _save_note(news: Database, form: AnalystForm, article: int) -> None:
    """Keep why the reader corrects this article's story, before the correction that the note is beside."""
    note = one_line(form.one("note"), MAX_READER_NOTE_CHARACTERS)
    row = find_article_by_id(news, article)
    if note and row is not None:
        with contextlib.closing(open_desk(form.desk_db)) as desk, explain_errors(form.desk_db):
            save_correction_note(desk, key=row["key"], person=form.reader.id, note=note, at=form.now)


def _find_named(news: Database, named: str, *, host: str, find_article: FindArticle) -> int | None:
    """Return an article of the story that a person named by its number, its page or an article's address."""
    page = _OWN_PAGE.fullmatch(named)
    if page is not None and page["host"] and page["host"].lower() != host:
        page = None
    number = read_number(named)
    if not number and page is not None and page["kind"] == "story":
        number = int(page["id"])
    if number:
        standing = find_standing_story(news, number)
        row = news.execute("SELECT first_article FROM stories WHERE id = :id", {"id": standing}).fetchone()
        return None if row is None else int(row[0])
    if page is not None:
        return int(page["id"]) if find_story(news, int(page["id"])) is not None else None
    return find_article(news, named)
