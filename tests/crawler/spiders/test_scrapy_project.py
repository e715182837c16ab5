"""Scrapy's own commands on this project: list, settings, shell, and crawl on a desk."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler import settings
from crawler.config.desk import CrawlSettings
from crawler.config.outlet import Outlet
from crawler.settings import crawl_settings
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.forked_commands import run_command
from tests.fixtures.paths import ROOT

OUTLET = Outlet(
    id="diario",
    name="Diario",
    home="https://diario.test/",
    languages=("es",),
    kind="press",
    feeds=("https://diario.test/rss",),
)


def scrapy(*arguments: str, desk: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `scrapy …` at the root of the project, where scrapy.cfg is."""
    environment = dict(os.environ) | ({"VIGIA_DESK": str(desk)} if desk else {})
    return run_command("scrapy", *arguments, cwd=ROOT, environment=environment)


def assert_refused(ended: subprocess.CompletedProcess[str], *parts: str) -> None:
    """The command ended with usage and one line that holds these parts."""
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("scrapy: error: ")
    for part in parts:
        assert part in last


def test_a_crawl_keeps_the_settings_of_the_project() -> None:
    project = Settings()
    project.setmodule(settings)
    crawl = crawl_settings(CrawlSettings(), OUTLET, max_seconds=0)
    differing = {name for name in crawl if name.isupper() and project.get(name) != crawl[name]}
    assert differing == {
        "DEFAULT_REQUEST_HEADERS",
        "DOWNLOADER_MIDDLEWARES",
        "DOWNLOAD_HANDLERS",
        "EXTENSIONS",
        "ITEM_PIPELINES",
        "LOG_ENABLED",
        "STATS_DUMP",
    }
    assert not project.getbool("TELNETCONSOLE_ENABLED")
    assert not project.getbool("REMOTE_CONTROL_ENABLED")


def test_the_delay_of_the_desk_wins_over_the_project_s() -> None:
    crawl = crawl_settings(CrawlSettings(delay=4, contact="mailto:desk@example.org"), OUTLET, max_seconds=0)
    assert crawl["DOWNLOAD_DELAY"] == crawl["AUTOTHROTTLE_START_DELAY"] == 4
    assert crawl["USER_AGENT"].endswith("(+mailto:desk@example.org)")


def test_scrapy_list_names_the_spider() -> None:
    ended = scrapy("list")
    assert (ended.returncode, ended.stdout) == (0, "outlet\n")


def test_scrapy_settings_prints_the_project_s_settings() -> None:
    assert scrapy("settings", "--get", "BOT_NAME").stdout == "vigia\n"
    assert scrapy("settings", "--getbool", "ROBOTSTXT_OBEY").stdout == "True\n"


def test_scrapy_shell_reads_a_local_file(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<title>Chancay</title>", encoding="utf-8")
    ended = scrapy("shell", str(page), "-c", "response.css('title::text').get()")
    assert "Chancay" in ended.stdout, ended.stderr


def test_scrapy_shell_reads_a_page_of_the_network(desk: DemoDesk) -> None:
    request = f"scrapy.Request('http://lacordillera.test/', meta={{'proxy': '{desk.web.proxy}'}})"
    ended = scrapy("shell", "-s", "ROBOTSTXT_OBEY=False", "-c", f"fetch({request}) or response.status")
    assert ended.stdout.strip().endswith("200"), ended.stdout + ended.stderr


def test_scrapy_crawl_stores_an_outlet_s_articles_and_records_the_crawl(desk: DemoDesk) -> None:
    ended = scrapy("crawl", "outlet", "-a", "id=agenciaquipu", desk=desk.folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    articles = desk.news("SELECT outlet, count(*) FROM articles GROUP BY outlet")
    assert [outlet for outlet, _ in articles] == ["agenciaquipu"]
    crawls = desk.news("SELECT outlet, kind, new, outcome, finished IS NOT NULL FROM crawls")
    assert crawls == [("agenciaquipu", "crawl", articles[0][1], "ok", 1)]
    assert not list(desk.folder.glob("*.db-wal"))  # the stores were closed
    again = scrapy("crawl", "outlet", "-a", "id=agenciaquipu", desk=desk.folder)
    assert again.returncode == 0
    assert desk.news("SELECT count(*) FROM articles") == [(articles[0][1],)]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("outlet",), ["name an outlet", "-a id=OUTLET"]),
        (("outlet", "-a", "id=cordillera"), ['no outlet "cordillera"', "lacordillera"]),
        (("outlet", "-a", "name=gestion"), ["-a name="]),
        (("outlet", "-a", "id=gestion", "-s", "ROBOTSTXT_OBEY=0"), ["vigia.toml"]),
        (("outlet", "-a", "id=gestion", "-o", "out.json"), ["news.db"]),
        (("gestion",), ["name the spider"]),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(
    arguments: tuple[str, ...], parts: list[str], desk: DemoDesk
) -> None:
    assert_refused(scrapy("crawl", *arguments, desk=desk.folder), *parts)
    assert not (desk.folder / "news.db").exists()


def test_a_desk_that_is_missing_is_one_line(tmp_path: Path) -> None:
    assert_refused(scrapy("crawl", "outlet", "-a", "id=gestion", desk=tmp_path / "nowhere"), "nowhere", "vigia.toml")
    assert not (tmp_path / "nowhere").exists()


def test_a_desk_that_another_process_uses_is_one_line(desk: DemoDesk) -> None:
    with (desk.folder / "vigia.lock").open("a+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_refused(scrapy("crawl", "outlet", "-a", "id=agenciaquipu", desk=desk.folder), "already in use")
