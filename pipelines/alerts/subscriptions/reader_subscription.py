"""Subscriptions that readers made in the reading room, joined with the people of vigia.toml.

They are matched and sent as those of vigia.toml are. One of a person who is no longer in vigia.toml rests: nothing is
matched or sent for it until the person is back, and then what came meanwhile is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from db.desk.analysts.reader_subscriptions import (
    LOCAL_PERSON,
    StoredSubscription,
    make_reader_subscription_id,
)
from pipelines.alerts.subscriptions.person import Person
from pipelines.alerts.subscriptions.subscription import Subscription

RunningState = Literal["running", "paused", "resting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskReaders:
    """Who can have subscriptions of their own: the people of vigia.toml, and the reader of a desk that names nobody."""

    people: tuple[Person, ...] = ()
    has_local: bool = True


class ReaderSubscription(Subscription):
    """A subscription that `owner` (a person's id, or "local") made in the reading room."""

    number: int
    owner: str
    is_paused: bool = False
    missing_person: str = ""  # its owner or recipient, if vigia.toml no longer has them: it rests

    @property
    def id(self) -> str:
        """Its id in desk.db, which stays when the name changes."""
        return make_reader_subscription_id(self.number)

    @property
    def label(self) -> str:
        """Its name and whose it is: two people may give the same name."""
        return f"{self.name} ({self.owner})"

    @property
    def state(self) -> RunningState:
        """Whether it is matched and sent, and if not, why."""
        return "resting" if self.missing_person else "paused" if self.is_paused else "running"


def join_reader_subscriptions(
    stored: Iterable[StoredSubscription], readers: DeskReaders
) -> dict[str, ReaderSubscription]:
    """Return the subscriptions by id, each with the person who gets its messages. Pure."""
    people = {person.id: person for person in readers.people}
    joined = (_join_subscription(one, people, has_local=readers.has_local) for one in stored)
    return {subscription.id: subscription for subscription in joined}


def _join_subscription(
    stored: StoredSubscription, people: Mapping[str, Person], *, has_local: bool
) -> ReaderSubscription:
    settings = stored.settings
    is_owner_there = stored.person in people or (has_local and stored.person == LOCAL_PERSON)
    is_recipient_there = not settings.recipient or settings.recipient in people
    missing = settings.recipient if not is_recipient_there else ""
    subscription = ReaderSubscription(
        number=stored.number,
        owner=stored.person,
        is_paused=stored.paused_at is not None,
        missing_person=missing if is_owner_there else stored.person,
        name=settings.name,
        query=settings.query,
        people=(settings.recipient,) if settings.recipient and is_recipient_there else (),
        language=settings.language,
        when=settings.when,
        quiet=settings.quiet,
        at_most=settings.at_most,
        once_per="story" if settings.once_per_story else "article",
        figures=settings.figures,
        revisions=settings.revisions,
        borderline=settings.borderline,
        copies=settings.copies,
    )
    return subscription.with_people(people)
