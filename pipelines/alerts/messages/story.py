"""Build the view of an article for one reader: cleaned, in the reader's language and time zone. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from zoneinfo import ZoneInfo

from db.coverage.groups import OutletGroup, group_of
from db.i18n.english_names import LANGUAGE_NAMES
from db.i18n.languages import Language
from db.model.outlet_kind import (
    STATE_OWNERSHIP,
    UNKNOWN_OWNERSHIP,
    is_state_media,
    kind_says_owner,
    speaks_for_state,
)
from db.model.times import read_stamp
from db.news.alert_articles import MessageArticle
from db.search.highlight import MarkedPart, highlight
from db.search.query import Vocabulary
from db.search.snippets import cut_passages
from db.text.sanitise import one_line
from db.text.web_address import web_address
from pipelines.alerts.messages.match_reasons import describe, match_reasons
from pipelines.alerts.messages.webhook_payload import StoryPayload, build_story_payload
from pipelines.alerts.messages.wording import MessageWording

MAX_HEADLINE_CHARS = 300
MAX_SEARCHED_CHARS = 200_000  # characters of a text that are searched for passages
MAX_TOPIC_SENTENCES = 2
MAX_TOPIC_SENTENCE_CHARS = 160
MIN_OVERLAP_CHARS = 50  # a shown text with these first or last characters of a sentence shows the sentence
MAX_OUTLETS_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStory:
    """One article as a message shows it. Fields without a value are empty."""

    id: int
    title: str
    headline: tuple[MarkedPart, ...]  # the title with the matched words marked
    url: str | None  # http(s); None if the article has no URL that is safe to open
    outlet: str
    outlet_description: tuple[str, ...]  # country, kind, ownership
    state_mark: str  # the word of `outlet_description` for an outlet that speaks for a state; "" if it does not
    time: str
    short_time: str  # day and hour in the reader's zone, for a list: 22 Nov, 08:30
    moment: str  # published, else first seen; UTC
    group: OutletGroup
    language: str  # name of the article's language
    language_code: str  # for the attribute `lang` in HTML
    snippets: tuple[tuple[MarkedPart, ...], ...]
    also: tuple[str, ...]  # other outlets with the same story, with how much earlier or later
    also_line: str
    flags: tuple[str, ...]  # "paywalled", "sponsored", "borderline", "copy", "credited to …" in words
    matches: str  # which parts of the query matched
    reasons: tuple[str, ...]  # sentences that made it relevant and that no snippet shows
    updated: str | None = None  # what a revision changed
    figures: str = ""  # in which figures the outlets of its story differ
    is_update: bool = False  # the subscription was told the article or its story before; only the change is new
    payload: StoryPayload = field(repr=False)  # the story for webhooks

    def as_dict(self) -> StoryPayload:
        """Return the payload as a new dict, for JSON."""
        return self.payload.copy()


def build_story(
    row: MessageArticle,
    *,
    query: str,
    zone: str,
    language: Language = "en",
    vocabulary: Vocabulary | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
    figures: str = "",
) -> AlertStory:
    """Build the story of an article for a reader with this `query`, time `zone` and `language`.

    `names` maps concept ids to all their names. `figures` as in AlertStory.
    """
    updated = row.get("updated")
    wording = MessageWording(language)
    title = one_line(row["title"], MAX_HEADLINE_CHARS) or wording("story.no_title")
    found = match_reasons(query, row, vocabulary or Vocabulary(), names or {})
    passages = cut_passages(one_line(row["text"], MAX_SEARCHED_CHARS), found.marked)
    snippets = ["".join(part.text for part in passage) for passage in passages]
    also = tuple(_describe_other_outlets(row, wording))
    return AlertStory(
        id=row["id"],
        title=title,
        headline=highlight(title, found.marked),
        url=web_address(row["url"]),
        outlet=one_line(row["outlet_name"], 100),
        outlet_description=tuple(list_outlet_words(row, wording)),
        state_mark=_state_mark(row["kind"], row["ownership"], wording),
        time=format_publication_time(row, zone, wording),
        short_time=_format_short_time(row, zone, wording),
        moment=(_parse_time(row["published"]) and row["published"]) or row["first_seen"],
        group=group_of(row["kind"], row["ownership"], row["country"]),
        language=one_line(wording.language_name(row["language"]), 40) if row["language"] else "",
        language_code=row["language"] if row["language"] and row["language"] in LANGUAGE_NAMES else "",
        snippets=passages,
        also=also,
        also_line=_format_other_outlets(also, wording),
        flags=tuple(_describe_flags(row, wording)),
        matches=describe(found.parts, row, wording),
        reasons=tuple(_choose_topic_sentences(row["reasons"], shown=[title, *snippets])),
        updated=one_line(updated, MAX_HEADLINE_CHARS) if updated else None,
        figures=figures,
        is_update=bool(row.get("is_update")),
        payload=build_story_payload(row, snippets=snippets, updated=updated, figures=figures),
    )


def _state_mark(kind: str | None, ownership: str | None, wording: MessageWording) -> str:
    """Return the word for an outlet that speaks for a state: "state media", "state-owned" or its kind; else ""."""
    if not speaks_for_state(kind, ownership):
        return ""
    kind = _named_kind(kind, ownership)
    if ownership == STATE_OWNERSHIP and not kind_says_owner(kind, ownership):
        return one_line(wording.word("ownerships", ownership), 60)
    return one_line(wording.word("kinds", kind), 60)


def list_outlet_words(row: MessageArticle, wording: MessageWording) -> Iterator[str]:
    """Yield country, kind and ownership where they are known; no ownership that the kind already says."""
    country, ownership = row["country"], row["ownership"]
    kind = _named_kind(row["kind"], ownership)
    if country and country != "XX":
        yield one_line(wording.country_name(country), 60)
    if kind:
        yield one_line(wording.word("kinds", kind), 60)
    if ownership and ownership != UNKNOWN_OWNERSHIP and not kind_says_owner(kind, ownership):
        yield one_line(wording.word("ownerships", ownership), 60)


def _named_kind(kind: str | None, ownership: str | None) -> str | None:
    """Return the kind that a message names: agencies and newspapers of a state are state media."""
    return "state-media" if is_state_media(kind, ownership) else kind


def _describe_flags(row: MessageArticle, wording: MessageWording) -> Iterator[str]:
    flags = {
        "paywalled": row["paywalled"],
        "sponsored": row["sponsored"],
        "borderline": row["verdict"] == "borderline",
        "copy": row["original"] is not None,
    }
    yield from (wording(f"flags.{flag}") for flag, is_set in flags.items() if is_set)
    if credited := one_line(row["credited_to"] or "", 60):
        yield wording("flags.credited", to=credited)


def _describe_other_outlets(row: MessageArticle, wording: MessageWording) -> Iterator[str]:
    """Yield the other outlets with the story, and how much later or earlier, if both pages give a time."""
    own_time = _parse_time(row["published"]) if row["published_precision"] == "time" else None
    for other in json.loads(row["also"]):
        name = one_line(other["name"], 100)
        other_time = _parse_time(other["published"]) if other["precision"] == "time" else None
        if own_time is None or other_time is None:
            yield name
        else:
            yield wording("also.named", name=name, lag=wording.lag(other_time - own_time))


def _format_other_outlets(also: Sequence[str], wording: MessageWording) -> str:
    """ "also in 8 outlets: A (2 h later), B, C … and 2 more"; empty if no other outlet has it."""
    if not also:
        return ""
    names = wording.join(also[:MAX_OUTLETS_NAMED])
    rest = len(also) - MAX_OUTLETS_NAMED
    if rest > 0:
        names = wording("also.more", names=names, n=rest)
    return wording("also.line", n=len(also), names=names)


def format_publication_time(row: MessageArticle, zone: str, wording: MessageWording) -> str:
    """Return the publication time in the reader's zone, or only its day, or else when Vigía first saw the article."""
    published = _parse_time(row["published"])
    if published and row["published_precision"] == "day":
        return wording.date(published.date(), "medium")
    if published:
        return wording.moment(published, zone)
    seen = wording("story.seen", moment=wording.moment(read_stamp(row["first_seen"]), zone))
    claimed = _parse_time(row.get("claimed"))
    if claimed is None:
        return seen
    # A date that other articles contradict: the day is enough.
    day = claimed.date() if row.get("claimed_precision") == "day" else claimed.astimezone(ZoneInfo(zone)).date()
    return wording("story.claims", seen=seen, day=wording.date(day, "medium"))


