"""What the buttons "relevant" and "irrelevant" do, and the one that undoes it.

The reader's record (desk.db) and the mark (news.db) are written together: where one can't be, neither is. Then the mark
is applied. A kill in between loses nothing: the next process that holds the desk applies what is not applied yet. One
in the moment between the two files leaves a mark without a record, which the same button records.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlite_utils import Database

from db.connection import explain_errors, open_desk, open_news
from db.desk.analysts.reader_marks import (
    MAX_READER_NOTE_CHARACTERS,
    ReaderMark,
    add_reader_mark,
    find_latest_mark,
    find_reader_mark,
    undo_reader_mark,
)
from db.model.verdict import Mark
from db.news.marks import find_mark, find_marked_verdict, put_mark, remove_mark
from db.news.page_lookup import find_article, find_article_by_id
from db.site.analysts.forms import AnalystForm, FormError, FormHandler, read_number
from db.site.form_requests import find_local_path
from db.site.response import EVERY_PAGE_READS
from db.text.sanitise import one_line

MARK_PAGE: Final = "/mark"
UNDO_MARK: Final = "/mark/undo"
MARKS_PAGE: Final = "/marks"
(MARKED_ARGUMENT,) = EVERY_PAGE_READS  # of an address: the number of the mark that led to it
_BUTTON = re.compile(r"(?P<verdict>relevant|irrelevant):(?P<article>[0-9]{1,15})")

ApplyMarks = Callable[[], None]


def list_mark_forms(apply_marks: ApplyMarks) -> Mapping[str, FormHandler]:
    """Return what carries out each form.

    `apply_marks` applies the marks of news.db. It returns when that is done, or after some seconds.
    """
    return {
        MARK_PAGE: lambda form: _mark_page(form, apply_marks),
        UNDO_MARK: lambda form: _undo_mark(form, apply_marks),
    }


def _mark_page(form: AnalystForm, apply_marks: ApplyMarks) -> str:
    back = find_local_path(form.one("back"))
    button = _BUTTON.fullmatch(form.one("mark"))
    if button is None:
        raise FormError("marking.no_article", back=back)
    verdict = Mark(button["verdict"])
    with _open_databases(form) as (news, desk):
        article = find_article_by_id(news, int(button["article"]))
        if article is None:
            raise FormError("marking.no_article", back=back)
        key = article["key"]
        with desk.atomic():  # ends after the transaction on news.db
            number = add_reader_mark(
                desk,
                person=form.reader.id,
                key=key,
                url=article["url"],
                title=article["title"],
                verdict=verdict,
                note=one_line(form.one("note"), MAX_READER_NOTE_CHARACTERS),
                at=form.now,
                was=article["verdict"],
                previous=find_marked_verdict(news, [key]),
            )
            if find_marked_verdict(news, [key]) is not verdict:
                put_mark(news, key=key, url=article["url"], verdict=verdict, note=None, at=form.now)
        apply_marks()
        return _lead_back(news, back, key, number)


def _undo_mark(form: AnalystForm, apply_marks: ApplyMarks) -> str:
    back = find_local_path(form.one("back"))
    number = read_number(form.one("mark"))
    with _open_databases(form) as (news, desk):
        mark = find_reader_mark(desk, number, person=form.reader.id)
        if mark is None:
            raise FormError("marking.no_mark", back=back)
        if not mark.is_undone:
            _take_back(news, desk, mark, form)
            apply_marks()
        return _lead_back(news, back, mark.key, number)


def _take_back(news: Database, desk: Database, mark: ReaderMark, form: AnalystForm) -> None:
    """Let the mark of before hold again, or the rule. Raises FormError if another mark was set since."""
    latest = find_latest_mark(desk, mark.key)
    standing = find_mark(news, [mark.key])
    held = None if standing is None or standing.removed else standing.verdict
    if (latest is not None and latest.id != mark.id) or held not in (mark.verdict, mark.previous):
        raise FormError("marking.later", back=MARKS_PAGE, title=mark.title)
    with desk.atomic():  # ends after the transaction on news.db
        undo_reader_mark(desk, mark.id, at=form.now)
        if mark.previous is None:
            remove_mark(news, mark.key)
        elif held is not mark.previous:
            put_mark(news, key=mark.key, url=mark.url, verdict=mark.previous, note=None, at=form.now)


@contextlib.contextmanager
def _open_databases(form: AnalystForm) -> Iterator[tuple[Database, Database]]:
    with (
        contextlib.closing(open_news(form.news_db)) as news,
        explain_errors(form.news_db),
        contextlib.closing(open_desk(form.desk_db)) as desk,
        explain_errors(form.desk_db),
    ):
        yield news, desk


def _lead_back(news: Database, back: str, key: str, number: int) -> str:
    """Return the address that says what was done: where the reader was, or their marks if that page is gone."""
    address = urlsplit(back)
    shown = re.fullmatch(r"/article/([0-9]{1,15})", address.path)
    if shown is not None and find_article_by_id(news, int(shown[1])) is None:
        article = find_article(news, key)  # an article that came back may have another number
        address = urlsplit(MARKS_PAGE if article is None else f"/article/{article['id']}")
    pairs = [pair for pair in parse_qsl(address.query, keep_blank_values=True) if pair[0] != MARKED_ARGUMENT]
    return f"{address.path}?{urlencode([*pairs, (MARKED_ARGUMENT, number)])}"
