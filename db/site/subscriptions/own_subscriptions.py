"""Who reads the private pages of subscriptions, and what a form did."""

from __future__ import annotations

from dataclasses import dataclass

from datasette.utils.asgi import NotFound, Request, Response

from db.site.analysts.private_reading import lead_to_choice
from db.site.analysts.reader import Reader, find_reader
from db.site.page_context import PageContext
from db.site.subscriptions.alert_desk import AlertDesk, find_alert_desk
from db.site.subscriptions.subscription_forms import DONE_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionOwner:
    """Who reads, and the desk that sends their subscriptions."""

    reader: Reader
    desk: AlertDesk


def find_subscription_owner(context: PageContext, request: Request) -> SubscriptionOwner | Response:
    """Return who reads a page of subscriptions, or for a reader who has not said it the way to where they say it.

    Raises NotFound where nobody can have a subscription.
    """
    desk, reader = find_alert_desk(context.datasette), find_reader(context.datasette, request)
    if desk is not None and (choice := lead_to_choice(context, request)):
        return choice
    if desk is None or reader is None:
        raise NotFound(context.wording("error.no_page"))
    return SubscriptionOwner(reader=reader, desk=desk)


def describe_done(context: PageContext, request: Request) -> str:
    """Say what the form did that led to this page; "" if none did."""
    done = request.args.get("done")
    return context.wording(f"subscription.done_{done}") if done in DONE_WORDS else ""
