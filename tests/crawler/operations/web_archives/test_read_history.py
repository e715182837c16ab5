"""`vigia backfill OUTLET --from ARCHIVE` reads the past of an outlet from web archives, each page once."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crawler.cli.main import vigia
from db.model.article import Place
from pipelines.archive.captures import read_capture
from pipelines.archive.warc_files import Archive
from tests.fixtures.foreign_warcs import OUTLET
from tests.fixtures.forked_commands import run_command
from tests.fixtures.web_archives import ROWS_AT_ONCE, WARC_NAME, WebArchives, serve_web_archives

PATTERN = r"""article_pattern = '^https?://www\.faro\.example/(nota|receta|informe)-\d+(\.pdf)?$'"""
WAITS_UNTIL_END = 5  # the index has three answers: Ctrl-C comes at the third capture


@dataclass
class Read:
    """A desk that read from both archives, the first reading ended by Ctrl-C, and what was asked and told."""

    desk: Path
    archives: WebArchives
    stopped: dict[str, Any]
    wayback: dict[str, Any]
    crawls: dict[str, Any]
    errors: str

    def rows(self, sql: str, name: str = "news") -> list[Any]:
        with sqlite3.connect(self.desk / f"{name}.db") as db:
            return db.execute(sql).fetchall()


def run(desk: Path, base: str, ends: int, *names: str) -> tuple[list[dict[str, Any]], str]:
    ended = run_command("tests/fixtures/read_archives.py", str(desk), base, str(ends), *names)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr


def make_desk(folder: Path) -> Path:
    folder.mkdir()
    (folder / "vigia.toml").write_text(f"{OUTLET}{PATTERN}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    desk = make_desk(tmp_path_factory.mktemp("history") / "desk")
    with serve_web_archives() as archives:
        (stopped,), _ = run(desk, archives.base, WAITS_UNTIL_END, "wayback")
        (wayback, crawls), errors = run(desk, archives.base, 0, "wayback", "commoncrawl")
    return Read(desk, archives, stopped, wayback, crawls, errors)


@pytest.mark.slow
def test_each_capture_is_counted_once_with_what_became_of_it(read: Read) -> None:
    assert (read.stopped["stopped"], read.wayback["stopped"]) == (True, False)
    assert read.stopped["index"] == {"rows": 16, "unreadable": 2, "captures": 12}
    assert read.wayback["index"] == {"rows": 0, "unreadable": 0, "captures": 0}  # it was read before the stop
    skipped = {**read.stopped["skipped"], **read.wayback["skipped"]}
    assert read.stopped["stored"] + read.wayback["stored"] == 5
    assert skipped == {
        "no-date": 1,
        "status": 1,
        "not-archived": 1,
        "truncated": 1,
        "other-day": 1,
        "no-actors": 1,
    }
    assert read.wayback["failed"] == {"answered 500 with a page of its own": 1}
    assert read.wayback["waiting"] == 1
    assert read.crawls["stored"] == 3
    assert read.crawls["skipped"] == {"read-before": 1, "status": 1, "not-archived": 1}
    assert read.crawls["index"] == {"rows": 12, "unreadable": 4, "captures": 6}


@pytest.mark.slow
def test_articles_are_history_with_the_place_in_the_archive(read: Read) -> None:
    rows = read.rows(
        "SELECT url, published, first_seen, backfilled, archive_file, archive_offset FROM articles "
        "WHERE format IS NULL ORDER BY url"
    )
    assert [row[:4] for row in rows] == [
        (f"{site}/nota-{number}", "2019-06-03T14:00:00Z", seen, 1)
        for site, number, seen in [
            ("http://www.faro.example", 1, "2019-06-03T15:00:00Z"),
            ("http://www.faro.example", 2, "2019-06-03T15:00:00Z"),
            ("http://www.faro.example", 4, "2019-06-04T08:00:00Z"),
            ("http://www.faro.example", 6, "2019-06-03T15:00:00Z"),
            ("https://www.faro.example", 21, "2019-06-16T10:00:00Z"),
            ("https://www.faro.example", 22, "2019-06-16T10:00:00Z"),
        ]
    ]
    archive = Archive(read.desk / "archive")
    captures = [read_capture(archive, Place(file=row[4], offset=row[5])) for row in rows]
    origins = [capture.origin for capture in captures if capture and capture.origin]
    assert origins[0].file == f"{read.archives.base}/web/20190603150000id_/http://www.faro.example:80/nota-1"
    assert (origins[4].file, origins[4].offset) == (WARC_NAME, read.archives.places["nota-21"][0])
    assert read.rows("SELECT count(*) FROM crawls") == [(0,)]
    assert "Perú y China" in read.rows("SELECT title FROM articles WHERE url LIKE '%nota-2'")[0][0]


@pytest.mark.slow
def test_documents_are_read_from_both_like_pages(read: Read) -> None:
    columns = "url, title, published, published_precision, backfilled"
    title = "Informe {} sobre el comercio del Perú con China"
    assert read.rows(f"SELECT {columns} FROM articles WHERE format = 'pdf' ORDER BY url") == [
        (f"{site}.faro.example/informe-{number}.pdf", title.format(number), "2019-06-03T00:00:00Z", "day", 1)
        for number, site in ((1, "http://www"), (2, "https://www"))
    ]


@pytest.mark.slow
def test_what_was_read_is_not_asked_for_again_after_a_stop(read: Read) -> None:
    index = [path for path in read.archives.asked if path.startswith("/cdx/")]
    assert len(index) == -(-18 // ROWS_AT_ONCE)
    captures = [path.rpartition("/")[2] for path in read.archives.asked if path.startswith("/web/")]
    twice = {path for path in captures if captures.count(path) > 1}
    assert twice == {"nota-4", "nota-6"}  # led to another capture; a rest was asked for
    assert not any(path.startswith("/CC-MAIN-2015") for path in read.archives.asked)
    assert len(read.archives.ranges) == 5  # of six: the first page was known


@pytest.mark.slow
def test_the_pace_is_kept_and_told(read: Read) -> None:
    waits = [*read.stopped["waits"], *read.wayback["waits"]]
    assert [seconds for seconds in waits if seconds != 4] == [300]
    assert read.crawls["waits"] == [4, 4, 4, 4, 1, 1, 1, 1]
    assert "one every 4 seconds: about 1 min or more. Ctrl-C stops; the same command goes on." in read.errors


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--json"], "go with --from"),
        (["--from", "wayback", "--until", "2018-12-31"], "--until 2018-12-31 lies before --since 2019-01-01"),
        (["--from", "wayback", "--until", "9999-12-31"], "no article is of that year"),
        (["--from", "elsewhere"], "not one of 'wayback', 'commoncrawl'"),
    ],
    ids=["no-archive", "no-period", "no-year", "other-archive"],
)
def test_wrong_options_are_told(tmp_path: Path, arguments: list[str], line: str) -> None:
    desk = make_desk(tmp_path / "desk")
    given = ["--desk", str(desk), "backfill", "faro", "--since", "2019-01-01", *arguments]
    ended = CliRunner().invoke(vigia, given)
    assert ended.exit_code == 2
    assert line in ended.output
