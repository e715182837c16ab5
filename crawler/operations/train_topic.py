"""Let the desk's topic learn from the shipped labels and the desk's marks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from crawler.config.desk import Desk, DeskError
from crawler.crawling.session import locate_topic
from crawler.operations.evaluate_topic import read_marked_page
from db.connection import open_news
from db.model.verdict import Mark
from db.news.marks import read_marks
from db.news.page_lookup import find_article, find_rejection
from pipelines.analysis.analyse import analyse_fully
from pipelines.relevance.agreement import Agreement
from pipelines.relevance.learning.examples import EXAMPLES_FILE, Example, ExamplesError, read_examples, write_examples
from pipelines.relevance.learning.relevance_model import MODEL_FILE, write_model
from pipelines.relevance.learning.training import (
    LabelledText,
    Training,
    TrainingError,
    make_example,
    train_with_marks,
)
from pipelines.relevance.topic import Topic, load_topic
from pipelines.vectors import EncoderError


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedTopic:
    """What was learned, from how many marks, and why others taught nothing. `is_kept`: the new model decides now."""

    training: Training
    labels: int
    marks: int
    missing: tuple[str, ...]
    is_kept: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the result as `vigia topics train --json` prints it."""
        training = self.training
        return {
            "labels": {"before": asdict(training.labels_before), "after": asdict(training.labels_after)},
            "marks": {"before": asdict(training.marks_before), "after": asdict(training.marks_after)},
            "kept": self.is_kept,
            "missing": list(self.missing),
        }

    def lines(self) -> Iterator[str]:
        """Yield the result as lines of text."""
        training = self.training
        yield f"Learned from {self.labels} shipped labels and {self.marks} marks. Cross-validated, before → after:"
        yield from _compare("marks", training.marks_before, training.marks_after)
        yield from _compare("labels", training.labels_before, training.labels_after)
        if self.is_kept:
            yield "The new model decides from now on. `vigia rebuild` applies it to what is stored."
        else:
            yield "The new model judges the marks worse than the old one: the old one stays."
        yield from (f"not learned from: {reason}" for reason in self.missing)


def _compare(what: str, before: Agreement, after: Agreement) -> Iterator[str]:
    yield (
        f"  {what:6s} {after.texts:4d}  precision {before.precision:.3f} → {after.precision:.3f}"
        f"  recall {before.recall:.3f} → {after.recall:.3f}  F1 {before.f1:.3f} → {after.f1:.3f}"
    )


def train_topic(desk: Desk) -> TrainedTopic:
    """Learn from the shipped labels and every mark of the desk, and keep the new model if it is no worse.

    Works while `vigia up` runs, which judges by the new model from the next page on. Raises DeskError if there is too
    little to learn from, the encoder or scikit-learn is missing, or the model can't be written.
    """
    topic = load_topic(locate_topic(desk))
    try:
        labels = list_labels(desk, topic)
        marks, missing = read_marks_as_examples(desk, topic)
        training = train_with_marks(labels, marks)
        if training.is_better:
            write_examples(desk.learned / EXAMPLES_FILE, marks)
            write_model(desk.learned / MODEL_FILE, training.model)
    except (TrainingError, EncoderError, ExamplesError) as error:
        raise DeskError(str(error)) from error
    except OSError as error:
        raise DeskError(f"{error.filename or desk.learned}: {error.strerror}; the old model stays") from error
    return TrainedTopic(
        training=training, labels=len(labels), marks=len(marks), missing=tuple(missing), is_kept=training.is_better
    )


def list_labels(desk: Desk, topic: Topic) -> list[Example]:
    """Return the shipped labels of the topic and of the first one, which it starts from. Raises ExamplesError."""
    shipped = {topic.starts_from, *topic.learned_in} - {desk.learned}
    return [example for folder in sorted(shipped) for example in read_examples(folder / EXAMPLES_FILE).all]


def read_marks_as_examples(desk: Desk, topic: Topic) -> tuple[list[Example], list[str]]:
    """Return what can be learned from the desk's marks, and a sentence for each that teaches nothing."""
    examples: list[Example] = []
    missing: list[str] = []
    if not desk.news_db.exists():
        return examples, missing
    with contextlib.closing(open_news(desk.news_db, readonly=True)) as news:
        for mark in read_marks(news):
            page = read_marked_page(desk, mark, find_article(news, mark.key) or find_rejection(news, mark.key))
            if isinstance(page, str):
                missing.append(page)
                continue
            article = analyse_fully(page, topic=topic).article
            if article is None or not article.text:
                missing.append(f"{mark.url}: its page has no text")
                continue
            labelled = LabelledText(
                id=mark.key,
                title=article.title,
                text=article.text,
                language=article.language,
                is_relevant=mark.verdict is Mark.RELEVANT,
                outlet=page.outlet,
            )
            example = make_example(labelled, topic=topic, is_shown=True, is_mark=True)
            if example is None:
                missing.append(f"{mark.url}: it does not name both sides, so there is no wording to learn from")
            else:
                examples.append(example)
    return examples, missing
