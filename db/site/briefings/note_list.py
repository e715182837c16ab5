"""Number the articles that a briefing cites, in the order in which they are first named."""

from __future__ import annotations

import json
from dataclasses import replace

from db.site.briefings.document import BriefingNote
from db.site.exports.citations import make_citation
from db.site.exports.reference_line import write_reference
from db.site.page_context import PageContext
from db.site.queries.articles import ARTICLES_BY_ID
from db.text.excerpt import shorten
from db.text.sanitise import one_line

MAX_HEADLINE_CHARACTERS = 200
MAX_NOTE_CHARACTERS = 700  # without its address


class NoteList:
    """The articles that are cited, by their numbers from 1 on."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}

    def number(self, article: int) -> int:
        """Return the number of an article's note; a new one where it has none."""
        return self._numbers.setdefault(article, len(self._numbers) + 1)

    async def write(self, context: PageContext) -> tuple[BriefingNote, ...]:
        """Return the notes in their order."""
        rows = {row["id"]: row for row in await context.read(ARTICLES_BY_ID, {"ids": json.dumps([*self._numbers])})}
        outlets = await context.outlets()
        notes = []
        for article in self._numbers:
            row = rows[article]
            citation = make_citation(row, outlets.get(row["outlet"]), zone=context.zone)
            title = one_line(citation.title, MAX_HEADLINE_CHARACTERS)
            reference = write_reference(replace(citation, url="", title=title), context.wording.language)
            notes.append(BriefingNote(citation=shorten(reference, longest=MAX_NOTE_CHARACTERS), url=citation.url))
        return tuple(notes)
