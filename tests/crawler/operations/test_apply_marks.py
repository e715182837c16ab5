"""Marks of analysts, set with the real command: they win over the rule, also in later crawls and rebuilds."""

from __future__ import annotations

import datetime as dt
import json
import re
import signal
from pathlib import Path

import httpx
import pytest

from crawler import urls
from crawler.config.desk import load_desk
from crawler.demo.server import DemoWeb
from crawler.operations.evaluate_topic import Case, Evaluation, evaluate_topic
from db.connection import open_news
from db.model.verdict import Mark
from db.news.marks import put_mark
from tests.fixtures.demo_desk import DemoDesk, desk_on
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until


def article(desk: DemoDesk, where: str = "verdict = 'relevant' AND original IS NULL") -> str:
    ((url,),) = desk.news(f"SELECT url FROM articles WHERE {where} ORDER BY relevance DESC, url LIMIT 1")
    return str(url)


def rejected(desk: DemoDesk, reason: str = "off-topic") -> str:
    ((url,),) = desk.news("SELECT url FROM rejections WHERE reason = ? ORDER BY url LIMIT 1", [reason])
    return str(url)


def run_vigia(desk: DemoDesk, *arguments: str) -> str:
    ended = desk.run(*arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def say(desk: DemoDesk, url: str, word: Mark) -> None:
    """Store a mark like another process would, without applying it."""
    news = open_news(desk.folder / "news.db")
    put_mark(news, key=urls.key(url), url=url, verdict=word, note=None, at=dt.datetime.now(dt.UTC))
    news.conn.close()


def forget_marks(desk: DemoDesk) -> None:
    news = open_news(desk.folder / "news.db")
    with news.atomic():
        news.execute("DELETE FROM marks")
    news.conn.close()


def where(desk: DemoDesk, url: str) -> str:
    return "".join(
        name for name in ("articles", "rejections") if desk.news(f"SELECT 1 FROM {name} WHERE url = ?", [url])
    )


def row(desk: DemoDesk, url: str) -> tuple[object, ...]:
    columns = "title, text, verdict, relevance, first_seen, last_seen, archive_file, archive_offset"
    return tuple(desk.news(f"SELECT {columns} FROM articles WHERE url = ?", [url]))


def test_an_article_marked_irrelevant_is_left_out_until_the_mark_is_removed(crawled: DemoDesk) -> None:
    url = article(crawled)
    before = row(crawled, url)
    said = run_vigia(crawled, "mark", url, "irrelevant", "--note", "un caso de prueba").splitlines()
    assert "rejected now" in said[0]
    assert re.match(r"  before: kept as relevant, relevance \d\.\d\d, most by the \w+: “.{10,}” \[\w+", said[1])
    assert re.fullmatch(r"  now: rejected, marked, relevance \d\.\d\d", said[2])
    assert where(crawled, url) == "rejections"
    why = json.loads(run_vigia(crawled, "why", url, "--json"))
    assert (why["state"], why["record"]["reason"]) == ("rejected", "marked")
    assert (why["mark"]["verdict"], why["mark"]["note"]) == ("irrelevant", "un caso de prueba")
    run_vigia(crawled, "rebuild")
    crawled.crawl()
    assert where(crawled, url) == "rejections"
    assert "kept as relevant by the rule" in run_vigia(crawled, "mark", url, "--remove")
    assert row(crawled, url) == before
    assert crawled.news("SELECT count(*) FROM marks") == [(0,)]
    assert "marked" not in run_vigia(crawled, "why", url)


def test_a_rejected_page_marked_relevant_becomes_an_article_from_the_archive(crawled: DemoDesk) -> None:
    url = rejected(crawled)
    crawled.web.forget_hits()
    said = run_vigia(crawled, "mark", url, "relevant")
    assert "kept as relevant" in said
    assert re.search(
        r"  before: rejected, off-topic, relevance 0\.\d\d\n  now: kept as relevant, relevance 0\.\d\d", said
    )
    assert crawled.web.hits == []
    assert where(crawled, url) == "articles"
    ((_, text, verdict, _, _, _, file, _),) = row(crawled, url)
    assert text
    assert verdict == "relevant"
    assert not str(file).startswith("rejected-")  # those files are pruned
    assert "marked relevant" in run_vigia(crawled, "why", url)
    run_vigia(crawled, "rebuild")
    assert where(crawled, url) == "articles"
    assert "rejected by the rule" in run_vigia(crawled, "mark", url, "--remove")
    assert where(crawled, url) == "rejections"


def test_the_last_mark_wins_and_may_name_any_address_of_the_page(crawled: DemoDesk) -> None:
    url = article(crawled, "verdict = 'borderline'")
    assert "was borderline" in run_vigia(crawled, "mark", url, "relevant")
    other = url.replace("http://", "https://www.") + "?utm_source=boletin"
    assert "rejected now" in run_vigia(crawled, "mark", other, "irrelevant")
    assert crawled.news("SELECT verdict FROM marks") == [("irrelevant",)]
    run_vigia(crawled, "mark", url, "--remove")
    assert crawled.news("SELECT verdict FROM articles WHERE url = ?", [url]) == [("borderline",)]


def test_a_mark_that_is_not_possible_is_refused_with_one_line(crawled: DemoDesk) -> None:
    assert crawled.run("mark", "http://lacordillera.test/x", "relevant", "--remove").returncode == 2
    ended = crawled.run("mark", "http://lacordillera.test/x", "--remove")
    assert (ended.returncode, "no mark" in ended.stdout) == (1, True)
    ended = crawled.run("mark", "ftp://x", "relevant")
    assert (ended.returncode, "not an address" in ended.stderr, "Traceback" in ended.stderr) == (1, True, False)


def test_a_mark_on_an_unknown_page_waits_for_it(crawled: DemoDesk) -> None:
    assert "no outlet" in run_vigia(crawled, "mark", "http://elsewhere.test/note", "relevant")
    url = "http://lacordillera.test/nothing-there"
    assert "next crawl" in run_vigia(crawled, "mark", url, "relevant")
    assert crawled.desk("SELECT url FROM candidates") == [(url,)]
    crawled.crawl("lacordillera")
    assert crawled.desk("SELECT url FROM candidates") == []
    assert crawled.news("SELECT reason FROM rejections WHERE url = ?", [url]) == [("not-found",)]
    forget_marks(crawled)


def test_a_mark_is_applied_by_the_running_desk(web: DemoWeb, tmp_path: Path) -> None:
    desk = desk_on(web, tmp_path / "desk")
    desk.crawl()
    url = article(desk)
    running = desk.start("up", "--port", "0")
    try:
        wait_until(lambda: desk.desk("SELECT 1 FROM schedule WHERE task = 'alerts'"), what="the first run of alerts")
        assert "rejected now" in run_vigia(desk, "mark", url, "irrelevant")
        assert where(desk, url) == "rejections"
        assert running.stdout is not None
        address = next(line.split()[-1] for line in running.stdout if line.startswith("Reading room: "))
        mark_in_the_reading_room(desk, address)
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=DEADLINE_SECONDS)


