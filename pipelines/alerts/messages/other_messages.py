"""Build the messages without articles: operator notices, heartbeats and briefings."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from db.desk import notices
from db.desk.analysts.briefings import read_briefing_contents
from db.desk.analysts.planned_briefings import find_digest_briefing
from db.desk.deliveries import Delivery
from db.site.briefings.document import parse_briefing
from pipelines.alerts.errors import AlertError
from pipelines.alerts.messages.briefing_message import compose_briefing
from pipelines.alerts.messages.digest import AlertMessage, compose_heartbeat, make_head
from pipelines.alerts.messages.notice import compose_notice, format_notice_lines
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.planned_briefing import BriefingMailing
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.silence import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialMessage:
    """A message without articles; `lines` is its text for the log, one line for each notice."""

    message: AlertMessage
    lines: tuple[str, ...]


def build_special_message(
    desk: Database,
    delivery: Delivery,
    subscription: Subscription,
    recipient: Recipient,
    *,
    name: str,
    health: Health | None,
    public_url: str | None,
) -> SpecialMessage | None:
    """Build the message of a notice, heartbeat or briefing; None for a digest of alerts. `name` is the desk's name.

    Raises AlertError for a briefing that can't be sent.
    """
    kind, since = notices.read_digest_kind(desk, delivery.digest)
    if kind == "notice":
        return _build_operator_notice(desk, delivery, subscription, recipient, name=name)
    if kind == "heartbeat":
        message = compose_heartbeat(
            make_head(subscription, recipient, desk=name, token=delivery.token, created=delivery.created),
            since=None if since is None else since.astimezone(ZoneInfo(recipient.zone)).date(),
            health=health,
        )
        return SpecialMessage(message=message, lines=(message.subject,))
    if isinstance(subscription, BriefingMailing):
        return _build_briefing(desk, delivery, subscription, recipient, name=name, public_url=public_url)
    return None


def _build_briefing(
    desk: Database,
    delivery: Delivery,
    mailing: BriefingMailing,
    recipient: Recipient,
    *,
    name: str,
    public_url: str | None,
) -> SpecialMessage:
    number = find_digest_briefing(desk, delivery.digest, language=recipient.language)
    contents = None if number is None else read_briefing_contents(desk, number)
    if number is None or contents is None:
        raise AlertError("its briefing is no longer in desk.db")
    message = compose_briefing(
        parse_briefing(contents),
        number,
        formats=mailing.formats,
        head=make_head(mailing, recipient, desk=name, token=delivery.token, created=delivery.created),
        public_url=public_url,
    )
    command = f"`vigia briefing again {number} --to FILE.{mailing.formats[0]}` writes it"
    return SpecialMessage(message=message, lines=(f"{message.subject} ({command})",))


def _build_operator_notice(
    desk: Database, delivery: Delivery, subscription: Subscription, recipient: Recipient, *, name: str
) -> SpecialMessage:
    began, ended = notices.read_digest_notices(desk, delivery.digest)
    others = [
        notice
        for notice in notices.read_open_notices(desk)
        if notice.began_in is not None and notice.began_in < delivery.digest
    ]
    wording = MessageWording(recipient.language)
    message = compose_notice(
        began,
        ended,
        others,
        desk=name,
        token=delivery.token,
        thread=subscription.id,
        created=delivery.created,
        wording=wording,
        zone=recipient.zone,
    )
    return SpecialMessage(
        message=message, lines=format_notice_lines(began, ended, wording=wording, zone=recipient.zone)
    )
