"""Measure where outlets are said to give different figures: `python -m tests.benchmarks.divergences [SET.jsonl …]`.

For each set of labelled stories of the shared material (VIGIA_SHARED, or ../shared beside the repository), or those
named, whose events stand in SET_events.jsonl: divergences shown, how many are right, how many stand in events that
have none, how many of the labelled ones are found, by the set's own score.py. Stories are taken as labelled, so that
the joining of stories is not measured with it. Then CPU time an article for finding what its figures measure.
"""

from __future__ import annotations

import itertools
import json
import runpy
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from db.figures.divergences import find_divergences
from db.figures.find import find_figures
from db.figures.told_figures import MeasureRules, ScopeRules, ToldFigure
from db.model.figure import Figure
from db.text.folding import clean
from pipelines.relevance.topic import load_topic
from tests.fixtures.paths import SHARED

TOPIC = load_topic("china_peru")
MEASURES = {
    str(row["id"]): MeasureRules(bool(row["grows"]), bool(row["is_lasting"]), bool(row["needs_lead"]))
    for row in TOPIC.measures.make_rows()
}
SCOPES = {
    str(row["id"]): ScopeRules(bool(row["is_state"]), bool(row["is_shown"]), str(row["tells"]))
    for row in TOPIC.measures.make_scope_rows()
}


def main() -> None:
    files = [Path(name) for name in sys.argv[1:]]
    if not files:
        files = [file for file in sorted((SHARED / "stories").glob("*.jsonl")) if not file.stem.endswith("_events")]
    if not SHARED.exists() or not files:
        sys.exit(f"{SHARED}: not there; set VIGIA_SHARED to the folder of the shared material")
    score = runpy.run_path(str(SHARED / "stories" / "score.py"))
    for file in files:
        measure_set(file, score)


def measure_set(file: Path, score: dict[str, Any]) -> None:
    """Print the score of one set."""
    articles, events = read_lines(file), read_lines(file.with_name(f"{file.stem}_events.jsonl"))
    numbers = {article["id"]: number for number, article in enumerate(articles, 1)}
    kept = {score["key"](article["url"]): {"id": numbers[article["id"]]} for article in articles}
    groups = score["groups_of"](articles)
    roots = {article["id"]: article["copy_of"] or article["id"] for article in articles}
    told: dict[object, list[ToldFigure]] = defaultdict(list)
    beside: dict[object, list[ToldFigure]] = defaultdict(list)
    ids = itertools.count(1)
    spent = 0.0
    for article in articles:
        found, seconds = read_figures(article)
        spent += seconds
        root = article["id"]
        while roots.get(root, root) != root:
            root = roots[root]
        for figure in found:
            if not isinstance(figure.value, float):
                continue
            one = tell(next(ids), figure, article, numbers[article["id"]], numbers.get(root, 0))
            if not figure.measure:
                beside[groups[article["id"]]].append(one)
            else:
                is_of_concept = figure.concept and MEASURES[figure.measure].is_lasting
                place = (figure.concept, figure.measure) if is_of_concept else groups[article["id"]]
                told[place].append(one)
    shown = []
    for place, figures in told.items():
        by_id = {figure.id: figure for figure in figures}
        for divergence in find_divergences(figures, measures=MEASURES, scopes=SCOPES, beside=beside[place]):
            members = [by_id[id_] for id_ in divergence.figures]
            rows = [
                {"article": one.article, "value": one.value, "low": None, "high": None, "unit": one.unit}
                for one in members
            ]
            shown.append(
                {
                    "kind": divergence.kind,
                    "measure": divergence.measure,
                    "concept": divergence.concept,
                    "figures": rows,
                    "kind_of_figures": members[0].kind,
                }
            )
    result = score["score_divergences"](events, articles, kept, shown)
    precision = "" if result["precision"] is None else f" ({result['precision']:.2f})"
    print(
        f"{file.name}: {result['right']} of {result['shown']} shown are right{precision}, {result['control']} stand in"
        f" the {result['control_events']} events without one; {result['found']} of {result['of']} found,"
        f" {result['found_with_scope']} with those of another scope; kind as labelled {result['kind_right']};"
        f" {1000 * spent / len(articles):.1f} ms an article"
    )
    for wrong in result["wrong_ones"]:
        print(f"  wrong: {wrong['measure']} {wrong['values']} in {', '.join(wrong['articles'])}")
    for missed in result["missed"]:
        print(f"  missed: {missed}")


def read_figures(article: dict[str, Any]) -> tuple[tuple[Figure, ...], float]:
    """Return an article's figures, and the CPU seconds in which their measures were found."""
    text, language = clean(article["text"]), article["language"]
    figures = find_figures(text, language, article["country"])
    began = time.process_time()
    concepts = TOPIC.name_concepts(text, language)
    year = (article["published"] or "")[:4]
    measured = TOPIC.measures.measure_figures(figures, text, language, concepts=concepts, year=year)
    return measured, time.process_time() - began


def tell(number: int, figure: Figure, article: dict[str, Any], article_number: int, root: int) -> ToldFigure:
    return ToldFigure(
        id=number,
        article=article_number,
        original=root,
        outlet=article["outlet"],
        moment=article["published"],
        kind=figure.kind,
        unit=figure.unit,
        value=float(figure.value or 0.0),
        qualifier=figure.qualifier,
        measure=figure.measure,
        concept=figure.concept,
        scope=figure.scope,
        is_attributed=figure.is_attributed,
        in_lead=figure.in_lead,
    )


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
