"""A digest as a message: subject, plain text and HTML, both complete, in the reader's language. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from urllib.parse import urlencode

from db.i18n.languages import Language
from db.text.sanitise import one_line
from pipelines.alerts.messages import rendering
from pipelines.alerts.messages.source_health import health_line
from pipelines.alerts.messages.story import Story, story
from pipelines.alerts.messages.webhook_payload import facts
from pipelines.alerts.messages.wording import Wording
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.silence import Health

LONGEST_QUERY = 300
LONGEST_LINK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out: everything that a channel needs, and nothing about to whom."""

    subject: str
    text: str
    html: str
    token: str  # the digest's own: Message-ID and idempotency key
    thread: str  # the subscription's id
    desk: str
    created: dt.datetime
    count: int
    kind: str = "digest"  # or "test", "notice", "heartbeat"
    language: Language = "en"  # of what is ours in it
    facts: Mapping[str, Any] = field(
        default_factory=dict, repr=False
    )  # what a webhook is told, see webhook.schema.json


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Whose message it is, of which moment and in which language."""

    desk: str
    name: str  # the subscription's
    query: str
    thread: str  # the subscription's id
    token: str  # the digest's own
    created: dt.datetime
    language: Language = "en"

    def facts(self, **told: Any) -> Mapping[str, Any]:
        """What a webhook is told of it, with what it tells."""
        return facts(name=one_line(self.name, 60), query=self.query, thread=self.thread, **told)


def head_of(subscription: Subscription, recipient: Recipient, *, desk: str, token: str, created: dt.datetime) -> Head:
    """The head of a subscription's message to one recipient. `desk` is its name, `token` the digest's own."""
    return Head(
        desk=desk,
        name=subscription.name,
        query=subscription.query,
        thread=subscription.id,
        token=token,
        created=created,
        language=recipient.language,
    )


def compose(
    stories: Sequence[Story],
    *,
    head: Head,
    lost: Sequence[str] = (),
    more: int = 0,
    health: Health | None = None,
    public_url: str | None = None,
) -> Message:
    """A digest's message. `lost` names articles (keys) that were matched and that a restored database lost since.

    `more` counts those that went over the subscription's ceiling of a day; with nothing else there is only that to say.
    `health` is how the sources are, for the foot; there a link leads to all that the query finds if readers reach the
    reading room at `public_url`.
    """
    wording = Wording(head.language)
    lost = [one_line(key, 300) for key in lost]
    count = len(stories) + len(lost)
    counted = _counted(count, sum(one.again for one in stories), more, wording)
    first = stories[0].title if stories else lost[0] if lost else wording("subject.over")
    room = None if public_url is None else room_url(public_url, head.query, head.language)
    return _message(
        "message",
        {"stories": stories, "lost": lost, "more": more, "what": counted, "room": room},
        head=head,
        what=wording("subject.first", counted=counted, first=first),
        health=health,
        count=count + more,
        facts=head.facts(stories=[one.plain for one in stories], lost=lost, more=more),
    )


def trial(head: Head) -> Message:
    """A message that shows that a target is reached."""
    what = Wording(head.language)("subject.test")
    return _message("test", {"what": what}, head=head, what=what, kind="test", facts=head.facts())


def heartbeat(head: Head, *, since: dt.date | None = None, health: Health | None = None) -> Message:
    """A sign of life: nothing matched this week, or since a day, and how the sources are."""
    wording = Wording(head.language)
    if since is None:
        what, line = wording("subject.quiet"), wording("quiet.line")
    else:
        day = wording.date(since)
        what, line = wording("subject.quiet_since", since=day), wording("quiet.since", since=day)
    known = {"what": what, "line": line}
    return _message("quiet", known, head=head, what=what, health=health, kind="heartbeat", facts=head.facts())


def _message(
    template: str,
    known: Mapping[str, object],
    *,
    head: Head,
    what: str,
    health: Health | None = None,
    kind: str = "digest",
    count: int = 0,
    facts: Mapping[str, Any],
) -> Message:
    """The templates of that name filled in; `what` is the subject's last part."""
    wording = Wording(head.language)
    desk, name = one_line(head.desk, 60), one_line(head.name, 60)
    subject = rendering.subject(wording("subject.line", desk=desk, name=name, what=what))
    known = {
        "room": None,
        **known,
        "t": wording,
        "subject": subject,
        "desk": desk,
        "name": name,
        "query": one_line(head.query, LONGEST_QUERY),
        "health": None if health is None else health_line(health, now=head.created, wording=wording),
    }
    text, html = rendering.rendered(template, known)
    return Message(
        subject=subject,
        text=text,
        html=html,
        token=head.token,
        thread=head.thread,
        desk=desk,
        created=head.created,
        count=count,
        kind=kind,
        language=head.language,
        facts=facts,
    )


def room_url(public_url: str, query: str, language: Language) -> str | None:
    """Where the reading room shows all that a query finds, in that language; None for a query too long for a link."""
    url = f"{public_url.rstrip('/')}/?{urlencode({'q': query, 'lang': language})}"
    return url if len(url) <= LONGEST_LINK else None


def _counted(count: int, again: int, more: int, wording: Wording) -> str:
    """ "20 new and 14 more"; `again` of the count were told before and changed: "18 new and 2 updated and 14 more"."""
    numbers = {"subject.new": count - again, "subject.updated": again, "subject.more": more}
    said = [wording(key, n=number) for key, number in numbers.items() if number]
    return reduce(
        lambda before, after: wording("subject.both", new=before, more=after), said or [wording("subject.more", n=0)]
    )


__all__ = ["Head", "Message", "Story", "compose", "head_of", "heartbeat", "story", "trial"]
