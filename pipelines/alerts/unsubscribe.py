"""Signed one-click unsubscribe URLs (RFC 8058). Only this desk can make one; who has one can unsubscribe.

A URL carries a keyed hash of subscription and recipient, a hash of the subscription, a language, and a signature over
all of that with a key of desk.db. So desk.db stores only the hashes of those who unsubscribed, and nothing of the
others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from db.i18n.languages import Language, find_language
from db.site.security import UNSUBSCRIBE
from pipelines.alerts import signed_urls
from pipelines.alerts.messages.wording import MessageWording

UNSUBSCRIBE_PATH = UNSUBSCRIBE  # served by pipelines.alerts.http_endpoints
FOOT_MARK = "<!--leave-->"  # marks the place of the unsubscribe link in a message's HTML
_RECIPIENT_BYTES, _LANGUAGE_BYTES = 16, 2
_PURPOSE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeLinks:
    """The unsubscribe URLs of one subscription's recipients, and who has unsubscribed already."""

    key: bytes = field(repr=False)
    subscription: str  # its id
    public_url: str | None = None  # base URL of the reading room; without it there are no unsubscribe URLs
    unsubscribed: frozenset[str] = frozenset()  # keyed hashes of recipients
    contact: str | None = None  # named in a mail that has no unsubscribe URL

    def has_left(self, recipient: str) -> bool:
        """Whether this mail address has unsubscribed."""
        return hash_recipient(self.key, self.subscription, recipient) in self.unsubscribed

    def url(self, recipient: str, *, language: str) -> str | None:
        """Return the unsubscribe URL of a mail address; None if the desk has no public URL."""
        return make_unsubscribe_url(
            recipient, key=self.key, subscription=self.subscription, language=language, public_url=self.public_url
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeRequest:
    """The contents of an unsubscribe URL."""

    recipient: str  # a keyed hash
    subscription: str  # its id
    language: Language


def make_unsubscribe_url(
    recipient: str, *, key: bytes, subscription: str, language: str, public_url: str | None
) -> str | None:
    """Return the unsubscribe URL of a recipient (a mail address); None if the desk has no public URL."""
    if public_url is None:
        return None
    code = find_language(language) or "en"
    recipient_hash = bytes.fromhex(hash_recipient(key, subscription, recipient))
    payload = recipient_hash + signed_urls.hash_subscription(key, subscription) + code.encode("ascii")
    return f"{public_url.rstrip('/')}{UNSUBSCRIBE_PATH}{signed_urls.make_token(payload, key=key, purpose=_PURPOSE)}"


def read_unsubscribe_token(token: str, *, key: bytes, subscriptions: Iterable[str]) -> UnsubscribeRequest | None:
    """Read the token at the end of an unsubscribe URL.

    None if this desk did not make it, or if its subscription is not among `subscriptions` (ids).
    """
    payload = signed_urls.verify_token(
        token, key=key, purpose=_PURPOSE, length=_RECIPIENT_BYTES + signed_urls.SUBSCRIPTION_BYTES + _LANGUAGE_BYTES
    )
    if payload is None:
        return None
    subscription = signed_urls.find_subscription(
        payload[_RECIPIENT_BYTES:-_LANGUAGE_BYTES], key=key, subscriptions=subscriptions
    )
    if subscription is None:
        return None
    language = find_language(payload[-_LANGUAGE_BYTES:].decode("ascii")) or "en"
    return UnsubscribeRequest(recipient=payload[:_RECIPIENT_BYTES].hex(), subscription=subscription, language=language)


def hash_recipient(key: bytes, subscription: str, recipient: str) -> str:
    """Return the hash that desk.db stores of a mail address: without the key no address can be guessed from it."""
    return signed_urls.hash_with_key(key, "recipient", f"{subscription}\0{recipient.strip().casefold()}")[
        :_RECIPIENT_BYTES
    ].hex()


def add_unsubscribe_foot(
    text: str, html: str, *, url: str | None, contact: str | None, language: Language
) -> tuple[str, str]:
    """Add the unsubscribe link to the end of both parts of a mail, or whom to ask if there is no link."""
    wording = MessageWording(language)
    if url is not None:
        line = wording("leave.foot", url=url)
        linked = Markup('<a href="{url}" rel="noopener noreferrer">{link}</a>').format(
            url=url, link=wording("leave.link")
        )
    else:
        line = wording("leave.ask", whom=contact) if contact else wording("leave.ask_desk")
        linked = escape(line)
    foot = Markup('<p class="foot">{linked}</p>\n').format(linked=linked)
    mark = FOOT_MARK if FOOT_MARK in html else "</body>"
    before, _, after = html.rpartition(mark)
    return f"{text.rstrip()}\n{line}\n", f"{before}{foot}{'' if mark == FOOT_MARK else mark}{after}"
