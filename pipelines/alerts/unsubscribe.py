"""Unsubscribe addresses (RFC 8058): whoever holds one may leave, and nobody can make one but this desk.

An address carries a keyed hash of subscription and recipient, the subscription, a language, and a tag over all of that
made with a key of desk.db. So nothing has to be kept of those who stay, and of those who leave the hash alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from db.i18n.languages import Language, find_language
from db.site.security import UNSUBSCRIBE
from pipelines.alerts import signed_urls
from pipelines.alerts.messages.wording import MessageWording

UNSUBSCRIBE_PATH = UNSUBSCRIBE  # where pipelines.alerts.http_endpoints answers
FOOT_MARK = "<!--leave-->"  # in a message's HTML: where the link to unsubscribe goes
_RECIPIENT_BYTES, _LANGUAGE_BYTES = 16, 2  # bytes
_PURPOSE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeLinks:
    """How the recipients of one subscription leave it: who has left already, and the address for each other."""

    key: bytes = field(repr=False)
    subscription: str  # its id
    public_url: str | None = None  # where readers reach the reading room; None: there are no addresses
    gone: frozenset[str] = frozenset()
    ask: str | None = None  # whom to ask when there are no addresses

    def has_left(self, recipient: str) -> bool:
        """Whether that address wants no more of the subscription."""
        return hash_recipient(self.key, self.subscription, recipient) in self.gone

    def url(self, recipient: str, *, language: str) -> str | None:
        """The address at which that recipient leaves; None when the desk has no public address."""
        return make_unsubscribe_url(
            recipient, key=self.key, subscription=self.subscription, language=language, public_url=self.public_url
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeRequest:
    """What an unsubscribe address says."""

    recipient: str  # a keyed hash
    subscription: str  # its id
    language: Language


def make_unsubscribe_url(
    recipient: str, *, key: bytes, subscription: str, language: str, public_url: str | None
) -> str | None:
    """The address at which one recipient (a mail address) leaves a subscription; None without a public address."""
    if public_url is None:
        return None
    spoken = find_language(language) or "en"
    who = bytes.fromhex(hash_recipient(key, subscription, recipient))
    said = who + signed_urls.hash_subscription(key, subscription) + spoken.encode("ascii")
    return f"{public_url.rstrip('/')}{UNSUBSCRIBE_PATH}{signed_urls.make_token(said, key=key, purpose=_PURPOSE)}"


def read_unsubscribe_token(token: str, *, key: bytes, subscriptions: Iterable[str]) -> UnsubscribeRequest | None:
    """What the last part of an unsubscribe address says; None if this desk did not make it, or knows it no longer."""
    said = signed_urls.verify_token(
        token, key=key, purpose=_PURPOSE, length=_RECIPIENT_BYTES + signed_urls.SUBSCRIPTION_BYTES + _LANGUAGE_BYTES
    )
    if said is None:
        return None
    subscription = signed_urls.find_subscription(
        said[_RECIPIENT_BYTES:-_LANGUAGE_BYTES], key=key, subscriptions=subscriptions
    )
    if subscription is None:
        return None
    language = find_language(said[-_LANGUAGE_BYTES:].decode("ascii")) or "en"
    return UnsubscribeRequest(recipient=said[:_RECIPIENT_BYTES].hex(), subscription=subscription, language=language)


def hash_recipient(key: bytes, subscription: str, recipient: str) -> str:
    """What desk.db keeps of somebody who left: no address can be read from it, nor be tried without the key."""
    return signed_urls.hash_with_key(key, "recipient", f"{subscription}\0{recipient.strip().casefold()}")[
        :_RECIPIENT_BYTES
    ].hex()


def add_unsubscribe_foot(
    text: str, html: str, *, url: str | None, ask: str | None, language: Language
) -> tuple[str, str]:
    """Both parts of a mail with how to unsubscribe at their end: by the link, or whom to ask when there is none."""
    wording = MessageWording(language)
    if url is not None:
        line = wording("leave.foot", url=url)
        linked = Markup('<a href="{url}" rel="noopener noreferrer">{link}</a>').format(
            url=url, link=wording("leave.link")
        )
    else:
        line = wording("leave.ask", whom=ask) if ask else wording("leave.ask_desk")
        linked = escape(line)
    foot = Markup('<p class="foot">{linked}</p>\n').format(linked=linked)
    mark = FOOT_MARK if FOOT_MARK in html else "</body>"
    before, _, after = html.rpartition(mark)
    return f"{text.rstrip()}\n{line}\n", f"{before}{foot}{'' if mark == FOOT_MARK else mark}{after}"
