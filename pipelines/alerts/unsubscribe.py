"""Unsubscribe addresses (RFC 8058): whoever holds one may leave, and nobody can make one but this desk.

An address carries a keyed hash of subscription and recipient, the subscription, a language, and a tag over all of that
made with a key of desk.db. So nothing has to be kept of those who stay, and of those who leave the hash alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from db.i18n.languages import Language, language_of
from db.site.security import UNSUBSCRIBE
from pipelines.alerts import signed_urls
from pipelines.alerts.messages.wording import Wording

PATH = UNSUBSCRIBE  # where pipelines.alerts.http_endpoints answers
FOOT = "<!--leave-->"  # in a message's HTML: where the link to unsubscribe goes
_RECIPIENT, _LANGUAGE = 16, 2  # bytes
_PURPOSE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """How the recipients of one subscription leave it: who has left already, and the address for each other."""

    key: bytes = field(repr=False)
    subscription: str  # its id
    public_url: str | None = None  # where readers reach the reading room; None: there are no addresses
    gone: frozenset[str] = frozenset()
    ask: str | None = None  # whom to ask when there are no addresses

    def has_left(self, recipient: str) -> bool:
        """Whether that address wants no more of the subscription."""
        return recipient_hash(self.key, self.subscription, recipient) in self.gone

    def url(self, recipient: str, *, language: str) -> str | None:
        """The address at which that recipient leaves; None when the desk has no public address."""
        return unsubscribe_url(
            recipient, key=self.key, subscription=self.subscription, language=language, public_url=self.public_url
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What an unsubscribe address says."""

    recipient: str  # a keyed hash
    subscription: str  # its id
    language: Language


def unsubscribe_url(
    recipient: str, *, key: bytes, subscription: str, language: str, public_url: str | None
) -> str | None:
    """The address at which one recipient (a mail address) leaves a subscription; None without a public address."""
    if public_url is None:
        return None
    spoken = language_of(language) or "en"
    who = bytes.fromhex(recipient_hash(key, subscription, recipient))
    said = who + signed_urls.short(key, subscription) + spoken.encode("ascii")
    return f"{public_url.rstrip('/')}{PATH}{signed_urls.write(said, key=key, purpose=_PURPOSE)}"


def read_token(token: str, *, key: bytes, subscriptions: Iterable[str]) -> Leaving | None:
    """What the last part of an unsubscribe address says; None if this desk did not make it, or knows it no longer."""
    said = signed_urls.read(token, key=key, purpose=_PURPOSE, length=_RECIPIENT + signed_urls.SHORT + _LANGUAGE)
    if said is None:
        return None
    subscription = signed_urls.find(said[_RECIPIENT:-_LANGUAGE], key=key, subscriptions=subscriptions)
    if subscription is None:
        return None
    language = language_of(said[-_LANGUAGE:].decode("ascii")) or "en"
    return Leaving(recipient=said[:_RECIPIENT].hex(), subscription=subscription, language=language)


def recipient_hash(key: bytes, subscription: str, recipient: str) -> str:
    """What desk.db keeps of somebody who left: no address can be read from it, nor be tried without the key."""
    return signed_urls.keyed(key, "recipient", f"{subscription}\0{recipient.strip().casefold()}")[:_RECIPIENT].hex()


def with_foot(text: str, html: str, *, url: str | None, ask: str | None, language: Language) -> tuple[str, str]:
    """Both parts of a mail with how to unsubscribe at their end: by the link, or whom to ask when there is none."""
    wording = Wording(language)
    if url is not None:
        line = wording("leave.foot", url=url)
        linked = Markup('<a href="{url}" rel="noopener noreferrer">{link}</a>').format(
            url=url, link=wording("leave.link")
        )
    else:
        line = wording("leave.ask", whom=ask) if ask else wording("leave.ask_desk")
        linked = escape(line)
    foot = Markup('<p class="foot">{linked}</p>\n').format(linked=linked)
    mark = FOOT if FOOT in html else "</body>"
    before, _, after = html.rpartition(mark)
    return f"{text.rstrip()}\n{line}\n", f"{before}{foot}{'' if mark == FOOT else mark}{after}"
