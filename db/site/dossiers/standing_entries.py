"""What news.db has now of the entries of a dossier: an article may be gone, or in another story."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from db.desk.analysts.dossier_entries import DossierEntry
from db.site.page_context import PageContext
from db.site.queries.dossier_rows import ARTICLES_OF_STORIES, STANDING_ARTICLES, StandingArticle


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingEntry:
    """An entry with its article as it is now; None if the desk has it no longer."""

    entry: DossierEntry
    article: StandingArticle | None

    @property
    def story(self) -> int | None:
        """The story that stands for a story's entry; None for an article, or if there is no story any more."""
        return self.article["story"] if self.article and self.entry.chosen.story is not None else None


def serialise_places(entries: Iterable[DossierEntry]) -> str:
    """Return what STANDING_ARTICLES asks for."""
    return json.dumps(
        [
            {
                "entry": entry.id,
                "story": entry.chosen.story,
                "article": entry.chosen.article,
                "key": entry.chosen.key,
                "url": entry.chosen.url,
            }
            for entry in entries
        ]
    )


async def find_standing_entries(context: PageContext, entries: Sequence[DossierEntry]) -> list[StandingEntry]:
    """Return the entries with what the desk has of them, in their order. Raises TooSlowError."""
    rows = await context.read(STANDING_ARTICLES, {"entries": serialise_places(entries)})
    found = {row["entry"]: row for row in rows}
    return [StandingEntry(entry=entry, article=found.get(entry.id)) for entry in entries]


async def list_articles_by_entry(context: PageContext, standing: Sequence[StandingEntry]) -> dict[int, list[int]]:
    """Return the articles of each entry that the desk has: of a story all that tell it. Raises TooSlowError."""
    stories = list(dict.fromkeys(one.story for one in standing if one.story is not None))
    members: dict[int, list[int]] = {}
    for row in await context.read(ARTICLES_OF_STORIES, {"ids": json.dumps(stories)}):
        members.setdefault(row["story"], []).append(row["id"])
    return {
        one.entry.id: members.get(one.story, []) if one.story is not None else [one.article["id"]]
        for one in standing
        if one.article is not None
    }
