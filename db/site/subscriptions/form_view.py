"""A subscription's form as a page shows it: what was typed, what is wrong, and the preview of its query."""

from __future__ import annotations

from db.model.times import WEEKDAYS
from db.search import query
from db.search.query import QueryError
from db.site.analysts.reader import Reader
from db.site.filters.query_feedback import describe_mistake, make_vocabulary
from db.site.page_context import PageContext
from db.site.response import TemplateVariables
from db.site.subscriptions.alert_desk import Addressee, AlertDesk
from db.site.subscriptions.describe_settings import name_weekday
from db.site.subscriptions.drafts import Draft, TypedFields
from db.site.subscriptions.form_fields import FLAGS, MAX_AT_MOST, MAX_SUBSCRIPTION_NAME, MAX_TYPED_QUERY
from db.site.subscriptions.would_send import preview_subscription


def list_possible_recipients(desk: AlertDesk, reader: Reader) -> tuple[str, ...]:
    """Return who may get the messages of a reader's subscriptions: themselves alone.

    The reader of a desk without names may choose among its people, or nobody ("").
    """
    if reader.is_named:
        return (reader.id,)
    return ("", *(person.id for person in desk.list_people()))


def choose_recipient(desk: AlertDesk, reader: Reader) -> str:
    """Return who gets the messages of a new subscription unless the reader says otherwise."""
    people = list_possible_recipients(desk, reader)
    return people[-1] if len(people) <= 2 else ""


async def describe_form(
    context: PageContext,
    *,
    desk: AlertDesk,
    reader: Reader,
    fields: TypedFields,
    draft: Draft | None = None,
    preview: TemplateVariables | None = None,
) -> TemplateVariables:
    """Return the variables of _subscription_form.html and _subscription_preview.html.

    `preview`: those of the preview, where they are known already.
    """
    shown = dict(fields) if draft is None else {**dict.fromkeys(fields, ()), **draft.typed}
    one = {name: values[-1] if values else "" for name, values in shown.items()}
    people = {person.id: person for person in desk.list_people()}
    recipient = people.get(one.get("recipient") or reader.id)
    variables: TemplateVariables = {
        "one": one,
        "quiet_days": shown.get("quiet_days", ()),
        "problem_field": draft.field if draft else "",
        "problem_sentence": context.wording(draft.problem) if draft else "",
        "limits": {"name": MAX_SUBSCRIPTION_NAME, "query": MAX_TYPED_QUERY, "at_most": MAX_AT_MOST},
        "may_choose": not reader.is_named and bool(people),
        "people": list(people.values()),
        "recipient_note": describe_recipient(context, recipient),
        "flags": FLAGS,
        "weekdays": [(day, name_weekday(day, context.wording)) for day in WEEKDAYS],
        "short_weekdays": [(day, name_weekday(day, context.wording, width="abbreviated")) for day in WEEKDAYS],
        "clock": _describe_clock(context, recipient),
    }
    return variables | (preview or await _preview_query(context, one))


def describe_recipient(context: PageContext, person: Addressee | None) -> str:
    """Say where messages go: to a person's addresses in their language, or nowhere but the log and the feed."""
    if person is None:
        return context.wording("subscription.to_log")
    language = context.wording.language_name(person.language)
    return context.wording("subscription.to_person", n=person.addresses, person=person.name, language=language)


def _describe_clock(context: PageContext, person: Addressee | None) -> str:
    zone = context.wording.zone_city(person.zone if person else str(context.zone))
    return context.wording("subscription.clock", zone=zone)


async def _preview_query(context: PageContext, one: dict[str, str]) -> TemplateVariables:
    """Return the preview of the query in the form, or what is wrong with it."""
    text = one.get("query", "").strip()
    if not text or len(text) > MAX_TYPED_QUERY:
        return {"preview": None, "has_preview": False}
    try:
        understood = query.read_query(text, make_vocabulary(await context.outlets(), await context.concepts()))
    except QueryError as error:
        mistake = describe_mistake(error.message, error.hint, context.wording)
        return {"preview": None, "has_preview": False, "query_mistake": mistake, "query_place": error.around()}
    borderline, copies = bool(one.get("borderline")), bool(one.get("copies"))
    preview = await preview_subscription(context, understood, borderline=borderline, copies=copies)
    return {"preview": preview, "has_preview": True}
