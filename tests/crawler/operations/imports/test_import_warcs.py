"""`vigia import` brings articles of other programs' archives in as history, each record once."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from warcio.archiveiterator import ArchiveIterator

from crawler.cli.main import vigia
from crawler.crawling.lock import lock_desk
from db.connection import open_desk, open_news
from db.news.alert_articles import find_alertable, find_last_article
from tests.fixtures.foreign_warcs import (
    OUTLET,
    answer,
    article,
    document,
    document_record,
    off_topic,
    page_record,
    record,
    write_warc,
)
from tests.fixtures.forked_commands import run_vigia, start_command
from tests.fixtures.waiting import wait_until

LATER = "2019-06-05T15:00:00Z"
ELSEWHERE = record(answer(article(8)), url="https://www.gaceta.example/notas/8")


@dataclass
class Desk:
    """A desk folder, and the command to import into it."""

    folder: Path

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return run_vigia("--desk", str(self.folder), *map(str, arguments))

    def import_json(self, *arguments: str | Path) -> dict[str, Any]:
        ended = self.run("import", *arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    def rows(self, sql: str) -> list[Any]:
        with sqlite3.connect(self.folder / "news.db") as db:
            return db.execute(sql).fetchall()


def make_desk(folder: Path) -> Desk:
    folder.mkdir()
    (folder / "vigia.toml").write_text(OUTLET, encoding="utf-8")
    return Desk(folder)


@dataclass
class Imported:
    """A desk into which one file with a record of each kind was imported, the file, and what the commands said."""

    desk: Desk
    warc: Path
    told: dict[str, Any]
    of_any: str  # of the import with the file, a copy of it and another file that followed, with --outlets any


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("import")
    desk = make_desk(folder / "desk")
    warc = write_warc(
        folder / "CC-NEWS-20190603.warc.gz",
        [
            record(b"software: another\r\n", kind="warcinfo"),
            record(b"GET / HTTP/1.1\r\n\r\n", kind="request"),
            page_record(article(1), "nota-1"),
            page_record(off_topic(1), "receta-1"),
            page_record(article(2, published=None), "nota-2"),
            page_record(article(1), "nota-1?utm_source=x", date=LATER),
            page_record(article(1).replace(b"acuerdo", b"convenio"), "nota-1", date=LATER),
            record(answer(gzip.compress(article(3)), "Content-Encoding: gzip"), url="http://m.faro.example/nota-3"),
            document_record("informe-1.pdf"),
            ELSEWHERE,
        ],
    )
    told = desk.import_json(warc)
    copy = folder / "copy.warc.gz"
    copy.write_bytes(warc.read_bytes())
    intranet = record(answer(article(9)), url="http://faro-2/notas/9")  # might be an outlet's id
    other = write_warc(folder / "other.warc", [intranet])
    of_any = desk.run("import", warc, copy, other, "--outlets", "any")
    assert of_any.returncode == 0, of_any.stderr
    return Imported(desk, warc, told, of_any.stdout)


@pytest.mark.slow
def test_every_record_is_counted_once_with_what_became_of_it(imported: Imported) -> None:
    told = imported.told
    assert (told["records"], told["stored"], told["stopped"]) == (10, 3, False)
    assert told["skipped"] == {
        "other-record": 2,
        "no-actors": 1,
        "no-date": 1,
        "known": 1,
        "other-version": 1,
        "unknown-outlet": 1,
    }


@pytest.mark.slow
def test_an_article_is_dated_by_its_page_and_seen_at_its_capture(imported: Imported) -> None:
    columns = "url, outlet, published, first_seen, last_seen, backfilled, archive_file"
    rows = imported.desk.rows(f"SELECT {columns} FROM articles WHERE outlet = 'faro' AND format IS NULL")
    assert rows == [
        (url, "faro", "2019-06-03T14:00:00Z", "2019-06-03T15:00:00Z", last, 1, file)
        for url, last in (
            ("https://www.faro.example/nota-1", LATER),
            ("http://m.faro.example/nota-3", "2019-06-03T15:00:00Z"),
        )
        for file in ("imported-2019-06-03.warc.gz",)
    ]


@pytest.mark.slow
def test_an_import_alerts_nobody_and_counts_as_no_crawl(imported: Imported) -> None:
    desk = imported.desk
    news, private = open_news(desk.folder / "news.db"), open_desk(desk.folder / "desk.db")
    assert find_alertable(news, after=0, upto=find_last_article(news)[0]) == {}
    for table in ("crawls", "revisions", "rejections"):
        assert news[table].count == 0
    assert private["visits"].count == 0
    news.conn.close()
    private.conn.close()


@pytest.mark.slow
def test_a_finished_file_is_not_read_again_unless_asked_for(imported: Imported) -> None:
    assert "copy.warc.gz: imported on 20" in imported.of_any
    again = imported.desk.import_json(imported.warc, "--again")
    assert (again["stored"], again["skipped"]["known"]) == (0, 4)
    assert imported.desk.rows("SELECT count(*) FROM articles") == [(4,)]


@pytest.mark.slow
def test_what_is_no_warc_file_is_told_each_time_and_a_name_may_have_any_bytes(
    imported: Imported, tmp_path: Path
) -> None:
    (tmp_path / "page.warc").write_bytes(article(1))
    with zipfile.ZipFile(tmp_path / "crawl.wacz", "w") as wacz:
        for name in ("archive/a.warc", "archive/b.warc"):
            wacz.writestr(name, record(answer(b""), kind="revisit", url=f"https://faro.example/{name}"))
    write_warc(Path(os.fsdecode(os.fsencode(tmp_path) + b"/per\xfa.warc.gz")), [record(answer(b""), kind="revisit")])
    for told in ("3 files, 4 records: 0 articles stored.", "per\ufffd.warc.gz: imported on 20"):
        ended = imported.desk.run("import", tmp_path)
        assert (ended.returncode, ended.stderr) == (1, "")
        assert "page.warc: a page or an XML file, no WARC file" in ended.stdout
        assert told in ended.stdout
    assert "crawl.wacz: imported on 20" in ended.stdout
    assert not list((imported.desk.folder / "imports").iterdir())


@pytest.mark.slow
def test_an_unknown_host_becomes_an_outlet_if_any_is_asked_for(imported: Imported) -> None:
    assert "2 files, 11 records: 1 article stored." in imported.of_any  # what the desk had is not counted again
    assert re.search(r"1 +bad-address", imported.of_any)
    names = "SELECT outlet, name, country FROM articles JOIN outlets ON outlets.id = outlet WHERE outlet <> 'faro'"
    assert imported.desk.rows(names) == [("gaceta.example", "gaceta.example", None)]


@pytest.mark.slow
def test_a_rebuild_and_an_evidence_pack_read_the_copied_record(imported: Imported) -> None:
    desk = imported.desk
    for name in ("news.db", "news.db-wal", "news.db-shm"):
        (desk.folder / name).unlink(missing_ok=True)
    assert desk.run("rebuild").returncode == 0
    assert desk.rows("SELECT count(*), sum(backfilled), min(first_seen) FROM articles") == [
        (4, 4, "2019-06-03T15:00:00Z")
    ]
    pack = desk.folder.parent / "pack.zip"
    ended = desk.run("evidence", "pack", "https://www.faro.example/nota-1", "--to", pack)
    assert ended.returncode == 0, ended.stderr
    assert desk.run("evidence", "check", pack).returncode == 0
    with zipfile.ZipFile(pack) as files:
        readme = next(name for name in files.namelist() if name.endswith("README.en.txt"))
        assert "imported from a WARC file of another program" in files.read(readme).decode()


@pytest.mark.slow
def test_a_document_is_searched_and_packed_as_it_was_received(imported: Imported) -> None:
    desk = imported.desk
    title = "Informe 1 sobre el comercio del Perú con China"
    matching = "SELECT rowid FROM articles_fts('movio AND toneladas')"
    rows = desk.rows(f"SELECT title, published, format FROM articles WHERE id IN ({matching})")
    assert rows == [(title, "2019-06-03T00:00:00Z", "pdf")]
    pack = desk.folder.parent / "pdf.zip"
    ended = desk.run("evidence", "pack", "https://www.faro.example/informe-1.pdf", "--to", pack)
    assert ended.returncode == 0, ended.stderr
    with zipfile.ZipFile(pack) as files:
        (name,) = (name for name in files.namelist() if name.endswith("pages.wacz"))
        with zipfile.ZipFile(io.BytesIO(files.read(name))) as pages:
            warc = pages.read("archive/imported-2019-06-03.warc.gz")
    responses = (one for one in ArchiveIterator(io.BytesIO(warc)) if one.rec_type == "response")
    assert [response.content_stream().read() for response in responses] == [document(1)]


@pytest.mark.slow
def test_a_stopped_and_a_killed_import_go_on_and_count_each_record_once(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    names = [f"nota-{number}" for number in range(56)]
    warc = write_warc(tmp_path / "a.warc.gz", [page_record(article(n), name) for n, name in enumerate(names)])
    command = ["vigia", "--desk", str(desk.folder), "import", str(warc)]

    def count() -> int:
        try:
            return int(desk.rows("SELECT count(*) FROM articles")[0][0])
        except sqlite3.OperationalError:  # not made yet
            return 0

    def start_and_end(number: int) -> tuple[int, str]:
        before = count()
        running = start_command(*command)
        wait_until(lambda: count() >= before + 3)
        os.kill(running.pid, number) if number == signal.SIGINT else os.killpg(running.pid, number)
        output, _ = running.communicate()
        return running.wait(), output

    status, output = start_and_end(signal.SIGINT)
    assert status == 130
    assert "Stopped before the end. Run the same command again to go on." in output
    start_and_end(signal.SIGKILL)
    assert count() < 56
    told = desk.import_json(warc)
    assert (told["records"], told["stored"], told["skipped"]) == (56, 56, {})
    assert desk.rows("SELECT count(*), count(DISTINCT url) FROM articles") == [(56, 56)]


@pytest.mark.slow
def test_bad_arguments_get_one_clear_line(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    missing = CliRunner().invoke(vigia, ["--desk", str(desk.folder), "import", str(tmp_path / "nothing.warc.gz")])
    assert (missing.exit_code, missing.output.count("\n")) == (1, 1)
    assert "no WARC file there" in missing.output
    with lock_desk(desk.folder):
        busy = desk.run("import", write_warc(tmp_path / "a.warc", []))
    assert (busy.returncode, busy.stderr.count("\n")) == (1, 1)
    assert "already in use by process" in busy.stderr


@pytest.mark.slow
def test_since_and_until_choose_articles_by_their_day(tmp_path: Path) -> None:
    dates = {
        1: "2019-06-01T23:00:00-05:00",
        2: "2019-06-02T00:00:00-05:00",
        3: "2019-06-02",
        4: "2019-06-03T00:30:00-05:00",
    }
    captured_before = page_record(article(5, published="2019-05-19"), "nota-5", date="2019-05-20T00:00:00Z")
    records = [page_record(article(number, published=date), f"nota-{number}") for number, date in dates.items()]
    warc = write_warc(tmp_path / "a.warc.gz", [*records, captured_before])
    desk = make_desk(tmp_path / "desk")
    told = desk.import_json(warc, "--since", "2019-06-02", "--until", "2019-06-02")
    assert (told["stored"], told["skipped"]) == (2, {"other-day": 3})
    assert desk.rows("SELECT url FROM articles ORDER BY url") == [
        ("https://www.faro.example/nota-2",),
        ("https://www.faro.example/nota-3",),
    ]
    assert desk.import_json(warc)["stored"] == 3  # other days are another reading of the file
    wrong = desk.run("import", warc, "--since", "2019-06-02", "--until", "2019-06-01")
    assert (wrong.returncode, "before --since" in wrong.stderr) == (2, True)
