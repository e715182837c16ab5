"""Build the line of a later article of a story that the reader was told. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from db.i18n.english_names import LANGUAGE_NAMES
from db.i18n.languages import Language
from db.news.alert_articles import MessageArticle
from db.text.sanitise import one_line
from db.text.web_address import web_address
from pipelines.alerts.messages.story import MAX_HEADLINE_CHARS, format_publication_time, list_outlet_words
from pipelines.alerts.messages.webhook_payload import LaterArticlePayload, build_later_article_payload
from pipelines.alerts.messages.wording import MessageWording


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterArticle:
    """A later article of a story, as one line."""

    title: str
    url: str | None  # http(s); None if the article has no URL that is safe to open
    language_code: str  # for the attribute `lang` in HTML
    outlet: str
    source: str  # outlet with its description, and time
    of: int | None  # the article that tells the story in the same message; None if an earlier message told it
    figures: str = ""  # in which figures the outlets of the story differ
    payload: LaterArticlePayload = field(repr=False)


def build_later_article(
    row: MessageArticle, *, of: int | None, zone: str, language: Language, figures: str = ""
) -> LaterArticle:
    """Build the line for a reader with this time `zone` and `language`; `of` and `figures` as in LaterArticle."""
    wording = MessageWording(language)
    outlet, described = one_line(row["outlet_name"], 100), list(list_outlet_words(row, wording))
    named = wording("story.from", outlet=outlet, described=wording.join(described)) if described else outlet
    return LaterArticle(
        title=one_line(row["title"], MAX_HEADLINE_CHARS) or wording("story.no_title"),
        url=web_address(row["url"]),
        language_code=row["language"] if row["language"] and row["language"] in LANGUAGE_NAMES else "",
        outlet=outlet,
        source=f"{named} · {format_publication_time(row, zone, wording)}",
        of=of,
        figures=figures,
        payload=build_later_article_payload(row, of=of, figures=figures),
    )
