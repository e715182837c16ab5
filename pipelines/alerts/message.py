"""A digest as a message: subject, plain text and HTML, both complete. Pure: rows in, text out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from db.search import Part, highlighted, snippet
from db.times import moment
from pipelines.alerts.plain import facts, plain
from pipelines.alerts.text import clean, web_address

LONGEST_SUBJECT = 160  # characters
LONGEST_HEADLINE = 300
MOST_REASONS = 2
NAMED_OUTLETS = 4

LANGUAGES = {"en": "English", "es": "Spanish", "pt": "Portuguese", "zh": "Chinese"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article as a message tells it: cleaned, with its time in the reader's zone."""

    id: int
    title: str
    headline: tuple[Part, ...]  # the title with the matched words marked
    url: str | None  # http(s), or none that a reader may be sent to
    outlet: str
    place: str  # "PE, regional press, private"
    state_media: bool
    time: str
    language: str
    snippet: tuple[Part, ...]
    also: tuple[str, ...]  # other outlets with the same story
    flags: tuple[str, ...]  # "paywalled", "sponsored", "borderline", "copy"
    reasons: tuple[str, ...]
    plain: Mapping[str, Any] = field(repr=False)  # the same for programs

    @property
    def also_line(self) -> str:
        """Who else has it: "also in 6 outlets: A, B, C, D and 2 more"; empty when nobody has."""
        if not self.also:
            return ""
        named, rest = self.also[:NAMED_OUTLETS], len(self.also) - NAMED_OUTLETS
        more = f" and {rest} more" if rest > 0 else ""
        return f"also in {len(self.also)} outlet{'s' if len(self.also) > 1 else ''}: {', '.join(named)}{more}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dict(self.plain)


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
    kind: str = "digest"  # or "test", "notice"
    language: str = "en"  # of what is ours in it
    facts: Mapping[str, Any] = field(
        default_factory=dict, repr=False
    )  # what a webhook is told, see webhook.schema.json


def story(row: Mapping[str, Any], *, query: str, zone: str) -> Story:
    """Tell an article (a row of db.matches.told) to someone who asked for `query`."""
    title = clean(row["title"], LONGEST_HEADLINE) or "(no headline)"
    ownership, kind = row["ownership"] or "unknown", row["kind"] or ""
    state_media = kind == "state-media" or (ownership == "state" and kind in ("agency", "press", "regional"))
    kind_words = "state media" if state_media else kind.replace("-", " ")
    described = (row["country"] or "", kind_words, "" if state_media or ownership == "unknown" else ownership)
    parts = snippet(clean(row["text"], 200_000), query)
    shown = "".join(part.text for part in parts)
    marked = {
        "paywalled": row["paywalled"],
        "sponsored": row["sponsored"],
        "borderline: perhaps off topic": row["verdict"] == "borderline",
        "copy of an earlier article": row["original"] is not None,
    }
    return Story(
        id=row["id"],
        title=title,
        headline=highlighted(title, query),
        url=web_address(row["url"]),
        outlet=clean(row["outlet_name"], 100),
        place=clean(", ".join(part for part in described if part and part != "XX"), 100),
        state_media=state_media,
        time=_time(row, zone),
        language=LANGUAGES.get(row["language"] or "", clean(row["language"] or "", 20)),
        snippet=parts,
        also=tuple(clean(name, 100) for name in json.loads(row["also"])),
        flags=tuple(flag for flag, holds in marked.items() if holds),
        reasons=tuple(reason for reason in _reasons(row["reasons"]) if reason not in shown),
        plain=plain(row, snippets=[shown] if shown else []),
    )


def compose(
    stories: Sequence[Story],
    *,
    lost: Sequence[str] = (),
    more: int = 0,
    desk: str,
    name: str,
    query: str,
    thread: str,
    token: str,
    created: dt.datetime,
) -> Message:
    """A digest's message. `lost` names articles (keys) that were matched and that a restored database lost since.

    `more` counts those that went over the subscription's ceiling of a day; with nothing else there is only that to say.
    """
    count = len(stories) + len(lost)
    counted = " and ".join([f"{count} new"] * bool(count) + [f"{more} more"] * bool(more))
    first = stories[0].title if stories else clean(lost[0], 200) if lost else "over the ceiling of a day"
    desk, name = clean(desk, 60), clean(name, 60)
    known = {
        "desk": desk,
        "name": name,
        "query": clean(query, 300),
        "stories": stories,
        "lost": [clean(key, 300) for key in lost],
        "counted": counted,
        "more": more,
        "subject": _subject(f"[{desk}] {name}: {counted} — {first}"),
    }
    return Message(
        subject=str(known["subject"]),
        text=_templates().get_template("message.txt").render(known),
        html=_templates().get_template("message.html").render(known),
        token=token,
        thread=thread,
        desk=desk,
        created=created,
        count=count + more,
        facts=facts(
            name=name,
            query=query,
            thread=thread,
            stories=[story.plain for story in stories],
            lost=[clean(key, 300) for key in lost],
            more=more,
        ),
    )


def trial(*, desk: str, name: str, query: str, thread: str, token: str, now: dt.datetime) -> Message:
    """A message that shows that a target is reached."""
    known = {"desk": clean(desk, 60), "name": clean(name, 60), "query": clean(query, 300)}
    subject = _subject(f"[{known['desk']}] {known['name']}: a test")
    known["subject"] = subject
    return Message(
        subject=subject,
        text=_templates().get_template("test.txt").render(known),
        html=_templates().get_template("test.html").render(known),
        token=token,
        thread=thread,
        desk=known["desk"],
        created=now,
        count=0,
        kind="test",
        facts=facts(name=known["name"], query=query, thread=thread),
    )


def _time(row: Mapping[str, Any], zone: str) -> str:
    """The moment on the desk's clock; a day alone is that day anywhere; without either, when we saw it."""
    published = _moment(row["published"])
    if published and row["published_precision"] == "day":
        return _day(published)
    said = (published or moment(row["first_seen"])).astimezone(ZoneInfo(zone))
    return f"{'' if published else 'seen '}{_day(said)}, {said:%H:%M} ({zone.rpartition('/')[2].replace('_', ' ')})"


def _moment(text: str | None) -> dt.datetime | None:
    """A time that a page gave; one that can't be read must not keep an alert from going out."""
    try:
        return moment(text) if text else None
    except ValueError:
        return None


def _day(when: dt.datetime) -> str:
    return f"{when.day} {when:%b %Y}"


def _subject(text: str) -> str:
    """Fit for a header. "=?" would begin an encoded word (RFC 2047), which can spell what was cleaned off."""
    return clean(text, LONGEST_SUBJECT).replace("=?", "= ?")[:LONGEST_SUBJECT]


def _reasons(raw: str) -> Iterable[str]:
    sentences = (clean(str(reason.get("sentence", "")), 300) for reason in json.loads(raw or "[]"))
    return [sentence for sentence in dict.fromkeys(sentences) if sentence][:MOST_REASONS]


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
