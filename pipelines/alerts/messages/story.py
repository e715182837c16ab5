"""An article as a message tells it to one reader: cleaned, in their language, with times in their zone. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from db.i18n.english_names import LANGUAGE_NAMES
from db.i18n.languages import Language
from db.model.outlet_kind import STATE_OWNERSHIP, is_state_media, speaks_for_state
from db.model.times import read_stamp
from db.search.highlight import MarkedPart, highlight
from db.search.query import Vocabulary
from db.search.snippets import cut_passages
from db.text.sanitise import one_line
from db.text.web_address import web_address
from pipelines.alerts.messages.match_reasons import describe, match_reasons
from pipelines.alerts.messages.webhook_payload import build_story_payload
from pipelines.alerts.messages.wording import MessageWording

MAX_HEADLINE_CHARS = 300
MAX_SEARCHED_CHARS = 200_000  # characters that are looked through for what was searched for
MAX_TOPIC_SENTENCES = 2
MAX_TOPIC_SENTENCE_CHARS = 160
MIN_OVERLAP_CHARS = 50  # characters by which a sentence is known again
MAX_OUTLETS_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStory:
    """One article as a message tells it. What is not known is empty."""

    id: int
    title: str
    headline: tuple[MarkedPart, ...]  # the title with the matched words marked
    url: str | None  # http(s), or none that a reader may be sent to
    outlet: str
    described: tuple[str, ...]  # country, kind, ownership
    state_mark: str  # the one of `described` that says a state speaks; "" if none does
    time: str
    language: str  # its name
    code: str  # of its language, for `lang` in HTML
    snippets: tuple[tuple[MarkedPart, ...], ...]
    also: tuple[str, ...]  # other outlets with the same story and their lags
    also_line: str
    flags: tuple[str, ...]  # "paywalled", "sponsored", "borderline", "copy", "credited to …" in words
    matches: str  # which parts of the query it was found by
    reasons: tuple[str, ...]  # the sentences that made it on topic and that no snippet shows
    updated: str | None = None  # of a revision: what it changed
    again: bool = False  # it was told before, and only what changed is new
    plain: Mapping[str, Any] = field(repr=False)  # the same for programs

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dict(self.plain)


def build_story(
    row: Mapping[str, Any],
    *,
    query: str,
    zone: str,
    language: Language = "en",
    vocabulary: Vocabulary | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
) -> AlertStory:
    """Tell an article (a row of db.news.alert_articles.read_message_articles) to someone who asked for `query`.

    `zone` and `language` are theirs.

    The row's `updated`, where there is one, is what revisions changed; `again`: the article itself was told before.
    `names` are all names of concepts, by id.
    """
    updated = row.get("updated")
    wording = MessageWording(language)
    title = one_line(row["title"], MAX_HEADLINE_CHARS) or wording("story.no_title")
    why = match_reasons(query, row, vocabulary or Vocabulary(), names or {})
    passages = cut_passages(one_line(row["text"], MAX_SEARCHED_CHARS), why.marked)
    shown = ["".join(part.text for part in passage) for passage in passages]
    also = tuple(_describe_other_outlets(row, wording))
    return AlertStory(
        id=row["id"],
        title=title,
        headline=highlight(title, why.marked),
        url=web_address(row["url"]),
        outlet=one_line(row["outlet_name"], 100),
        described=tuple(_describe_outlet(row, wording)),
        state_mark=_state_mark(row["kind"], row["ownership"], wording),
        time=_format_time(row, zone, wording),
        language=one_line(wording.language_name(row["language"]), 40) if row["language"] else "",
        code=row["language"] if row["language"] in LANGUAGE_NAMES else "",
        snippets=passages,
        also=also,
        also_line=_format_other_outlets(also, wording),
        flags=tuple(_describe_flags(row, wording)),
        matches=describe(why.parts, row, wording),
        reasons=tuple(_choose_topic_sentences(row["reasons"], shown=[title, *shown])),
        updated=one_line(updated, MAX_HEADLINE_CHARS) if updated else None,
        again=bool(row.get("again")),
        plain=build_story_payload(row, snippets=shown, updated=updated),
    )


def _state_mark(kind: str | None, ownership: str | None, wording: MessageWording) -> str:
    """Return the word that says a state speaks: "state media", else "state-owned", else the outlet's kind."""
    if not speaks_for_state(kind, ownership):
        return ""
    if is_state_media(kind, ownership):
        return wording.word("kinds", "state-media")
    if ownership == STATE_OWNERSHIP:
        return one_line(wording.word("ownerships", ownership), 60)
    return one_line(wording.word("kinds", kind), 60)


