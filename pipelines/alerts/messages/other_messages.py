"""Build the two messages without articles: operator notices and heartbeats."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from db.desk import notices
from db.desk.deliveries import Delivery
from pipelines.alerts.messages.digest import AlertMessage, compose_heartbeat, make_head
from pipelines.alerts.messages.notice import compose_notice, format_notice_lines
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.person import Recipient
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
) -> SpecialMessage | None:
    """Build the message of a notice or heartbeat; None for a digest of alerts. `name` is the desk's name."""
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
    return None


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
