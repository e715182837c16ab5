"""Digests that tell no articles: notices to the operator, and heartbeats. What is written on each occasion."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from db.desk import notices
from db.desk.deliveries import Delivery
from pipelines.alerts.messages.digest import Message, head_of, heartbeat
from pipelines.alerts.messages.notice import notice_lines, notice_message
from pipelines.alerts.messages.wording import Wording
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.silence import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A message of its own kind; `lines` is the same for the log, one line for each thing that it tells."""

    message: Message
    lines: tuple[str, ...]


def occasion(
    desk: Database,
    delivery: Delivery,
    subscription: Subscription,
    recipient: Recipient,
    *,
    name: str,
    health: Health | None,
) -> Occasion | None:
    """What this digest says if it is no digest of alerts, else None. `name` is the desk's, `health` its sources'."""
    kind, since = notices.read_digest_kind(desk, delivery.digest)
    if kind == "notice":
        return _notice(desk, delivery, subscription, recipient, name=name)
    if kind == "heartbeat":
        message = heartbeat(
            head_of(subscription, recipient, desk=name, token=delivery.token, created=delivery.created),
            since=None if since is None else since.astimezone(ZoneInfo(recipient.zone)).date(),
            health=health,
        )
        return Occasion(message=message, lines=(message.subject,))
    return None


def _notice(
    desk: Database, delivery: Delivery, subscription: Subscription, recipient: Recipient, *, name: str
) -> Occasion:
    began, ended = notices.read_digest_notices(desk, delivery.digest)
    others = [
        one for one in notices.read_open_notices(desk) if one.began_in is not None and one.began_in < delivery.digest
    ]
    wording = Wording(recipient.language)
    message = notice_message(
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
    return Occasion(message=message, lines=notice_lines(began, ended, wording=wording, zone=recipient.zone))