def _describe_outlet(row: Mapping[str, Any], wording: MessageWording) -> Iterator[str]:
    """Country, kind and ownership, as far as they are known; of state media the kind says who owns it."""
    country, kind, ownership = row["country"], row["kind"], row["ownership"]
    if country and country != "XX":
        yield one_line(wording.country_name(country), 60)
    if is_state_media(kind, ownership):
        yield wording.word("kinds", "state-media")
        return
    if kind:
        yield one_line(wording.word("kinds", kind), 60)
    if ownership and ownership != "unknown":
        yield one_line(wording.word("ownerships", ownership), 60)


def _describe_flags(row: Mapping[str, Any], wording: MessageWording) -> Iterator[str]:
    holds = {
        "paywalled": row["paywalled"],
        "sponsored": row["sponsored"],
        "borderline": row["verdict"] == "borderline",
        "copy": row["original"] is not None,
    }
    yield from (wording(f"flags.{flag}") for flag, it_is in holds.items() if it_is)
    if credited := one_line(row["credited_to"] or "", 60):
        yield wording("flags.credited", to=credited)


def _describe_other_outlets(row: Mapping[str, Any], wording: MessageWording) -> Iterator[str]:
    """Who else has the story, with how much later or earlier where both pages give a time."""
    here = _parse_time(row["published"]) if row["published_precision"] == "time" else None
    for other in json.loads(row["also"]):
        name = one_line(other["name"], 100)
        there = _parse_time(other["published"]) if other["precision"] == "time" else None
        if here is None or there is None:
            yield name
        else:
            yield wording("also.named", name=name, lag=wording.lag(there - here))


def _format_other_outlets(also: Sequence[str], wording: MessageWording) -> str:
    """ "also in 8 outlets: A (2 h later), B, C … and 2 more"; empty when nobody has it."""
    if not also:
        return ""
    names = wording.join(also[:MAX_OUTLETS_NAMED])
    rest = len(also) - MAX_OUTLETS_NAMED
    if rest > 0:
        names = wording("also.more", names=names, n=rest)
    return wording("also.line", n=len(also), names=names)


def _format_time(row: Mapping[str, Any], zone: str, wording: MessageWording) -> str:
    """The moment on the reader's clock; a day alone is that day anywhere; without either, when we saw it."""
    published = _parse_time(row["published"])
    if published and row["published_precision"] == "day":
        return wording.date(published.date(), "medium")
    if published:
        return wording.moment(published, zone)
    return wording("story.seen", moment=wording.moment(read_stamp(row["first_seen"]), zone))


def _parse_time(text: str | None) -> dt.datetime | None:
    """A time that a page gave; one that can't be read must not keep an alert from going out."""
    try:
        return read_stamp(text) if text else None
    except ValueError:
        return None


def _choose_topic_sentences(raw: str, *, shown: Sequence[str]) -> list[str]:
    """The sentences that made it on topic, but for those that the reader has before them anyway."""
    sentences = (one_line(str(reason.get("sentence", "")), MAX_SEARCHED_CHARS) for reason in json.loads(raw or "[]"))
    fresh = (sentence for sentence in dict.fromkeys(sentences) if sentence and not _is_shown(sentence, shown))
    return [one_line(sentence, MAX_TOPIC_SENTENCE_CHARS) for sentence in islice(fresh, MAX_TOPIC_SENTENCES)]


def _is_shown(sentence: str, shown: Sequence[str]) -> bool:
    """Whether its beginning or its end stands there: passages begin and end where there is room."""
    return any(part in text for text in shown for part in (sentence[:MIN_OVERLAP_CHARS], sentence[-MIN_OVERLAP_CHARS:]))
