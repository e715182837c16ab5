"""Figures in which outlets differ, as pages show them: each value with who tells it, in which sentence."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TypedDict

from db.i18n.concept_names import choose_concept_name, read_concept_names
from db.i18n.quantity import say_quantity
from db.news.outlets import OutletRow
from db.news.stories.divergence_lookup import ToldRow, group_told, sentence_of
from db.site.components.article_list import ListedOutlet, describe_outlet
from db.site.page_context import PageContext

MAX_TOLD_OF_VALUE = 12  # articles that are shown beside one value


class ShownTelling(TypedDict):
    """An article that tells a value, with the parts of its sentence around the figure; None if it is not at hand."""

    article: int
    outlet: ListedOutlet
    language: str | None
    moment: str
    sentence: tuple[str, str, str] | None


class ShownValue(TypedDict):
    """A value with the articles that tell it."""

    label: str
    outlets: list[str]  # names
    told: list[ShownTelling]


class ShownDivergence(TypedDict):
    """A measure in which outlets differ."""

    id: int
    name: str
    concept: tuple[str, str] | None  # id and name
    story: int | None
    headline: tuple[str, str | None]  # of the article that told it first, and its language
    note: str
    since: str
    values: list[ShownValue]
    later: str  # what later reports say, "" if it is no update


async def describe_divergences(
    context: PageContext, rows: Iterable[ToldRow], outlets: Mapping[str, OutletRow]
) -> list[ShownDivergence]:
    """Return divergences in the order of `rows`, their values from the one that was told first."""
    concepts = await context.concepts()
    found: list[ShownDivergence] = []
    for id_, group in itertools.groupby(rows, key=lambda row: row["divergence"]):
        told = list(group)
        first = told[0]
        concept = concepts.get(first["concept"] or "")
        values = [_describe_value(value, context, outlets) for value in group_told(told)]
        kind = first["divergence_kind"]
        last = told[-1]["article"]
        latest = next((it["label"] for it in values if last in {one["article"] for one in it["told"]}), "")
        found.append(
            ShownDivergence(
                id=id_,
                name=name_measure(first["measure"], first["names"], context),
                concept=(concept.id, concept.name) if concept else None,
                story=first["story"],
                headline=(first["title"], first["language"]),
                note=context.wording(f"divergences.{kind}") if kind in ("scope", "sources") else "",
                since=context.moment(first["since"]),
                values=values,
                later=context.wording("divergences.later", value=latest)
                if kind == "update" and latest and latest != values[0]["label"]
                else "",
            )
        )
    return found


def name_measure(measure: str, names: str | None, context: PageContext) -> str:
    """Return a measure's name in the reader's language, or its id."""
    known = read_concept_names(names) if names else {}
    return choose_concept_name(known, context.wording.language) or measure


def _describe_value(told: list[ToldRow], context: PageContext, outlets: Mapping[str, OutletRow]) -> ShownValue:
    by_article = {row["article"]: row for row in reversed(told)}
    rows = list(reversed(by_article.values()))[:MAX_TOLD_OF_VALUE]
    first = told[0]
    names = (describe_outlet(outlets, row["outlet"], context.wording).name for row in rows)
    return ShownValue(
        label=say_quantity(first["value"], first["kind"], first["unit"], context.wording, qualifier=first["qualifier"]),
        outlets=list(dict.fromkeys(names)),
        told=[
            ShownTelling(
                article=row["article"],
                outlet=describe_outlet(outlets, row["outlet"], context.wording),
                language=row["language"],
                moment=context.moment(row["published"] or row["moment"], row["published_precision"]),
                sentence=_split_sentence(row),
            )
            for row in rows
        ],
    )


def _split_sentence(row: ToldRow) -> tuple[str, str, str] | None:
    before, surface, behind = sentence_of(row).partition(row["surface"])
    return (before, surface, behind) if surface else None
