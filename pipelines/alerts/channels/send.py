"""Sends a message to one target: mail (see mail.py) and signed webhooks (see webhook.py) by our own hand.

Everything else goes through Apprise. No channel follows a redirect.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
from collections.abc import Callable
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.common import OverflowMode
from apprise.plugins.email import NotifyEmail

from pipelines.alerts.channels import webhook
from pipelines.alerts.channels.mail import send_mail
from pipelines.alerts.errors import SendError
from pipelines.alerts.messages.digest import AlertMessage
from pipelines.alerts.unsubscribe import UnsubscribeLinks

_statuses: contextvars.ContextVar[list[int]] = contextvars.ContextVar("statuses")


def _drop_record(record: logging.LogRecord) -> bool:
    """Drop a log record of Apprise, but keep the HTTP status in its text: Apprise reports it nowhere else."""
    if found := re.search(r"\berror=(\d{3})\b", record.getMessage()):
        _statuses.get([]).append(int(found[1]))
    return False


# Apprise logs hosts, recipients and, at DEBUG, whole addresses; urllib3 logs the path of a webhook, which is secret.
# Neither may log anything: the SendErrors below say what an operator needs.
logging.getLogger("apprise").addFilter(_drop_record)
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)

_WEBHOOKS = ("json", "jsons", "xml", "xmls", "form", "forms")


async def send_message(
    address: str,
    message: AlertMessage,
    *,
    limit: float,
    accepted: set[str] | None = None,
    on_accepted: Callable[[], None] = lambda: None,
    links: UnsubscribeLinks | None = None,
) -> None:
    """Send a message to one address within `limit` seconds.

    `accepted` holds hashes of the recipients of a mail who have it already; `on_accepted` is called when it grows.
    `links` are the unsubscribe links for the recipients of a mail.

    Raises SendError, without any part of the address, if it failed, and AllUnsubscribedError if no recipient is left.
    """
    try:
        async with asyncio.timeout(limit):
            if webhook.is_signed_webhook(address):
                await webhook.post_message(webhook.parse_webhook_address(address), message, limit=limit)
                return
            service = _make_service(address, limit)
            if type(service) is NotifyEmail and service.pgp_mode == "no":
                known = set() if accepted is None else accepted
                await send_mail(service, message, accepted=known, on_accepted=on_accepted, links=links)
            else:
                await _send_by_apprise(service, message)
    except TimeoutError:
        raise SendError(f"no answer within {limit:g} s", unreachable=True) from None


def check_address(address: str) -> None:
    """Raise SendError, without any part of the address, if its form is none that can be sent to. Sends nothing."""
    if webhook.is_signed_webhook(address):
        webhook.parse_webhook_address(address)
    else:
        _make_service(address, 1)


def load_channels() -> None:
    """Import all channels of Apprise, which otherwise happens at the first message and takes of its time."""
    Apprise.instantiate("json://localhost")


def _make_service(address: str, limit: float) -> Any:
    """Return the Apprise service for an address. Raises SendError if Apprise does not know its form."""
    asset = AppriseAsset(
        app_id="Vigia",
        app_desc="Vigía, a news monitor",
        app_url="",
        http_redirects=False,
        interpret_emojis=False,
        interpret_escapes=False,
        pgp_autogen=False,
        service_timeout=limit,
    )
    service = Apprise.instantiate(address, asset=asset)
    if service is None:
        raise SendError("its secret is no address that Apprise can send to; see https://appriseit.com for the forms")
    service.redirects = False  # overrides `redirect=` in the address: a message goes only where its owner sent it
    if service.overflow_mode == OverflowMode.UPSTREAM:
        service.overflow_mode = (
            OverflowMode.SPLIT
        )  # a text over a chat's limit becomes two messages instead of losing its end
    return service


async def _send_by_apprise(service: Any, message: AlertMessage) -> None:
    if service.schema in _WEBHOOKS:
        service.headers.setdefault("Idempotency-Key", message.token)
    apprise = Apprise(asset=service.asset)
    apprise.add(service)
    statuses: list[int] = []
    _statuses.set(statuses)  # Apprise passes the context to the thread that sends
    body = message.text_without_files or message.text
    # Always plain text: where Apprise converts HTML to a service's own format, it drops the URLs of links.
    result = await apprise.async_notify(title=message.subject, body=body, body_format=NotifyFormat.TEXT)
    for outcome in result:
        if not outcome:
            reason = f"it answered {statuses[-1]}" if statuses else "no answer"
            raise SendError(f"{outcome.name} did not take the message: {reason}", unreachable=not statuses)
    if not result:
        raise SendError("Apprise sent nothing")
