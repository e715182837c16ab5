"""`/subscribe`: a search becomes a subscription: a form where readers write, and the block for vigia.toml."""

from __future__ import annotations

from functools import partial

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.desk.analysts.reader_subscriptions import SubscriptionSettings
from db.search import query
from db.search.query import QueryError
from db.site.analysts.reader import find_reader, has_people
from db.site.filters import facets
from db.site.filters.arguments import FILTER_NAMES, SEARCH_ARGUMENTS, list_pairs
from db.site.filters.query_feedback import describe_mistake, make_vocabulary
from db.site.filters.search_request import SearchRequest, read_request
from db.site.page_arguments import DAY_NAMES
from db.site.page_context import PageContext, page_context
from db.site.response import TemplateVariables, answer_with_page
from db.site.subscriptions.alert_desk import find_alert_desk
from db.site.subscriptions.form_fields import write_fields
from db.site.subscriptions.form_view import choose_recipient, describe_form
from db.site.subscriptions.proposal import SubscriptionProposal, build_query, propose_name
from db.site.subscriptions.would_send import preview_subscription

MIN_DIGEST_STORIES_A_DAY = 8  # with more than this a daily message is proposed


async def show_new_subscription(request: Request, datasette: Datasette) -> Response:
    """`/subscribe` with the arguments of `/`: the form and its preview, and the same for vigia.toml."""
    context = page_context(datasette, request)
    search = await read_request(context, request)
    answer = partial(
        answer_with_page,
        context,
        request,
        "subscribe.html",
        reads=(*SEARCH_ARGUMENTS, "draft"),
        refused=search.refused,
        several=FILTER_NAMES,
    )
    desk, reader = find_alert_desk(datasette), find_reader(datasette, request)
    variables: TemplateVariables = {
        "kept": list_pairs(search.arguments, without=("q",)),
        "words": search.plan.filters.words,
        "back": search.address(),
        "problem": "",
        "say_who": desk is not None and reader is None and has_people(datasette, request),
    }
    draft = desk.drafts.find(reader.id, request.args.get("draft")) if desk and reader else None
    if desk and reader and draft:
        form = await describe_form(context, desk=desk, reader=reader, fields={}, draft=draft)
        return await answer(variables | form | {"has_form": True})
    try:
        text = build_query(search.arguments)
        understood = query.read_query(text, make_vocabulary(search.outlets, search.concepts)) if text else None
    except QueryError as error:
        variables |= {"problem": describe_mistake(error.message, error.hint, context.wording), "place": error.around()}
        return await answer(variables)
    if understood is None:
        return await answer(variables)
    # A search for an outlet lists copies too; a subscription sends them only with `copies = true`.
    has_copies = search.plan.filters.has_copies
    preview = await preview_subscription(context, understood, borderline=False, copies=has_copies)
    proposal = SubscriptionProposal(
        name=propose_name(search.arguments, _describe_filters(context, search)),
        query=text,
        copies=has_copies and not understood.compiled.copies,
        daily=preview is not None and (preview["pace"].a_day or 0) > MIN_DIGEST_STORIES_A_DAY,
    )
    variables |= {
        "block": proposal.block,
        "rows": proposal.block.count("\n") + 1,
        "copies": proposal.copies,
        "borderline_hint": not understood.compiled.borderline and "verdict" not in search.arguments,
        "period": not {"period", *DAY_NAMES}.isdisjoint(search.arguments),
    }
    shown: TemplateVariables = {"preview": preview, "has_preview": True}
    if desk and reader:
        settings = SubscriptionSettings(
            name=proposal.name,
            query=proposal.query,
            recipient=choose_recipient(desk, reader),
            language=context.wording.language,
            when=proposal.when,
            at_most=proposal.at_most,
            copies=proposal.copies,
        )
        form = await describe_form(context, desk=desk, reader=reader, fields=write_fields(settings), preview=shown)
        return await answer(variables | form | {"has_form": True})
    return await answer(variables | shown)


def _describe_filters(context: PageContext, search: SearchRequest) -> list[str]:
    """Describe the filters in the reader's words."""
    labels = facets.make_labels(context.wording, outlets=search.outlets, concepts=search.concepts)
    return [labels[name](value) for name in FILTER_NAMES for value in search.arguments.get(name, ())]
