"""`vigia topics train` on a desk whose pages are marked: what is learned, kept, backed up and used."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from crawler import urls
from crawler.config.desk import DeskError, load_desk
from crawler.crawling.session import locate_topic
from crawler.monitoring.status import desk_status
from crawler.operations.backups.write_backup import plan_backup
from crawler.operations.train_topic import list_labels, read_marks_as_examples, train_topic
from db.connection import open_news
from db.model.times import utc_now
from db.model.verdict import Mark
from db.news.marks import put_mark
from pipelines.relevance.learning.relevance_model import read_model
from pipelines.relevance.topic import load_topic
from tests.fixtures.demo_desk import DemoDesk


@pytest.fixture
def marked(crawled: DemoDesk):
    """The crawled desk, on which every kept original is marked relevant and what was off topic irrelevant."""
    news = open_news(crawled.folder / "news.db")
    kept = [row["url"] for row in news.query("SELECT url FROM articles WHERE original IS NULL ORDER BY url LIMIT 20")]
    left = [row["url"] for row in news.query("SELECT url FROM rejections WHERE reason = 'off-topic' ORDER BY url")]
    for url in [*kept, *left]:
        verdict = Mark.RELEVANT if url in kept else Mark.IRRELEVANT
        put_mark(news, key=urls.key(url), url=url, verdict=verdict, note=None, at=dt.datetime.now(dt.UTC))
    news.conn.close()
    yield crawled
    news = open_news(crawled.folder / "news.db")
    with news.atomic():
        news.execute("DELETE FROM marks")
    news.conn.close()
    for file in load_desk(crawled.folder).learned.glob("*"):
        file.unlink()


def test_too_few_marks_are_refused_in_one_line(crawled: DemoDesk) -> None:
    ended = crawled.run("topics", "train")
    assert ended.returncode == 1
    assert "0 marks can be learned from" in ended.stderr
    assert "at least 25 are needed, 8 of each kind" in " ".join(ended.stderr.split())


def test_marks_become_a_model_of_the_desk_that_is_used_and_backed_up(
    marked: DemoDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = load_desk(marked.folder)
    examples, missing = read_marks_as_examples(desk, load_topic(locate_topic(desk)))
    kinds = [example.is_relevant for example in examples]
    monkeypatch.setattr("pipelines.relevance.learning.training.MIN_MARKS", len(kinds))
    monkeypatch.setattr(
        "pipelines.relevance.learning.training.MIN_MARKS_OF_A_KIND", min(kinds.count(True), kinds.count(False))
    )
    trained = train_topic(desk)
    assert trained.marks == len(examples) > 10
    assert trained.missing == tuple(missing)
    assert trained.is_kept
    assert trained.training.marks_after.f1 >= trained.training.marks_before.f1
    assert read_model(desk.learned / "model.json").marks == len(examples)
    assert json.loads(json.dumps(trained.as_dict()))["kept"] is True
    assert "before → after" in next(iter(trained.lines()))
    assert set(plan_backup(desk).files) >= {"topics/china_peru/model.json", "topics/china_peru/labels.jsonl"}
    assert desk_status(desk, now=utc_now()).relevance_problem is None
    again = train_topic(desk)
    assert again.training.model.bias == trained.training.model.bias  # the same marks, the same model


def test_a_worse_model_leaves_the_old_one(marked: DemoDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = load_desk(marked.folder)
    monkeypatch.setattr("pipelines.relevance.learning.training.MIN_MARKS", 1)
    monkeypatch.setattr("pipelines.relevance.learning.training.MIN_MARKS_OF_A_KIND", 0)
    monkeypatch.setattr("pipelines.relevance.learning.training.Training.is_better", False)
    trained = train_topic(desk)
    assert not trained.is_kept
    assert not (desk.learned / "model.json").exists()
    assert "the old one stays" in "\n".join(trained.lines())


def test_a_damaged_model_is_one_line_of_the_status(crawled: DemoDesk) -> None:
    desk = load_desk(crawled.folder)
    desk.learned.mkdir(parents=True, exist_ok=True)
    model = desk.learned / "model.json"
    model.write_text("{", encoding="utf-8")
    try:
        said = " ".join(crawled.run("status").stdout.split())
        assert "Relevance is judged by the rule alone:" in said
        assert "train again with `vigia topics train`" in said
        problem = json.loads(crawled.run("status", "--json").stdout)["relevance_problem"]
        assert str(model) in problem
    finally:
        model.unlink()
    assert desk_status(desk, now=utc_now()).relevance_problem is None


def test_the_labels_of_a_desk_are_those_of_its_topic_and_of_the_first(crawled: DemoDesk) -> None:
    desk = load_desk(crawled.folder)
    first = len(list_labels(desk, load_topic(locate_topic(desk))))
    assert first > 400
    assert len(list_labels(desk, load_topic("china_chile"))) == first + 40


def test_a_folder_that_cannot_be_written_is_named(marked: DemoDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = load_desk(marked.folder)
    monkeypatch.setattr("pipelines.relevance.learning.training.MIN_MARKS", 1)
    monkeypatch.setattr("pipelines.relevance.learning.training.MIN_MARKS_OF_A_KIND", 0)
    monkeypatch.setattr("pipelines.relevance.learning.training.Training.is_better", True)
    in_the_way = Path(desk.folder / "topics")
    for file in in_the_way.glob("*/*"):
        file.unlink()
    for folder in in_the_way.glob("*"):
        folder.rmdir()
    in_the_way.rmdir() if in_the_way.exists() else None
    in_the_way.write_text("a file", encoding="utf-8")
    try:
        with pytest.raises(DeskError, match="the old model stays"):
            train_topic(desk)
    finally:
        in_the_way.unlink()
