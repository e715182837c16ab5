"""All subscriptions of a desk: those of vigia.toml and those that readers made, by id and by name."""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from db.desk.analysts.reader_subscriptions import list_reader_subscriptions
from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.reader_subscription import (
    DeskReaders,
    ReaderSubscription,
    join_reader_subscriptions,
)
from pipelines.alerts.subscriptions.subscription import Subscription


def read_subscriptions(
    desk: Database, configured: Mapping[str, Subscription], readers: DeskReaders
) -> dict[str, Subscription]:
    """Return those of vigia.toml (by id), and those of readers that desk.db holds, also paused ones, by id."""
    return {**configured, **join_reader_subscriptions(list_reader_subscriptions(desk), readers)}


def find_by_name(subscriptions: Mapping[str, Subscription], name: str) -> Subscription:
    """Return the subscription with this id or name.

    Raises AlertError, which lists the names, if there is none, and one that lists the ids if several have the name.
    """
    if found := subscriptions.get(name):
        return found
    named = [subscription for subscription in subscriptions.values() if subscription.name == name]
    if len(named) == 1:
        return named[0]
    if named:
        places = ", ".join(f"{one.id} ({describe_origin(one)})" for one in named)
        raise AlertError(f'{len(named)} subscriptions are named "{name}": {places}; name one by its id')
    names = ", ".join(f'"{subscription.name}"' for subscription in subscriptions.values())
    hint = f"there are {names}" if names else "there is none: add a [[subscription]] to vigia.toml"
    raise AlertError(f'no subscription "{name}"; {hint}')


def describe_origin(subscription: Subscription) -> str:
    """Say where a subscription was made: "vigia.toml", or "ana" for one that Ana made in the reading room."""
    return subscription.owner if isinstance(subscription, ReaderSubscription) else "vigia.toml"


def select_running(subscriptions: Mapping[str, Subscription]) -> dict[str, Subscription]:
    """Return those that are matched and sent: all of vigia.toml, and of readers those that neither pause nor rest."""
    return {
        id_: subscription
        for id_, subscription in subscriptions.items()
        if not isinstance(subscription, ReaderSubscription) or subscription.state == "running"
    }
