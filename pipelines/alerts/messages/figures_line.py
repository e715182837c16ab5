"""Build the line that tells in which figures the outlets of a story differ. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from db.i18n.concept_names import choose_concept_name, read_concept_names
from db.i18n.quantity import say_quantity
from db.news.stories.divergence_lookup import ToldRow, group_told
from db.text.sanitise import one_line
from pipelines.alerts.messages.wording import MessageWording

MAX_MEASURES = 3  # that a line names
MAX_OUTLETS_OF_VALUE = 3
MAX_LINE_CHARS = 600


def build_figures_line(rows: Iterable[ToldRow], wording: MessageWording) -> str:
    """Return "Outlets give different figures: killed 2 (A, B) · 3 (C)"; "" if they differ in none."""
    measures = []
    for _, group in itertools.groupby(rows, key=lambda row: row["divergence"]):
        told = list(group)
        names = read_concept_names(told[0]["names"]) if told[0]["names"] else {}
        values = []
        for value in group_told(told):
            outlets = list(dict.fromkeys(one_line(row["outlet_name"], 60) for row in value))[:MAX_OUTLETS_OF_VALUE]
            first = value[0]
            quantity = say_quantity(first["value"], first["kind"], first["unit"], wording, qualifier=first["qualifier"])
            values.append(wording("figures.value", value=quantity, outlets=wording.join(outlets)))
        name = choose_concept_name(names, wording.language) or told[0]["measure"]
        measures.append(wording("figures.measure", name=name, values=" · ".join(values)))
    if not measures:
        return ""
    return one_line(wording("figures.line", what="; ".join(measures[:MAX_MEASURES])), MAX_LINE_CHARS)
