"""`/subscriptions`: a reader's own subscriptions, deleted ones that can be taken back, and those of vigia.toml."""

from __future__ import annotations

import datetime as dt

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response
from sqlite_utils import Database

from db.desk.analysts.reader_subscriptions import (
    DELETED_SUBSCRIPTION_RETENTION,
    StoredSubscription,
    SubscriptionSettings,
    list_subscriptions_of,
)
from db.desk.analysts.sent_messages import find_last_sent
from db.model.times import stamp
from db.site.analysts.private_reading import read_private
from db.site.analysts.reader import Reader
from db.site.page_context import PageContext, page_context
from db.site.response import TemplateVariables, answer_with_page
from db.site.subscriptions.alert_desk import ConfiguredSubscription
from db.site.subscriptions.describe_settings import describe_quiet, describe_rhythm
from db.site.subscriptions.own_subscriptions import describe_done, find_subscription_owner
from db.site.wording import SiteWording


async def show_subscriptions(request: Request, datasette: Datasette) -> Response:
    """`/subscriptions`: what the reader gets, and the buttons to pause, delete and take back."""
    context = page_context(datasette, request)
    who = find_subscription_owner(context, request)
    if isinstance(who, Response):
        return who

    stored, sent = await read_private(context, request, _read_own) or ([], {})
    deleted = [one for one in stored if one.deleted_at is not None]
    variables: TemplateVariables = {
        "own": [_describe_own(context, one, sent.get(one.id)) for one in stored if one.deleted_at is None],
        "deleted": [
            {"number": one.number, "name": one.settings.name, "when": _describe_end(context, one)} for one in deleted
        ],
        "configured": [_describe_configured(context, one) for one in who.desk.list_configured(who.reader)],
        "told": describe_done(context, request),
        "may_take_back": _find_deleted_now(request, deleted),
    }
    return await answer_with_page(context, request, "subscriptions.html", variables, reads=("done", "of"))


def _read_own(private: Database, reader: Reader) -> tuple[list[StoredSubscription], dict[str, dt.datetime]]:
    """Return a reader's subscriptions, and when each sent its last message, by id."""
    stored = list_subscriptions_of(private, reader.id)
    return stored, find_last_sent(private, [one.id for one in stored if one.deleted_at is None])


def _find_deleted_now(request: Request, deleted: list[StoredSubscription]) -> int | None:
    """Return the number of the subscription that the form just deleted which led to this page."""
    if request.args.get("done") != "deleted":
        return None
    return next((one.number for one in deleted if str(one.number) == request.args.get("of")), None)


def _describe_own(context: PageContext, one: StoredSubscription, sent: dt.datetime | None) -> TemplateVariables:
    wording, settings = context.wording, one.settings
    last = (
        wording("subscription.last_sent", when=context.moment(stamp(sent))) if sent else wording("subscription.unsent")
    )
    return {
        "number": one.number,
        "name": settings.name,
        "query": settings.query,
        "is_paused": one.paused_at is not None,
        "facts": [*_list_facts(settings, wording), last],
    }


def _describe_configured(context: PageContext, one: ConfiguredSubscription) -> TemplateVariables:
    return {"name": one.name, "query": one.query, "facts": _list_facts(one, context.wording)}


def _list_facts(settings: SubscriptionSettings | ConfiguredSubscription, wording: SiteWording) -> list[str]:
    """Say when a subscription sends its messages, and how many."""
    facts = [
        describe_rhythm(settings.when, wording),
        wording("subscription.quiet_at", hours=describe_quiet(settings.quiet, wording)) if settings.quiet else "",
        wording("subscription.limit_of", n=settings.at_most) if settings.at_most else "",
        wording("subscription.per_story") if settings.once_per_story else "",
    ]
    return [fact for fact in facts if fact]


def _describe_end(context: PageContext, one: StoredSubscription) -> str:
    """Say until when a deleted subscription can be taken back."""
    if one.deleted_at is None:
        raise AssertionError("it is not deleted")
    until = one.deleted_at + DELETED_SUBSCRIPTION_RETENTION
    return context.wording("subscription.kept_until", day=context.day(stamp(until), "time"))
