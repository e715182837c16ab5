"""Compose a digest as a message: subject, plain text and HTML in the reader's language. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from urllib.parse import urlencode

from db.i18n.languages import Language
from db.text.sanitise import one_line
from pipelines.alerts.messages import rendering
from pipelines.alerts.messages.headline_list import (
    MANY_STORIES,
    MIN_LISTED_STORIES,
    choose_weightiest,
    describe_story_groups,
    sort_stories,
)
from pipelines.alerts.messages.later_article import LaterArticle
from pipelines.alerts.messages.source_health import source_health_line
from pipelines.alerts.messages.story import AlertStory
from pipelines.alerts.messages.webhook_payload import MessagePayload, build_message_payload
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.subscriptions.person import Recipient
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.silence import Health

MAX_QUERY_CHARS = 300
MAX_LINK_CHARS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that goes with a mail. `media_type` may have a charset."""

    name: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """A message for any channel, without its recipients. Files go with mail alone."""

    subject: str
    text: str
    html: str
    token: str  # the digest's own: Message-ID and idempotency key
    thread: str  # the subscription's id
    desk: str
    created: dt.datetime
    count: int
    kind: str = "digest"  # or "test", "notice", "heartbeat", "briefing"
    language: Language = "en"  # of Vigía's own words in the message
    facts: MessagePayload | None = field(default=None, repr=False)  # for webhooks; None if there is only the text
    files: tuple[AttachedFile, ...] = ()
    text_without_files: str = ""  # for the channels that carry none; "" if it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestContents:
    """What a digest tells. `lost`: keys of articles that a restored news.db no longer has."""

    stories: tuple[AlertStory, ...] = ()
    later: tuple[LaterArticle, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if it tells nothing."""
        return not (self.stories or self.later or self.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHead:
    """The desk, subscription, time and language of a message."""

    desk: str
    name: str  # the subscription's
    query: str
    thread: str  # the subscription's id
    token: str  # the digest's own
    created: dt.datetime
    language: Language = "en"

    def facts(self, contents: DigestContents = DigestContents(), *, more: int = 0) -> MessagePayload:
        """Return the data for webhooks: the subscription and the contents."""
        return build_message_payload(
            name=one_line(self.name, 60),
            query=self.query,
            thread=self.thread,
            stories=[story.payload for story in contents.stories],
            later=[article.payload for article in contents.later],
            lost=contents.lost,
            more=more,
        )


def make_head(
    subscription: Subscription, recipient: Recipient, *, desk: str, token: str, created: dt.datetime
) -> MessageHead:
    """Make the head of a subscription's message to one recipient. `desk` is the desk's name."""
    return MessageHead(
        desk=desk,
        name=subscription.name,
        query=subscription.query,
        thread=subscription.id,
        token=token,
        created=created,
        language=recipient.language,
    )


def compose_digest(
    contents: DigestContents,
    *,
    head: MessageHead,
    more: int = 0,
    health: Health | None = None,
    public_url: str | None = None,
) -> AlertMessage:
    """Compose the message of a digest.

    more: how many alerts are over the daily limit.
    health: health of the sources, for the foot. public_url: the reading room's URL, for a link to the query's results.
    """
    wording = MessageWording(head.language)
    contents = replace(contents, lost=tuple(one_line(key, 300) for key in contents.lost))
    facts = head.facts(contents, more=more)  # with the stories in the order in which they came
    contents = replace(contents, stories=sort_stories(contents.stories))
    stories, later, lost = contents.stories, contents.later, contents.lost
    count = len(stories) + len(lost)
    counted = _count_in_words(count, sum(story.is_update for story in stories), len(later), more, wording)
    titles = [*lost, *(article.title for article in later), wording("subject.over")]
    first = choose_weightiest(stories).title if stories else titles[0]
    room = None if public_url is None else make_search_url(public_url, head.query, head.language)
    return compose_message(
        "message",
        {
            "stories": stories,
            "listed": stories if len(stories) >= MIN_LISTED_STORIES else (),
            "groups": describe_story_groups(stories, wording),
            "is_long": len(stories) >= MANY_STORIES,
            "later": later,
            "lost": lost,
            "more": more,
            "what": counted,
            "room": room,
        },
        head=head,
        what=wording("subject.first", counted=counted, first=first),
        health=health,
        count=count + len(later) + more,
        facts=facts,
    )


def compose_test(head: MessageHead) -> AlertMessage:
    """Compose a test message, which shows that a target is reached."""
    what = MessageWording(head.language)("subject.test")
    return compose_message("test", {"what": what}, head=head, what=what, kind="test", facts=head.facts())


def compose_heartbeat(head: MessageHead, *, since: dt.date | None = None, health: Health | None = None) -> AlertMessage:
    """Compose a heartbeat: nothing matched this week, or since a day, and the health of the sources."""
    wording = MessageWording(head.language)
    if since is None:
        what, line = wording("subject.quiet"), wording("quiet.line")
    else:
        day = wording.date(since)
        what, line = wording("subject.quiet_since", since=day), wording("quiet.since", since=day)
    known = {"what": what, "line": line}
    return compose_message("quiet", known, head=head, what=what, health=health, kind="heartbeat", facts=head.facts())


def compose_message(
    template: str,
    known: Mapping[str, object],
    *,
    head: MessageHead,
    what: str,
    health: Health | None = None,
    kind: str = "digest",
    count: int = 0,
    facts: MessagePayload | None = None,
) -> AlertMessage:
    """Compose a message from the templates of that name; `what` is the last part of the subject."""
    wording = MessageWording(head.language)
    desk, name = one_line(head.desk, 60), one_line(head.name, 60)
    subject = rendering.format_subject(wording("subject.line", desk=desk, name=name, what=what))
    known = {
        "room": None,
        **known,
        "t": wording,
        "subject": subject,
        "desk": desk,
        "name": name,
        "query": one_line(head.query, MAX_QUERY_CHARS),
        "health": None if health is None else source_health_line(health, now=head.created, wording=wording),
    }
    text, html = rendering.render_message(template, known)
    return AlertMessage(
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


def make_search_url(public_url: str, query: str, language: Language) -> str | None:
    """Return the URL of a query's results in the reading room; None if it is too long for a link."""
    url = f"{public_url.rstrip('/')}/?{urlencode({'q': query, 'lang': language})}"
    return url if len(url) <= MAX_LINK_CHARS else None


def _count_in_words(count: int, updates: int, later: int, more: int, wording: MessageWording) -> str:
    """ "18 new and 2 updated and 14 more". `updates` of the `count` stories are changes of known articles.

    `later` articles of told stories are counted only where there is nothing else.
    """
    numbers = {"subject.new": count - updates, "subject.updated": updates, "subject.more": more}
    if later and not any(numbers.values()):
        numbers = {"subject.later": later}
    said = [wording(key, n=number) for key, number in numbers.items() if number]
    return reduce(
        lambda before, after: wording("subject.both", new=before, more=after), said or [wording("subject.more", n=0)]
    )
