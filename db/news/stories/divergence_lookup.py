"""Look up divergences with the figures that outlets give, of a story or of a concept."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import TypedDict, cast

from sqlite_utils import Database

from db.figures.told_figures import StatedValue, group_by_value
from db.i18n.concept_names import SQL_NAMES
from db.news.stories.rows import SQL_MOMENT, find_standing_story
from db.search.statement import RowsOf
from db.text.sentences import find_sentence

MOST_TOLD = 400  # figures that are shown at once
_BEFORE = 500  # characters of the text that are read before a figure and behind it


class FigureInJson(TypedDict):
    """A figure of a divergence, in JSON. `value` as in the table `figures`."""

    value: float
    qualifier: str
    surface: str
    sentence: str
    url: str
    outlet: str
    language: str | None
    published: str | None


class DivergenceInJson(TypedDict):
    """A divergence, in JSON."""

    id: int
    kind: str
    measure: str
    concept: str | None
    story: int | None
    unit: str
    since: str
    figures: list[FigureInJson]


class ToldRow(TypedDict):
    """A figure of a divergence with its article; `names` is a value of SQL_NAMES, NULL without a measure's row.

    `around` is a piece of the text, in which the figure begins at `place`. A public copy may lack it.
    """

    divergence: int
    divergence_kind: str
    divergence_unit: str
    story: int | None
    concept: str | None
    measure: str
    names: str | None
    since: str
    closed: str | None
    kind: str
    unit: str
    value: float
    qualifier: str
    surface: str
    around: str
    place: int
    article: int
    url: str
    title: str
    outlet: str
    outlet_name: str
    language: str | None
    original: int | None
    published: str | None
    published_precision: str | None
    moment: str


_TOLD = f"""
    SELECT d.id AS divergence, d.kind AS divergence_kind, d.unit AS divergence_unit, d.story, d.concept, d.measure,
        (SELECT {SQL_NAMES} FROM measures AS m WHERE m.id = d.measure) AS names, d.since, d.closed,
        f.kind, f.unit, f.value, f.qualifier, f.surface,
        substr(a.text, max(1, f.start + 1 - {_BEFORE}), f."end" - f.start + 2 * {_BEFORE}) AS around,
        min(f.start, {_BEFORE}) AS place,
        a.id AS article, a.url, a.title, a.outlet,
        coalesce((SELECT name FROM outlets WHERE id = a.outlet), a.outlet) AS outlet_name,
        a.language, a.original, a.published, a.published_precision,
        {SQL_MOMENT} AS moment
    FROM divergences AS d CROSS JOIN divergence_figures AS df ON df.divergence = d.id
    CROSS JOIN figures AS f ON f.id = df.figure CROSS JOIN articles AS a ON a.id = f.article
"""  # noqa: S608 -- constants
_ORDER = "ORDER BY d.since DESC, d.id DESC, moment, a.id, f.start LIMIT"
TOLD_OF_CONCEPT = RowsOf[ToldRow](f"{_TOLD} WHERE d.concept = :concept AND d.closed IS NULL {_ORDER} {MOST_TOLD}")
TOLD_LATELY = RowsOf[ToldRow](f"""
    {_TOLD} WHERE d.id IN (
        SELECT id FROM divergences
        WHERE closed IS NULL AND (:measure IS NULL OR measure = :measure) AND (:concept IS NULL OR concept = :concept)
            AND since >= :first AND since < :last AND (:since IS NULL OR (since, id) < (:since, :number))
        ORDER BY since DESC, id DESC LIMIT :most
    ) {_ORDER} :figures
""")  # noqa: S608 -- constants
TOLD_IN_STORY = RowsOf[ToldRow](f"{_TOLD} WHERE d.story = :story AND d.closed IS NULL {_ORDER} {MOST_TOLD}")


def find_differing_stories(db: Database, stories: Iterable[int]) -> set[int]:
    """Return those of these stories in which outlets give different figures."""
    rows = db.execute(
        """
        SELECT DISTINCT d.story FROM json_each(:stories) AS wanted
        CROSS JOIN divergences AS d ON d.story = wanted.value WHERE d.closed IS NULL
        """,
        {"stories": json.dumps(sorted(set(stories)))},
    )
    return {int(story) for (story,) in rows}


def read_told_in_story(db: Database, story: int) -> list[ToldRow]:
    """Return the figures in which outlets differ on a story, or on the one that it was merged into."""
    standing = find_standing_story(db, story)
    return [] if standing is None else cast("list[ToldRow]", list(db.query(TOLD_IN_STORY, {"story": standing})))


def group_told(told: list[ToldRow]) -> list[list[ToldRow]]:
    """Group the figures of a divergence by value, as it was found, in the order of their first telling.

    Within a group those without a qualifier come first, for they say the value.
    """
    groups = group_by_value(enumerate(told), lambda one: StatedValue(one[1]["value"], one[1]["qualifier"]))
    groups.sort(key=lambda group: min(place for place, _ in group))
    ordered = (sorted(group, key=lambda one: (one[1]["qualifier"] != "", one[0])) for group in groups)
    return [[row for _, row in group] for group in ordered]


def sentence_of(row: ToldRow) -> str:
    """Return the sentence of a figure; "" if the text at hand does not have it."""
    place, surface = row["place"], row["surface"]
    if row["around"][place : place + len(surface)] != surface:
        return ""
    return find_sentence(row["around"], place)


def list_divergences(rows: Iterable[ToldRow]) -> list[DivergenceInJson]:
    """Return divergences as JSON has them, each with its figures; `rows` are in the order of divergences."""
    found: list[DivergenceInJson] = []
    for _, group in itertools.groupby(rows, key=lambda row: row["divergence"]):
        told = list(group)
        first = told[0]
        found.append(
            {
                "id": first["divergence"],
                "kind": first["divergence_kind"],
                "measure": first["measure"],
                "concept": first["concept"],
                "story": first["story"],
                "unit": first["divergence_unit"],
                "since": first["since"],
                "figures": [
                    {
                        "value": row["value"],
                        "qualifier": row["qualifier"],
                        "surface": row["surface"],
                        "sentence": sentence_of(row),
                        "url": row["url"],
                        "outlet": row["outlet"],
                        "language": row["language"],
                        "published": row["published"],
                    }
                    for row in told
                ],
            }
        )
    return found
