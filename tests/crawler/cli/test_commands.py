"""The commands status, why, outlets, analyse, rebuild and backfill, on one desk that was crawled once."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from crawler.config.outlet import Outlet
from db.connection import open_desk
from db.desk.hosts import back_off
from db.model.times import read_stamp, utc_now
from tests.fixtures.demo_desk import DemoDesk


def test_status_says_how_each_outlet_is_doing(crawled: DemoDesk) -> None:
    printed = json.loads(crawled.run("status", "--json").stdout)
    outlets = {outlet["id"]: outlet for outlet in printed["outlets"]}
    assert set(outlets) == {outlet.id for outlet in crawled.web.outlets}
    assert all(outlet["last_success"].endswith("Z") for outlet in outlets.values())
    assert printed["totals"]["articles"] == crawled.news("SELECT count(*) FROM articles")[0][0]
    assert printed["totals"]["articles"] > 20


def test_status_for_people_names_every_outlet(crawled: DemoDesk) -> None:
    ended = crawled.run("status")
    assert ended.returncode == 0
    assert "articles" in ended.stdout
    assert "elcorreodechancay" in "".join(ended.stdout.split())


def test_why_gives_the_sentences_that_decided_the_score(crawled: DemoDesk) -> None:
    ((url,),) = crawled.news("SELECT url FROM articles WHERE verdict = 'relevant' ORDER BY relevance DESC LIMIT 1")
    printed = json.loads(crawled.run("why", url, "--json").stdout)
    assert printed["state"] == "kept"
    assert printed["record"]["reasons"][0]["sentence"]
    assert {"concept", "count", "name_en", "name_es", "name_zh"} < set(printed["concepts"][0])
    assert "names" not in printed["concepts"][0]
    assert url in crawled.run("why", url).stdout


@pytest.mark.parametrize(
    ("headline", "outlets"),
    [
        ("caer el brazo de una grúa", {"elcorreodechancay", "lacordillera", "pacificdispatch", "haibinribao"}),
        ("para el agua de Piura", {"agenciaquipu", "easterngateway", "zhonglacaijing"}),
        ("OEFA multa con", {"mineriaypuertos", "ecodelsur", "pacificdispatch", "zhonglacaijing"}),
        ("a los 18 tripulantes", {"resumenandino", "lacordillera", "easterngateway", "haibinribao"}),
    ],
)
def test_an_event_that_is_told_in_three_languages_is_one_story(
    crawled: DemoDesk, headline: str, outlets: set[str]
) -> None:
    found = crawled.news("SELECT url FROM articles WHERE instr(title, ?) AND language = 'es'", [headline])
    shown = json.loads(crawled.run("story", found[0][0], "--json").stdout)
    assert outlets <= {article["outlet"] for article in shown["articles"]}
    assert {article["language"] for article in shown["articles"]} == {"es", "en", "zh"}


def test_an_evidence_pack_of_the_demo_is_sound(crawled: DemoDesk, tmp_path: Path) -> None:
    urls = [url for (url,) in crawled.news("SELECT url FROM articles WHERE original IS NOT NULL OR language = 'zh'")]
    ended = crawled.run("evidence", *urls, "--to", str(tmp_path / "pack.zip"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"{len(urls)} articles, {len(urls)} versions, {len(urls)} pages as received" in ended.stdout
    checked = crawled.run("evidence", "check", str(tmp_path / "pack.zip"))
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.splitlines()[1].split()[-1] in ended.stdout  # the SHA-256


def test_why_names_the_reason_of_a_rejection(crawled: DemoDesk) -> None:
    ((url,),) = crawled.news("SELECT url FROM rejections WHERE reason = 'robots'")
    ended = crawled.run("why", url)
    assert ended.returncode == 0
    assert "robots.txt forbids it" in ended.stdout


def test_why_of_an_unknown_address_says_so_and_exits_with_1(crawled: DemoDesk) -> None:
    ended = crawled.run("why", "http://lacordillera.test/never")
    assert ended.returncode == 1
    assert "never seen" in ended.stdout


def test_outlets_list_json_has_every_outlet(crawled: DemoDesk) -> None:
    listed = json.loads(crawled.run("outlets", "list", "--json").stdout)
    assert {outlet["id"] for outlet in listed} == {outlet.id for outlet in crawled.web.outlets}
    assert "outlets are watched" in crawled.run("outlets", "list").stdout


def test_a_narrow_terminal_gets_lines_instead_of_the_outlets_table(
    crawled: DemoDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = crawled.run("outlets", "list").stdout.splitlines()
    place = lines.index("elcorreodechancay: El Correo de Chancay")
    assert lines[place + 1].startswith("  PE, es, regional, private, 1 ")


def test_a_rebuild_with_the_same_rules_changes_nothing_and_sends_no_request(crawled: DemoDesk) -> None:
    before = crawled.news("SELECT url, title, text, relevance, original FROM articles ORDER BY url")
    crawled.web.forget_hits()
    ended = crawled.run("rebuild")
    assert ended.returncode == 0, ended.stderr
    assert "now an article: 0" in ended.stdout
    assert "now rejected: 0" in ended.stdout
    assert "record changed: 0" in ended.stdout
    assert crawled.news("SELECT url, title, text, relevance, original FROM articles ORDER BY url") == before
    assert crawled.web.hits == []


def test_a_rebuild_of_the_search_index_counts_its_articles_and_takes_no_outlet(crawled: DemoDesk) -> None:
    articles = len(crawled.news("SELECT id FROM articles"))
    ended = crawled.run("rebuild", "--search")
    assert ended.returncode == 0, ended.stderr
    assert f"The search index was built anew from {articles} articles." in ended.stdout
    assert crawled.run("rebuild", "--search", "--outlet", "x").returncode == 2


def test_analyse_gives_the_records_of_the_crawl_in_the_order_of_the_list(crawled: DemoDesk, tmp_path: Path) -> None:
    pages = [page for page in crawled.web.expected() if not page.forbidden][:6]
    lines = []
    for number, page in enumerate(pages):
        answer = crawled.web.answer(page.url.split("/")[2], "/" + page.url.split("/", 3)[3])
        assert answer is not None
        file = tmp_path / f"{number}.html.gz"
        file.write_bytes(gzip.compress(answer.body))
        lines.append(json.dumps({"file": file.name, "url": page.url, "outlet": page.outlet}))
    listing = tmp_path / "list.jsonl"
    listing.write_text("\n".join(lines), encoding="utf-8")
    ended = crawled.run("analyse", "--batch", str(listing))
    assert ended.returncode == 0, ended.stderr
    printed = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [one["url"] for one in printed] == [page.url for page in pages]
    full = [json.loads(line) for line in crawled.run("analyse", "--full", "--batch", str(listing)).stdout.splitlines()]
    for short, long in zip(printed, full, strict=True):
        assert long["title"]
        assert long["text"]
        assert short.get("rejected") is None or long.get("rejected") is not None


def test_analyse_names_a_bad_line_of_the_list(crawled: DemoDesk, tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text('{"file": "a.html"}\n', encoding="utf-8")
    ended = crawled.run("analyse", "--batch", str(tmp_path / "list.jsonl"))
    assert ended.returncode == 1
    assert "list.jsonl:1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_outlets_check_finds_dead_sources_and_does_not_change_the_desk(crawled: DemoDesk) -> None:
    before = crawled.desk("SELECT * FROM sources ORDER BY url")
    crawled.web.fail("pacificdispatch.test", "500")
    try:
        ended = crawled.run("outlets", "check", "lacordillera", "pacificdispatch", "--json")
    finally:
        crawled.web.fail("pacificdispatch.test", "none")
    assert ended.returncode == 1
    printed = {one["id"]: one for one in json.loads(ended.stdout)}
    assert printed["lacordillera"]["well"] is True
    assert printed["lacordillera"]["page_title"]
    assert printed["pacificdispatch"]["well"] is False
    (sitemap,) = printed["lacordillera"]["sources"]
    assert (sitemap["status"], sitemap["problem"]) == (200, None)
    assert read_stamp(printed["lacordillera"]["checked_at"])
    assert crawled.desk("SELECT * FROM sources ORDER BY url") == before


def test_outlets_check_respects_the_back_off_of_hosts(crawled: DemoDesk) -> None:
    with closing(open_desk(crawled.folder / "desk.db")) as desk:
        back_off(desk, "haibinribao.test", until=utc_now() + dt.timedelta(hours=1), reason="answered 429")
        before = len(crawled.web.hits)
        (printed,) = json.loads(crawled.run("outlets", "check", "haibinribao", "--json").stdout)
        with desk.atomic():
            desk.execute("UPDATE hosts SET wait_until = NULL, failures = 0")
    assert printed["well"] is False
    assert "429" in printed["sources"][0]["problem"]
    assert len(crawled.web.hits) == before


def test_outlets_add_prints_a_block_that_is_ready_to_paste(crawled: DemoDesk) -> None:
    ended = crawled.run("outlets", "add", "http://lacordillera.test/")
    assert ended.returncode == 0, ended.stderr
    (block,) = tomllib.loads(ended.stdout)["outlet"]
    outlet = Outlet.model_validate(block)
    assert outlet.name == "La Cordillera"
    assert [source.url for source in outlet.sources] == ["http://lacordillera.test/news-sitemap.xml"]


def test_outlets_add_watches_the_home_page_of_an_outlet_without_feeds(crawled: DemoDesk) -> None:
    ended = crawled.run("outlets", "add", "http://haibinribao.test/")
    assert ended.returncode == 0, ended.stderr
    (block,) = tomllib.loads(ended.stdout)["outlet"]
    outlet = Outlet.model_validate(block)
    assert [(source.kind, source.url) for source in outlet.sources] == [("listing", "http://haibinribao.test/")]
    assert outlet.article_pattern
    assert ended.stderr.count("404") == 1  # the usual addresses are counted, not listed
    assert "13 usual addresses of feeds and sitemaps: " in ended.stderr
    assert "No feed or sitemap was found." in ended.stderr


def test_backfill_reads_the_past_of_one_outlet(crawled: DemoDesk) -> None:
    ended = crawled.run("backfill", "agenciaquipu", "--since", "2020-01-01")
    assert ended.returncode == 0, ended.stderr
    asked = {hit.path for hit in crawled.web.hits if hit.host == "agenciaquipu.test"}
    assert any("page=1" in path for path in asked)


def test_in_a_pipe_an_outlet_is_one_line(crawled: DemoDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    for command in (("status",), ("outlets", "list")):
        lines = crawled.run(*command).stdout.splitlines()
        assert sum(line.startswith("elcorreodechancay ") for line in lines) == 1


def test_status_exits_with_1_where_a_crawl_is_overdue(crawled: DemoDesk) -> None:
    with closing(open_desk(crawled.folder / "desk.db")) as desk:
        with desk.atomic():
            desk.execute("INSERT INTO schedule (task, next_due) VALUES ('crawl:lacordillera', '2020-01-01T00:00:00Z')")
        ended = crawled.run("status", "--json")
        with desk.atomic():
            desk.execute("DELETE FROM schedule WHERE task = 'crawl:lacordillera'")
    assert ended.returncode == 1
    printed = json.loads(ended.stdout)
    assert printed["overdue"] == ["lacordillera"]
    assert printed["well"] is False
