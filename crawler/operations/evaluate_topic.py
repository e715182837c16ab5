"""Measure the topic's rule against people's judgements: the desk's marks and a file of labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crawler.config.desk import Desk, DeskError
from crawler.crawling.session import locate_topic
from db.connection import open_news
from db.model.article import Article, Place
from db.model.verdict import Verdict
from db.news.article_row import ArticleRow
from db.news.marks import PageMark, read_marks
from db.news.page_lookup import RejectionRow, find_article, find_rejection
from pipelines.analysis.analyse import analyse_fully
from pipelines.archive.warc_files import Archive, ArchiveError
from pipelines.page import OutletProfile, Page
from pipelines.relevance.agreement import Agreement, measure_agreement
from pipelines.relevance.learning.learned import judge_text
from pipelines.relevance.rule import Judgement
from pipelines.relevance.topic import Topic, load_topic

LABELS = ("relevant", "irrelevant", "borderline")
_LABEL_SYNONYMS = {"not relevant": "irrelevant", "not-relevant": "irrelevant", "off-topic": "irrelevant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One text with the label of a person and the result of the rule.

    `said` is the rule's result: relevant, borderline, or the reason of the rejection.
    """

    name: str  # its address or id
    title: str
    language: str
    label: str
    said: str
    score: float
    reasons: tuple[str, ...] = ()  # the sentences that decided the score

    @property
    def is_right(self) -> bool:
        """True if rule and person agree. The rule's "borderline" counts as not relevant."""
        return (self.label == "relevant") is (self.said == "relevant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All cases, and a sentence for each marked page that could not be read."""

    cases: tuple[Case, ...]
    missing: tuple[str, ...] = field(default=())

    @property
    def scores(self) -> dict[str, Agreement]:
        """The score of all cases ("all"), then of each language."""
        languages = sorted({case.language for case in self._decided_cases})
        groups = {"all": self._decided_cases} | {
            language: [case for case in self._decided_cases if case.language == language] for language in languages
        }
        return {
            name: measure_agreement((case.label == "relevant", case.said == "relevant") for case in cases)
            for name, cases in groups.items()
        }

    @property
    def errors(self) -> list[Case]:
        """The cases in which the rule is wrong: the missed ones, then the false ones, each by rising score."""
        wrong = [case for case in self._decided_cases if not case.is_right]
        return sorted(wrong, key=lambda case: (case.label != "relevant", case.score, case.name))

    @property
    def borderline(self) -> Counter[str]:
        """How often the rule gave each result for texts that people label borderline."""
        return Counter(case.said for case in self.cases if case.label == "borderline")

    @property
    def _decided_cases(self) -> list[Case]:
        return [case for case in self.cases if case.label != "borderline"]

    def as_dict(self) -> dict[str, Any]:
        """Return the evaluation as `vigia topics eval --json` prints it."""
        return {
            "texts": len(self.cases),
            "scores": {name: asdict(one) for name, one in self.scores.items()},
            "errors": [asdict(case) for case in self.errors],
            "borderline": dict(self.borderline),
            "missing": list(self.missing),
        }

    def lines(self) -> Iterator[str]:
        """Yield the evaluation as lines of text."""
        yield f"{'':8s}{'texts':>6s}{'precision':>11s}{'recall':>8s}{'F1':>7s}"
        for name, one in self.scores.items():
            yield f"{name:8s}{one.texts:6d}{one.precision:11.3f}{one.recall:8.3f}{one.f1:7.3f}"
        if self.borderline:
            fell = ", ".join(f"{said} {number}" for said, number in self.borderline.most_common())
            yield f"Borderline by the people's word, left out above: {fell}"
        for case in self.errors:
            yield f"{'missed' if case.label == 'relevant' else 'false'}  {case.score:.2f} {case.said}  {case.name}"
            yield f"  {case.title}"
            yield from (f"    {reason}" for reason in case.reasons)
        yield from (f"not measured: {reason}" for reason in self.missing)


def evaluate_topic(desk: Desk, *, labels: Path | None) -> Evaluation:
    """Judge every marked page from the archive, and every text of the file of labels.

    Raises DeskError with the number of a line that can't be read.
    """
    topic = load_topic(locate_topic(desk))
    cases: list[Case] = []
    missing: list[str] = []
    if desk.news_db.exists():
        news = open_news(desk.news_db, readonly=True)
        try:
            for mark in read_marks(news):
                row = find_article(news, mark.key) or find_rejection(news, mark.key)
                case = _judge_marked_page(desk, topic, mark, row)
                (cases if isinstance(case, Case) else missing).append(case)  # type: ignore[arg-type]
        finally:
            news.conn.close()
    if labels:
        cases += _judge_labelled_texts(labels, topic)
    return Evaluation(cases=tuple(cases), missing=tuple(missing))


def _judge_marked_page(desk: Desk, topic: Topic, mark: PageMark, row: ArticleRow | RejectionRow | None) -> Case | str:
    """Judge a marked page without its mark; return a sentence if it can't be read."""
    page = read_marked_page(desk, mark, row)
    if isinstance(page, str):
        return page
    analysis = analyse_fully(page, topic=topic)
    article, outcome = analysis.article, analysis.outcome
    return Case(
        name=mark.url,
        title=article.title if article else (row and row["title"]) or "",
        language=(article and article.language) or "other",
        label=str(mark.verdict),
        said=str(outcome.verdict) if isinstance(outcome, Article) else str(outcome.reason),
        score=article.relevance if article else 0.0,
        reasons=tuple(reason.sentence for reason in article.reasons) if article else (),
    )


def read_marked_page(desk: Desk, mark: PageMark, row: ArticleRow | RejectionRow | None) -> Page | str:
    """Read a marked page from the archive; return a sentence if it can't be read. `row` is its record."""
    if row is None or not row["archive_file"] or row["archive_offset"] is None:
        return f"{mark.url}: its page is not in the archive"
    try:
        found = Archive(desk.archive).read(Place(file=row["archive_file"], offset=row["archive_offset"]))
    except ArchiveError as error:
        return f"{mark.url}: {error}"
    profiles = {outlet.id: outlet.profile for outlet in desk.outlets}
    return found.to_page(profiles.get(row["outlet"]) or OutletProfile(id=row["outlet"], name=row["outlet"]))


def _judge_labelled_texts(path: Path, topic: Topic) -> Iterator[Case]:
    """Judge the texts of a file of JSON lines.

    Each line has "title", "text", "language" and "label", and optionally "id", "url" and "country".
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                title, text, language = row["title"] or "", row.get("text") or "", row.get("language")
                label = _LABEL_SYNONYMS.get(row["label"], row["label"])
                if label not in LABELS:
                    raise ValueError(f'label "{label}"')
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DeskError(
                    f'{path}:{number}: {error!r}; write {{"title": "…", "text": "…", "language": "es", '
                    f'"label": "{" | ".join(LABELS)}"}} on each line'
                ) from error
            outlet = OutletProfile(id="", name="", country=row.get("country") or "XX")
            judged = judge_text(title, text, language=language, topic=topic, outlet=outlet)
            name = row.get("id") or row.get("url") or f"{path.name}:{number}"
            yield _case(name, title, language, label, judged)


def _case(name: str, title: str, language: str | None, label: str, judged: Judgement) -> Case:
    return Case(
        name=name,
        title=title,
        language=language or "other",
        label=label,
        said=str(judged.verdict) if isinstance(judged.verdict, Verdict) else "off-topic",
        score=judged.score,
        reasons=tuple(reason.sentence for reason in judged.reasons),
    )
