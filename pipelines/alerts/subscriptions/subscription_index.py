"""Subscriptions and planned briefings by their id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.planned_briefing import BriefingMailing
from pipelines.alerts.subscriptions.subscription import Subscription

SubscriptionT = TypeVar("SubscriptionT", bound=Subscription)


def index_by_id(subscriptions: Sequence[SubscriptionT]) -> dict[str, SubscriptionT]:
    """Return subscriptions or planned briefings by id. Raises AlertError if two have the same id."""
    by_id: dict[str, SubscriptionT] = {}
    for subscription in subscriptions:
        other = by_id.setdefault(subscription.id, subscription)
        if other is not subscription:
            what = "briefings" if isinstance(subscription, BriefingMailing) else "subscriptions"
            raise AlertError(
                f'{what} "{other.name}" and "{subscription.name}" are the same to the desk '
                f'("{subscription.id}"); rename one'
            )
    return by_id
