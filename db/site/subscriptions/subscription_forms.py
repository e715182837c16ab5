"""What the forms of subscriptions do: make, change, try, pause, resume, delete, take back.

Each is one transaction on desk.db. A number that is not the reader's leads to a page that does not exist.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sqlite_utils import Database

from db.connection import explain_errors, open_desk, open_news
from db.desk.analysts import reader_subscriptions
from db.desk.analysts.reader_subscriptions import StoredSubscription, SubscriptionSettings
from db.desk.analysts.shown_versions import ChangedMeanwhileError
from db.news.alert_articles import find_last_article
from db.search.query import load_vocabulary
from db.site.analysts.forms import VERSION_FIELD, AnalystForm, FormHandler, read_number
from db.site.subscriptions.alert_desk import AlertDesk
from db.site.subscriptions.drafts import Draft
from db.site.subscriptions.form_fields import FieldError, keep_known_fields, read_settings, write_fields
from db.site.subscriptions.form_view import list_possible_recipients
from db.site.subscriptions.settings_conflict import find_conflict

MAKE: Final = "/subscription/make"
CHANGE: Final = "/subscription/change"
TEST: Final = "/subscription/test"
PAUSE: Final = "/subscription/pause"
RESUME: Final = "/subscription/resume"
DELETE: Final = "/subscription/delete"
TAKE_BACK: Final = "/subscription/take-back"
MAX_OPEN_TESTS: Final = 2  # test messages that are being sent: a mail server may take a minute to answer
DONE_WORDS: Final = (  # what a form did, for the page that it leads to: subscription.done_…
    *("made", "changed", "paused", "resumed", "deleted", "taken_back"),
    *("tested", "untested", "test_too_soon", "tests_busy", "too_many"),
)


def list_subscription_forms(desk: AlertDesk) -> Mapping[str, FormHandler]:
    """Return what carries out each form, by its path."""
    tests = threading.BoundedSemaphore(MAX_OPEN_TESTS)

    def on_own(act: Callable[[Database, StoredSubscription, AnalystForm], str]) -> FormHandler:
        return lambda form: _act_on_own(form, act)

    return {
        MAKE: lambda form: _make(form, desk),
        CHANGE: on_own(lambda private, stored, form: _change(private, stored, form, desk)),
        TEST: on_own(lambda private, stored, form: _send_test(private, stored, form, desk, tests)),
        PAUSE: on_own(_pause),
        RESUME: on_own(_resume),
        DELETE: on_own(_delete),
        TAKE_BACK: on_own(_take_back),
    }


def _make(form: AnalystForm, desk: AlertDesk) -> str:
    try:
        settings = _read_settings(form, desk)
    except FieldError as error:
        return f"/subscribe?draft={_keep(form, desk, error.field, error.key)}"
    with _open_private(form) as private:
        number = reader_subscriptions.add_subscription(
            private, form.reader.id, settings, last_article=_find_last_article(form), now=form.now
        )
    if number is None:
        return f"/subscribe?draft={_keep(form, desk, '', 'subscription.done_too_many')}"
    return f"/subscription/{number}?done=made"


def _change(private: Database, stored: StoredSubscription, form: AnalystForm, desk: AlertDesk) -> str:
    try:
        settings = _read_settings(form, desk)
    except FieldError as error:
        return f"/subscription/{stored.number}?draft={_keep(form, desk, error.field, error.key)}"
    try:
        with private.atomic():  # it is taken back only if it is changed
            if form.one("take_back"):
                reader_subscriptions.restore_subscription(private, stored.number)
            is_changed = reader_subscriptions.change_subscription(
                private, stored.number, form.reader.id, settings, seen=form.one(VERSION_FIELD)
            )
    except ChangedMeanwhileError as error:
        standing = reader_subscriptions.find_reader_subscription(private, stored.number) or stored
        people = {person.id: person.name for person in desk.list_people()}
        raise find_conflict(stored.number, written=settings, standing=standing.settings, people=people) from error
    if is_changed:
        before = desk.drafts.keep(form.reader.id, Draft(typed=write_fields(stored.settings), field="", problem=""))
        return f"/subscription/{stored.number}?done=changed&before={before}"
    # It was deleted in another window, or it could not be taken back.
    return f"/subscription/{stored.number}?draft={_keep(form, desk, '', 'subscription.deleted_meanwhile')}"


def _send_test(
    private: Database, stored: StoredSubscription, form: AnalystForm, desk: AlertDesk, tests: threading.Semaphore
) -> str:
    page = f"/subscription/{stored.number}"
    if stored.deleted_at is not None:
        return page
    # The threads are those in which all pages read desk.db.
    if not tests.acquire(blocking=False):
        return f"{page}?done=tests_busy"
    try:
        if not reader_subscriptions.begin_test(private, stored.number, now=form.now):
            return f"{page}?done=test_too_soon"
        errors = desk.send_test(stored.id)
    finally:
        tests.release()
    reader_subscriptions.save_test_error(private, stored.number, "; ".join(errors)[:1_000] or None)
    return f"{page}?done={'untested' if errors else 'tested'}"


def _pause(private: Database, stored: StoredSubscription, form: AnalystForm) -> str:
    reader_subscriptions.pause_subscription(private, stored.number, now=form.now)
    return _lead_back(form, stored, "paused")


def _resume(private: Database, stored: StoredSubscription, form: AnalystForm) -> str:
    reader_subscriptions.resume_subscription(private, stored.number, last_article=_find_last_article(form))
    return _lead_back(form, stored, "resumed")


def _delete(private: Database, stored: StoredSubscription, form: AnalystForm) -> str:
    reader_subscriptions.delete_subscription(private, stored.number, now=form.now)
    return f"/subscriptions?done=deleted&of={stored.number}"


def _take_back(private: Database, stored: StoredSubscription, form: AnalystForm) -> str:
    taken = reader_subscriptions.restore_subscription(private, stored.number)
    return _lead_back(form, stored, "taken_back" if taken else "too_many")


def _lead_back(form: AnalystForm, stored: StoredSubscription, done: str) -> str:
    if form.one("from") == "list":
        return f"/subscriptions?done={done}&of={stored.number}"
    return f"/subscription/{stored.number}?done={done}"


def _act_on_own(form: AnalystForm, act: Callable[[Database, StoredSubscription, AnalystForm], str]) -> str:
    """Carry out a form on a subscription of the reader; a number that is none of theirs leads to its missing page."""
    number = read_number(form.one("subscription"))
    if not number:
        return "/subscriptions"
    with _open_private(form) as private:
        stored = reader_subscriptions.find_reader_subscription(private, number)
        if stored is None or stored.person != form.reader.id:
            return f"/subscription/{number}"
        return act(private, stored, form)


@contextlib.contextmanager
def _open_private(form: AnalystForm) -> Iterator[Database]:
    with contextlib.closing(open_desk(form.desk_db)) as private, explain_errors(form.desk_db):
        yield private


def _read_typed(form: AnalystForm) -> dict[str, tuple[str, ...]]:
    typed = keep_known_fields(form.fields)
    return typed | {"recipient": (form.reader.id,)} if form.reader.is_named else typed


def _read_settings(form: AnalystForm, desk: AlertDesk) -> SubscriptionSettings:
    with contextlib.closing(open_news(form.news_db, readonly=True)) as news, explain_errors(form.news_db):
        vocabulary = load_vocabulary(news)
    return read_settings(
        _read_typed(form), vocabulary=vocabulary, recipients=list_possible_recipients(desk, form.reader)
    )


def _keep(form: AnalystForm, desk: AlertDesk, field: str, problem: str) -> str:
    return desk.drafts.keep(form.reader.id, Draft(typed=_read_typed(form), field=field, problem=problem))


def _find_last_article(form: AnalystForm) -> int:
    with contextlib.closing(open_news(form.news_db, readonly=True)) as news, explain_errors(form.news_db):
        return find_last_article(news)[0]
