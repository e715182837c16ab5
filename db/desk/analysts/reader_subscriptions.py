"""Subscriptions that readers made in the reading room (desk.db), each of one person.

They have rows in `subscriptions` too, under the id `reader:NUMBER`, from the moment they are made: so no article that
comes between that and the next matching is missed. No name of a subscription in vigia.toml gives an id with a colon.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlite_utils import Database

from db.desk import subscriptions
from db.desk.analysts.shown_versions import check_version, make_version
from db.i18n.languages import Language, find_language
from db.model.times import read_stamp, stamp

MAX_SUBSCRIPTIONS = 100  # of one person
DELETED_SUBSCRIPTION_RETENTION = dt.timedelta(days=7)  # how long a deleted one can be taken back
MAX_DELETED_SUBSCRIPTIONS = 50  # of one person that can be taken back, the latest
MIN_TEST_INTERVAL = dt.timedelta(seconds=30)  # between two test messages of one subscription
LOCAL_PERSON = "local"  # who reads on a desk without a password
_ID_START = "reader:"
_COLUMNS = """
    id, person, recipient, name, query, language, rhythm, quiet, at_most, once_per_story, figures, revisions,
    borderline, copies, created, paused_at, deleted_at,
    tested_at, test_error
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSettings:
    """What a reader chooses. The fields are those of a [[subscription]] in vigia.toml.

    `recipient` is the person who gets the messages, "" for alerts.log and the feed alone.
    """

    name: str
    query: str
    recipient: str = ""
    language: Language = "en"  # of alerts.log and the feed
    when: str = "immediately"
    quiet: str = ""
    at_most: int | None = None
    once_per_story: bool = False
    figures: bool = False
    revisions: bool = False
    borderline: bool = False
    copies: bool = False

    @property
    def version(self) -> str:
        """The version of what the form that changes the settings shows."""
        return make_version(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubscription:
    """A subscription by its number. `person` made it; `settings` are what they chose."""

    number: int
    person: str
    settings: SubscriptionSettings
    created: dt.datetime
    paused_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None
    tested_at: dt.datetime | None = None
    test_error: str | None = None

    @property
    def id(self) -> str:
        """Its id in the tables of alerts."""
        return make_reader_subscription_id(self.number)


def make_reader_subscription_id(number: int) -> str:
    """Return the id of a reader's subscription in the tables of alerts."""
    return f"{_ID_START}{number}"


def parse_reader_subscription_id(id: str) -> int | None:  # noqa: A002
    """Return the number of a reader's subscription; None if the id is one of vigia.toml."""
    found = re.fullmatch(rf"{_ID_START}([0-9]{{1,15}})", id)
    return int(found[1]) if found else None


def add_subscription(
    db: Database, person: str, settings: SubscriptionSettings, *, last_article: int, now: dt.datetime
) -> int | None:
    """Add a subscription that begins after the article `last_article`; return its number.

    None if the person has MAX_SUBSCRIPTIONS already.
    """
    with db.atomic():
        if count_subscriptions(db, person) >= MAX_SUBSCRIPTIONS:
            return None
        number = db.execute(
            """
            INSERT INTO reader_subscriptions (
                person, recipient, name, query, language, rhythm, quiet, at_most, once_per_story, figures, revisions,
                borderline, copies, created
            ) VALUES (
                :person, :recipient, :name, :query, :language, :rhythm, :quiet, :at_most, :once_per_story, :figures,
                :revisions, :borderline, :copies, :now
            )
            """,
            {"person": person, "now": stamp(now)} | _to_columns(settings),
        ).lastrowid
        if number is None:
            raise AssertionError("SQLite gave no number to the row")
        id_ = make_reader_subscription_id(number)
        subscriptions.enrol(db, id_, name=settings.name, query=settings.query, cursor=last_article, now=now)
    return int(number)


def change_subscription(
    db: Database, number: int, person: str, settings: SubscriptionSettings, *, seen: str | None = None
) -> bool:
    """Change a person's subscription; return False if they have none of that number, or deleted it.

    Raises ChangedMeanwhileError if its settings are not those of the version `seen`.
    """
    with db.atomic():
        stored = find_reader_subscription(db, number)
        if stored is not None and stored.person == person and stored.deleted_at is None:
            check_version(seen, standing=stored.settings.version, written=settings.version)
        return bool(
            db.execute(
                """
                UPDATE reader_subscriptions SET
                    recipient = :recipient, name = :name, query = :query, language = :language, rhythm = :rhythm,
                    quiet = :quiet, at_most = :at_most, once_per_story = :once_per_story, figures = :figures,
                    revisions = :revisions, borderline = :borderline, copies = :copies
                WHERE id = :number AND person = :person AND deleted_at IS NULL
                """,
                {"number": number, "person": person} | _to_columns(settings),
            ).rowcount
        )


def pause_subscription(db: Database, number: int, *, now: dt.datetime) -> None:
    """Pause a subscription: it finds and sends nothing until it is resumed."""
    with db.atomic():
        db.execute(
            "UPDATE reader_subscriptions SET paused_at = coalesce(paused_at, :now) WHERE id = :number",
            {"number": number, "now": stamp(now)},
        )


def resume_subscription(db: Database, number: int, *, last_article: int) -> None:
    """Resume a paused subscription. It begins after the article `last_article`; what came meanwhile is not sent."""
    with db.atomic():
        resumed = db.execute(
            "UPDATE reader_subscriptions SET paused_at = NULL WHERE id = :number AND paused_at IS NOT NULL",
            {"number": number},
        ).rowcount
        if resumed:
            subscriptions.begin_again(db, make_reader_subscription_id(number), cursor=last_article)


def delete_subscription(db: Database, number: int, *, now: dt.datetime) -> None:
    """Delete a subscription; it can be taken back until it is pruned, or its person deletes many more."""
    with db.atomic():
        db.execute(
            "UPDATE reader_subscriptions SET deleted_at = coalesce(deleted_at, :now) WHERE id = :number",
            {"number": number, "now": stamp(now)},
        )
        beyond = db.execute(
            """
            SELECT id FROM reader_subscriptions
            WHERE person = (SELECT person FROM reader_subscriptions WHERE id = :number) AND deleted_at IS NOT NULL
            ORDER BY deleted_at DESC, id DESC LIMIT -1 OFFSET :kept
            """,
            {"number": number, "kept": MAX_DELETED_SUBSCRIPTIONS},
        )
        _delete_for_good(db, beyond.fetchall())


def restore_subscription(db: Database, number: int) -> bool:
    """Take a deleted subscription back as it was; False if its person has MAX_SUBSCRIPTIONS without it.

    What it would have found meanwhile is found at the next matching.
    """
    with db.atomic():
        stored = find_reader_subscription(db, number)
        if stored is None or stored.deleted_at is None:
            return True
        if count_subscriptions(db, stored.person) >= MAX_SUBSCRIPTIONS:
            return False
        db.execute("UPDATE reader_subscriptions SET deleted_at = NULL WHERE id = :number", {"number": number})
    return True


def count_subscriptions(db: Database, person: str) -> int:
    """Count a person's subscriptions without deleted ones."""
    (count,) = db.execute(
        "SELECT count(*) FROM reader_subscriptions WHERE person = :person AND deleted_at IS NULL", {"person": person}
    ).fetchone()
    return int(count)


def find_reader_subscription(db: Database, number: int) -> StoredSubscription | None:
    """Return a subscription, deleted ones included; None if there is none of that number."""
    rows = db.query(f"SELECT {_COLUMNS} FROM reader_subscriptions WHERE id = :number", {"number": number})  # noqa: S608
    return next(map(_read_row, rows), None)


def list_subscriptions_of(db: Database, person: str) -> list[StoredSubscription]:
    """Return a person's subscriptions, the newest first, deleted ones included."""
    rows = db.query(
        f"SELECT {_COLUMNS} FROM reader_subscriptions WHERE person = :person ORDER BY id DESC",  # noqa: S608
        {"person": person},
    )
    return list(map(_read_row, rows))


def list_reader_subscriptions(db: Database) -> list[StoredSubscription]:
    """Return all people's subscriptions without deleted ones, in the order in which they were made."""
    rows = db.query(f"SELECT {_COLUMNS} FROM reader_subscriptions WHERE deleted_at IS NULL ORDER BY id")  # noqa: S608
    return list(map(_read_row, rows))


def begin_test(db: Database, number: int, *, now: dt.datetime) -> bool:
    """Record that a test message is about to be sent; False if the last one was sent within MIN_TEST_INTERVAL.

    Until `save_test_error` says how that went, the error is "".
    """
    with db.atomic():
        stored = find_reader_subscription(db, number)
        if stored is None or (stored.tested_at and stored.tested_at <= now < stored.tested_at + MIN_TEST_INTERVAL):
            return False
        db.execute(
            "UPDATE reader_subscriptions SET tested_at = :now, test_error = '' WHERE id = :number",
            {"number": number, "now": stamp(now)},
        )
    return True


def save_test_error(db: Database, number: int, error: str | None) -> None:
    """Record why the last test message did not arrive; None if it did."""
    with db.atomic():
        db.execute(
            "UPDATE reader_subscriptions SET test_error = :error WHERE id = :number", {"number": number, "error": error}
        )


def prune_reader_subscriptions(db: Database, *, before: dt.datetime) -> None:
    """Delete what was deleted before a time for good, with its alerts and messages."""
    rows = db.execute("SELECT id FROM reader_subscriptions WHERE deleted_at < :before", {"before": stamp(before)})
    _delete_for_good(db, rows.fetchall())


def _delete_for_good(db: Database, numbers: Iterable[tuple[int]]) -> None:
    """Delete subscriptions with their alerts and messages, each in a transaction of its own or the caller's."""
    for (number,) in numbers:
        with db.atomic():
            subscriptions.forget_subscription(db, make_reader_subscription_id(number))
            db.execute("DELETE FROM reader_subscriptions WHERE id = :number", {"number": number})


def _to_columns(settings: SubscriptionSettings) -> dict[str, Any]:
    return {
        "recipient": settings.recipient,
        "name": settings.name,
        "query": settings.query,
        "language": settings.language,
        "rhythm": settings.when,
        "quiet": settings.quiet,
        "at_most": settings.at_most,
        "once_per_story": settings.once_per_story,
        "figures": settings.figures,
        "revisions": settings.revisions,
        "borderline": settings.borderline,
        "copies": settings.copies,
    }


def _read_row(row: Mapping[str, Any]) -> StoredSubscription:
    return StoredSubscription(
        number=row["id"],
        person=row["person"],
        settings=SubscriptionSettings(
            name=row["name"],
            query=row["query"],
            recipient=row["recipient"],
            language=find_language(row["language"]) or "en",
            when=row["rhythm"],
            quiet=row["quiet"],
            at_most=row["at_most"],
            once_per_story=bool(row["once_per_story"]),
            figures=bool(row["figures"]),
            revisions=bool(row["revisions"]),
            borderline=bool(row["borderline"]),
            copies=bool(row["copies"]),
        ),
        created=read_stamp(row["created"]),
        paused_at=_read_moment(row["paused_at"]),
        deleted_at=_read_moment(row["deleted_at"]),
        tested_at=_read_moment(row["tested_at"]),
        test_error=row["test_error"],
    )


def _read_moment(text: str | None) -> dt.datetime | None:
    return None if text is None else read_stamp(text)