def mark_in_the_reading_room(desk: DemoDesk, address: str) -> None:
    """Mark an article as irrelevant with the form of its page, and undo that: the archive has it still."""
    url = article(desk)
    ((number,),) = desk.news("SELECT id FROM articles WHERE url = ?", [url])
    headers = {"sec-fetch-site": "same-origin", "accept-language": "en"}
    with httpx.Client(base_url=address, headers=headers, follow_redirects=True, timeout=DEADLINE_SECONDS) as client:
        found = re.search(r'name="token" value="(\w+)"', client.get(f"/article/{number}").text)
        assert found
        fields = {"token": found[1], "back": f"/article/{number}", "mark": f"irrelevant:{number}", "note": "mi nota"}
        page = client.post("/mark", data=fields)
        assert page.url.path == "/marks"
        assert "has left lists, searches and alerts" in page.text
        assert where(desk, url) == "rejections"
        page = client.post("/mark/undo", data=fields | {"mark": "1", "back": "/"})
        assert "Your mark has been undone" in page.text
        assert where(desk, url) == "articles"
    assert desk.desk("SELECT person, note FROM reader_marks") == [("local", "mi nota")]
    assert desk.news("SELECT note FROM marks WHERE url = ?", [url]) == []


def test_the_rule_is_measured_on_marks_and_on_labelled_texts(crawled: DemoDesk, tmp_path: Path) -> None:
    right, wrong = article(crawled), rejected(crawled)
    for url in (right, wrong):
        say(crawled, url, Mark.RELEVANT)
    labels = tmp_path / "labels.jsonl"
    rows = [
        {"id": "a", "title": "Receta de papa a la huancaína", "text": "Se pela la papa.", "language": "es"}
        | {"label": "irrelevant"},
        {"id": "b", "title": "X", "text": "Y", "language": "en", "label": "borderline"},
    ]
    labels.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    measured = json.loads(run_vigia(crawled, "topics", "eval", "--labels", str(labels), "--json"))
    assert measured["texts"] == 4
    assert measured["scores"]["all"] == {"texts": 3, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    assert [(case["name"], case["said"]) for case in measured["errors"]] == [(wrong, "off-topic")]
    assert measured["borderline"] == {"off-topic": 1}
    spoken = run_vigia(crawled, "topics", "eval", "--labels", str(labels))
    assert f"missed  {measured['errors'][0]['score']:.2f} off-topic  {wrong}" in spoken
    forget_marks(crawled)
    assert not evaluate_topic(load_desk(crawled.folder), labels=None).cases


def test_a_bad_line_of_a_labelled_file_is_named(crawled: DemoDesk, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"title": "x", "text": "y", "label": "perhaps"}\n', encoding="utf-8")
    ended = crawled.run("topics", "eval", "--labels", str(labels))
    assert ended.returncode == 1
    assert "labels.jsonl:1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_topics_concepts_are_listed_with_their_names(crawled: DemoDesk) -> None:
    listed = [json.loads(line) for line in run_vigia(crawled, "topics", "list", "--json").splitlines()]
    (port,) = [concept for concept in listed if concept["id"] == "chancay-port"]
    assert "钱凯港" in port["names"]["zh"]
    assert "chancay-port" in run_vigia(crawled, "topics", "list")


def case(label: str, said: str) -> Case:
    return Case(name="x", title="x", language="es", label=label, said=said, score=0.5)


def test_borderline_results_count_as_not_relevant() -> None:
    cases = (case("relevant", "borderline"), case("relevant", "relevant"), case("irrelevant", "borderline"))
    found = Evaluation(cases=cases)
    assert found.scores["all"].recall == 0.5
    assert [one.said for one in found.errors] == ["borderline"]
    assert Evaluation(cases=()).scores["all"].f1 == 0.0
