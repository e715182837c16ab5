"""What the forms of `/apps` do: make a key for an app, and revoke one."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Final

from db.connection import explain_errors, open_desk, open_news
from db.desk.analysts import device_keys
from db.desk.analysts.device_keys import MAX_KEY_NAME_CHARACTERS, MAX_KEYS, make_device_key
from db.i18n.languages import find_language
from db.model.times import stamp
from db.news.alert_articles import find_article_before
from db.site.analysts.forms import AnalystForm, FormError, FormHandler, read_number
from db.site.analysts.reader import AnalystDesk
from db.text.sanitise import one_line

PAGE: Final = "/apps"
MAKE_KEY: Final = "/apps/make"
REVOKE_KEY: Final = "/apps/revoke"
UNREAD_AT_FIRST: Final = dt.timedelta(days=3)  # what came before that is read in the first app of a reader


def list_device_forms(desk: AnalystDesk) -> Mapping[str, FormHandler]:
    """Return what carries out each form, by its path."""
    return {MAKE_KEY: partial(_make, desk), REVOKE_KEY: _revoke}


def _make(desk: AnalystDesk, form: AnalystForm) -> str:
    mail_mark = desk.read_mail_mark(form.reader.id) if form.reader.is_named else ""
    if mail_mark is None:
        raise FormError("forms.not_written", back=PAGE)
    with contextlib.closing(open_news(form.news_db, readonly=True)) as news, explain_errors(form.news_db):
        read_upto = find_article_before(news, stamp(form.now - UNREAD_AT_FIRST))
    key = make_device_key()
    with contextlib.closing(open_desk(form.desk_db)) as private, explain_errors(form.desk_db):
        number = device_keys.add_device_key(
            private,
            key,
            person=form.reader.id,
            name=one_line(form.one("name"), MAX_KEY_NAME_CHARACTERS),
            language=find_language(form.one("language")) or form.reader.language or "en",
            mail_mark=mail_mark,
            password_mark=desk.password_mark,
            read_upto=read_upto,
            now=form.now,
        )
    if number is None:
        raise FormError("apps.too_many", back=PAGE, n=MAX_KEYS)
    desk.new_keys.keep(form.reader.id, number, key)
    return f"{PAGE}?made={number}"


def _revoke(form: AnalystForm) -> str:
    with contextlib.closing(open_desk(form.desk_db)) as private, explain_errors(form.desk_db):
        device_keys.delete_device_key(private, read_number(form.one("key")), person=form.reader.id)
    return f"{PAGE}?revoked=1"
