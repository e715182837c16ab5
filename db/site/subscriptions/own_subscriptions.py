"""Who reads the private pages of subscriptions, and what they find in desk.db."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from datasette.utils.asgi import NotFound, Request, Response
from sqlite_utils import Database

from db.connection import explain_errors, open_desk
from db.site.analysts.reader import Reader, find_analyst_desk, find_reader, has_people
from db.site.page_context import PageContext
from db.site.security import PERSON
from db.site.subscriptions.alert_desk import AlertDesk, find_alert_desk
from db.site.subscriptions.subscription_forms import DONE_WORDS

_FoundT = TypeVar("_FoundT")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionOwner:
    """Who reads, the desk that sends their subscriptions."""

    reader: Reader
    desk: AlertDesk


def find_subscription_owner(context: PageContext, request: Request) -> SubscriptionOwner | Response:
    """Return who reads a page of subscriptions, or for a reader who has not said it where to say who they are.

    Raises NotFound where nobody can have a subscription.
    """
    desk, reader = find_alert_desk(context.datasette), find_reader(context.datasette, request)
    if desk is not None and reader is None and has_people(context.datasette, request):
        return Response.redirect(f"{PERSON}?{urlencode({'next': request.path})}")
    if desk is None or reader is None:
        raise NotFound(context.wording("error.no_page"))
    return SubscriptionOwner(reader=reader, desk=desk)


async def read_alert_store(context: PageContext, read: Callable[[Database], _FoundT]) -> _FoundT:
    """Return what `read` finds in desk.db, which is created if it does not exist. Raises NotFound, StoreError."""
    analyst_desk = find_analyst_desk(context.datasette)
    if analyst_desk is None:
        raise NotFound(context.wording("error.no_page"))
    path = analyst_desk.desk_db

    def read_store() -> _FoundT:
        with contextlib.closing(open_desk(path, readonly=path.exists())) as private, explain_errors(path):
            return read(private)

    return await asyncio.to_thread(read_store)


def describe_done(context: PageContext, request: Request) -> str:
    """Say what the form did that led to this page; "" if none did."""
    done = request.args.get("done")
    return context.wording(f"subscription.done_{done}") if done in DONE_WORDS else ""