def _format_short_time(row: MessageArticle, zone: str, wording: MessageWording) -> str:
    published = _parse_time(row["published"])
    moment = published or read_stamp(row["first_seen"])
    if published and row["published_precision"] == "day":
        return wording.date(published.date(), "MMMd")
    local = moment.astimezone(ZoneInfo(zone))
    return wording("story.short_moment", day=wording.date(local.date(), "MMMd"), time=f"{local:%H:%M}")


def _parse_time(text: str | None) -> dt.datetime | None:
    """Parse a page's time; None if it can't be parsed, which must not stop an alert."""
    try:
        return read_stamp(text) if text else None
    except ValueError:
        return None


def _choose_topic_sentences(raw: str, *, shown: Sequence[str]) -> list[str]:
    """Return the sentences that made the article relevant, except those that the message shows anyway."""
    sentences = (one_line(str(reason.get("sentence", "")), MAX_SEARCHED_CHARS) for reason in json.loads(raw or "[]"))
    fresh = (sentence for sentence in dict.fromkeys(sentences) if sentence and not _is_shown(sentence, shown))
    return [one_line(sentence, MAX_TOPIC_SENTENCE_CHARS) for sentence in islice(fresh, MAX_TOPIC_SENTENCES)]


def _is_shown(sentence: str, shown: Sequence[str]) -> bool:
    """Whether a shown text contains the beginning or the end of the sentence: passages may cut it anywhere."""
    return any(part in text for text in shown for part in (sentence[:MIN_OVERLAP_CHARS], sentence[-MIN_OVERLAP_CHARS:]))
