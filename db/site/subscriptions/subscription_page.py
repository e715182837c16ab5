"""`/subscription/NUMBER`: one of the reader's subscriptions: change, try, pause, delete, and what was sent lately."""

from __future__ import annotations

import asyncio
import json

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response
from sqlite_utils import Database

from db.desk.alerts import AlertedArticle, read_last_alerted
from db.desk.analysts.reader_subscriptions import StoredSubscription, find_reader_subscription
from db.desk.analysts.sent_messages import SentMessage, list_sent_messages
from db.model.times import stamp
from db.site.analysts.private_reading import read_private
from db.site.analysts.reader import Reader
from db.site.page_context import PageContext, page_context
from db.site.queries.subscription_preview import SENT_ARTICLES
from db.site.response import TemplateVariables, answer_with_page
from db.site.subscriptions.form_fields import list_undo_fields, write_fields
from db.site.subscriptions.form_view import describe_form
from db.site.subscriptions.own_subscriptions import describe_done, find_subscription_owner
from db.site.subscriptions.would_send import describe_previewed_article

MAX_SHOWN_MESSAGES = 10
MAX_SHOWN_ARTICLES = 10


async def show_subscription(request: Request, datasette: Datasette) -> Response:
    """`/subscription/NUMBER`: its form with the preview, its buttons, its feed, and what was sent lately."""
    context = page_context(datasette, request)
    who = find_subscription_owner(context, request)
    if isinstance(who, Response):
        return who
    stored, messages, sent = await _read_own(context, request, int(request.url_vars["id"]))
    draft = who.desk.drafts.find(who.reader.id, request.args.get("draft"))
    before = who.desk.drafts.find(who.reader.id, request.args.get("before"))
    variables: TemplateVariables = {
        "number": stored.number,
        "name": stored.settings.name,
        "is_paused": stored.paused_at is not None,
        "deleted": context.moment(stamp(stored.deleted_at)) if stored.deleted_at else "",
        "told": describe_done(context, request),
        "undo": list_undo_fields(before, stored.settings) if before and stored.deleted_at is None else [],
        "test": _describe_test(context, stored),
        "has_form": stored.deleted_at is None or draft is not None,
        "feed": await asyncio.to_thread(who.desk.make_feed_url, stored.id) if stored.deleted_at is None else "",
        "messages": [_describe_message(context, message) for message in messages],
        "sent": await _describe_articles(context, sent),
    }
    if variables["has_form"]:
        fields = write_fields(stored.settings)
        variables |= await describe_form(context, desk=who.desk, reader=who.reader, fields=fields, draft=draft)
    return await answer_with_page(context, request, "subscription.html", variables, reads=("done", "draft", "before"))


async def _read_own(
    context: PageContext, request: Request, number: int
) -> tuple[StoredSubscription, list[SentMessage], list[AlertedArticle]]:
    """Return a subscription of the reader, its newest messages and their articles. Raises NotFound."""

    def read(
        private: Database, reader: Reader
    ) -> tuple[StoredSubscription, list[SentMessage], list[AlertedArticle]] | None:
        stored = find_reader_subscription(private, number)
        if stored is None or stored.person != reader.id:
            return None
        messages = list_sent_messages(private, stored.id, limit=MAX_SHOWN_MESSAGES)
        return stored, messages, read_last_alerted(private, stored.id, limit=MAX_SHOWN_ARTICLES)

    found = await read_private(context, request, read)
    if found is None:
        raise NotFound(context.wording("subscription.unknown", number=str(number)))
    return found


async def _describe_articles(context: PageContext, sent: list[AlertedArticle]) -> list[TemplateVariables]:
    rows = await context.read(SENT_ARTICLES, {"keys": json.dumps([one.key for one in sent])})
    outlets = await context.outlets()
    return [describe_previewed_article(context, outlets, row) for row in rows]


def _describe_message(context: PageContext, message: SentMessage) -> TemplateVariables:
    wording = context.wording
    return {
        "moment": context.moment(stamp(message.made_at)),
        "articles": wording("subscription.articles", n=message.articles),
        "state": wording(f"subscription.message_{message.state}"),
        "is_late": message.state in ("waiting", "failed"),
        "error": message.error or "" if message.state in ("waiting", "failed") else "",
    }


def _describe_test(context: PageContext, stored: StoredSubscription) -> TemplateVariables | None:
    if stored.tested_at is None or stored.test_error == "":  # none was sent, or it is not known whether it arrived
        return None
    return {"moment": context.moment(stamp(stored.tested_at)), "error": stored.test_error or ""}
