"""Build and send a message as mail.

Apprise only parses the `mailto(s)://` address, because it knows the settings of many providers. It does not send the
mail: its email plugin (2.2.0) makes a new Message-ID for every message, and derives the plain text from the HTML
without the URLs of links. Here the standard library's `email` builds the mail, and aiosmtplib sends it, so that an
attempt can be stopped at its time limit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Any

import aiosmtplib

from db.text.sanitise import one_line, wrap_lines
from pipelines.alerts import unsubscribe
from pipelines.alerts.errors import AllUnsubscribedError, SendError
from pipelines.alerts.messages.digest import AlertMessage
from pipelines.alerts.unsubscribe import UnsubscribeLinks


class _UnfoldedHeader(UnstructuredHeader, BaseHeader):
    """List-Unsubscribe (RFC 2369) on one line: the standard library would encode so long a URL (RFC 2047)."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _SubjectHeader(UnstructuredHeader, BaseHeader):
    """Subject (RFC 2047): Python 3.11's own folding loses a space in one of eight subjects that are not ASCII."""

    def fold(self, *, policy: Policy) -> str:
        coded = Header(str(self), None if self.isascii() else "utf-8", header_name=self.name)
        return f"{self.name}: {coded.encode(linesep=policy.linesep)}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _UnfoldedHeader)
_HEADERS.map_to_type("subject", _SubjectHeader)
# 7bit: servers need not support 8BITMIME, and no line exceeds the 998 characters of RFC 5322.
_POLICY = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)
_RESPONSE_SECONDS = 30.0  # time limit for one response of the server
_QUIT_SECONDS = 3.0


async def send_mail(
    service: Any,
    message: AlertMessage,
    *,
    accepted: set[str],
    on_accepted: Callable[[], None],
    links: UnsubscribeLinks | None = None,
) -> None:
    """Send to each recipient of an Apprise NotifyEmail in an SMTP transaction of its own.

    Recipients whose hash is in `accepted` have the mail already and are left out; so are those who unsubscribed
    (`links`). After each recipient that the server accepts, its hash is added to `accepted` and `on_accepted` runs.

    Raises AllUnsubscribedError if no recipient is left, and SendError, without addresses or the server's text (which
    may hold addresses), if a recipient was not accepted.
    """
    recipients = _list_remaining_recipients(service, links)
    missing = [address for address in recipients if hash_delivered_address(message, address) not in accepted]
    if not missing:
        return  # the recipients who lacked it have unsubscribed since
    refused: list[int] = []
    server = aiosmtplib.SMTP(
        hostname=service.smtp_host,
        port=service.port,
        use_tls=service.secure_mode == "ssl",
        start_tls=service.secure_mode == "starttls",  # required: without STARTTLS nothing is sent
        username=service.user if service.password else None,
        password=service.password if service.user else None,
        validate_certs=service.verify_certificate,
        timeout=_RESPONSE_SECONDS,
    )
    try:
        await server.connect()
        for address in missing:
            mail = build_mail(service, message, to=address, links=links)
            try:
                await server.sendmail(service.from_addr[1], [address], mail)
            except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
                refused.append(_refusal_code(error))
            else:
                accepted.add(hash_delivered_address(message, address))
                on_accepted()
        await server.quit(timeout=_QUIT_SECONDS)
    except aiosmtplib.SMTPAuthenticationError as error:
        raise SendError(f"the mail server refused the login ({error.code})") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        if not refused and all(hash_delivered_address(message, address) in accepted for address in recipients):
            return  # the connection broke after the last recipient was accepted
        if isinstance(error, aiosmtplib.SMTPResponseException):
            raise SendError(f"the mail server refused the message ({error.code})") from None
        if type(error) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
            raise SendError("the mail server offers no such TLS or login as the address asks for") from None
        raise SendError(f"no connection to the mail server ({type(error).__name__})", unreachable=True) from None
    except ValueError as error:
        raise SendError(f"the mail can't be written ({type(error).__name__})") from None
    finally:
        server.close()
    if refused:
        raise SendError(f"the mail server refused {len(refused)} of {len(recipients)} recipients ({max(refused)})")


def _list_remaining_recipients(service: Any, links: UnsubscribeLinks | None) -> list[str]:
    """Return the recipients who have not unsubscribed, each once. Raises AllUnsubscribedError if there is none."""
    addresses = dict.fromkeys([address for _, address in service.targets] + [*service.cc, *service.bcc])
    recipients = [address for address in addresses if links is None or not links.has_left(address)]
    if not recipients:
        raise AllUnsubscribedError("all its recipients have unsubscribed")
    return recipients


def hash_delivered_address(message: AlertMessage, address: str) -> str:
    """Return the hash that desk.db stores for an address that has the message; it differs from digest to digest."""
    return hashlib.sha256(f"{message.token}\0{address}".encode()).hexdigest()[:16]


def build_mail(service: Any, message: AlertMessage, *, to: str, links: UnsubscribeLinks | None = None) -> bytes:
    """Build the mail as bytes: ASCII with CRLF. One digest always gets the same Message-ID."""
    name, sender = service.from_addr
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _make_address(message.desk if name in (False, None, "", service.app_id) else str(name), sender)
    mail["To"] = _make_address(str(service.names.get(to) or ""), _address_for_to(service, to))
    if copies := [address for address in sorted(service.cc) if links is None or not links.has_left(address)]:
        mail["Cc"] = [_make_address("", address) for address in copies]
    if service.reply_to:
        mail["Reply-To"] = [_make_address("", address) for address in sorted(service.reply_to)]
    mail["Subject"] = message.subject
    mail["Date"] = message.created
    mail["Message-ID"] = f"<{message.token}@{domain}>"
    mail["References"] = f"<{_make_ascii_id(message.thread)}.subscription@{domain}>"  # one thread for each subscription
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    text, html = message.text, message.html
    if links is not None:
        url = links.url(to, language=message.language)
        if url is not None and url.startswith("https://"):
            # RFC 8058: mail programs may unsubscribe with one POST to this URL, which must be https.
            mail["List-Unsubscribe"] = f"<{url}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        text, html = unsubscribe.add_unsubscribe_foot(
            text, html, url=url, contact=links.contact, language=message.language
        )
    mail.set_content(wrap_lines(text))
    mail.add_alternative(html, subtype="html")
    for file in message.files:
        maintype, _, subtype = file.media_type.partition(";")[0].partition("/")
        mail.add_attachment(file.body, maintype=maintype, subtype=subtype, filename=file.name)
    return mail.as_bytes()


def _address_for_to(service: Any, recipient: str) -> str:
    """Return the address for "To": the recipient's own, or the first addressee's if the recipient gets a copy."""
    addressees = [address for _, address in service.targets]
    return recipient if recipient in addressees or not addressees else addressees[0]


def _make_address(name: str, address: str) -> Address:
    return Address(display_name=one_line(name, 100), addr_spec=address)


def _make_ascii_id(name: str) -> str:
    """Return a subscription's id in the characters that a Message-ID allows, with a hash if some were dropped."""
    ascii_name = re.sub(r"[^a-z0-9-]", "", name)
    return (
        ascii_name
        if ascii_name == name
        else f"{ascii_name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")
    )


def _refusal_code(error: aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPDataError) -> int:
    if isinstance(error, aiosmtplib.SMTPDataError):
        return error.code
    return max((refusal.code for refusal in error.recipients), default=550)
