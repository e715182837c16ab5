"""`vigia topics`: list the concepts of the desk's topic, and evaluate its rule."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table

from crawler.cli.analyse import desk_or_shipped
from crawler.cli.main import CommandGroup, console, desk_of, say, vigia
from crawler.config.desk import DeskError
from crawler.crawling.session import locate_topic
from crawler.operations.evaluate_topic import evaluate_topic
from crawler.operations.train_topic import train_topic
from db.i18n.languages import LANGUAGES
from pipelines.relevance.topic import load_topic
from pipelines.relevance.topic_file import list_shipped_topics
from pipelines.relevance.topic_warnings import warn_of_ordinary_names


@vigia.group(cls=CommandGroup)
def topics() -> None:
    """The topic: its concepts, what it has learned, and how well it judges."""


@topics.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each concept, for scripts.")
@click.pass_context
def list_topics(ctx: click.Context, as_json: bool) -> None:
    """List the concepts of the desk's topic with their side and names in each language, and name the shipped topics."""
    topic = load_topic(locate_topic(desk_or_shipped(ctx)))
    sides = {"a": topic.a.name, "b": topic.b.name}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("concept", "kind", "side", *LANGUAGES):
        table.add_column(name, overflow="fold")
    for concept in topic.concepts:
        if not concept.shown:
            continue
        side = sides.get(concept.side, concept.side)
        names = {language: list(concept.names.get(language, ())) for language in LANGUAGES}
        if as_json:
            row = {"id": concept.id, "kind": concept.kind, "side": side, "strong": concept.strong, "names": names}
            click.echo(json.dumps(row, ensure_ascii=False))
        table.add_row(concept.id, concept.kind, side, *(", ".join(names[language]) for language in LANGUAGES))
    if not as_json:
        console.print(table)
        say(f"Topic {topic.id} ({topic.name}). Shipped: {', '.join(list_shipped_topics())}.")
    if warning := warn_of_ordinary_names(topic):
        click.echo(warning, err=True)


@topics.command("train")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def train(ctx: click.Context, as_json: bool) -> None:
    """Learn from the desk's marks, and say how well: 25 marks at least, 8 of each kind.

    The pages that were marked are read from the archive; a mark weighs as much as twenty shipped labels. Each figure is
    of texts that the model did not learn from. If the new model judges the marks worse, the old one stays (exit 1).
    Needs scikit-learn. Works while `vigia up` runs.
    """
    trained = train_topic(desk_of(ctx))
    if as_json:
        click.echo(json.dumps(trained.as_dict(), ensure_ascii=False, indent=1))
    else:
        for text in trained.lines():
            say(text)
    if not trained.is_kept:
        ctx.exit(1)


@topics.command("eval")
@click.option(
    "--labels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='Labelled texts besides the marks: {"title", "text", "language", "label"} on each line.',
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def eval_topic(ctx: click.Context, labels: Path | None, as_json: bool) -> None:
    """Measure the topic against every mark of the desk and a labelled file: precision, recall, F1, errors.

    Marked pages are read from the archive and judged without their marks; a model of `vigia topics train` has learned
    from them. Labels are relevant, irrelevant or borderline;
    borderline texts are left out of the figures and counted apart. What the rule calls borderline is not relevant here.
    """
    evaluation = evaluate_topic(desk_or_shipped(ctx), labels=labels)
    if not evaluation.cases and not evaluation.missing:
        raise DeskError("nothing to measure: mark pages with `vigia mark`, or give --labels FILE.jsonl")
    if as_json:
        click.echo(json.dumps(evaluation.as_dict(), ensure_ascii=False, indent=1))
        return
    for text in evaluation.lines():
        say(text)
